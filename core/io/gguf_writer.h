// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <vector>

#include "base/atomic_file.h"
#include "base/result.h"
#include "io/metadata.h"
#include "tensor/tensor_info.h"

namespace ww {

/// Forward-only GGUF v3 writer: header first (sizes are known from the plan), then the tensors in the given order, each
/// padded with zeros to 32 bytes (the last one too). Same input, same bytes. Not thread-safe.
/// The file appears under its name only after finish(); destroyed before, nothing stays behind (see AtomicFile, also for
/// links and files that exist already). Strings end at their first zero byte and a `general.alignment` other than 32 is
/// left out; otherwise the metadata are written as they are.
class GgufWriter {
public:
    static constexpr std::uint32_t kAlignment = 32;

    /// `tensors`: name, type, shape; offsets and sizes are computed here. Trailing dimensions of 1 are dropped in the
    /// file. Checks free space. `sources` are paths that must not be overwritten: refused when `target` is one of
    /// them through any link. Errors: InvalidArgument (names, rows that are not a whole number of blocks), Unwritable,
    /// NotFound, NoSpace.
    static Result<GgufWriter> create(const std::filesystem::path& target, const Metadata& metadata,
                                     std::vector<TensorInfo> tensors, std::span<const std::filesystem::path> sources);

    /// Size of the file that create()+writes would make, in bytes. Touches no disk and copies nothing.
    static std::uint64_t fileSizeBytes(const Metadata& metadata, std::span<const TensorInfo> tensors);
    /// Bytes of the header before its padding; depends on the names and shapes of the tensors, not on their types. Each pair of
    /// the metadata adds a number of bytes of its own.
    static std::uint64_t headerBytes(const Metadata& metadata, std::span<const TensorInfo> tensors);

    /// Bytes of the next tensor, in one or several calls; the total must reach its size before the next one begins.
    Result<void> write(std::span<const std::byte> bytes);
    /// Checks that every tensor is complete, then fsync and rename.
    Result<void> finish();

private:
    GgufWriter(AtomicFile file, std::vector<TensorInfo> tensors);
    void skipEmpty();
    AtomicFile m_file;
    std::vector<TensorInfo> m_tensors;
    std::size_t m_current = 0;
    std::uint64_t m_inTensor = 0;
};

}  // namespace ww
