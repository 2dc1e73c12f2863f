// SPDX-License-Identifier: MIT
// Half-quadratic quantization (Badri and Shaji 2023): "hqq" into the formats of files, "hqq-analysis" with any bits and groups.
#pragma once

#include <span>
#include <vector>

#include "methods/quantizer.h"

namespace ww {

struct HqqOptions {
    double p = 0.7;         ///< exponent of the error, below 1 so that a few large errors count little
    double beta = 10;       ///< weight of the quadratic term at first
    double kappa = 1.01;    ///< its growth per iteration
    int iterations = 20;
    bool normalised = true; ///< errors in units of the step; else absolute, as in the published code
    bool refit = false;     ///< in the end fit scale and depth together, by weights that make squares act like the power
};

/// x ≈ scale·code − depth for codes 0 … top. The scale spans the values, the depth is fitted: it has the least Σ|x − x̂|^p of
/// the iterations, of which the first is the plain fit by minimum and maximum. `positive`: depths below 0 cannot be stored.
/// `weights`: of the errors, as many as values, or none.
struct HqqFit {
    float scale = 0;
    float depth = 0;
    double error = 0;
};
HqqFit hqqFit(std::span<const float> x, int top, bool positive, const HqqOptions& options, std::span<const float> weights = {});

/// One iteration of the fit with a given scale and offset: the nearest codes q; in `kept` the part W_e of the errors x − scale·(q − zero)
/// that the penalty leaves alone, sign·max(|e| − |e|^(p−1)/β, 0); and the offset that then fits best, the weighted mean of
/// q − (x − W_e)/scale. Codes held fixed, neither half-step raises Σ weight·(φ(W_e) + β/2·(W_e − e)²), φ being the penalty that this
/// shrinkage belongs to (|W_e| for p = 1). `zero` and the result are in steps; W_e is in the units that the options choose.
struct HqqIteration {
    std::vector<float> codes;
    std::vector<double> kept;
    double error = 0;  ///< Σ weight·|e|^p, of the offset given
    float zero = 0;    ///< the next one
};
HqqIteration hqqIteration(std::span<const float> x, int top, float scale, float zero, double beta, const HqqOptions& options,
                          std::span<const float> weights = {});

[[nodiscard]] const Quantizer& hqqQuantizer();
[[nodiscard]] const Quantizer& hqqAnalysisQuantizer();

}  // namespace ww
