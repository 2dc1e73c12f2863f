// SPDX-License-Identifier: MIT
// Arbitrary bytes as tokenizer.json and, behind the first zero byte, as tokenizer_config.json. What is read must make a tokenizer
// that cuts text, or end with a sentence.
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>

#include "tests/support/memory_file.h"
#include "text/hf_tokenizer.h"
#include "text/tokenizer.h"

namespace {

namespace fs = std::filesystem;

fs::path makeFolder(const fs::path& tokenizer, const fs::path& config)
{
    const fs::path folder = fs::temp_directory_path() / ("fuzz-tokenizer-" + std::to_string(::getpid()));
    fs::create_directories(folder);
    fs::create_symlink(tokenizer, folder / "tokenizer.json");
    fs::create_symlink(config, folder / "tokenizer_config.json");
    return folder;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    static ww::test::MemoryFile tokenizer, config;
    static const fs::path folder = makeFolder(tokenizer.path(), config.path());
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    const std::size_t zero = std::min(input.find('\0'), input.size());
    const std::string_view second = zero < input.size() ? input.substr(zero + 1) : std::string_view("{}");
    if (!tokenizer.fill(input.substr(0, zero)) || !config.fill(second)) std::abort();
    auto entries = ww::readHfTokenizer(folder, 320);
    if (!entries) {
        if (entries.error().message.empty() || entries.error().code == ww::ErrorCode::Internal) std::abort();
        return 0;
    }
    ww::Metadata metadata;
    for (auto& entry : *entries) metadata.append(std::move(entry.key), std::move(entry.value));
    const auto made = ww::Tokenizer::create(metadata);
    if (!made) {
        if (made.error().message.empty()) std::abort();
        return 0;
    }
    (void)(*made)->decode((*made)->encode("The 12 caf\u00e9s, it's\n\n fine <s>", {.addSpecial = true, .parseSpecial = true}));
    return 0;
}
