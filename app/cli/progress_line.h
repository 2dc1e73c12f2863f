// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <string>
#include <thread>

#include "base/progress.h"

namespace ww::cli {

/// Shows a Progress on one line of the terminal, ten times a second, while it lives; shows nothing when standard error is
/// not a terminal. The line is gone afterwards.
class ProgressLine {
public:
    explicit ProgressLine(const Progress& progress);
    ~ProgressLine();
    ProgressLine(const ProgressLine&) = delete;
    ProgressLine& operator=(const ProgressLine&) = delete;

private:
    std::jthread m_thread;
};

/// "Exporting  62 %  1.21 GiB/s  0:41 left  blk.7.ffn_down.weight"
[[nodiscard]] std::string progressText(const Progress::Snapshot& snapshot);

}  // namespace ww::cli
