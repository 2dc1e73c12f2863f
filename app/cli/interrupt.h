// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <stop_token>
#include <thread>

namespace ww::cli {

/// Turns SIGINT, SIGTERM and SIGHUP into a stop request while it lives, on a thread of its own, so that work ends cleanly
/// and removes what it began. A second signal ends the program at once. Create it before any other thread.
class Interrupt {
public:
    Interrupt();
    ~Interrupt();
    Interrupt(const Interrupt&) = delete;
    Interrupt& operator=(const Interrupt&) = delete;

    [[nodiscard]] std::stop_token token() const { return m_stop.get_token(); }
    /// The signal that came, or 0.
    [[nodiscard]] int signal() const { return m_signal.load(); }

private:
    std::stop_source m_stop;
    std::atomic<int> m_signal{0};
    std::atomic<bool> m_done{false};
    std::thread m_thread;
};

}  // namespace ww::cli
