// SPDX-License-Identifier: MIT
#include "plan/export_metadata.h"

#include <algorithm>
#include <array>
#include <limits>
#include <map>
#include <type_traits>

#include "io/gguf_writer.h"
#include "plan/preset.h"

namespace ww {
namespace {

constexpr std::string_view kFileTypeKey = "general.file_type";
constexpr std::string_view kQuantizationVersionKey = "general.quantization_version";
constexpr std::uint32_t kQuantizationVersion = 2;

/// llama.cpp passes strings through C, so that they end at their first zero byte.
void cutAtZero(std::string& text)
{
    if (const auto zero = text.find('\0'); zero != std::string::npos) text.resize(zero);
}

MetadataValue withCutStrings(const MetadataValue& value)
{
    MetadataValue copy = value;
    if (auto* text = std::get_if<std::string>(&copy)) cutAtZero(*text);
    if (auto* array = std::get_if<MetadataArray>(&copy))
        if (auto* texts = std::get_if<std::vector<std::string>>(array)) std::ranges::for_each(*texts, cutAtZero);
    return copy;
}

}  // namespace

bool isCopiedToExport(const Metadata::Entry& entry)
{
    constexpr std::array<std::string_view, 5> kLeftOut = {kQuantizationVersionKey, kFileTypeKey, "split.no", "split.count",
                                                          "split.tensors.count"};
    if (std::ranges::find(kLeftOut, entry.key) != kLeftOut.end()) return false;
    // Exports are aligned to 32 bytes; a key that says otherwise would make them unreadable.
    return entry.key != "general.alignment" || entry.value == MetadataValue(GgufWriter::kAlignment);
}

Metadata pairsOfPlan(const Plan& plan)
{
    Metadata pairs;
    pairs.append(std::string(kQuantizationVersionKey), kQuantizationVersion);
    pairs.append(std::string(kFileTypeKey), plan.fileType);
    const auto finished = [&] {
        for (const auto& entry : plan.changedPairs.entries()) pairs.setLast(entry.key, entry.value);
        return pairs;
    };
    if (!plan.importance) return finished();
    // llama.cpp's tool keeps both texts in fixed arrays of 128 bytes.
    constexpr std::size_t kMaxText = 127;
    const ImportanceMatrix& matrix = *plan.importance;
    if (!matrix.path.empty()) pairs.append("quantize.imatrix.file", matrix.path.string().substr(0, kMaxText));
    if (!matrix.datasets.empty()) pairs.append("quantize.imatrix.dataset", matrix.datasets.front().substr(0, kMaxText));
    pairs.append("quantize.imatrix.entries_count", static_cast<std::uint32_t>(matrix.entries.size()));
    if (matrix.chunkCount > 0) pairs.append("quantize.imatrix.chunks_count", matrix.chunkCount);
    return finished();
}

std::uint32_t guessFileType(std::span<const TensorType> types)
{
    std::map<TensorType, std::size_t> counts;
    for (const TensorType type : types) ++counts[type];
    const auto most = std::ranges::max_element(counts, {}, [](const auto& entry) { return entry.second; });
    const TensorType type = most == counts.end() ? TensorType::F32 : most->first;
    return fileTypeForTensorType(type) + kGuessedFileType;
}

std::uint32_t sourceFileType(const ModelFile& model)
{
    const auto stored = model.metadata().unsignedInteger(kFileTypeKey);
    if (stored && *stored <= std::numeric_limits<std::uint32_t>::max()) return static_cast<std::uint32_t>(*stored);
    std::vector<TensorType> types;
    types.reserve(model.tensors().size());
    for (const auto& tensor : model.tensors()) types.push_back(tensor.type);
    return guessFileType(types);
}

Metadata exportMetadata(const ModelFile& model, const Plan& plan)
{
    Metadata result;
    for (const auto& entry : model.metadata().entries())
        if (isCopiedToExport(entry)) result.append(entry.key, withCutStrings(entry.value));
    const Metadata added = pairsOfPlan(plan);
    for (const auto& entry : added.entries()) result.setLast(entry.key, entry.value);
    return result;
}

}  // namespace ww
