// SPDX-License-Identifier: MIT
// Elementwise parts of a forward pass, on single rows. All functions are pure and thread-safe; vectors by Highway, the
// best instructions chosen at run time. NaN goes in, NaN comes out, so that a broken weight is noticed at the end.
#pragma once

#include <cstddef>

namespace ww::kernels {

/// out = x / sqrt(mean(x²) + eps) · weight. False when a value of x is not finite. out may be x.
bool rmsNorm(const float* x, const float* weight, float epsilon, std::size_t n, float* out);
/// out = (x − mean) / sqrt(var + eps) · weight + bias; bias may be null. False when a value of x is not finite.
bool layerNorm(const float* x, const float* weight, const float* bias, float epsilon, std::size_t n, float* out);

/// out = silu(gate) · up, silu(v) = v / (1 + e^−v). out may be gate or up.
void siluMultiply(const float* gate, const float* up, std::size_t n, float* out);
/// out = gelu(gate) · up with the tanh form of GELU, through binary16 as llama.cpp does it on a CPU.
void geluMultiply(const float* gate, const float* up, std::size_t n, float* out);
/// x = gelu(x), as above.
void gelu(float* x, std::size_t n);

/// x = cap · tanh(x / cap)
void softcap(float* x, float cap, std::size_t n);
void scale(float* x, float factor, std::size_t n);
/// y += alpha · x
void addScaled(float* y, const float* x, float alpha, std::size_t n);

/// Largest value; −infinity for none.
[[nodiscard]] float maximum(const float* x, std::size_t n);
/// Σ e^(x − shift): single-precision exponentials, summed in double.
[[nodiscard]] double sumExp(const float* x, float shift, std::size_t n);
/// x = e^(x − max(x)); returns the sum, so that the caller divides where it is cheapest. n ≥ 1.
double softmaxNumerators(float* x, std::size_t n);

/// Rotates pairs of one head by the cosines and sines of one position: neighbours (x[2i], x[2i+1]) …
void rotateNeighbours(float* x, const float* cosines, const float* sines, std::size_t pairs);
/// … or halves (x[i], x[i + pairs]).
void rotateHalves(float* x, const float* cosines, const float* sines, std::size_t pairs);

}  // namespace ww::kernels
