// SPDX-License-Identifier: MIT
// Reads arbitrary bytes as a safetensors file, or as the index of a sharded model when they begin like JSON.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "io/safetensors_reader.h"
#include "tests/support/memory_file.h"

namespace {

/// The result of the reads must not be optimised away.
volatile std::uint64_t sink = 0;

ww::Result<ww::SafetensorsModel> read(const std::filesystem::path& path, bool isIndex)
{
    if (isIndex) return ww::readSafetensorsIndex(path);
    WW_TRY(auto file, ww::MappedFile::open(path));
    return ww::readSafetensors(std::move(file));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    static ww::test::MemoryFile file;
    if (!file.fill({reinterpret_cast<const char*>(data), size})) std::abort();
    const auto model = read(file.path(), size > 0 && data[0] == '{');
    if (!model) {
        if (model.error().message.empty() || model.error().code == ww::ErrorCode::Internal) std::abort();
        return 0;
    }
    std::uint64_t sum = 0;
    for (const auto& tensor : model->tensors) {
        std::uint64_t elements = 1;
        for (const std::uint64_t length : tensor.shape) elements *= length;
        if (elements * ww::elementBytes(tensor.type) != tensor.sizeBytes) std::abort();
        for (const std::byte byte : model->bytes(tensor)) sum += std::to_integer<std::uint64_t>(byte);
    }
    sink = sum;
    return 0;
}
