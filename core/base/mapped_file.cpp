// SPDX-License-Identifier: MIT
#include "base/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <limits>

#include <fmt/format.h>

#include "base/mapped_file_guard.h"
#include "base/system_error.h"

namespace ww {

Result<std::shared_ptr<const MappedFile>> MappedFile::open(const std::filesystem::path& path)
{
    // The destructor closes and unmaps what an early return leaves behind.
    const std::shared_ptr<MappedFile> file(new MappedFile);
    file->m_path = path;
    // O_NONBLOCK: opening a named pipe that nobody writes to must not hang.
    file->m_fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file->m_fd < 0) return readError(errno, path);

    struct stat info = {};
    if (::fstat(file->m_fd, &info) != 0) return readError(errno, path);
    if (S_ISDIR(info.st_mode)) return readError(EISDIR, path);
    if (!S_ISREG(info.st_mode))
        return fail(ErrorCode::Unsupported, "This is not an ordinary file but a device, pipe or socket.", path);
    file->m_device = info.st_dev;
    file->m_inode = info.st_ino;

    const auto size = static_cast<std::uint64_t>(info.st_size);
    if (size > std::numeric_limits<std::size_t>::max())
        return fail(ErrorCode::Unsupported, "The file is larger than this computer can address.", path);
    if (size == 0) return file;  // an empty mapping is an error for mmap, an empty file is none for us
    void* data = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, file->m_fd, 0);
    if (data == MAP_FAILED) {
        if (errno == ENOMEM)
            return fail(ErrorCode::OutOfMemory,
                        "There is not enough address space to map the file; raise the limit on virtual memory (ulimit -v).", path);
        return readError(errno, path);
    }
    file->m_data = static_cast<const std::byte*>(data);
    file->m_size = size;
    MappingGuard::add(file->m_data, file->m_size, file->m_fd);
    return file;
}

MappedFile::~MappedFile()
{
    if (m_data) {
        MappingGuard::remove(m_data);
        ::munmap(const_cast<std::byte*>(m_data), m_size);
    }
    if (m_fd >= 0) ::close(m_fd);
}

Result<void> MappedFile::checkUnchanged() const
{
    struct stat info = {};
    if (::fstat(m_fd, &info) != 0) return readError(errno, m_path);
    if (static_cast<std::uint64_t>(info.st_size) != m_size)
        return fail(ErrorCode::Unreadable,
                    fmt::format("Another program changed the file from {} to {} bytes while it was open; open it again.", m_size,
                                info.st_size),
                    m_path);
    switch (MappingGuard::damageOf(m_data)) {
    case MappingGuard::Damage::None: return {};
    case MappingGuard::Damage::Shortened:
        return fail(ErrorCode::Unreadable, "Another program shortened the file for a while when it was open; open it again.",
                    m_path);
    case MappingGuard::Damage::ReadFailed: break;
    }
    return fail(ErrorCode::Unreadable,
                "A part of the file could not be read; perhaps the disk is damaged or was disconnected.", m_path);
}

namespace {

/// madvise() wants a page-aligned start. Widening the range to whole pages is harmless for both hints.
void advise(const std::byte* data, std::size_t size, std::size_t offset, std::size_t length, int advice)
{
    if (!data || offset >= size || length == 0) return;
    static const auto kPage = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    const std::size_t begin = offset / kPage * kPage;
    const std::size_t end = offset + std::min(length, size - offset);
    ::madvise(const_cast<std::byte*>(data) + begin, end - begin, advice);
}

}  // namespace

void MappedFile::prefetch(std::size_t offset, std::size_t length) const
{
    advise(m_data, m_size, offset, length, MADV_WILLNEED);
}

void MappedFile::release(std::size_t offset, std::size_t length) const
{
    advise(m_data, m_size, offset, length, MADV_DONTNEED);
}

bool MappedFile::isSameFile(const std::filesystem::path& other) const
{
    struct stat info = {};
    return ::stat(other.c_str(), &info) == 0 && info.st_dev == m_device && info.st_ino == m_inode;
}

}  // namespace ww
