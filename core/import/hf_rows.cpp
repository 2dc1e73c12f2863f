// SPDX-License-Identifier: MIT
#include "import/hf_rows.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "tensor/float_convert.h"

namespace ww {
namespace {

constexpr std::uint64_t kHugeBytes = std::uint64_t{256} << 20;
// Touching a page makes the kernel map its neighbours, also those in front that were given back already.
constexpr std::uint64_t kFaultAroundBytes = std::uint64_t{2} << 20;

template <class T>
T loadAs(const std::byte* from)
{
    T value;
    std::memcpy(&value, from, sizeof value);
    return value;
}

float loadValue(SafetensorsType type, const std::byte* from)
{
    switch (type) {
        case SafetensorsType::F64: return static_cast<float>(loadAs<double>(from));
        case SafetensorsType::F16: return fromHalf(loadAs<std::uint16_t>(from));
        case SafetensorsType::BF16: return fromBf16(loadAs<std::uint16_t>(from));
        default: return loadAs<float>(from);
    }
}

void storeValue(TensorType type, float value, std::byte* out)
{
    if (type == TensorType::F32) {
        std::memcpy(out, &value, sizeof value);
        return;
    }
    const std::uint16_t bits = type == TensorType::F16 ? toHalf(value) : toBf16(value);
    std::memcpy(out, &bits, sizeof bits);
}

bool isSameEncoding(SafetensorsType from, TensorType to)
{
    return (from == SafetensorsType::F32 && to == TensorType::F32) || (from == SafetensorsType::F16 && to == TensorType::F16) ||
           (from == SafetensorsType::BF16 && to == TensorType::BF16);
}

/// Where row `row` of the result stands in the source.
std::uint64_t rotarySource(std::uint64_t row, std::uint64_t headRows)
{
    const std::uint64_t inHead = row % headRows;
    return row - inHead + inHead / 2 + (inHead % 2) * (headRows / 2);
}

class HfRows final : public RowSource {
public:
    explicit HfRows(HfRecipe recipe)
        : m_recipe(std::move(recipe)), m_decodes(m_recipe.slices.front().decoder != nullptr),
          m_from(m_decodes ? SafetensorsType::F32 : m_recipe.slices.front().tensor->type), m_columns(m_recipe.shape.columns()),
          m_fromSize(elementBytes(m_from)), m_toSize(m_recipe.type == TensorType::F32 ? 4 : 2),
          m_bytes(m_recipe.shape.elements() * m_fromSize), m_bitCopy(isSameEncoding(m_from, m_recipe.type) && m_recipe.added == 0)
    {
    }

