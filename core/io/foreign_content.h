// SPDX-License-Identifier: MIT
// Recognises what people open by mistake, so that the message can say what to do instead.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>

namespace ww {

/// The sentence for content that no model file has: a web page, a Git LFS pointer, nothing at all. Empty for the rest.
[[nodiscard]] std::optional<std::string> failedDownload(std::span<const std::byte> bytes);

/// The sentence for a file that is not GGUF: failedDownload(), another model format, or simply unknown.
[[nodiscard]] std::string foreignContent(std::span<const std::byte> bytes);

}  // namespace ww
