// SPDX-License-Identifier: MIT
// One model in several GGUF files, NAME-00001-of-00003.gguf and so on. Each part is a complete GGUF file with its own
// header, offsets and alignment; the keys split.no (from 0), split.count and split.tensors.count (of all parts) tie them
// together. Only the first part has the model's metadata.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "io/model_file.h"

namespace ww {

/// What a name like "model-00002-of-00003.gguf" says; numbers count from 1 as in the name.
struct SplitName {
    std::string prefix;  ///< "model"
    std::uint32_t number = 0;
    std::uint32_t count = 0;
    bool operator==(const SplitName&) const = default;
};
/// Empty when a file name (without folders) does not follow the pattern.
[[nodiscard]] std::optional<SplitName> parseSplitName(std::string_view fileName);
[[nodiscard]] std::string formatSplitName(const SplitName& name);

/// True when the metadata say that the file is one of several.
[[nodiscard]] bool isSplit(const Metadata& metadata);

/// Opens the other parts beside `opened`, whichever part that is, and joins them: metadata, path and alignment of the
/// first part, the tensors of all in order. NotFound names all missing parts at once; Corrupt when the parts do not
/// belong together.
Result<ModelFile::Parts> joinSplitGguf(ModelFile::Parts opened);

}  // namespace ww