    Result<void> readRows(std::uint64_t firstRow, std::uint64_t rowCount, std::byte* out) const override
    {
        copyRows(firstRow, rowCount, out);
        if (m_bytes > kHugeBytes) giveBack(firstRow, rowCount);
        return {};
    }
    void prefetch() const override
    {
        forEachRange([](const MappedFile& file, std::uint64_t offset, std::uint64_t bytes) { file.prefetch(offset, bytes); });
    }
    void release() const override
    {
        forEachRange([](const MappedFile& file, std::uint64_t offset, std::uint64_t bytes) { file.release(offset, bytes); });
    }

private:
    void copyRows(std::uint64_t firstRow, std::uint64_t rowCount, std::byte* out) const
    {
        if (m_recipe.transposed) {
            readTransposed(firstRow, rowCount, out);
            return;
        }
        std::vector<float> decoded(m_decodes ? m_columns : 0);
        const bool rotatesValues = m_recipe.headRows != 0 && m_recipe.shape.dims == 1;
        for (std::uint64_t r = 0; r < rowCount; ++r) {
            std::byte* target = out + r * m_columns * m_toSize;
            std::uint64_t row = firstRow + r;
            if (m_recipe.headRows != 0 && !rotatesValues) row = rotarySource(row, m_recipe.headRows);
            const std::byte* source = m_decodes ? decodeRow(row, decoded) : rowBytesOf(row);
            if (rotatesValues) {
                for (std::uint64_t c = 0; c < m_columns; ++c)
                    put(source + rotarySource(c, m_recipe.headRows) * m_fromSize, target + c * m_toSize);
            } else if (m_bitCopy) {
                std::memcpy(target, source, m_columns * m_toSize);
            } else {
                for (std::uint64_t c = 0; c < m_columns; ++c) put(source + c * m_fromSize, target + c * m_toSize);
            }
        }
    }
    /// Pages of a tensor that is too large to stay in memory until its last row; other threads that still need one fetch it again.
    void giveBack(std::uint64_t firstRow, std::uint64_t rowCount) const
    {
        if (m_decodes || m_recipe.transposed) {
            release();  // every row lies everywhere
            return;
        }
        const std::uint64_t perSlice = m_recipe.slices.front().rows;
        for (std::uint64_t row = firstRow; row < firstRow + rowCount;) {
            const std::uint64_t count = std::min(firstRow + rowCount - row, perSlice - row % perSlice);
            const HfSlice& slice = m_recipe.slices[row / perSlice];
            const std::uint64_t begin = slice.tensor->offset + slice.offset + row % perSlice * m_columns * m_fromSize;
            const std::uint64_t before = std::min(begin, kFaultAroundBytes);
            m_recipe.model->files[slice.tensor->file]->release(begin - before, before + count * m_columns * m_fromSize);
            row += count;
        }
    }
    template <class Function>
    void forEachRange(Function&& function) const
    {
        for (const HfSlice& slice : m_recipe.slices) {
            if (!slice.decoder) {
                function(*m_recipe.model->files[slice.tensor->file], slice.tensor->offset + slice.offset, sliceBytes(slice));
                continue;
            }
            for (const SafetensorsTensor* part : slice.decoder->parts())
                function(*m_recipe.model->files[part->file], part->offset, part->sizeBytes);
        }
    }
    // Offsets of slices count in values of two bytes where the values do not stand in the file.
    const std::byte* decodeRow(std::uint64_t row, std::vector<float>& values) const
    {
        const std::uint64_t perSlice = m_recipe.slices.front().rows;
        const HfSlice& slice = m_recipe.slices[row / perSlice];
        slice.decoder->decode(slice.offset / (2 * m_columns) + row % perSlice, 1, values.data());
        return reinterpret_cast<const std::byte*>(values.data());
    }
    [[nodiscard]] std::uint64_t sliceBytes(const HfSlice& slice) const { return slice.rows * m_columns * m_fromSize; }
    [[nodiscard]] const std::byte* rowBytesOf(std::uint64_t row) const
    {
        const std::uint64_t perSlice = m_recipe.slices.front().rows;
        const HfSlice& slice = m_recipe.slices[row / perSlice];
        return m_recipe.model->bytes(*slice.tensor).data() + slice.offset + row % perSlice * m_columns * m_fromSize;
    }
    void put(const std::byte* from, std::byte* to) const { storeValue(m_recipe.type, loadValue(m_from, from) + m_recipe.added, to); }
    // Row by row of the source, so that its pages are passed once per call.
    void readTransposed(std::uint64_t firstRow, std::uint64_t rowCount, std::byte* out) const
    {
        const std::byte* source = m_recipe.model->bytes(*m_recipe.slices.front().tensor).data();
        const std::uint64_t stride = m_recipe.shape.rows();
        for (std::uint64_t c = 0; c < m_columns; ++c)
            for (std::uint64_t r = 0; r < rowCount; ++r)
                put(source + (c * stride + firstRow + r) * m_fromSize, out + (r * m_columns + c) * m_toSize);
    }

    HfRecipe m_recipe;
    bool m_decodes;
    SafetensorsType m_from;
    std::uint64_t m_columns;
    std::uint64_t m_fromSize;
    std::uint64_t m_toSize;
    std::uint64_t m_bytes;  ///< of all rows in the source
    bool m_bitCopy;
};

class ConstantRow final : public RowSource {
public:
    explicit ConstantRow(std::vector<float> values) : m_values(std::move(values)) {}
    Result<void> readRows(std::uint64_t, std::uint64_t rowCount, std::byte* out) const override
    {
        if (rowCount > 0) std::memcpy(out, m_values.data(), m_values.size() * sizeof(float));
        return {};
    }

private:
    std::vector<float> m_values;
};

}  // namespace

std::shared_ptr<const RowSource> hfRows(HfRecipe recipe)
{
    return std::make_shared<const HfRows>(std::move(recipe));
}

std::shared_ptr<const RowSource> constantRow(std::vector<float> values)
{
    return std::make_shared<const ConstantRow>(std::move(values));
}

}  // namespace ww
