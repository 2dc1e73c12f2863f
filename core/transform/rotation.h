// SPDX-License-Identifier: MIT
// Rotation of the residual stream (R1) and of the values of each head (R2), as QuaRot (Ashkboos et al. 2024) and SpinQuant (Liu
// et al. 2024) fold them into the weights: the model computes the same, but outlier channels are spread over all channels.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/result.h"
#include "io/model_file.h"

namespace ww {

/// An orthogonal n×n matrix: signs, then Walsh–Hadamard over the largest power of two in n, then a random orthogonal matrix over
/// what is left. The same seed gives the same matrix on every machine. Thread-safe.
class Orthogonal {
public:
    Orthogonal(std::size_t n, std::uint64_t seed);
    [[nodiscard]] std::size_t size() const { return m_n; }
    /// x ← x·Q for a row vector of n values that stand `stride` apart; the same call turns a column w into Qᵀ·w.
    void apply(float* x, std::size_t stride = 1) const;

private:
    std::size_t m_n;
    std::size_t m_power;  ///< the largest power of two that divides n
    std::size_t m_odd;    ///< n / m_power
    std::vector<double> m_signs;
    std::vector<double> m_mix;  ///< odd × odd
};

struct RotationOptions {
    std::uint64_t seed = 1;
    bool residual = true;  ///< R1; folds the norm weights into the matrices behind them first
    bool values = true;    ///< R2
};

/// An ordinary model of the same architecture. A model whose output matrix is its token embedding gets an output matrix of its
/// own. Errors: Unsupported when the architecture or a tensor of the model does not allow it, naming the tensor.
Result<std::shared_ptr<const ModelFile>> rotate(std::shared_ptr<const ModelFile> model, const RotationOptions& options);

}  // namespace ww
