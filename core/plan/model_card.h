// SPDX-License-Identifier: MIT
// The README.md that goes with exported files on a model hub: front matter, a table of files, measured figures.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "io/model_file.h"

namespace ww {

struct ModelCardFile {
    std::string fileName;
    std::string format;  ///< "Q4_K_M"
    std::uint64_t sizeBytes = 0;
    double bitsPerWeight = 0;
    std::optional<double> perplexity, perplexityError;
    std::optional<double> divergence, divergenceError;  ///< mean KL divergence from the original, in nats
    std::optional<double> agreement;                    ///< share of positions with the same most probable token, 0 … 1
};

struct ModelCard {
    std::string title;
    std::string license, licenseName, licenseLink;
    std::vector<std::string> baseModels;  ///< "organization/name" where known
    std::vector<std::string> languages, tags;
    std::string architecture;
    std::uint64_t parameters = 0;
    std::vector<ModelCardFile> files;
    std::string measuredOn;  ///< "wiki.test.raw, 40 windows of 512 tokens"; empty: nothing was measured
};

/// Title, licence, origin and so on from the metadata of a model; no files.
[[nodiscard]] ModelCard modelCardOf(const ModelFile& model);
/// The name of the file type that the metadata state ("Q4_K_M"), else the format of most of the weights.
[[nodiscard]] std::string storedFormatName(const ModelFile& model);
/// The whole README.md. Texts are quoted so that no metadata can break the front matter or the table.
[[nodiscard]] std::string modelCardText(const ModelCard& card);

/// True for a README.md that modelCardText() made: such a file may be replaced without asking.
[[nodiscard]] bool isGeneratedCard(std::string_view readme);

}  // namespace ww
