// SPDX-License-Identifier: MIT
// Results of finished windows in a file, so that an evaluation that was killed goes on where it was.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <vector>

#include "base/hash.h"

namespace ww {

/// A help and never trusted: what belongs to another run, was cut off or does not fit its checksum is dropped, and a file that
/// cannot be written is not an error. One run at a time writes it. Not thread-safe.
class WindowJournal {
public:
    /// `identity`: of everything the values depend on. An empty path keeps nothing.
    WindowJournal(std::filesystem::path path, const Hash& identity, std::size_t valuesPerWindow);

    /// Of the windows from the first on that were finished before.
    [[nodiscard]] std::span<const double> finished() const { return m_values; }
    [[nodiscard]] std::size_t finishedWindows() const { return m_valuesPerWindow == 0 ? 0 : m_values.size() / m_valuesPerWindow; }
    /// Values of the next window or windows.
    void append(std::span<const double> values);

private:
    [[nodiscard]] Hash checksum(std::size_t window, std::span<const double> values) const;
    std::filesystem::path m_path;
    Hash m_identity;
    std::size_t m_valuesPerWindow;
    std::size_t m_written = 0;
    std::vector<double> m_values;
};

/// While a journal is kept, so many windows go through a model together: what a kill can cost.
inline constexpr std::size_t kJournalWindows = 8;

}  // namespace ww
