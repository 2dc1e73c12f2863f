// SPDX-License-Identifier: MIT
#include "tests/support/kept_inputs.h"

#include <algorithm>
#include <cmath>

namespace ww::test {

Result<void> KeptInputs::onInput(std::span<const std::string_view> weightTensors, std::size_t /*matrix*/, RowsView x, std::size_t rows,
                                 std::size_t columns, const JobContext& /*context*/)
{
    const std::string first(weightTensors.front());
    if (!first.starts_with("blk.") || first.find("_exps") != std::string::npos) return {};
    Input& input = m_inputs[first];
    input.tensors.assign(weightTensors.begin(), weightTensors.end());
    input.columns = columns;
    for (std::size_t r = 0; r < rows; ++r) input.x.insert(input.x.end(), x.data + r * x.stride, x.data + r * x.stride + columns);
    return {};
}

Calibration KeptInputs::calibration() const
{
    Calibration calibration;
    for (const auto& [name, input] : m_inputs) {
        const std::size_t n = input.columns;
        InputStatistics s;
        s.tensors = input.tensors;
        s.columns = n;
        s.count = input.x.size() / n;
        s.sample = input.x;
        for (auto* values : {&s.sum, &s.sumAbs, &s.sumSquares}) values->assign(n, 0);
        s.absMax.assign(n, 0);
        s.magnitudes.assign(kMagnitudeBins, 0);
        std::vector<double> gram(n * n);
        for (std::size_t t = 0; t < s.count; ++t)
            for (std::size_t c = 0; c < n; ++c) {
                const auto value = static_cast<double>(input.x[t * n + c]);
                s.absMax[c] = std::max(s.absMax[c], std::fabs(input.x[t * n + c]));
                ++s.magnitudes[magnitudeBin(input.x[t * n + c])];
                s.sum[c] += value;
                s.sumAbs[c] += std::fabs(value);
                s.sumSquares[c] += value * value;
                for (std::size_t d = 0; d < n; ++d) gram[c * n + d] += value * static_cast<double>(input.x[t * n + d]);
            }
        for (const double sum : gram) s.gram.push_back(static_cast<float>(sum / static_cast<double>(s.count)));
        calibration.inputs.push_back(std::move(s));
    }
    return calibration;
}

KeptInputs inputsOf(const LanguageModel& model, const std::vector<TokenId>& tokens, std::size_t windowLength, const JobContext& context)
{
    KeptInputs inputs;
    std::vector<float> hidden(tokens.size() * model.hyperparameters().embeddingLength);
    if (!model.forwardObserved(tokens, windowLength, hidden, inputs, context)) return {};
    return inputs;
}

}  // namespace ww::test
