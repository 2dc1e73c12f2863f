// SPDX-License-Identifier: MIT
// Hidden states by the name of everything they depend on, in memory and on disk, each within a budget.
#pragma once

#include <cstdint>
#include <filesystem>
#include <list>
#include <map>
#include <memory>
#include <span>
#include <vector>

#include "base/hash.h"
#include "base/result.h"

namespace ww {

struct ActivationCacheOptions {
    std::uint64_t memoryBudgetBytes = std::uint64_t{1} << 30;
    std::filesystem::path folder{};  ///< empty: memory only
    std::uint64_t diskBudgetBytes = std::uint64_t{4} << 30;
};

/// What was used longest ago goes first: from memory to the disk, from the disk to nowhere. The disk is a help and never
/// trusted: a file that cannot be read, or whose length or checksum is wrong, is deleted and counts as absent, and a disk that is
/// full or cannot be written is not an error. Files of other programs in the folder are left alone. Not thread-safe; one folder may
/// serve several programs at once.
class ActivationCache {
public:
    explicit ActivationCache(ActivationCacheOptions options);
    ~ActivationCache();
    ActivationCache(const ActivationCache&) = delete;
    ActivationCache& operator=(const ActivationCache&) = delete;

    [[nodiscard]] bool contains(const Hash& key) const;
    /// False, and `out` unspecified, when there are no values of this name and number.
    bool load(const Hash& key, std::span<float> out);
    /// `lasting`: also to the disk at once, so that the next start of the program finds it.
    void store(const Hash& key, std::span<const float> values, bool lasting = false);

    [[nodiscard]] std::uint64_t memoryBytes() const { return m_memoryBytes; }
    [[nodiscard]] std::uint64_t diskBytes() const { return m_diskBytes; }

private:
    struct Entry {
        std::vector<float> values;
        std::list<Hash>::iterator place;
    };
    struct DiskEntry {
        std::uint64_t bytes = 0;
        std::list<Hash>::iterator place;
    };
    void keep(const Hash& key, std::span<const float> values);
    void evict(std::uint64_t needed);
    void writeToDisk(const Hash& key, std::span<const float> values);
    bool readFromDisk(const Hash& key, std::span<float> out);
    void forgetOnDisk(const Hash& key);
    [[nodiscard]] std::filesystem::path fileOf(const Hash& key) const;

    ActivationCacheOptions m_options;
    std::map<Hash, Entry> m_entries;
    std::list<Hash> m_order;  ///< used longest ago first
    std::uint64_t m_memoryBytes = 0;
    std::map<Hash, DiskEntry> m_files;
    std::list<Hash> m_fileOrder;
    std::uint64_t m_diskBytes = 0;
};

}  // namespace ww
