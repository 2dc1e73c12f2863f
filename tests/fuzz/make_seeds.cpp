// SPDX-License-Identifier: MIT
// Writes the seed corpora: make_seeds FOLDER makes FOLDER/gguf/… Small good files from which the fuzzer starts.
#include <cstdio>
#include <filesystem>
#include <map>
#include <string>

#include "tests/support/gguf_builder.h"

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
    if (!writeCorpus(folder / "gguf", ggufSeeds())) {
        std::fputs("The seeds could not be written.\n", stderr);
        return 1;
    }
    return 0;
}
