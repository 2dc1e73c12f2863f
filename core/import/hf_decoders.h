// SPDX-License-Identifier: MIT
// One function per way of storing a matrix in codes; each checks that the parts fit together.
#pragma once

#include <filesystem>
#include <memory>
#include <string_view>

#include "import/hf_quantized.h"

namespace ww {

/// What a decoder is made from. Parts that a checkpoint does not have are null.
struct HfCodes {
    std::shared_ptr<const SafetensorsModel> model;  ///< keeps the files mapped
    const HfQuantization& quantization;
    const SafetensorsTensor* codes = nullptr;
    const SafetensorsTensor* scales = nullptr;
    const SafetensorsTensor* zeros = nullptr;
    const SafetensorsTensor* groups = nullptr;       ///< group of every input
    const SafetensorsTensor* table = nullptr;        ///< the 16 values of a 4-bit code
    const SafetensorsTensor* scaleTable = nullptr;   ///< the 256 values of a code of a scale
    const SafetensorsTensor* scaleScales = nullptr;  ///< factors of the decoded scales
    const SafetensorsTensor* state = nullptr;        ///< JSON of bitsandbytes
};
struct HfDecoded {
    std::uint64_t rows = 0;
    std::uint64_t columns = 0;
    std::shared_ptr<const HfDecoder> decoder;
};

/// codes I32 [inputs · bits / 32, outputs], zeros [groups, outputs · bits / 32], scales [groups, outputs]; 2, 3, 4 or 8
/// bits, one code after the other without gaps.
Result<HfDecoded> gptqDecoder(const HfCodes& parts);
/// codes I32 [inputs, outputs / 8] with the nibbles of eight outputs in the order 0 2 4 6 1 3 5 7; 4 bits.
Result<HfDecoded> awqDecoder(const HfCodes& parts);
/// codes U8, two values per byte, upper half first, rows one after the other; scales per block, which may be coded themselves.
Result<HfDecoded> nf4Decoder(const HfCodes& parts);
/// codes F8 [outputs, inputs]; scales: none, one, one per output, or one per block of outputs and inputs.
Result<HfDecoded> fp8Decoder(const HfCodes& parts);
/// codes I8 [outputs, inputs]; scales F32 [outputs], the largest magnitude of a row: value = code · scale / 127.
Result<HfDecoded> int8Decoder(const HfCodes& parts);

}  // namespace ww
