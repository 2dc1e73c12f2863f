// SPDX-License-Identifier: MIT
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <string_view>

namespace ww::test {

/// A file that lives in memory but has a path to open, for tests that write thousands of broken files: on a disk each
/// would wait for the disk.
class MemoryFile {
public:
    MemoryFile() : m_fd(::memfd_create("test", MFD_CLOEXEC)) {}
    ~MemoryFile() { ::close(m_fd); }
    MemoryFile(const MemoryFile&) = delete;
    MemoryFile& operator=(const MemoryFile&) = delete;

    [[nodiscard]] std::filesystem::path path() const { return "/proc/self/fd/" + std::to_string(m_fd); }
    /// Replaces the content; false when the system refuses.
    [[nodiscard]] bool fill(std::string_view bytes)
    {
        return resize(0) && ::pwrite(m_fd, bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size());
    }
    [[nodiscard]] bool resize(std::size_t size) { return ::ftruncate(m_fd, static_cast<off_t>(size)) == 0; }

private:
    int m_fd;
};

}  // namespace ww::test
