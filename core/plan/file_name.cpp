// SPDX-License-Identifier: MIT
#include "plan/file_name.h"

#include "plan/preset.h"
#include "tensor/tensor_type.h"

namespace ww {
namespace {

std::string lowered(std::string text)
{
    for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    return text;
}

/// Runs of white space, control characters and signs that paths or shells give a meaning become one `filler`.
std::string safe(std::string_view text, char filler)
{
    constexpr std::string_view kUnsafe = "/\\:*?\"<>| ";
    std::string result;
    for (const char c : text) {
        const bool bad = kUnsafe.find(c) != std::string_view::npos || static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
        if (!bad)
            result += c;
        else if (!result.empty() && result.back() != filler)
            result += filler;
    }
    while (!result.empty() && result.back() == filler) result.pop_back();
    while (result.starts_with('.')) result.erase(0, 1);  // no hidden files
    return result;
}

bool isFormat(const std::string& word)
{
    if (word.empty() || (word.front() >= '0' && word.front() <= '9')) return false;  // presets have numbers, too
    const std::string small = lowered(word);
    return findPreset(word) || tensorTypeFromName(word) || small == "fp16" || small == "fp32";
}

/// "Model-00001-of-00003" becomes "Model".
std::string withoutPart(std::string stem)
{
    constexpr std::size_t kTail = 15;  // "-00001-of-00003"
    if (stem.size() <= kTail) return stem;
    const std::string tail = stem.substr(stem.size() - kTail);
    for (std::size_t i = 0; i < kTail; ++i) {
        constexpr std::string_view kPattern = "-#####-of-#####";
        const bool fits = kPattern[i] == '#' ? tail[i] >= '0' && tail[i] <= '9' : tail[i] == kPattern[i];
        if (!fits) return stem;
    }
    stem.resize(stem.size() - kTail);
    return stem;
}

/// "Model-7B-F16" and "model.Q8_0" carry the format at the end; the new one takes its place.
std::string withoutFormat(std::string stem)
{
    for (std::size_t at = stem.find_first_of("-._", 1); at != std::string::npos; at = stem.find_first_of("-._", at + 1))
        if (isFormat(stem.substr(at + 1))) {
            stem.resize(at);
            break;
        }
    return stem;
}

std::string byConvention(const Metadata& metadata, const std::string& folderName)
{
    const auto part = [&](const char* key) { return safe(metadata.string(key).value_or(""), '-'); };
    const std::string base = part("general.basename");
    if (base.empty()) return safe(folderName, '-');
    std::string name = base;
    for (const char* key : {"general.size_label", "general.finetune", "general.version"})
        if (const std::string text = part(key); !text.empty()) name += "-" + text;
    return name;
}

}  // namespace

std::string exportFileName(const std::filesystem::path& modelPath, const Metadata& metadata, std::string_view encoding)
{
    const std::filesystem::path path = modelPath.has_filename() ? modelPath : modelPath.parent_path();
    const bool isFile = lowered(path.extension().string()) == ".gguf";
    std::string name = isFile ? withoutFormat(withoutPart(path.stem().string())) : withoutFormat(byConvention(metadata, path.filename().string()));
    if (name.empty()) name = "model";
    const std::string suffix = safe(encoding, '_');
    return name + (suffix.empty() ? "" : "-") + suffix + ".gguf";
}

}  // namespace ww
