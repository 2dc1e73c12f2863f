// SPDX-License-Identifier: MIT
#include "app/cli/interrupt.h"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

namespace ww::cli {
namespace {

/// Signals that the caller has switched off (nohup) stay off.
bool isIgnored(int signal)
{
    struct sigaction action = {};
    return ::sigaction(signal, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

}  // namespace

Interrupt::Interrupt()
{
    // Writing to a closed pipe or beyond a limit on file sizes shall be an error to report, not the end.
    ::signal(SIGPIPE, SIG_IGN);
    ::signal(SIGXFSZ, SIG_IGN);

    sigset_t signals;
    sigemptyset(&signals);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP})
        if (!isIgnored(signal)) sigaddset(&signals, signal);
    sigaddset(&signals, SIGUSR1);  // wakes the thread at the end
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    m_thread = std::thread([this, signals] {
        for (int signal = 0; !m_done.load();) {
            if (sigwait(&signals, &signal) != 0 || signal == SIGUSR1) continue;
            if (m_signal.exchange(signal) != 0) ::_exit(128 + signal);
            m_stop.request_stop();
        }
    });
}

Interrupt::~Interrupt()
{
    m_done = true;
    pthread_kill(m_thread.native_handle(), SIGUSR1);
    m_thread.join();
}

}  // namespace ww::cli
