// SPDX-License-Identifier: MIT
#include "calibration/weight_sample.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "formats/block_format.h"

namespace ww {
namespace {

constexpr std::uint64_t kValuesPerTensor = 8;
// BF16 rounds by a 512th at most; the smallest numbers of F16 are multiples of 6e-8.
constexpr float kRelative = 1.0F / 256;
constexpr float kAbsolute = 1e-7F;

/// From evenly spaced rows, each in another column.
Result<void> addSample(const ModelFile& model, const TensorInfo& tensor, std::vector<float>& sample)
{
    const std::uint64_t columns = tensor.shape.columns();
    const std::uint64_t rows = tensor.shape.rows();
    const auto rowSize = rowBytes(tensor.type, columns);
    if (!rowSize || !findBlockFormat(tensor.type) || columns == 0) return {};
    std::vector<std::byte> bytes(static_cast<std::size_t>(*rowSize));
    std::vector<float> values(static_cast<std::size_t>(columns));
    for (std::uint64_t i = 0; i < std::min(rows, kValuesPerTensor); ++i) {
        WW_TRY_VOID(model.readRows(tensor, i * rows / kValuesPerTensor, 1, bytes.data()));
        WW_TRY_VOID(decodeRows(tensor.type, bytes, 0, 1, values.size(), values.data()));
        sample.push_back(values[(2 * i + 1) * columns / (2 * kValuesPerTensor)]);
    }
    return {};
}

}  // namespace

Result<std::vector<float>> weightSample(const ModelFile& model, const Calibration& calibration)
{
    WW_TRY_VOID(model.checkUnchanged());
    std::vector<float> sample;
    for (const InputStatistics& input : calibration.inputs) {
        if (input.matrix > 0) continue;  // experts are rows of the same tensors
        for (const std::string& name : input.tensors)
            if (const TensorInfo* tensor = model.find(name); tensor && tensor->shape.columns() == input.columns)
                WW_TRY_VOID(addSample(model, *tensor, sample));
    }
    return sample;
}

bool isSameButForRounding(std::span<const float> a, std::span<const float> b)
{
    return !a.empty() && std::ranges::equal(a, b, [](float x, float y) {
        return std::abs(x - y) <= kRelative * std::max(std::abs(x), std::abs(y)) + kAbsolute;
    });
}

}  // namespace ww
