// SPDX-License-Identifier: MIT
// Safetensors, the format of Hugging Face, at the level of the container: names, stored types, shapes and bytes. What the
// tensors mean is for others. The layout is explained in safetensors_reader.cpp.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/mapped_file.h"
#include "base/result.h"

namespace ww {

/// How elements are stored; multi-byte numbers are little-endian.
enum class SafetensorsType : std::uint8_t { F64, F32, F16, BF16, F8_E4M3, F8_E5M2, I64, I32, I16, I8, U64, U32, U16, U8, Bool };

/// The spelling of the format, "BF16", "F8_E4M3".
[[nodiscard]] std::string_view name(SafetensorsType type);
[[nodiscard]] std::optional<SafetensorsType> safetensorsTypeFromName(std::string_view name);
[[nodiscard]] std::uint32_t elementBytes(SafetensorsType type);

struct SafetensorsTensor {
    std::string name;
    SafetensorsType type = SafetensorsType::F32;
    std::vector<std::uint64_t> shape;  ///< outermost first, as PyTorch prints it: [out, in]; empty for a scalar
    std::uint64_t offset = 0;          ///< from the start of the file
    std::uint64_t sizeBytes = 0;
    std::uint32_t file = 0;  ///< index into SafetensorsModel::files
};

/// Plain value; copies share the mapped files. Safe to read from any thread.
struct SafetensorsModel {
    std::vector<SafetensorsTensor> tensors;                     ///< file by file, in the order of their bytes
    std::vector<std::pair<std::string, std::string>> metadata;  ///< "__metadata__" of the first file
    std::vector<std::shared_ptr<const MappedFile>> files;

    /// `tensor` must be one of tensors.
    [[nodiscard]] std::span<const std::byte> bytes(const SafetensorsTensor& tensor) const
    {
        return files[tensor.file]->bytes().subspan(tensor.offset, tensor.sizeBytes);
    }
};

/// Reads the header of one file. Errors: Corrupt, Unsupported (an element type that is not known, no safetensors file).
Result<SafetensorsModel> readSafetensors(std::shared_ptr<const MappedFile> file);

/// Reads "model.safetensors.index.json" and the files it names, which lie beside it (or are links to the blobs of a Hugging Face
/// cache; other links out of the folder are refused). The index decides which file a tensor comes from. Errors as above, NotFound
/// with the names of all missing files, and Corrupt with those of files that belong to the same set but are not in the index.
Result<SafetensorsModel> readSafetensorsIndex(const std::filesystem::path& index);

/// Names of the files "…-00001-of-00003.safetensors" in `folder` that are not among `used`, in order.
[[nodiscard]] std::vector<std::string> surplusShards(const std::filesystem::path& folder, std::span<const std::string> used);

}  // namespace ww
