// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string_view>
#include <utility>
#include <vector>

#include "calibration/calibration.h"
#include "methods/gptq.h"

namespace ww {

/// Factors of the Gram matrices of a calibration, made when they are first asked for and shared by the tensors with the same
/// input. The last ones are kept, up to a budget, so that attn_q, attn_k and attn_v need one factorization. Thread-safe.
class GramFactors {
public:
    explicit GramFactors(std::shared_ptr<const Calibration> calibration) : m_calibration(std::move(calibration)) {}

    /// Of (an expert of) the tensor, with a Gram matrix and at least one token; null if there is none such.
    [[nodiscard]] const InputStatistics* input(std::string_view tensor, std::size_t matrix = 0) const;
    /// Null when input() is. Errors as factorize().
    Result<std::shared_ptr<const GptqFactor>> find(std::string_view tensor, std::size_t matrix, const GptqOptions& options) const;
    /// Statistics of an input with that many columns; empty when the calibration has none, or no token reached it.
    [[nodiscard]] LayerInputs statistics(std::string_view tensor, std::size_t matrix, std::size_t columns) const;
    [[nodiscard]] const Calibration& calibration() const { return *m_calibration; }

private:
    struct Item {
        const InputStatistics* input = nullptr;
        double damping = -1;  ///< as asked for; −1: automatic
        bool actOrder = true;
        std::vector<std::uint32_t> order;
        std::shared_ptr<const GptqFactor> factor;
    };
    static constexpr std::uint64_t kBudgetBytes = std::uint64_t{1} << 30;

    std::shared_ptr<const Calibration> m_calibration;
    mutable std::mutex m_mutex;
    mutable std::list<Item> m_recent;  ///< latest first
};

}  // namespace ww
