// SPDX-License-Identifier: MIT
// What a model is called and where it comes from: the general.* keys that llama.cpp's converter writes.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "io/metadata.h"

namespace ww {

/// The front matter of a README.md (the YAML between two lines "---" at its beginning), as far as model cards use it: texts and
/// lists of texts. Other values are left out. Never fails: what cannot be understood is skipped.
using FrontMatter = std::map<std::string, std::vector<std::string>, std::less<>>;
[[nodiscard]] FrontMatter parseFrontMatter(std::string_view readme);

/// "Qwen2.5-7B-Instruct-v0.3" taken apart. Parts that a name does not have are empty.
struct ModelName {
    std::string basename;   ///< "Qwen2.5"
    std::string sizeLabel;  ///< "7B"
    std::string finetune;   ///< "Instruct"
    std::string version;    ///< "v0.3"
};
[[nodiscard]] ModelName parseModelName(std::string_view name);

/// general.name, author, version, organization, finetune, basename, description, size_label, license, license.name,
/// license.link, base_model.*, tags, languages, datasets, in this order: from README.md of the folder, else from the name of the
/// folder. `sizeLabel` is used when the name has none. Reads one small file.
[[nodiscard]] std::vector<Metadata::Entry> hfGeneralKeys(const std::filesystem::path& folder, const std::string& folderName,
                                                         const std::string& sizeLabel);

/// general.sampling.*: what generation_config.json of the folder recommends (top_k, top_p, min_p, temperature, …), with the keys and types
/// of llama.cpp's converter. Members that are absent or no sensible numbers give no key; a missing or broken file gives none at all.
[[nodiscard]] std::vector<Metadata::Entry> hfSamplingKeys(const std::filesystem::path& folder);

}  // namespace ww
