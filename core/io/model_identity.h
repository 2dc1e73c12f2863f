// SPDX-License-Identifier: MIT
#pragma once

#include "base/hash.h"
#include "base/result.h"
#include "io/model_file.h"

namespace ww {

/// Tells whether a result belongs to a model: names, types and shapes of all tensors, and bytes of evenly spaced rows of each
/// (all rows of small ones). Does not depend on where the file lies or on its metadata. Takes well under a second for any size;
/// a model of which only a few weights were edited may keep its name. Errors: those of reading.
Result<Hash> modelIdentity(const ModelFile& model);

}  // namespace ww
