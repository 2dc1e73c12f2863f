// SPDX-License-Identifier: MIT
// One model quantized twice: by llama.cpp's own quantizer and by us, with the same options.
#pragma once

#include <QString>

#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "jobs/export.h"
#include "tensor/tensor_type.h"
#include "tests/support/llama_library.h"

namespace ww::test {

/// Options of both quantizers.
struct QuantizeCase {
    std::filesystem::path model;
    std::string preset;
    bool pure = false;
    bool leaveOutput = false;
    std::optional<TensorType> outputType{};
    std::optional<TensorType> embeddingType{};
    std::vector<std::pair<std::string, TensorType>> overrides{};
    std::filesystem::path importance{};
    std::vector<std::uint32_t> prune{};
};

/// With llama.cpp, as its command line tool would: importance means and the keys that name their file included. False: refused.
bool quantizeThere(LlamaLibrary& library, const QuantizeCase& c, const std::filesystem::path& out, bool keepSplit = false);
/// The same with our own code.
Result<ExportSummary> quantizeHere(const QuantizeCase& c, const std::filesystem::path& out);
/// "" or where the files differ.
QString fileDifference(const std::filesystem::path& ours, const std::filesystem::path& theirs);

}  // namespace ww::test
