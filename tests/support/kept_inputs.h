// SPDX-License-Identifier: MIT
// What linear maps see while a model runs, for tests that need the values themselves and the statistics of exactly these.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "calibration/calibration.h"
#include "model/language_model.h"
#include "model/linear_inputs.h"

namespace ww::test {

/// Keeps the inputs of all linear maps of blocks without experts, by the first tensor that reads them.
class KeptInputs final : public LinearInputObserver {
public:
    struct Input {
        std::vector<std::string> tensors;
        std::size_t columns = 0;
        std::vector<float> x;  ///< row after row
    };

    Result<void> onInput(std::span<const std::string_view> weightTensors, std::size_t matrix, RowsView x, std::size_t rows,
                         std::size_t columns, const JobContext& context) override;
    [[nodiscard]] const std::map<std::string, Input>& inputs() const { return m_inputs; }
    /// With Gram matrices, and all rows as samples.
    [[nodiscard]] Calibration calibration() const;

private:
    std::map<std::string, Input> m_inputs;
};

/// Empty when the model cannot run.
KeptInputs inputsOf(const LanguageModel& model, const std::vector<TokenId>& tokens, std::size_t windowLength, const JobContext& context);

}  // namespace ww::test
