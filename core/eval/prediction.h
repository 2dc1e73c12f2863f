// SPDX-License-Identifier: MIT
// The divergence of any recipe from figures of single tensors: damage adds up while it is small.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "eval/sensitivity.h"

namespace ww {

struct KldPrediction {
    double kld = 0;
    double low = 0, high = 0;         ///< the measured value lies between them in about nine of ten cases
    double logPerplexityRatio = 0;    ///< estimated: of the order of the divergence
    /// Beyond the range where sums hold (divergence above 0.1, or mostly formats under 2.5 bits): good for ranking only.
    bool rankingOnly = false;
};

/// Costs of single tensors: KL ≈ Σ a_l·e_l with e_l the error of the outputs and a_l from probes. Borrows the sensitivity.
class DamageModel {
public:
    explicit DamageModel(const Sensitivity& sensitivity);

    /// Divergence that storing a tensor in a format adds, without and with the correction of the scale. A probed format is
    /// taken as measured; between probes a_l is interpolated over the error; without probes it is that of the same part in the
    /// other blocks. Empty when there are no figures for the tensor or the format. The source type costs nothing.
    [[nodiscard]] std::optional<double> rawCost(std::size_t tensor, TensorType format) const;
    [[nodiscard]] std::optional<double> cost(std::size_t tensor, TensorType format) const;

    /// One format per tensor of the sensitivity, in its order; empty when a figure is missing. `bitsPerWeight`: of the quantized
    /// tensors together, 0 when it is not known.
    [[nodiscard]] std::optional<KldPrediction> predict(std::span<const TensorType> formats, double bitsPerWeight = 0) const;
    [[nodiscard]] std::optional<double> rawSum(std::span<const TensorType> formats) const;

    /// measured / predicted of the recipes that were measured (geometric mean), 1 without.
    [[nodiscard]] double scale() const { return m_scale; }

private:
    [[nodiscard]] double spreadOfModel() const;
    [[nodiscard]] std::optional<double> coefficient(std::size_t tensor, double error) const;
    const Sensitivity& m_sensitivity;
    std::vector<double> m_substitutes;  ///< per tensor a_l of its role in other blocks
    double m_scale = 1;
    double m_scaleSpread = 0;  ///< relative, of the measured recipes
    double m_recipes = 0;      ///< that the scale is a mean of
    bool m_judged = false;     ///< they were measured on the text for judging
};

}  // namespace ww
