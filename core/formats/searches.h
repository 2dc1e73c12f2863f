// SPDX-License-Identifier: MIT
// The four searches behind the legacy and K formats, in scalar code: they define the bytes, the vector kernels are
// compared with them. Order of additions, strictness of comparisons and association of products are part of the
// definition; do not "simplify" them. Source: llama.cpp v0.5.0, as measured.
#pragma once

#include <cstdint>

namespace ww::search {

/// Error that the affine search minimises.
enum class Metric { Absolute, Squared };

/// Range of the affine search: trial t = 0..last uses top + first + step·t levels over the span.
struct AffineRange {
    float first;
    float step;
    int last;
    Metric metric;
};
/// Used by every encoder with importance.
inline constexpr AffineRange kFineRange{-0.9F, 0.05F, 36, Metric::Squared};

/// x ≈ scale·code − depth.
struct AffineResult {
    float scale = 0;
    float depth = 0;
};

/// Signed value of the first element with the largest magnitude; 0 if all are 0.
[[nodiscard]] float pivotOf(int n, const float* x);
/// Sum of squares in index order.
[[nodiscard]] float sumOfSquares(int n, const float* x);

/// x ≈ scale·(code − half) on the grid −half..half−1, 19 trial multipliers. Null weights mean x².
/// A group below 1e-15 gets scale 0 and all codes 0. The scale may be negative.
float symmetric(int n, int half, const float* x, const float* weights, std::uint8_t* codes);

/// As symmetric with weights x², improved by up to five passes of coordinate descent.
float symmetricDescent(int n, int half, const float* x, std::uint8_t* codes);

/// Codes 0..top. Trials depend on each other through the offset.
AffineResult affine(int n, int top, const float* x, const float* weights, const AffineRange& range, std::uint8_t* codes);

/// x ≈ scale·code for non-negative x (sub-block scales). Codes are bytes modulo 256: lopsided weights can hand in
/// negative x, and then what wraps is what is stored.
float positive(int n, int top, const float* x, const float* weights, std::uint8_t* codes);

}  // namespace ww::search
