// SPDX-License-Identifier: MIT
// Opens arbitrary bytes as a GGUF file and then reads everything the model offers. Finds reads outside the file,
// overflow, runaway memory and hangs.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "io/gguf_writer.h"
#include "io/model_file.h"
#include "tests/support/memory_file.h"

namespace {

/// The result of the reads must not be optimised away.
volatile std::uint64_t sink = 0;

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    static ww::test::MemoryFile file;
    if (!file.fill({reinterpret_cast<const char*>(data), size})) std::abort();
    const auto model = ww::openModel(file.path());
    if (!model) {
        if (model.error().message.empty() || model.error().code == ww::ErrorCode::Internal) std::abort();
        return 0;
    }
    std::uint64_t sum = 0;
    for (const auto& entry : (*model)->metadata().entries()) sum += ww::displayText(entry.value).size();
    for (const auto& tensor : (*model)->tensors()) {
        for (const std::byte byte : (*model)->view(tensor).bytes) sum += std::to_integer<std::uint64_t>(byte);
        if ((*model)->find(tensor.name) != &tensor) std::abort();
        sum += tensor.shape.elements();
    }
    sink = sum + ww::GgufWriter::fileSizeBytes((*model)->metadata(), (*model)->tensors());
    return 0;
}
