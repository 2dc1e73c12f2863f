// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>

#include "base/result.h"

namespace ww {

/// A file mapped read-only into memory. Immutable and thread-safe. Opening touches no page of the content, so it is
/// instant for any size. A directory, a missing or an unreadable file gives an error with the reason.
///
/// When another program replaces the file under its name, the mapping keeps the old content. When another program
/// shortens the same file, touching a page behind its new end would end the process (SIGBUS). checkUnchanged() is one
/// system call: long jobs call it before they begin and before each tensor, so the window for that stays small.
class MappedFile {
public:
    static Result<std::shared_ptr<const MappedFile>> open(const std::filesystem::path& path);
    ~MappedFile();
    MappedFile(const MappedFile&) = delete;
    MappedFile& operator=(const MappedFile&) = delete;

    [[nodiscard]] const std::filesystem::path& path() const { return m_path; }
    [[nodiscard]] std::span<const std::byte> bytes() const { return {m_data, m_size}; }

    /// Unreadable when the size on disk is no longer the size that was mapped.
    [[nodiscard]] Result<void> checkUnchanged() const;

    /// Asks the kernel to read a range ahead / to drop it again. Hints only; out-of-range parts are ignored.
    void prefetch(std::size_t offset, std::size_t length) const;
    void release(std::size_t offset, std::size_t length) const;

    /// True when `other` names the same file through any link, hard or symbolic (device and inode are compared).
    [[nodiscard]] bool isSameFile(const std::filesystem::path& other) const;

private:
    MappedFile() = default;
    std::filesystem::path m_path;
    int m_fd = -1;  ///< kept open for checkUnchanged()
    const std::byte* m_data = nullptr;
    std::size_t m_size = 0;
    std::uint64_t m_device = 0;
    std::uint64_t m_inode = 0;
};

}  // namespace ww
