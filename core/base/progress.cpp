// SPDX-License-Identifier: MIT
#include "base/progress.h"

#include <utility>

namespace ww {

void Progress::begin(std::string phase, std::uint64_t total, ProgressUnit unit)
{
    const std::scoped_lock lock(m_mutex);
    m_phase = std::move(phase);
    m_detail.clear();
    m_total = total;
    m_unit = unit;
    m_start = Clock::now();
    m_done.store(0, std::memory_order_relaxed);
}

void Progress::setDetail(std::string detail)
{
    const std::scoped_lock lock(m_mutex);
    m_detail = std::move(detail);
}

Progress::Snapshot Progress::snapshot() const
{
    const std::scoped_lock lock(m_mutex);
    Snapshot s;
    s.phase = m_phase;
    s.detail = m_detail;
    s.done = m_done.load(std::memory_order_relaxed);
    s.total = m_total;
    s.unit = m_unit;
    s.elapsedSeconds = std::chrono::duration<double>(Clock::now() - m_start).count();
    // A rate from less than half a second of work jumps about and would only unsettle the reader.
    if (s.elapsedSeconds > 0.5 && s.done > 0 && s.total >= s.done)
        s.secondsLeft = s.elapsedSeconds * static_cast<double>(s.total - s.done) / static_cast<double>(s.done);
    return s;
}

}  // namespace ww
