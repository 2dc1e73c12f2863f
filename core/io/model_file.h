// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/mapped_file.h"
#include "base/result.h"
#include "io/metadata.h"
#include "tensor/tensor_info.h"

namespace ww {

/// Rows of a tensor that lie in no file as they are stored: reordered, put together, converted. Implementations keep what they
/// read from mapped, are thread-safe and need no memory of the size of the tensor.
class RowSource {
public:
    virtual ~RowSource() = default;
    /// Writes rows [firstRow, firstRow + rowCount), which exist, in the stored type of the tensor.
    virtual Result<void> readRows(std::uint64_t firstRow, std::uint64_t rowCount, std::byte* out) const = 0;
    /// Hints to the kernel about the pages that all rows come from.
    virtual void prefetch() const {}
    virtual void release() const {}
};

/// One opened model: metadata, tensor list, mapped bytes. Immutable; shared as shared_ptr<const ModelFile> and safe to
/// use from any thread. Opening reads headers only (well under a second for any size).
class ModelFile {
public:
    [[nodiscard]] const std::filesystem::path& path() const { return m_path; }
    [[nodiscard]] const Metadata& metadata() const { return m_metadata; }
    /// In file order.
    [[nodiscard]] std::span<const TensorInfo> tensors() const { return m_tensors; }
    [[nodiscard]] const TensorInfo* find(std::string_view tensorName) const;
    /// True when the bytes of the tensor lie in a file as they are; false when only readRows() gives them.
    [[nodiscard]] bool hasView(const TensorInfo& tensor) const { return sourceOf(tensor) == nullptr; }
    /// `tensor` must be one of tensors(). No bytes when it has no view.
    [[nodiscard]] TensorView view(const TensorInfo& tensor) const;
    /// Rows of a tensor in its stored type, with or without a view, into `out` (rowCount × bytes of a row). Errors:
    /// InvalidArgument (rows it does not have, a type without rows), and what the source of the rows says.
    Result<void> readRows(const TensorInfo& tensor, std::uint64_t firstRow, std::uint64_t rowCount, std::byte* out) const;
    /// Unreadable when one of the files was shortened or extended since it was opened (see MappedFile). Cheap; jobs
    /// call it before they begin and before each tensor.
    [[nodiscard]] Result<void> checkUnchanged() const;
    /// Hints to the kernel about the pages of one tensor.
    void prefetch(const TensorInfo& tensor) const;
    void release(const TensorInfo& tensor) const;

    /// One file, or the parts of a split model in order; TensorInfo::file is an index into it.
    [[nodiscard]] std::span<const std::shared_ptr<const MappedFile>> files() const { return m_files; }
    [[nodiscard]] std::uint64_t fileSizeBytes() const;  ///< all parts
    [[nodiscard]] std::uint64_t parameterCount() const { return m_parameters; }
    [[nodiscard]] double bitsPerWeight() const;         ///< whole file over parameter count
    [[nodiscard]] std::string_view architecture() const;  ///< "llama", or "" when the file does not say
    [[nodiscard]] std::string displayName() const;      ///< general.name, else the file name
    [[nodiscard]] std::uint32_t alignment() const { return m_alignment; }
    /// True when `path` is one of the files of this model, through any link.
    [[nodiscard]] bool isSameFile(const std::filesystem::path& path) const;

    /// Filled by the readers (io/gguf_reader, …), then frozen.
    struct Parts {
        std::filesystem::path path;
        Metadata metadata;
        std::vector<TensorInfo> tensors;
        std::vector<std::shared_ptr<const MappedFile>> files;
        std::uint32_t alignment = 32;
        /// One per tensor, null for tensors with a view; or empty when all have one.
        std::vector<std::shared_ptr<const RowSource>> sources{};
    };
    explicit ModelFile(Parts parts);
    ModelFile(const ModelFile&) = delete;
    ModelFile& operator=(const ModelFile&) = delete;

private:
    [[nodiscard]] const RowSource* sourceOf(const TensorInfo& tensor) const;

    std::filesystem::path m_path;
    Metadata m_metadata;
    std::vector<TensorInfo> m_tensors;
    std::unordered_map<std::string_view, std::size_t> m_byName;
    std::vector<std::shared_ptr<const MappedFile>> m_files;
    std::vector<std::shared_ptr<const RowSource>> m_sources;
    std::uint32_t m_alignment = 32;
    std::uint64_t m_parameters = 0;
};

/// Opens whatever `path` names, by its content: a GGUF file or any part of a split GGUF model (then path() is its first
/// part). Errors: NotFound, Unreadable, Corrupt, Unsupported, with one sentence
/// that says what is wrong and what may have caused it.
Result<std::shared_ptr<const ModelFile>> openModel(const std::filesystem::path& path);

}  // namespace ww
