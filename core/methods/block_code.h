// SPDX-License-Identifier: MIT
// One block of a legacy or K format as plain numbers, whatever its bytes look like: what methods that choose codes and
// scales work on.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "tensor/tensor_type.h"

namespace ww {

/// What the numbers of a block may be. value i = (d·scale)·code − dm·offset, with scale and offset of the group of i.
struct BlockLayout {
    TensorType type = TensorType::F32;
    int length = 0;       ///< values of a block
    int groups = 0;       ///< of length / groups values each
    int codeLow = 0;      ///< codes are signed where the format has no offset
    int codeHigh = 0;
    bool affine = false;  ///< there is an offset
    bool graded = false;  ///< groups have a scale of their own; else it is 1 (and the offset −1: value = d·code + dm)
    int scaleLow = 1;
    int scaleHigh = 1;
    int offsetHigh = 0;   ///< offsets of graded formats are 0 to this
    [[nodiscard]] int groupLength() const { return length / groups; }
};

struct BlockCode {
    float d = 0;   ///< a value that 16 bits hold exactly
    float dm = 0;  ///< likewise
    std::array<std::int16_t, 16> scales{};
    std::array<std::int16_t, 16> offsets{};
    std::array<std::int8_t, 256> codes{};
};

/// Null for formats that are not of this kind. Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q2_K, Q3_K, Q4_K, Q5_K and Q6_K are.
[[nodiscard]] const BlockLayout* findBlockLayout(TensorType type);
/// A factor as 16 bits hold it; 0 if they cannot.
[[nodiscard]] float storedFactor(double value);
/// Factors, scales and offsets next to value = steps[g]·code − depths[g] of every group g; codes are left 0. `masses`, with one number for each
/// group as the others, says how much a group counts. Depths mean nothing in formats without offsets.
[[nodiscard]] BlockCode blockOfSteps(const BlockLayout& layout, const float* steps, const float* depths, const float* masses);
/// The bytes of one block to numbers and back; the two are inverse to each other for numbers within the layout's range.
BlockCode unpackBlock(const BlockLayout& layout, const std::byte* block);
void packBlock(const BlockLayout& layout, const BlockCode& code, std::byte* block);

}  // namespace ww
