// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace ww {

/// What the handler of SIGBUS knows of one mapped file. The kernel sends that signal when a page can no longer be read,
/// because another program shortened the file or the disk failed; the handler replaces the page by zeros, notes it in
/// `damage` and lets the program go on until MappedFile::checkUnchanged() looks. A fault outside of every mapping goes to
/// the handler that was there before.
struct MappingGuard {
    enum class Damage { None, Shortened, ReadFailed };

    /// Registers a mapping; the handler is installed with the first. Thread-safe, as are the others.
    static void add(const std::byte* data, std::size_t bytes, int file);
    /// Call it before the mapping is undone.
    static void remove(const std::byte* data);
    /// None when `data` is not the begin of a registered mapping.
    static Damage damageOf(const std::byte* data);

    std::atomic<std::uintptr_t> begin{0};  ///< 0: stands for no mapping
    std::atomic<std::size_t> size{0};
    std::atomic<int> fd{-1};
    std::atomic<Damage> damage{Damage::None};
    MappingGuard* next = nullptr;  ///< never changes
};

}  // namespace ww
