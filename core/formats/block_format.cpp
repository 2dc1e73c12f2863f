// SPDX-License-Identifier: MIT
#include "formats/block_format.h"

#include <array>

#include <fmt/format.h>

#include "formats/few_bit.h"
#include "formats/fp4.h"
#include "formats/iq1.h"
#include "formats/iq4.h"
#include "formats/iq_lattice.h"
#include "formats/k_quants.h"
#include "formats/legacy.h"
#include "formats/plain.h"
#include "formats/ternary.h"
#include "formats/validity.h"

namespace ww {
namespace {

using EncodeRow = void (*)(const float*, std::byte*, std::size_t, const float*);

/// encodeRows for types without a kernel that works across rows.
template <TensorType type, EncodeRow encodeRow>
void encodeEachRow(const float* rows, std::byte* out, std::size_t rowCount, std::size_t columns, const float* importance)
{
    const auto bytes = static_cast<std::size_t>(rowBytes(type, columns).value_or(0));
    for (std::size_t r = 0; r < rowCount; ++r) encodeRow(rows + r * columns, out + r * bytes, columns, importance);
}

std::optional<std::size_t> alwaysValid(const std::byte* /*row*/, std::size_t /*columns*/)
{
    return std::nullopt;
}

using EncodeRows = void (*)(const float*, std::byte*, std::size_t, std::size_t, const float*);
using DecodeRow = void (*)(const std::byte*, float*, std::size_t);
using FindInvalid = std::optional<std::size_t> (*)(const std::byte*, std::size_t);

/// The scalar decoder and, where there is one, the vector kernel with the same results.
struct Decoders {
    DecodeRow scalar;
    DecodeRow fast;
    constexpr Decoders(DecodeRow only) : scalar(only), fast(only) {}  // NOLINT: meant to convert
    constexpr Decoders(DecodeRow scalarDecoder, DecodeRow fastDecoder) : scalar(scalarDecoder), fast(fastDecoder) {}
};

template <TensorType type, EncodeRow encodeRow>
constexpr BlockFormat entry(Decoders decode, FindInvalid findInvalid)
{
    return {type, decode.fast, decode.scalar, encodeRow, encodeEachRow<type, encodeRow>, findInvalid};
}

/// For types with a vector encoder; encodeRow stays as their definition.
template <TensorType type>
constexpr BlockFormat vectorEntry(EncodeRow encodeRow, EncodeRows encodeRows, Decoders decode, FindInvalid findInvalid)
{
    return {type, decode.fast, decode.scalar, encodeRow, encodeRows, findInvalid};
}

/// Stands for a block of the IQ types, whose fields are read by offset.
template <std::size_t length, std::size_t bytes>
struct RawBlock {
    static constexpr std::size_t kLength = length;
    std::byte data[bytes];
};

using enum TensorType;

constexpr std::array kFormats = {
    entry<F32, plain::encodeF32>(plain::decodeF32, alwaysValid),
    vectorEntry<F16>(plain::encodeF16, plain::encodeRowsF16, {plain::decodeF16, plain::decodeFastF16}, findInvalid16<0x7C00>),
    vectorEntry<BF16>(plain::encodeBF16, plain::encodeRowsBF16, {plain::decodeBF16, plain::decodeFastBF16}, findInvalid16<0x7F80>),
    vectorEntry<Q4_0>(legacy::encodeQ4_0, legacy::encodeRowsQ4_0, {legacy::decodeQ4_0, legacy::decodeFastQ4_0},
                      findInvalidHalf<legacy::Q4_0, 0>),
    vectorEntry<Q4_1>(legacy::encodeQ4_1, legacy::encodeRowsQ4_1, {legacy::decodeQ4_1, legacy::decodeFastQ4_1},
                      findInvalidHalf<legacy::Q4_1, 0, 2>),
    vectorEntry<Q5_0>(legacy::encodeQ5_0, legacy::encodeRowsQ5_0, {legacy::decodeQ5_0, legacy::decodeFastQ5_0},
                      findInvalidHalf<legacy::Q5_0, 0>),
    vectorEntry<Q5_1>(legacy::encodeQ5_1, legacy::encodeRowsQ5_1, {legacy::decodeQ5_1, legacy::decodeFastQ5_1},
                      findInvalidHalf<legacy::Q5_1, 0, 2>),
    vectorEntry<Q8_0>(legacy::encodeQ8_0, legacy::encodeRowsQ8_0, {legacy::decodeQ8_0, legacy::decodeFastQ8_0},
                      findInvalidHalf<legacy::Q8_0, 0>),
    vectorEntry<Q2_K>(kquants::encodeQ2_K, kquants::encodeRowsQ2_K, {kquants::decodeQ2_K, kquants::decodeFastQ2_K},
                      findInvalidHalf<kquants::Q2_K, 80, 82>),
    vectorEntry<Q3_K>(kquants::encodeQ3_K, kquants::encodeRowsQ3_K, {kquants::decodeQ3_K, kquants::decodeFastQ3_K},
                      findInvalidHalf<kquants::Q3_K, 108>),
    vectorEntry<Q4_K>(kquants::encodeQ4_K, kquants::encodeRowsQ4_K, {kquants::decodeQ4_K, kquants::decodeFastQ4_K},
                      findInvalidHalf<kquants::Q4_K, 0, 2>),
    vectorEntry<Q5_K>(kquants::encodeQ5_K, kquants::encodeRowsQ5_K, {kquants::decodeQ5_K, kquants::decodeFastQ5_K},
                      findInvalidHalf<kquants::Q5_K, 0, 2>),
    vectorEntry<Q6_K>(kquants::encodeQ6_K, kquants::encodeRowsQ6_K, {kquants::decodeQ6_K, kquants::decodeFastQ6_K},
                      findInvalidHalf<kquants::Q6_K, 208>),
    vectorEntry<IQ4_NL>(encodeRowIq4Nl, encodeRowsIq4Nl, {decodeRowIq4Nl, decodeFastIq4Nl},
                        findInvalidHalf<RawBlock<32, kIq4NlBytes>, 0>),
    vectorEntry<IQ4_XS>(encodeRowIq4Xs, encodeRowsIq4Xs, {decodeRowIq4Xs, decodeFastIq4Xs},
                        findInvalidHalf<RawBlock<256, kIq4XsBytes>, 0>),
    vectorEntry<IQ3_S>(encodeRowIq3S, encodeRowsIq3S, {decodeRowIq3S, decodeFastIq3S},
                       findInvalidHalf<RawBlock<256, kIq3SBytes>, 0>),
    vectorEntry<IQ3_XXS>(encodeRowIq3Xxs, encodeRowsIq3Xxs, {decodeRowIq3Xxs, decodeFastIq3Xxs},
                         findInvalidHalf<RawBlock<256, kIq3XxsBytes>, 0>),
    vectorEntry<IQ2_S>(encodeRowIq2S, encodeRowsIq2S, {decodeRowIq2S, decodeFastIq2S},
                       findInvalidHalf<RawBlock<256, kIq2SBytes>, 0>),
    vectorEntry<IQ2_XS>(encodeRowIq2Xs, encodeRowsIq2Xs, {decodeRowIq2Xs, decodeFastIq2Xs},
                        findInvalidHalf<RawBlock<256, kIq2XsBytes>, 0>),
    vectorEntry<IQ2_XXS>(encodeRowIq2Xxs, encodeRowsIq2Xxs, {decodeRowIq2Xxs, decodeFastIq2Xxs},
                         findInvalidHalf<RawBlock<256, kIq2XxsBytes>, 0>),
    vectorEntry<IQ1_S>(encodeRowIq1S, encodeRowsIq1S, {decodeRowIq1S, decodeFastIq1S},
                       findInvalidHalf<RawBlock<256, kIq1SBytes>, 0>),
    vectorEntry<IQ1_M>(encodeRowIq1M, encodeRowsIq1M, {decodeRowIq1M, decodeFastIq1M}, findInvalidIq1M),
    vectorEntry<TQ1_0>(ternary::encodeTQ1_0, ternary::encodeRowsTQ1_0, {ternary::decodeTQ1_0, ternary::decodeFastTQ1_0},
                       findInvalidHalf<ternary::TQ1_0, 52>),
    vectorEntry<TQ2_0>(ternary::encodeTQ2_0, ternary::encodeRowsTQ2_0, {ternary::decodeTQ2_0, ternary::decodeFastTQ2_0},
                       findInvalidHalf<ternary::TQ2_0, 64>),
    vectorEntry<MXFP4>(fp4::encodeMXFP4, fp4::encodeRowsMXFP4, {fp4::decodeMXFP4, fp4::decodeFastMXFP4}, fp4::findInvalidMXFP4),
    vectorEntry<NVFP4>(fp4::encodeNVFP4, fp4::encodeRowsNVFP4, {fp4::decodeNVFP4, fp4::decodeFastNVFP4}, alwaysValid),
    vectorEntry<Q1_0>(fewbit::encodeQ1_0, fewbit::encodeRowsQ1_0, {fewbit::decodeQ1_0, fewbit::decodeFastQ1_0},
                      findInvalidHalf<fewbit::Q1_0, 0>),
    vectorEntry<Q2_0>(fewbit::encodeQ2_0, fewbit::encodeRowsQ2_0, {fewbit::decodeQ2_0, fewbit::decodeFastQ2_0},
                      findInvalidHalf<fewbit::Q2_0, 0>),
};

}  // namespace

const BlockFormat* findBlockFormat(TensorType type)
{
    for (const BlockFormat& format : kFormats)
        if (format.type == type) return &format;
    return nullptr;
}

Result<void> decodeRows(TensorType type, std::span<const std::byte> tensorBytes, std::size_t firstRow, std::size_t rowCount,
                        std::size_t columns, float* out)
{
    const BlockFormat* format = findBlockFormat(type);
    if (!format) return fail(ErrorCode::Unsupported, fmt::format("Tensors of type {} cannot be read as weights.", name(type)));
    const auto bytes = rowBytes(type, columns);
    if (!bytes)
        return fail(ErrorCode::Corrupt, fmt::format("A row of {} values is not a whole number of {} blocks of {} values.", columns,
                                                    name(type), traits(type).blockLength));
    std::uint64_t rows = 0;
    std::uint64_t end = 0;
    if (__builtin_add_overflow(firstRow, rowCount, &rows) || __builtin_mul_overflow(rows, *bytes, &end) || end > tensorBytes.size())
        return fail(ErrorCode::Corrupt, fmt::format("The tensor has {} bytes, too few for {} rows of {} {} values.",
                                                    tensorBytes.size(), rows, columns, name(type)));
    for (std::size_t r = 0; r < rowCount; ++r)
        format->decodeRow(tensorBytes.data() + (firstRow + r) * *bytes, out + r * columns, columns);
    return {};
}

const char* describe(TensorType type)
{
    switch (type) {
    case F32: return "Full precision. For norms and other small tensors, and as a reference.";
    case F16: return "Half precision, the usual form of a model before quantization. Almost lossless for weights below 65504.";
    case BF16: return "Half size with the full range of F32 and fewer digits; lossless for models trained in bfloat16.";
    case Q4_0: return "4 bits, one scale per 32 weights. Simple and fast everywhere; Q4_K is more accurate at the same size.";
    case Q4_1: return "4 bits with scale and offset per 32 weights. Better than Q4_0 for lopsided weights, a little larger.";
    case Q5_0: return "5 bits, one scale per 32 weights. A fallback for rows that K types cannot hold; else prefer Q5_K.";
    case Q5_1:
        return "5 bits with scale and offset per 32 weights. A fallback for rows that K types cannot hold; else prefer Q5_K.";
    case Q8_0: return "8 bits, one scale per 32 weights. Practically indistinguishable from the original at half the size of F16.";
    case Q8_1: return "Internal form of activations during inference; never stored in files.";
    case Q2_K: return "2 bits. Very small, with clearly visible loss; use it with importance, and for the least sensitive tensors.";
    case Q3_K: return "3 bits. Small, with noticeable loss; works best with importance.";
    case Q4_K: return "4 bits with scale and offset per 32 weights. The usual balance of size and quality.";
    case Q5_K: return "5 bits with scale and offset per 32 weights. Close to the original; for when a few more bytes are fine.";
    case Q6_K: return "6 bits. Very close to the original; often used for the output and other sensitive tensors.";
    case Q8_K: return "Internal form of activations during inference; never stored in files.";
    case IQ2_XXS: return "About 2 bits by a codebook. Among the smallest; needs importance, slow to make.";
    case IQ2_XS: return "2.3 bits by a codebook. Better than IQ2_XXS; needs importance, slow to make.";
    case IQ2_S: return "2.6 bits by a codebook with free signs. The most accurate of the 2-bit types.";
    case IQ3_XXS: return "3.1 bits by a codebook. More accurate than Q3_K at a smaller size; slow to make.";
    case IQ3_S: return "3.4 bits by a codebook with free signs. More accurate than Q3_K at the same size; slow to make.";
    case IQ1_S: return "1.6 bits by a codebook. For very large models that fit no other way; needs importance.";
    case IQ1_M: return "1.75 bits by a codebook with finer scales. Somewhat better than IQ1_S; use it with importance.";
    case IQ4_NL: return "4 bits on an uneven grid, one scale per 32 weights. More accurate than Q4_0 at the same size.";
    case IQ4_XS: return "4.25 bits on an uneven grid. Close to Q4_K and smaller.";
    case TQ1_0: return "Three levels in 1.7 bits. Lossless for models trained with ternary weights, unsuitable for others.";
    case TQ2_0: return "Three levels in 2.1 bits, faster than TQ1_0. Only for models trained with ternary weights.";
    case MXFP4: return "4-bit floats with a power-of-two scale per 32 weights, the form some models are published in.";
    case NVFP4: return "4-bit floats with an 8-bit float scale per 16 weights, for recent graphics processors.";
    case Q1_0: return "The sign of each weight and one scale per 128. Only for models trained with binary weights.";
    case Q2_0: return "Two bits, one scale per 64 weights, no search. For models trained with ternary weights.";
    case I8:
    case I16:
    case I32:
    case I64: return "Integers. Tables of a model, kept as they are.";
    case F64: return "Double precision. Kept as it is.";
    }
    return "";
}

}  // namespace ww
