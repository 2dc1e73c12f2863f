// SPDX-License-Identifier: MIT
// The vocabulary of every long-running function: progress that others poll, and a token that stops it.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>

namespace ww {

enum class ProgressUnit { Bytes, Tokens, Tensors, Steps };

/// Written by one job, read by anybody at any time (the window polls ten times a second).
/// Thread-safe. advance() is one relaxed atomic addition and may be called from many threads.
class Progress {
public:
    struct Snapshot {
        std::string phase;                   ///< what is being done, e.g. "Quantizing"; English, translated by the display
        std::string detail;                  ///< e.g. the tensor's name
        std::uint64_t done = 0;              ///< in `unit`
        std::uint64_t total = 0;             ///< 0: unknown
        ProgressUnit unit = ProgressUnit::Steps;
        double elapsedSeconds = 0;           ///< since the phase began
        std::optional<double> secondsLeft;   ///< estimate from the rate so far; empty in the first half second
        double fraction() const { return total == 0 ? 0.0 : static_cast<double>(done) / static_cast<double>(total); }
    };

    /// Starts a phase: counts go back to 0.
    void begin(std::string phase, std::uint64_t total, ProgressUnit unit);
    void setDetail(std::string detail);
    void advance(std::uint64_t count) { m_done.fetch_add(count, std::memory_order_relaxed); }
    [[nodiscard]] Snapshot snapshot() const;

private:
    using Clock = std::chrono::steady_clock;
    mutable std::mutex m_mutex;
    std::string m_phase;
    std::string m_detail;
    std::uint64_t m_total = 0;
    ProgressUnit m_unit = ProgressUnit::Steps;
    Clock::time_point m_start = Clock::now();
    std::atomic<std::uint64_t> m_done{0};
};

class ThreadPool;

/// Handed to every long-running function instead of globals. Borrowed; must outlive the call.
/// `stop` is looked at at least every 50 ms of work; a stopped function returns ErrorCode::Cancelled.
struct JobContext {
    ThreadPool& pool;
    std::stop_token stop{};
    Progress* progress = nullptr;  ///< may be null

    [[nodiscard]] bool stopRequested() const { return stop.stop_requested(); }
    void advance(std::uint64_t count) const
    {
        if (progress) progress->advance(count);
    }
    void begin(std::string phase, std::uint64_t total, ProgressUnit unit) const
    {
        if (progress) progress->begin(std::move(phase), total, unit);
    }
    void detail(std::string text) const
    {
        if (progress) progress->setDetail(std::move(text));
    }
};

}  // namespace ww
