// SPDX-License-Identifier: MIT
#include "formats/plain.h"

#include <cstdint>
#include <cstring>

#include "tensor/float_convert.h"

namespace ww::plain {
namespace {

template <float (*convert)(std::uint16_t)>
void decode16(const std::byte* row, float* out, std::size_t columns)
{
    for (std::size_t i = 0; i < columns; ++i) {
        std::uint16_t bits = 0;
        std::memcpy(&bits, row + 2 * i, 2);
        out[i] = convert(bits);
    }
}

template <std::uint16_t (*convert)(float)>
void encode16(const float* row, std::byte* out, std::size_t columns)
{
    for (std::size_t i = 0; i < columns; ++i) {
        const std::uint16_t bits = convert(row[i]);
        std::memcpy(out + 2 * i, &bits, 2);
    }
}

}  // namespace

void decodeF32(const std::byte* row, float* out, std::size_t columns)
{
    std::memcpy(out, row, columns * sizeof(float));
}
void decodeF16(const std::byte* row, float* out, std::size_t columns)
{
    decode16<fromHalf>(row, out, columns);
}
void decodeBF16(const std::byte* row, float* out, std::size_t columns)
{
    decode16<fromBf16>(row, out, columns);
}
void encodeF32(const float* row, std::byte* out, std::size_t columns, const float* /*importance*/)
{
    std::memcpy(out, row, columns * sizeof(float));
}
void encodeF16(const float* row, std::byte* out, std::size_t columns, const float* /*importance*/)
{
    encode16<toHalf>(row, out, columns);
}
void encodeBF16(const float* row, std::byte* out, std::size_t columns, const float* /*importance*/)
{
    encode16<toBf16>(row, out, columns);
}

}  // namespace ww::plain
