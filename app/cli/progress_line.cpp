// SPDX-License-Identifier: MIT
#include "app/cli/progress_line.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <chrono>
#include <cmath>
#include <condition_variable>
#include <mutex>
#include <string_view>

#include "app/cli/table.h"

namespace ww::cli {
namespace {

void writeToTerminal(std::string_view text)
{
    // A terminal that went away is no reason to stop working.
    [[maybe_unused]] const auto ignored = ::write(STDERR_FILENO, text.data(), text.size());
}

std::size_t terminalWidth()
{
    winsize size = {};
    return ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

std::string cutTo(std::string_view text, std::size_t width)
{
    std::size_t end = 0;
    for (std::size_t characters = 0; end < text.size(); ++end)
        if ((static_cast<unsigned char>(text[end]) & 0xC0U) != 0x80U && characters++ == width) break;
    return std::string(text.substr(0, end));
}

}  // namespace

std::string progressText(const Progress::Snapshot& s)
{
    std::string text = s.phase;
    if (s.total > 0) text += fmt::format("  {:.0f} %", std::floor(100 * std::min(1.0, s.fraction())));
    if (s.unit == ProgressUnit::Bytes && s.elapsedSeconds > 0.5)
        text += fmt::format("  {}/s", sizeText(static_cast<double>(s.done) / s.elapsedSeconds));
    if (s.secondsLeft) {
        const auto left = static_cast<std::uint64_t>(std::ceil(*s.secondsLeft));
        text += left < 3600 ? fmt::format("  {}:{:02} left", left / 60, left % 60)
                            : fmt::format("  {}:{:02}:{:02} left", left / 3600, left / 60 % 60, left % 60);
    }
    if (!s.detail.empty()) text += fmt::format("  {}", plainText(s.detail));
    return text;
}

ProgressLine::ProgressLine(const Progress& progress)
{
    if (::isatty(STDERR_FILENO) == 0) return;
    m_thread = std::jthread([&progress](const std::stop_token& stop) {
        std::mutex mutex;
        std::condition_variable_any wake;
        std::unique_lock lock(mutex);
        bool shown = false;
        while (!wake.wait_for(lock, stop, std::chrono::milliseconds(100), [&] { return stop.stop_requested(); })) {
            const auto snapshot = progress.snapshot();
            if (snapshot.phase.empty()) continue;
            writeToTerminal(fmt::format("\r{}\x1b[K", cutTo(progressText(snapshot), terminalWidth() - 1)));
            shown = true;
        }
        if (shown) writeToTerminal("\r\x1b[K");
    });
}

ProgressLine::~ProgressLine()
{
    m_thread.request_stop();
    if (m_thread.joinable()) m_thread.join();
}

}  // namespace ww::cli
