// SPDX-License-Identifier: MIT
#include "base/atomic_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <limits>
#include <map>
#include <new>
#include <optional>
#include <random>
#include <utility>

#include "base/system_error.h"

namespace ww {
namespace fs = std::filesystem;
namespace {

/// The kernel is asked to write in steps of this size, so that the final fsync has little left to wait for.
constexpr std::uint64_t kFlushStepBytes = std::uint64_t{64} << 20;

std::string sizeText(std::uint64_t bytes)
{
    const auto value = static_cast<double>(bytes);
    if (bytes >= std::uint64_t{1} << 30) return fmt::format("{:.1f} GiB", value / (1 << 30));
    if (bytes >= std::uint64_t{1} << 20) return fmt::format("{:.1f} MiB", value / (1 << 20));
    return fmt::format("{} bytes", bytes);
}

tl::unexpected<Error> writeError(int number, const fs::path& target)
{
    switch (number) {
    case ENOSPC: return fail(ErrorCode::NoSpace, "The disk is full; free some space or choose another folder.", target);
    case EDQUOT:
        return fail(ErrorCode::NoSpace, "Your quota on this disk is used up; free some space or choose another folder.", target);
    case EFBIG:
        return fail(ErrorCode::NoSpace,
                    "The file becomes larger than the file system or the limit on file sizes (ulimit -f) allows.", target);
    case EACCES:
    case EPERM:
        return fail(ErrorCode::Unwritable, "You do not have the permission to write in this folder; choose another folder.",
                    target);
    case EROFS: return fail(ErrorCode::Unwritable, "This disk is read-only; choose another folder.", target);
    case ENOENT:
        return fail(ErrorCode::NotFound, "The folder of the output file does not exist; create it or choose another.", target);
    case ENOTDIR:
        return fail(ErrorCode::NotFound, "A part of the path to the output file is not a folder; choose another folder.", target);
    case ENAMETOOLONG:
        return fail(ErrorCode::Unwritable, "The file name is longer than the file system allows; shorten it.", target);
    case EISDIR: return fail(ErrorCode::Unwritable, "The output is the name of a folder; give a file name.", target);
    default:
        return fail(ErrorCode::Unwritable,
                    fmt::format("The operating system could not write the file ({}).", systemErrorText(number)), target);
    }
}

/// Follows symbolic links at the end of the path, also to a file that does not exist yet.
Result<fs::path> followLinks(const fs::path& target)
{
    fs::path path = target;
    for (int i = 0; i < 40; ++i) {
        std::error_code ec;
        if (!fs::is_symlink(fs::symlink_status(path, ec))) return path;
        const fs::path next = fs::read_symlink(path, ec);
        if (ec) return writeError(ec.value(), target);
        path = path.parent_path() / next;  // an absolute `next` replaces the whole path
    }
    return fail(ErrorCode::Unwritable, "The symbolic links of the output file form a circle; choose another name.", target);
}

fs::path folderOf(const fs::path& path)
{
    return path.has_parent_path() ? path.parent_path() : fs::path(".");
}

Result<void> checkFreeSpace(const fs::path& folder, std::uint64_t needed, const fs::path& target, std::size_t files = 1)
{
    struct statvfs info = {};
    if (needed == 0 || ::statvfs(folder.c_str(), &info) != 0) return {};  // not known: writing will tell
    // Some network and virtual file systems report no blocks at all.
    if (info.f_blocks == 0) return {};
    std::uint64_t available = 0;
    if (__builtin_mul_overflow(std::uint64_t{info.f_bavail}, std::uint64_t{info.f_frsize}, &available) || available >= needed)
        return {};
    return fail(ErrorCode::NoSpace,
                fmt::format("{} {}, but only {} are free on this disk; free some space or choose another folder.",
                            files == 1 ? "The file needs" : fmt::format("The {} files need", files), sizeText(needed),
                            sizeText(available)),
                target);
}

/// What stands under the target's name may be replaced. Returns its permissions, or none if there is nothing yet.
Result<std::optional<mode_t>> checkExisting(const fs::path& path, const fs::path& target)
{
    struct stat info = {};
    if (::stat(path.c_str(), &info) != 0) {
        if (errno == ENOENT) return std::optional<mode_t>();
        return writeError(errno, target);
    }
    if (S_ISDIR(info.st_mode)) return writeError(EISDIR, target);
    if (!S_ISREG(info.st_mode))
        return fail(ErrorCode::Unwritable, "The output is a device, pipe or socket; give the name of an ordinary file.", target);
    if (::access(path.c_str(), W_OK) != 0)
        return fail(ErrorCode::Unwritable,
                    "The output file exists and is write-protected; choose another name or change its permissions.", target);
    return std::optional(static_cast<mode_t>(info.st_mode & 07777));
}

constexpr std::string_view kMark = ".weightwright-";
constexpr std::string_view kEnding = ".part";
constexpr std::size_t kDigits = 8;

/// What stands before the mark in temporary names: room for the ending within the 255 bytes that file systems allow.
std::string stemOf(const fs::path& path)
{
    return path.filename().string().substr(0, 254 - kMark.size() - kDigits - kEnding.size());
}

bool isTemporaryName(std::string_view name, std::string_view stem)
{
    const auto isDigit = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
    return name.size() == stem.size() + kMark.size() + kDigits + kEnding.size() && name.starts_with(stem) &&
           name.substr(stem.size()).starts_with(kMark) && name.ends_with(kEnding) &&
           std::ranges::all_of(name.substr(stem.size() + kMark.size(), kDigits), isDigit);
}

/// Deletes the file when no process writes it any more. Links, and files of other people, stay.
void removeAbandoned(const fs::path& temporary)
{
    const int fd = ::open(temporary.c_str(), O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) return;
    struct stat info = {};
    if (::fstat(fd, &info) == 0 && S_ISREG(info.st_mode) && info.st_nlink == 1 && info.st_uid == ::geteuid() &&
        ::flock(fd, LOCK_EX | LOCK_NB) == 0)
        ::unlink(temporary.c_str());
    ::close(fd);
}

/// Deletes what killed processes left of earlier attempts to write `path`. What goes wrong here is no reason not to write.
void removeLeftovers(const fs::path& path)
{
    const std::string stem = stemOf(path);
    std::error_code error;
    for (fs::directory_iterator it(folderOf(path), error), end; !error && it != end; it.increment(error))
        if (isTemporaryName(it->path().filename().string(), stem)) removeAbandoned(it->path());
}

/// A new file that nobody else takes for abandoned, or −1 (errno). Not mkstemp(): it ignores the umask.
int openTemporary(const fs::path& temporary)
{
    const int fd = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd < 0) return fd;
    // Another process may have found it before it was locked, and be about to delete it. File systems that know no locks let
    // nobody else lock, either.
    struct stat info = {};
    const bool taken = ::flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    if (!taken && ::fstat(fd, &info) == 0 && info.st_nlink > 0) return fd;
    ::unlink(temporary.c_str());
    ::close(fd);
    errno = EEXIST;
    return -1;
}

/// Keeps room on the disk for the file, so that nothing else that is written meanwhile takes it. Best effort: not every file
/// system can. Beyond the limit on file sizes the kernel may end the process by a signal instead of returning an error.
std::uint64_t reserve(int fd, std::uint64_t bytes)
{
    rlimit limit = {};
    const bool allowed = ::getrlimit(RLIMIT_FSIZE, &limit) == 0 && (limit.rlim_cur == RLIM_INFINITY || bytes <= limit.rlim_cur);
    if (bytes == 0 || !allowed) return 0;
    return ::fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, static_cast<off_t>(bytes)) == 0 ? bytes : 0;
}

}  // namespace

