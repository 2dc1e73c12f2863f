// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/selection.h"

#include <algorithm>

namespace ww {

bool Selection::contains(std::size_t tensor) const
{
    return std::binary_search(m_tensors.begin(), m_tensors.end(), tensor);
}

void Selection::set(TensorSet tensors, std::optional<std::size_t> current)
{
    std::sort(tensors.begin(), tensors.end());
    tensors.erase(std::unique(tensors.begin(), tensors.end()), tensors.end());
    const auto isIn = [&](std::size_t t) { return std::binary_search(tensors.begin(), tensors.end(), t); };
    if (!current && m_current && isIn(*m_current)) current = m_current;
    if (current && !isIn(*current)) current.reset();
    if (!current && !tensors.empty()) current = tensors.front();
    if (tensors == m_tensors && current == m_current) return;
    m_tensors = std::move(tensors);
    m_current = current;
    Q_EMIT changed();
}

}  // namespace ww
