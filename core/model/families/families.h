// SPDX-License-Identifier: MIT
// One function per file of this folder; the table in architecture.cpp names them.
#pragma once

#include "model/architecture.h"

namespace ww::families {

Result<void> llama(const KeyReader& keys, Architecture& architecture);

}  // namespace ww::families
