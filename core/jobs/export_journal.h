// SPDX-License-Identifier: MIT
// Finished tensors of methods that take long, so that an export that was killed goes on where it was.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <memory>
#include <span>
#include <vector>

#include "base/hash.h"
#include "base/mapped_file.h"
#include "io/model_file.h"
#include "plan/plan.h"

namespace ww {

/// Whether finished tensors of such a plan are worth keeping.
[[nodiscard]] bool takesLong(const Plan& plan);

/// A help and never trusted: parts of another export, parts that were cut off and parts that do not fit their checksum are
/// dropped, a file that is something else is left alone, and one that cannot be written is not an error. The file goes with the
/// object unless keep() says otherwise; when the process is killed it stays. One export at a time uses a file.
class ExportJournal {
public:
    /// Reads what is there of an export of this model by this plan. An empty path, or a plan without such methods: nothing.
    static std::unique_ptr<ExportJournal> open(const std::filesystem::path& path, const ModelFile& model, const Plan& plan);
    ~ExportJournal();
    ExportJournal(const ExportJournal&) = delete;
    ExportJournal& operator=(const ExportJournal&) = delete;

    /// All bytes of the entry are known. Thread-safe, as load().
    [[nodiscard]] bool finished(std::size_t entry) const { return entry < m_parts.size() && !m_parts[entry].empty(); }
    /// Bytes of a finished entry from `first` on.
    void load(std::size_t entry, std::uint64_t first, std::span<std::byte> out) const;
    /// The next bytes of an entry, in order; ignored for those that are finished or quickly made anyway.
    void append(std::size_t entry, std::span<const std::byte> bytes);
    void keep(bool on = true) { m_keep = on; }
    /// The disk had no room for it any more.
    [[nodiscard]] bool givenUp() const { return m_givenUp; }
    /// Whether there is such a file; any other one of this name does not count.
    [[nodiscard]] static bool exists(const std::filesystem::path& path);
    [[nodiscard]] std::size_t finishedCount() const;

private:
    struct Part {
        std::uint64_t first = 0;
        std::span<const std::byte> bytes;
    };
    ExportJournal() = default;
    std::uint64_t read(std::span<const std::byte> content);
    [[nodiscard]] Hash checksum(std::size_t entry, std::uint64_t first, std::span<const std::byte> bytes) const;

    std::filesystem::path m_path;
    Hash m_identity;
    std::vector<std::uint64_t> m_sizes;     ///< of the entries that are kept; 0: not kept
    std::vector<std::vector<Part>> m_parts;  ///< of the finished entries
    std::shared_ptr<const MappedFile> m_known;
    std::ofstream m_file;
    std::size_t m_entry = 0;      ///< of the last append
    std::uint64_t m_written = 0;  ///< of this entry
    bool m_keep = false;
    bool m_givenUp = false;
};

}  // namespace ww