Result<void> checkSpaceFor(std::span<const PlannedFile> files)
{
    struct Disk {
        const PlannedFile* first;
        fs::path folder;
        std::uint64_t bytes = 0;
        std::size_t files = 0;
    };
    std::map<dev_t, Disk> disks;
    for (const PlannedFile& file : files) {
        const auto path = followLinks(file.target);
        struct stat info = {};
        if (!path || ::stat(folderOf(*path).c_str(), &info) != 0) continue;
        removeLeftovers(*path);
        Disk& disk = disks.try_emplace(info.st_dev, Disk{&file, folderOf(*path)}).first->second;
        if (__builtin_add_overflow(disk.bytes, file.bytes, &disk.bytes)) disk.bytes = std::numeric_limits<std::uint64_t>::max();
        ++disk.files;
    }
    for (const auto& [device, disk] : disks)
        WW_TRY_VOID(checkFreeSpace(disk.folder, disk.bytes, disk.first->target, disk.files));
    return {};
}

Result<AtomicFile> AtomicFile::create(const fs::path& target, std::uint64_t expectedBytes)
{
    if (target.empty()) return fail(ErrorCode::InvalidArgument, "No output file was named; give a file name.");
    WW_TRY(fs::path path, followLinks(target));
    WW_TRY(const auto permissions, checkExisting(path, target));
    if (!path.has_filename()) return writeError(EISDIR, target);
    const fs::path folder = folderOf(path);
    removeLeftovers(path);
    WW_TRY_VOID(checkFreeSpace(folder, expectedBytes, target));

    AtomicFile file;
    std::random_device random;
    for (int attempt = 0; attempt < 100 && file.m_fd < 0; ++attempt) {
        file.m_temporary = folder / fmt::format("{}{}{:0{}x}{}", stemOf(path), kMark, random(), kDigits, kEnding);
        file.m_fd = openTemporary(file.m_temporary);
        if (file.m_fd < 0 && errno != EEXIST) break;
    }
    if (file.m_fd < 0) {
        const int number = errno;
        file.m_temporary.clear();  // not ours
        return writeError(number, target);
    }
    file.m_target = std::move(path);
    if (permissions) ::fchmod(file.m_fd, *permissions);  // a file system without permissions may refuse, which is fine
    file.m_reserved = reserve(file.m_fd, expectedBytes);
    return file;
}

