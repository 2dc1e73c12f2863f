// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <map>
#include <optional>
#include <string>

#include "base/result.h"
#include "io/metadata.h"

namespace ww {

/// What exported files say differently from the model: key → text, read as `metadata set` would; empty: the key is left out.
using MetadataEdits = std::map<std::string, std::optional<std::string>>;

/// Changes `metadata`. Errors: those of editMetadata(); keys to leave out may be missing.
[[nodiscard]] Result<void> applyEdits(Metadata& metadata, const MetadataEdits& edits);

}  // namespace ww
