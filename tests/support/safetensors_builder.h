// SPDX-License-Identifier: MIT
// Makes safetensors files for tests. The header is written as given, so anything can be wrong with it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ww::test {

/// Length, header, data.
std::string safetensorsFile(std::string_view header, std::string_view data = {});

struct SafetensorsEntry {
    std::string name;
    std::string type;  ///< "F32"
    std::vector<std::uint64_t> shape;
    std::string data;
};
/// A good file, if the data fit the shapes.
std::string safetensorsFile(const std::vector<SafetensorsEntry>& tensors);

}  // namespace ww::test
