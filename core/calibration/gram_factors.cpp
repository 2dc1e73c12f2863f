// SPDX-License-Identifier: MIT
#include "calibration/gram_factors.h"

#include <algorithm>
#include <iterator>

namespace ww {

const InputStatistics* GramFactors::input(std::string_view tensor, std::size_t matrix) const
{
    const InputStatistics* found = m_calibration->find(tensor, matrix);
    return found && !found->gram.empty() && found->count > 0 ? found : nullptr;
}

LayerInputs GramFactors::statistics(std::string_view tensor, std::size_t matrix, std::size_t columns) const
{
    const InputStatistics* found = m_calibration->find(tensor, matrix);
    return found && found->count > 0 && found->columns == columns ? layerInputs(*found) : LayerInputs();
}

Result<std::shared_ptr<const GptqFactor>> GramFactors::find(std::string_view tensor, std::size_t matrix, const GptqOptions& options) const
{
    const InputStatistics* const input = this->input(tensor, matrix);
    if (!input) return std::shared_ptr<const GptqFactor>();
    const double damping = options.damping.value_or(-1);
    // Others wait here while a factor is made: most of the time it is the one that they need.
    const std::scoped_lock lock(m_mutex);
    const auto found = std::find_if(m_recent.begin(), m_recent.end(), [&](const Item& item) {
        return item.input == input && item.damping == damping && item.actOrder == options.actOrder && item.order == options.order;
    });
    if (found != m_recent.end()) {
        m_recent.splice(m_recent.begin(), m_recent, found);
        return m_recent.front().factor;
    }
    WW_TRY(GptqFactor factor, factorize(input->gram, input->columns, input->count, options));
    m_recent.push_front({input, damping, options.actOrder, options.order, std::make_shared<const GptqFactor>(std::move(factor))});
    std::uint64_t bytes = 0;
    for (auto item = m_recent.begin(); item != m_recent.end();) {
        bytes += std::uint64_t{8} * item->factor->columns * item->factor->columns;
        item = bytes > kBudgetBytes && item != m_recent.begin() ? m_recent.erase(item) : std::next(item);
    }
    return m_recent.front().factor;
}

}  // namespace ww
