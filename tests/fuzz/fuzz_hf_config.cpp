// SPDX-License-Identifier: MIT
// Arbitrary bytes as the config.json of a folder whose weights are good: opening it must end with a model whose rows can be read, or
// with a sentence.
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <vector>

#include "import/open_model.h"
#include "tests/support/hf_folder.h"
#include "tests/support/memory_file.h"

namespace {

namespace fs = std::filesystem;

/// A folder with the weights of a small llama; its config.json leads to `config`.
fs::path makeFolder(const fs::path& config)
{
    const fs::path folder = fs::temp_directory_path() / ("fuzz-config-" + std::to_string(::getpid()));
    fs::create_directories(folder);
    const ww::test::RandomModel options{.layers = 1};
    const auto weights = ww::test::safetensorsFile(ww::test::hfTensors(options, ww::test::randomModel(options)));
    if (!ww::test::writeFile(folder / "model.safetensors", weights)) std::abort();
    fs::create_symlink(config, folder / "config.json");
    return folder;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    static ww::test::MemoryFile config;
    static const fs::path folder = makeFolder(config.path());
    if (!config.fill({reinterpret_cast<const char*>(data), size})) std::abort();
    const auto model = ww::openAnyModel(folder);
    if (!model) {
        if (model.error().message.empty() || model.error().code == ww::ErrorCode::Internal) std::abort();
        return 0;
    }
    std::vector<std::byte> bytes;
    for (const auto& tensor : (*model)->tensors()) {
        bytes.resize(tensor.sizeBytes);
        if (!(*model)->readRows(tensor, 0, tensor.shape.rows(), bytes.data())) std::abort();
    }
    (void)ww::importNotes(**model);
    return 0;
}
