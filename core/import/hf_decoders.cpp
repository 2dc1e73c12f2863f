// SPDX-License-Identifier: MIT
#include "import/hf_decoders.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "tensor/float8.h"
#include "tensor/float_convert.h"

namespace ww {
namespace {

using Size = std::uint64_t;
using Bytes = std::span<const std::byte>;

template <class T>
T at(Bytes bytes, Size index)
{
    T value;
    std::memcpy(&value, bytes.data() + index * sizeof(T), sizeof value);
    return value;
}

tl::unexpected<Error> wrong(ErrorCode code, std::string message, const SafetensorsTensor& tensor)
{
    return fail(Error{code, std::move(message), {}, tensor.name, {}});
}
tl::unexpected<Error> doesNotFit(const SafetensorsTensor& tensor)
{
    return wrong(ErrorCode::Corrupt, "This part of a quantized matrix has another type or shape than the others need.", tensor);
}

bool hasShape(const SafetensorsTensor& tensor, SafetensorsType type, std::initializer_list<Size> shape)
{
    return tensor.type == type && std::ranges::equal(tensor.shape, shape);
}
Size elements(const SafetensorsTensor& tensor)
{
    return tensor.sizeBytes / elementBytes(tensor.type);
}
bool isReal(SafetensorsType type)
{
    return type == SafetensorsType::F32 || type == SafetensorsType::F16 || type == SafetensorsType::BF16;
}

/// Real numbers of a tensor in any of the usual types.
class Reals {
public:
    Reals(Bytes bytes, SafetensorsType type) : m_bytes(bytes), m_type(type) {}
    [[nodiscard]] float operator[](Size index) const
    {
        if (m_type == SafetensorsType::F32) return at<float>(m_bytes, index);
        const auto bits = at<std::uint16_t>(m_bytes, index);
        return m_type == SafetensorsType::F16 ? fromHalf(bits) : fromBf16(bits);
    }

private:
    Bytes m_bytes;
    SafetensorsType m_type;
};

std::vector<const SafetensorsTensor*> present(std::initializer_list<const SafetensorsTensor*> parts)
{
    std::vector<const SafetensorsTensor*> result;
    for (const auto* part : parts)
        if (part) result.push_back(part);
    return result;
}

// ---- GPTQ and AWQ ------------------------------------------------------------------------------------------------

/// Codes of `bits` bits in 32-bit words, the same for zero points; subclasses know where a code stands.
class GroupedDecoder : public HfDecoder {
public:
    GroupedDecoder(const HfCodes& parts, Size rows, Size columns, std::uint32_t bits)
        : HfDecoder(present({parts.codes, parts.scales, parts.zeros, parts.groups})), m_model(parts.model), m_rows(rows), m_columns(columns),
          m_bits(bits), m_codes(m_model->bytes(*parts.codes)), m_zeros(parts.zeros ? m_model->bytes(*parts.zeros) : Bytes()),
          m_scales(m_model->bytes(*parts.scales), parts.scales->type)
    {
        const Size groupSize = parts.quantization.groupSize;
        m_groups.resize(columns);
        for (Size i = 0; i < columns; ++i)
            m_groups[i] = parts.groups ? at<std::uint32_t>(m_model->bytes(*parts.groups), i)
                          : groupSize == 0 ? 0
                                           : static_cast<std::uint32_t>(i / groupSize);
    }
    [[nodiscard]] bool groupsBelow(Size count) const
    {
        return std::ranges::all_of(m_groups, [&](std::uint32_t group) { return group < count; });
    }

protected:
    [[nodiscard]] std::uint32_t mask() const { return (1U << m_bits) - 1; }

