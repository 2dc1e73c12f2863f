// SPDX-License-Identifier: MIT
// llama.cpp's importance matrix files: GGUF (current) and the older ".dat".
#pragma once

#include <filesystem>

#include "base/result.h"
#include "calibration/importance.h"

namespace ww {

/// Reads either form, told apart by content. Refused with one sentence: a model or any other GGUF file, sums without counts,
/// values that are not finite or negative, lengths beyond the end. Errors carry path, and tensor or offset.
Result<ImportanceMatrix> loadImportance(const std::filesystem::path& path);

/// GGUF form, the bytes that llama-imatrix writes from the same sums.
Result<void> saveImportanceGguf(const ImportanceMatrix& matrix, const std::filesystem::path& path);
/// The older form, for programs that read nothing else. It has no count per expert: experts that no token reached get the
/// mean 1, and entries without any count are left out. Error TooShort when no entry is left.
Result<void> saveImportanceLegacy(const ImportanceMatrix& matrix, const std::filesystem::path& path);
/// ".dat" (any case): the older form; otherwise GGUF.
Result<void> saveImportance(const ImportanceMatrix& matrix, const std::filesystem::path& path);

}  // namespace ww
