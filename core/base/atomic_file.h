// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string_view>

#include "base/result.h"

namespace ww {

/// Writes a file that appears under its final name complete or not at all: data go to a temporary name in the target
/// folder, commit() flushes (fsync of file and folder) and renames. Destroyed before commit(): the temporary file is
/// removed. Not thread-safe. Every error names the path and says what to do.
class AtomicFile {
public:
    /// `expectedBytes` is compared with the free space first (0: unknown, not checked).
    static Result<AtomicFile> create(const std::filesystem::path& target, std::uint64_t expectedBytes = 0);
    AtomicFile(AtomicFile&&) noexcept;
    AtomicFile& operator=(AtomicFile&&) noexcept;
    ~AtomicFile();

    Result<void> write(std::span<const std::byte> bytes);
    Result<void> write(std::string_view text);
    [[nodiscard]] std::uint64_t bytesWritten() const { return m_written; }
    Result<void> commit();

private:
    AtomicFile() = default;
    void discard() noexcept;
    std::filesystem::path m_target;
    std::filesystem::path m_temporary;
    int m_fd = -1;
    std::uint64_t m_written = 0;
};

/// Whole-file helpers for small files (recipes, projects, texts). readTextFile refuses more than `maxBytes`.
Result<std::string> readTextFile(const std::filesystem::path& path, std::uint64_t maxBytes = std::uint64_t{1} << 30);
Result<void> writeTextFile(const std::filesystem::path& path, std::string_view text);

}  // namespace ww
