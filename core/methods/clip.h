// SPDX-License-Identifier: MIT
// Clipping as AWQ does it (Lin et al. 2024): the range of each group shrinks where that makes the group's share of the layer's
// output on calibration data more exact. Method "clip" on the grids of block formats; uniform methods take the same choice.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "methods/quantizer.h"

namespace ww {

/// Ranges that are tried: 1, 0.95, … 0.55 of the whole.
inline constexpr std::size_t kClipCandidates = 10;
[[nodiscard]] constexpr float clipShare(std::size_t candidate)
{
    return 1 - 0.05F * static_cast<float>(candidate);
}

/// True for maps that make queries or keys, by their GGUF names: errors there pass through a softmax of products, and a clipped
/// range hurts. Fused maps count too.
[[nodiscard]] bool keepsRange(std::string_view tensor);

/// The candidate that changes the output least, the smallest of equals. `deltas`: kClipCandidates × length, W − Ŵ of columns
/// first … first + length of one row; criterion Δ·H·Δᵀ with that block of H. Thread-safe.
[[nodiscard]] std::size_t chooseClip(const GptqFactor& factor, std::size_t first, std::size_t length, std::span<const float> deltas);

/// Needs RowBatch::factor; without it quantize() fails with InvalidArgument. Rows of RowBatch::tensor that keepsRange() are encoded
/// by llama.cpp's search, and so are rows whose whole output does not gain.
[[nodiscard]] const Quantizer& clipQuantizer();

}  // namespace ww