AtomicFile::AtomicFile(AtomicFile&& other) noexcept
    : m_target(std::move(other.m_target)), m_temporary(std::exchange(other.m_temporary, {})), m_fd(std::exchange(other.m_fd, -1)),
      m_written(other.m_written), m_flushed(other.m_flushed), m_reserved(other.m_reserved)
{
}

AtomicFile& AtomicFile::operator=(AtomicFile&& other) noexcept
{
    if (this != &other) {
        discard();
        m_target = std::move(other.m_target);
        m_temporary = std::exchange(other.m_temporary, {});
        m_fd = std::exchange(other.m_fd, -1);
        m_written = other.m_written;
        m_flushed = other.m_flushed;
        m_reserved = other.m_reserved;
    }
    return *this;
}

AtomicFile::~AtomicFile()
{
    discard();
}

void AtomicFile::discard() noexcept
{
    // Closing gives up the lock, so it comes last.
    if (!m_temporary.empty()) ::unlink(m_temporary.c_str());
    m_temporary.clear();
    if (m_fd >= 0) ::close(std::exchange(m_fd, -1));
}

tl::unexpected<Error> AtomicFile::failed(int number)
{
    discard();
    return writeError(number, m_target);
}

Result<void> AtomicFile::write(std::span<const std::byte> bytes)
{
    if (m_fd < 0) return fail(ErrorCode::Internal, "The file was already completed or given up.", m_target);
    // Beyond the limit on file sizes the kernel would end the process by a signal instead of returning an error.
    rlimit limit = {};
    if (::getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY &&
        bytes.size() > limit.rlim_cur - std::min<rlim_t>(m_written, limit.rlim_cur))
        return failed(EFBIG);
    while (!bytes.empty()) {
        const ssize_t count = ::write(m_fd, bytes.data(), bytes.size());
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return failed(count < 0 ? errno : EIO);
        bytes = bytes.subspan(static_cast<std::size_t>(count));
        m_written += static_cast<std::uint64_t>(count);
    }
    if (m_written - m_flushed >= kFlushStepBytes) {
        ::sync_file_range(m_fd, static_cast<off_t>(m_flushed), static_cast<off_t>(m_written - m_flushed), SYNC_FILE_RANGE_WRITE);
        m_flushed = m_written;
    }
    return {};
}

