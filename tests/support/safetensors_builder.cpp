// SPDX-License-Identifier: MIT
#include "tests/support/safetensors_builder.h"

#include <nlohmann/json.hpp>

#include "tests/support/gguf_builder.h"

namespace ww::test {

std::string safetensorsFile(std::string_view header, std::string_view data)
{
    return littleEndian(std::uint64_t{header.size()}).append(header).append(data);
}

std::string safetensorsFile(const std::vector<SafetensorsEntry>& tensors)
{
    nlohmann::ordered_json header;
    header["__metadata__"] = {{"format", "pt"}};
    std::string data;
    for (const auto& tensor : tensors) {
        const std::uint64_t begin = data.size();
        data += tensor.data;
        header[tensor.name] = {
            {"dtype", tensor.type}, {"shape", tensor.shape}, {"data_offsets", {begin, std::uint64_t{data.size()}}}};
    }
    return safetensorsFile(header.dump(), data);
}

}  // namespace ww::test
