// SPDX-License-Identifier: MIT
// GGUF versions 2 and 3, little-endian. Every count, length and offset is checked against the bytes that remain before
// anything is allocated or read. The layout is explained in gguf_reader.cpp.
#pragma once

#include <memory>

#include "base/mapped_file.h"
#include "base/result.h"
#include "io/model_file.h"

namespace ww {

/// True when the bytes start with the GGUF magic.
[[nodiscard]] bool looksLikeGguf(std::span<const std::byte> bytes);

/// Reads the header of one file. The tensors' `offset` counts from the start of the file.
Result<ModelFile::Parts> readGguf(std::shared_ptr<const MappedFile> file);

}  // namespace ww
