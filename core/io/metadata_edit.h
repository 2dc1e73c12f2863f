// SPDX-License-Identifier: MIT
// Changing metadata by hand: texts become values of the right type, and keys that files depend on are protected.
#pragma once

#include <optional>
#include <string_view>

#include "base/result.h"
#include "io/metadata.h"

namespace ww {

/// "u32", "string" …; the spelling that typeName() gives.
[[nodiscard]] std::string_view metadataTypeName(MetadataType type);
[[nodiscard]] std::optional<MetadataType> metadataTypeFromName(std::string_view name);

/// The type a key has by convention: token ids are u32, flags of the tokenizer bool, lists of tags arrays, most others text.
[[nodiscard]] MetadataType usualMetadataType(std::string_view key);

/// Reads `text` as a value of `type`; arrays are JSON lists of texts. Error: InvalidArgument, which says what was expected.
Result<MetadataValue> parseMetadataValue(std::string_view text, MetadataType type);

/// Sets a key: to the type given, else the type it has already, else the usual one. Arrays of numbers keep their element type.
/// Errors: InvalidArgument for a value that does not fit, an empty or overlong key, and for keys that say how the file is laid
/// out (general.alignment, split.*) or how it must be read (general.architecture).
Result<void> editMetadata(Metadata& metadata, std::string_view key, std::string_view text, std::optional<MetadataType> type = {});
/// Removes a key. Errors: NotFound, InvalidArgument as above.
Result<void> removeMetadata(Metadata& metadata, std::string_view key);

}  // namespace ww