Result<void> AtomicFile::write(std::string_view text)
{
    return write(std::as_bytes(std::span(text.data(), text.size())));
}

Result<void> AtomicFile::commit()
{
    if (m_fd < 0) return fail(ErrorCode::Internal, "The file was already completed or given up.", m_target);
    if (m_reserved > m_written && ::ftruncate(m_fd, static_cast<off_t>(m_written)) != 0) return failed(errno);  // gives back the rest
    // Some file systems report a full disk only here.
    if (::fsync(m_fd) != 0) return failed(errno);
    if (::rename(m_temporary.c_str(), m_target.c_str()) != 0) return failed(errno);
    m_temporary.clear();
    ::close(std::exchange(m_fd, -1));  // only now: it gives up the lock
    // The file is complete under its name; that the name itself survives a power failure is best effort, because not every
    // file system can flush a folder.
    const fs::path folder = m_target.has_parent_path() ? m_target.parent_path() : fs::path(".");
    const int folderFd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folderFd >= 0) {
        ::fsync(folderFd);
        ::close(folderFd);
    }
    return {};
}

namespace {

/// Waits until somebody writes to a pipe that was opened without waiting: opening a pipe that nobody writes to would last for
/// ever otherwise. A byte that had to be read to find out goes to `text`.
Result<void> awaitWriter(int fd, std::string& text, const fs::path& path)
{
    constexpr int kStepMs = 50;
    constexpr int kPatienceMs = 3000;
    for (int waited = 0; waited < kPatienceMs; waited += kStepMs) {
        pollfd input{fd, POLLIN, 0};
        if (::poll(&input, 1, kStepMs) > 0) return {};  // data, or the writer has come and gone
        char byte = 0;
        const ssize_t count = ::read(fd, &byte, 1);
        if (count > 0) text.push_back(byte);
        if (count != 0) return {};  // there is a writer, even if it has written nothing yet
    }
    return fail(ErrorCode::Unreadable, "No program writes to this pipe; start the one that does first, or name a file.", path);
}

}  // namespace

Result<std::string> readTextFile(const fs::path& path, std::uint64_t maxBytes)
{
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) return readError(errno, path);
    struct Closer {
        int fd;
        ~Closer() { ::close(fd); }
    } const closer{fd};
    struct stat info = {};
    if (::fstat(fd, &info) != 0) return readError(errno, path);
    if (S_ISDIR(info.st_mode)) return readError(EISDIR, path);
    const auto tooLarge = [&] {
        return fail(ErrorCode::Unsupported,
                    fmt::format("The file is larger than {}, the most that can be read here.", sizeText(maxBytes)), path);
    };
    if (S_ISREG(info.st_mode) && static_cast<std::uint64_t>(info.st_size) > maxBytes) return tooLarge();
    try {
        std::string text;
        if (S_ISFIFO(info.st_mode)) {
            WW_TRY_VOID(awaitWriter(fd, text, path));
        }
        ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) & ~O_NONBLOCK);
        if (S_ISREG(info.st_mode)) text.reserve(static_cast<std::size_t>(info.st_size));
        std::array<char, 1 << 16> buffer;
        for (;;) {
            const ssize_t count = ::read(fd, buffer.data(), buffer.size());
            if (count < 0 && errno == EINTR) continue;
            if (count < 0) return readError(errno, path);
            if (count == 0) return text;
            if (static_cast<std::uint64_t>(count) > maxBytes - text.size()) return tooLarge();
            text.append(buffer.data(), static_cast<std::size_t>(count));
        }
    } catch (const std::bad_alloc&) {
        return fail(ErrorCode::OutOfMemory, "There is not enough free memory to read the file.", path);
    }
}

Result<void> writeTextFile(const fs::path& path, std::string_view text)
{
    WW_TRY(AtomicFile file, AtomicFile::create(path, text.size()));
    WW_TRY_VOID(file.write(text));
    return file.commit();
}

}  // namespace ww
