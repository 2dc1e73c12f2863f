// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace ww {

/// Writes a file that appears under its final name complete or not at all: data go to a temporary name in the target
/// folder, commit() flushes (fsync of file and folder) and renames. Destroyed before commit(), or after an error: the
/// temporary file is removed. Only when the process is killed it remains, as NAME.weightwright-XXXXXXXX.part; the next
/// create() for the same name, by the same user, deletes it: a lock (flock) tells whether a process still writes it. Not
/// thread-safe. Every error names the path and says what to do.
///
/// An ordinary file under the target's name is replaced and passes its permissions on; a write-protected one is refused.
/// A symbolic link stays and the file it leads to is replaced (or created), in the folder of that file: people link a
/// name to a disk that has room. Folders, devices and pipes are refused.
class AtomicFile {
public:
    /// `expectedBytes` is compared with the free space first, and reserved where the file system can do so (0: unknown,
    /// not checked). Errors: Unwritable, NotFound (the folder), NoSpace.
    static Result<AtomicFile> create(const std::filesystem::path& target, std::uint64_t expectedBytes = 0);
    AtomicFile(AtomicFile&&) noexcept;
    AtomicFile& operator=(AtomicFile&&) noexcept;
    ~AtomicFile();

    /// Appends. After an error (NoSpace, Unwritable) the temporary file is gone and every further call fails.
    Result<void> write(std::span<const std::byte> bytes);
    Result<void> write(std::string_view text);
    [[nodiscard]] std::uint64_t bytesWritten() const { return m_written; }
    Result<void> commit();

private:
    AtomicFile() = default;
    void discard() noexcept;
    [[nodiscard]] tl::unexpected<Error> failed(int number);
    std::filesystem::path m_target;
    std::filesystem::path m_temporary;
    int m_fd = -1;
    std::uint64_t m_written = 0;
    std::uint64_t m_flushed = 0;   ///< up to here the kernel was asked to write to the disk
    std::uint64_t m_reserved = 0;  ///< bytes on the disk that are kept for the file
};

/// A file that is going to be written, and its size.
struct PlannedFile {
    std::filesystem::path target;
    std::uint64_t bytes = 0;
};
/// Whether there is room for all of these files, before the first of them is begun: AtomicFile::create() sees one at a time. Files of one
/// disk count together. What cannot be found out (a folder that does not exist) is left to create(). What killed processes left of
/// these files is deleted first. Error: NoSpace, naming the first file on the disk that is too small. Thread-safe.
Result<void> checkSpaceFor(std::span<const PlannedFile> files);

/// Whole-file helpers for small files (recipes, projects, texts). readTextFile returns the bytes as they are and refuses
/// more than `maxBytes`; it reads pipes, too, and gives up when no program writes to one for three seconds.
Result<std::string> readTextFile(const std::filesystem::path& path, std::uint64_t maxBytes = std::uint64_t{1} << 30);
Result<void> writeTextFile(const std::filesystem::path& path, std::string_view text);

}  // namespace ww
