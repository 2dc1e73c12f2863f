// SPDX-License-Identifier: MIT
#include "io/foreign_content.h"

#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace ww {
namespace {

using namespace std::string_view_literals;

struct Known {
    std::string_view start;
    const char* sentence;
};

constexpr const char* kWebPage = "This is a web page, not a model; the download probably ended on a login or error page.";
constexpr std::array kFailedDownloads = {
    Known{"version https://git-lfs"sv,
          "This is only the Git LFS pointer to a model, not the model itself; fetch the content with git lfs pull."},
    Known{"<!DOCTYPE"sv, kWebPage},
    Known{"<!doctype"sv, kWebPage},
    Known{"<html"sv, kWebPage},
};

constexpr const char* kOldFormat =
    "This model file is older than the GGUF format; convert the original model again with a current llama.cpp.";
constexpr const char* kPyTorch =
    "This is probably a PyTorch checkpoint; convert the model to GGUF first (convert_hf_to_gguf.py of llama.cpp does this).";
constexpr std::array kOtherFormats = {
    // The formats before GGUF, as they lie in the file: "ggml", "ggmf", "ggjt" and "ggla" were stored as numbers.
    Known{"lmgg"sv, kOldFormat},   Known{"fmgg"sv, kOldFormat},     Known{"tjgg"sv, kOldFormat},
    Known{"algg"sv, kOldFormat},   Known{"PK\x03\x04"sv, kPyTorch},  // the zip archive of torch.save()
    Known{"\x80\x02"sv, kPyTorch},                                   // a Python pickle
};

bool startsWith(std::span<const std::byte> bytes, std::string_view text)
{
    return bytes.size() >= text.size() && std::memcmp(bytes.data(), text.data(), text.size()) == 0;
}

/// A safetensors file begins with the u64 length of its JSON header and then the header's brace.
bool looksLikeSafetensors(std::span<const std::byte> bytes)
{
    std::uint64_t length = 0;
    if (bytes.size() < sizeof length + 2) return false;
    std::memcpy(&length, bytes.data(), sizeof length);
    return length <= bytes.size() - sizeof length && bytes[sizeof length] == std::byte{'{'};
}

}  // namespace

std::optional<std::string> failedDownload(std::span<const std::byte> bytes)
{
    if (bytes.empty()) return "The file is empty; perhaps a download or copy failed.";
    for (const Known& known : kFailedDownloads)
        if (startsWith(bytes, known.start)) return known.sentence;
    return std::nullopt;
}

std::string foreignContent(std::span<const std::byte> bytes)
{
    if (auto sentence = failedDownload(bytes)) return std::move(*sentence);
    for (const Known& known : kOtherFormats)
        if (startsWith(bytes, known.start)) return known.sentence;
    if (looksLikeSafetensors(bytes))
        return "This is a safetensors file; convert the model to GGUF first (convert_hf_to_gguf.py of llama.cpp does this).";
    return "This is not a model file that Weightwright knows: it does not begin with the letters GGUF.";
}

}  // namespace ww