    std::shared_ptr<const SafetensorsModel> m_model;
    Size m_rows, m_columns;
    std::uint32_t m_bits;
    Bytes m_codes, m_zeros;
    Reals m_scales;
    std::vector<std::uint32_t> m_groups;  ///< of every input
};

class GptqDecoder final : public GroupedDecoder {
public:
    GptqDecoder(const HfCodes& parts, Size rows, Size columns)
        : GroupedDecoder(parts, rows, columns, parts.quantization.bits), m_added(parts.quantization.zeroPointsAreExact ? 0 : 1)
    {
    }
    void decode(Size firstRow, Size rowCount, float* out) const override
    {
        const Size zeroWords = m_rows * m_bits / 32;
        for (Size row = firstRow; row < firstRow + rowCount; ++row, out += m_columns) {
            for (Size i = 0; i < m_columns; ++i) {
                const Size group = m_groups[i];
                const std::uint32_t code = codeAt(m_codes, row, m_rows, i);
                const std::uint32_t zero = (codeAt(m_zeros, group * zeroWords, 1, row) + m_added) & mask();
                out[i] = m_scales[group * m_rows + row] * static_cast<float>(static_cast<int>(code) - static_cast<int>(zero));
            }
        }
    }

private:
    /// The codes follow each other bit by bit in words that are `stride` apart; of three bits, some lie in two words.
    [[nodiscard]] std::uint32_t codeAt(Bytes words, Size first, Size stride, Size index) const
    {
        const Size bit = index * m_bits;
        const auto shift = static_cast<std::uint32_t>(bit % 32);
        const Size place = first + bit / 32 * stride;
        std::uint32_t code = at<std::uint32_t>(words, place) >> shift;
        if (shift + m_bits > 32) code |= at<std::uint32_t>(words, place + stride) << (32 - shift);
        return code & mask();
    }
    std::uint32_t m_added;
};

class AwqDecoder final : public GroupedDecoder {
public:
    AwqDecoder(const HfCodes& parts, Size rows, Size columns) : GroupedDecoder(parts, rows, columns, 4) {}
    void decode(Size firstRow, Size rowCount, float* out) const override
    {
        // Where in a word the code of output 0 … 7 stands.
        constexpr std::array<std::uint32_t, 8> kShifts = {0, 16, 4, 20, 8, 24, 12, 28};
        const Size words = m_rows / 8;
        for (Size row = firstRow; row < firstRow + rowCount; ++row, out += m_columns) {
            const std::uint32_t shift = kShifts[row % 8];
            for (Size i = 0; i < m_columns; ++i) {
                const Size group = m_groups[i];
                const std::uint32_t code = at<std::uint32_t>(m_codes, i * words + row / 8) >> shift & 15;
                const std::uint32_t zero = m_zeros.empty() ? 8 : at<std::uint32_t>(m_zeros, group * words + row / 8) >> shift & 15;
                out[i] = m_scales[group * m_rows + row] * static_cast<float>(static_cast<int>(code) - static_cast<int>(zero));
            }
        }
    }
};

/// Scales [groups, rows] and the groups of the inputs.
Result<Size> checkGroups(const HfCodes& parts, Size rows, Size columns)
{
    const SafetensorsTensor& scales = *parts.scales;
    if (!isReal(scales.type) || scales.shape.size() != 2 || scales.shape[1] != rows || scales.shape[0] == 0) return doesNotFit(scales);
    if (parts.groups && !hasShape(*parts.groups, SafetensorsType::I32, {columns})) return doesNotFit(*parts.groups);
    return scales.shape[0];
}

// ---- bitsandbytes ------------------------------------------------------------------------------------------------

struct Nf4State {
    Size rows = 0, columns = 0;
    Size blockSize = 0, scaleBlockSize = 0;
    float offset = 0;
};

class Nf4Decoder final : public HfDecoder {
public:
    Nf4Decoder(const HfCodes& parts, const Nf4State& state)
        : HfDecoder(present({parts.codes, parts.scales})), m_model(parts.model), m_state(state), m_codes(m_model->bytes(*parts.codes)),
          m_scales(m_model->bytes(*parts.scales))
    {
        const auto load = [&](const SafetensorsTensor* tensor) {
            std::vector<float> values(tensor ? elements(*tensor) : 0);
            if (tensor) std::memcpy(values.data(), m_model->bytes(*tensor).data(), values.size() * sizeof(float));
            return values;
        };
        m_table = load(parts.table);
        m_scaleTable = load(parts.scaleTable);
        m_scaleScales = load(parts.scaleScales);
    }
    void decode(Size firstRow, Size rowCount, float* out) const override
    {
        const Size first = firstRow * m_state.columns;
        const Size last = first + rowCount * m_state.columns;
        for (Size i = first; i < last;) {
            const Size block = i / m_state.blockSize;
            const Size end = std::min(last, (block + 1) * m_state.blockSize);
            const float scale = scaleOf(block);
            for (; i < end; ++i) {
                const auto byte = std::to_integer<unsigned>(m_codes[i / 2]);
                out[i - first] = m_table[i % 2 == 0 ? byte >> 4 : byte & 15] * scale;
            }
        }
    }

private:
    [[nodiscard]] float scaleOf(Size block) const
    {
        if (m_scaleTable.empty()) return at<float>(m_scales, block);
        return m_scaleTable[std::to_integer<std::size_t>(m_scales[block])] * m_scaleScales[block / m_state.scaleBlockSize] + m_state.offset;
    }
    std::shared_ptr<const SafetensorsModel> m_model;
    Nf4State m_state;
    Bytes m_codes, m_scales;
    std::vector<float> m_table, m_scaleTable, m_scaleScales;
};

Result<Nf4State> readState(const HfCodes& parts)
{
    using Json = nlohmann::json;
    const SafetensorsTensor& tensor = *parts.state;
    const auto bytes = parts.model->bytes(tensor);
    const auto* text = reinterpret_cast<const char*>(bytes.data());
    const Json json = bytes.size() > 4096 ? Json() : Json::parse(text, text + bytes.size(), nullptr, false);
    const auto number = [&](const char* name) -> Size {
        const auto found = json.is_object() ? json.find(name) : json.end();
        return found != json.end() && found->is_number_unsigned() ? found->get<Size>() : 0;
    };
    Nf4State state;
    const auto shape = json.is_object() ? json.find("shape") : json.end();
    const auto isSize = [](const Json& n) { return n.is_number_unsigned() && n.get<Size>() > 0 && n.get<Size>() < (Size{1} << 31); };
    if (shape == json.end() || !shape->is_array() || shape->size() != 2 || !isSize((*shape)[0]) || !isSize((*shape)[1]))
        return wrong(ErrorCode::Corrupt, "The description of this quantized matrix does not say its shape.", tensor);
    state.rows = (*shape)[0].get<Size>();
    state.columns = (*shape)[1].get<Size>();
    state.blockSize = number("blocksize");
    state.scaleBlockSize = number("nested_blocksize");
    const auto offset = json.find("nested_offset");
    if (offset != json.end() && offset->is_number()) state.offset = offset->get<float>();
    if (state.blockSize == 0 || state.blockSize > (1U << 20))
        return wrong(ErrorCode::Corrupt, "The description of this quantized matrix does not say the size of its blocks.", tensor);
    return state;
}

// ---- FP8 and INT8 ------------------------------------------------------------------------------------------------

/// Bytes that stand for numbers, times a scale that depends on row and column.
class ByteDecoder final : public HfDecoder {
public:
    ByteDecoder(const HfCodes& parts, std::array<float, 256> table, Size blockRows, Size blockColumns)
        : HfDecoder(present({parts.codes, parts.scales})), m_model(parts.model), m_table(table), m_columns(parts.codes->shape[1]),
          m_blockRows(blockRows), m_blockColumns(blockColumns), m_codes(m_model->bytes(*parts.codes)),
          m_scales(parts.scales ? m_model->bytes(*parts.scales) : Bytes(), parts.scales ? parts.scales->type : SafetensorsType::F32),
          m_isScaled(parts.scales != nullptr)
    {
    }
    void decode(Size firstRow, Size rowCount, float* out) const override
    {
        const Size blocks = (m_columns + m_blockColumns - 1) / m_blockColumns;
        for (Size row = firstRow; row < firstRow + rowCount; ++row, out += m_columns) {
            const std::byte* codes = m_codes.data() + row * m_columns;
            for (Size block = 0; block < blocks; ++block) {
                const float scale = m_isScaled ? m_scales[row / m_blockRows * blocks + block] : 1.0F;
                const Size end = std::min(m_columns, (block + 1) * m_blockColumns);
                for (Size i = block * m_blockColumns; i < end; ++i) out[i] = m_table[std::to_integer<std::size_t>(codes[i])] * scale;
            }
        }
    }

private:
    std::shared_ptr<const SafetensorsModel> m_model;
    std::array<float, 256> m_table;
    Size m_columns, m_blockRows, m_blockColumns;
    Bytes m_codes;
    Reals m_scales;
    bool m_isScaled;
};

}  // namespace

Result<HfDecoded> gptqDecoder(const HfCodes& parts)
{
    const std::uint32_t bits = parts.quantization.bits;
    if (bits != 2 && bits != 3 && bits != 4 && bits != 8)
        return wrong(ErrorCode::Unsupported, fmt::format("GPTQ with {} bits cannot be read, only 2, 3, 4 and 8.", bits), *parts.codes);
    const auto& shape = parts.codes->shape;
    if (parts.codes->type != SafetensorsType::I32 || shape.size() != 2 || shape[0] == 0 || shape[1] == 0 || shape[0] * 32 % bits != 0 ||
        shape[1] * bits % 32 != 0)
        return doesNotFit(*parts.codes);
    const Size rows = shape[1];
    const Size columns = shape[0] * 32 / bits;
    WW_TRY(const Size groups, checkGroups(parts, rows, columns));
    if (!parts.zeros || !hasShape(*parts.zeros, SafetensorsType::I32, {groups, rows * bits / 32}))
        return doesNotFit(parts.zeros ? *parts.zeros : *parts.codes);
    auto decoder = std::make_shared<const GptqDecoder>(parts, rows, columns);
    if (!decoder->groupsBelow(groups)) return doesNotFit(parts.groups ? *parts.groups : *parts.scales);
    return HfDecoded{rows, columns, std::move(decoder)};
}

Result<HfDecoded> awqDecoder(const HfCodes& parts)
{
    if (parts.quantization.bits != 4)
        return wrong(ErrorCode::Unsupported, fmt::format("AWQ with {} bits cannot be read, only 4.", parts.quantization.bits), *parts.codes);
    const auto& shape = parts.codes->shape;
    if (parts.codes->type != SafetensorsType::I32 || shape.size() != 2 || shape[0] == 0 || shape[1] == 0) return doesNotFit(*parts.codes);
    const Size rows = shape[1] * 8;
    const Size columns = shape[0];
    WW_TRY(const Size groups, checkGroups(parts, rows, columns));
    if (parts.zeros && !hasShape(*parts.zeros, SafetensorsType::I32, {groups, shape[1]})) return doesNotFit(*parts.zeros);
    auto decoder = std::make_shared<const AwqDecoder>(parts, rows, columns);
    if (!decoder->groupsBelow(groups)) return doesNotFit(*parts.scales);
    return HfDecoded{rows, columns, std::move(decoder)};
}

Result<HfDecoded> nf4Decoder(const HfCodes& parts)
{
    WW_TRY(const Nf4State state, readState(parts));
    const Size count = state.rows * state.columns;
    const Size blocks = (count + state.blockSize - 1) / state.blockSize;
    if (parts.codes->type != SafetensorsType::U8 || parts.codes->sizeBytes != (count + 1) / 2) return doesNotFit(*parts.codes);
    if (!parts.scales || elements(*parts.scales) != blocks) return doesNotFit(parts.scales ? *parts.scales : *parts.codes);
    if (!parts.table || !hasShape(*parts.table, SafetensorsType::F32, {16})) return doesNotFit(parts.table ? *parts.table : *parts.codes);
    if (parts.scales->type == SafetensorsType::U8) {
        if (state.scaleBlockSize == 0 || !parts.scaleTable || !hasShape(*parts.scaleTable, SafetensorsType::F32, {256}))
            return doesNotFit(*parts.scales);
        if (!parts.scaleScales || parts.scaleScales->type != SafetensorsType::F32 ||
            elements(*parts.scaleScales) != (blocks + state.scaleBlockSize - 1) / state.scaleBlockSize)
            return doesNotFit(*parts.scales);
    } else if (parts.scales->type != SafetensorsType::F32 || parts.scaleTable) {
        return doesNotFit(*parts.scales);
    }
    return HfDecoded{state.rows, state.columns, std::make_shared<const Nf4Decoder>(parts, state)};
}

Result<HfDecoded> fp8Decoder(const HfCodes& parts)
{
    const auto& shape = parts.codes->shape;
    if (shape.size() != 2 || shape[0] == 0 || shape[1] == 0)
        return wrong(ErrorCode::Unsupported, "An 8-bit tensor that is no matrix cannot be read.", *parts.codes);
    Size blockRows = shape[0];
    Size blockColumns = shape[1];
    if (parts.scales) {
        const SafetensorsTensor& scales = *parts.scales;
        if (!isReal(scales.type)) return doesNotFit(scales);
        const HfQuantization& how = parts.quantization;
        const bool isBlocked = scales.shape.size() == 2 && scales.shape[0] == (shape[0] + how.blockRows - 1) / how.blockRows &&
                               scales.shape[1] == (shape[1] + how.blockColumns - 1) / how.blockColumns;
        const Size count = elements(scales);
        if (count == shape[0] && (scales.shape.size() == 1 || scales.shape[0] == count)) {
            blockRows = 1;
        } else if (isBlocked) {
            blockRows = how.blockRows;
            blockColumns = how.blockColumns;
        } else if (count != 1) {
            return doesNotFit(scales);
        }
    }
    std::array<float, 256> table;
    for (unsigned byte = 0; byte < 256; ++byte) {
        const auto code = static_cast<std::uint8_t>(byte);
        table[byte] = parts.codes->type == SafetensorsType::F8_E5M2 ? fromE5M2(code) : fromE4M3(code);
    }
    return HfDecoded{shape[0], shape[1], std::make_shared<const ByteDecoder>(parts, table, blockRows, blockColumns)};
}

Result<HfDecoded> int8Decoder(const HfCodes& parts)
{
    const auto& shape = parts.codes->shape;
    if (shape.size() != 2 || shape[0] == 0 || shape[1] == 0) return doesNotFit(*parts.codes);
    if (!parts.scales || parts.scales->type != SafetensorsType::F32 || elements(*parts.scales) != shape[0])
        return doesNotFit(parts.scales ? *parts.scales : *parts.codes);
    std::array<float, 256> table;
    for (int byte = 0; byte < 256; ++byte) table[static_cast<std::size_t>(byte)] = static_cast<float>(byte < 128 ? byte : byte - 256) / 127.0F;
    return HfDecoded{shape[0], shape[1], std::make_shared<const ByteDecoder>(parts, table, 1, shape[1])};
}

}  // namespace ww
