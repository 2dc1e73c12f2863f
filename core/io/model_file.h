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

/// One opened model: metadata, tensor list, mapped bytes. Immutable; shared as shared_ptr<const ModelFile> and safe to
/// use from any thread. Opening reads headers only (well under a second for any size).
class ModelFile {
public:
    [[nodiscard]] const std::filesystem::path& path() const { return m_path; }
    [[nodiscard]] const Metadata& metadata() const { return m_metadata; }
    /// In file order.
    [[nodiscard]] std::span<const TensorInfo> tensors() const { return m_tensors; }
    [[nodiscard]] const TensorInfo* find(std::string_view tensorName) const;
    /// `tensor` must be one of tensors().
    [[nodiscard]] TensorView view(const TensorInfo& tensor) const;
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
    };
    explicit ModelFile(Parts parts);
    ModelFile(const ModelFile&) = delete;
    ModelFile& operator=(const ModelFile&) = delete;

private:
    std::filesystem::path m_path;
    Metadata m_metadata;
    std::vector<TensorInfo> m_tensors;
    std::unordered_map<std::string_view, std::size_t> m_byName;
    std::vector<std::shared_ptr<const MappedFile>> m_files;
    std::uint32_t m_alignment = 32;
    std::uint64_t m_parameters = 0;
};

/// Opens whatever `path` names, by its content: a GGUF file or any part of a split GGUF model (then path() is its first
/// part). Errors: NotFound, Unreadable, Corrupt, Unsupported, with one sentence
/// that says what is wrong and what may have caused it.
Result<std::shared_ptr<const ModelFile>> openModel(const std::filesystem::path& path);

}  // namespace ww
