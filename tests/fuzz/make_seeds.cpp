// SPDX-License-Identifier: MIT
// Writes the seed corpora: make_seeds FOLDER makes FOLDER/gguf/… and FOLDER/safetensors/… Small good files from which the fuzzer
// starts.
#include <cstdio>
#include <filesystem>
#include <map>
#include <string>

#include "tests/support/gguf_builder.h"
#include "tests/support/safetensors_builder.h"

using namespace ww;
using namespace ww::test;

namespace {

std::map<std::string, std::string> ggufSeeds()
{
    std::map<std::string, std::string> seeds;
    seeds["every-value.gguf"] = everyKindOfValue().bytes();
    seeds["nothing.gguf"] = GgufBuilder().bytes();
    GgufBuilder file = everyKindOfValue();
    file.version = 2;
    seeds["version-2.gguf"] = file.bytes();
    file = everyKindOfValue();
    file.alignment = 8;
    file.pair("general.alignment", std::uint32_t{8});
    seeds["aligned-to-8.gguf"] = file.bytes();
    file = GgufBuilder();
    for (const auto& type : allTensorTypes())
        if (type.kind != TensorTypeKind::ActivationOnly) file.tensor(std::string(type.name), type.type, {type.blockLength});
    seeds["every-format.gguf"] = file.bytes();
    return seeds;
}

std::map<std::string, std::string> safetensorsSeeds()
{
    std::map<std::string, std::string> seeds;
    seeds["nothing.safetensors"] = safetensorsFile("{}");
    seeds["some-types.safetensors"] = safetensorsFile({{"a", "F32", {2, 3}, std::string(24, 'a')},
                                                       {"b", "BF16", {4}, std::string(8, 'b')},
                                                       {"empty", "I64", {0, 7}, ""},
                                                       {"scalar", "F8_E4M3", {}, "s"}});
    seeds["index.json"] = "{\"metadata\":{\"total_size\":3},\"weight_map\":{\"c\":\"m-2.safetensors\",\"a\":\"m-1.safetensors\"}}";
    return seeds;
}

bool writeCorpus(const std::filesystem::path& folder, const std::map<std::string, std::string>& seeds)
{
    std::error_code ec;
    std::filesystem::create_directories(folder, ec);
    for (const auto& [name, bytes] : seeds)
        if (!writeFile(folder / name, bytes)) return false;
    return true;
}

}  // namespace

int main(int count, char** arguments)
{
    if (count != 2) {
        std::fputs("usage: make_seeds FOLDER\n", stderr);
        return 2;
    }
    const std::filesystem::path folder = arguments[1];
    if (!writeCorpus(folder / "gguf", ggufSeeds()) || !writeCorpus(folder / "safetensors", safetensorsSeeds())) {
        std::fputs("The seeds could not be written.\n", stderr);
        return 1;
    }
    return 0;
}
