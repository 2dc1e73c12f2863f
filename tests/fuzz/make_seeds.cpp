// SPDX-License-Identifier: MIT
// Writes the seed corpora: make_seeds FOLDER makes FOLDER/gguf/…, FOLDER/safetensors/… and so on, one for each target.
// Small good files from which the fuzzer starts.
#include <cstdio>
#include <filesystem>
#include <map>
#include <string>

#include "tests/support/gguf_builder.h"
#include "tests/support/hf_folder.h"
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

std::map<std::string, std::string> imatrixSeeds()
{
    const std::string value = littleEndian(2.0F);
    GgufBuilder file;
    file.pair("general.type", std::string("imatrix"));
    file.pair("imatrix.datasets", MetadataArray(std::vector<std::string>{"text.txt"}));
    file.pair("imatrix.chunk_count", std::uint32_t{3});
    file.pair("imatrix.chunk_size", std::uint32_t{512});
    file.tensor("blk.1.a.in_sum2", TensorType::F32, {2, 2}, value + value + value + value);
    file.tensor("blk.1.a.counts", TensorType::F32, {1, 2}, value + littleEndian(0.0F));
    const auto number = [](std::int32_t n) { return littleEndian(n); };
    const std::string legacy =
        number(1) + number(7) + "blk.0.a" + number(3) + number(2) + value + value + number(3) + number(5) + "x.txt";
    return {{"matrix.gguf", file.bytes()}, {"matrix.dat", legacy}};
}

std::map<std::string, std::string> recipeSeeds()
{
    return {{"recipe.json", "{\"weightwright-recipe\":1,\"name\":\"n\",\"preset\":\"Q4_K_M\",\"pure\":true,\"leaveOutput\":true,"
                            "\"outputType\":\"Q6_K\","
                            "\"tokenEmbeddingType\":\"F16\",\"rules\":[{\"pattern\":\"ffn\",\"format\":\"keep\"},{\"tensor\":\"a\","
                            "\"format\":\"Q8_0\"},"
                            "{\"role\":\"attn_q\",\"format\":\"F16\",\"method\":\"reference\"}]}"},
            {"uniform.json", "{\"weightwright-recipe\":1,\"base\":\"Q4_0\",\"rules\":[]}"},
            {"types.txt", "blk\\.[0-9]+\\.attn_v=q8_0\nffn_(down|up)=Q5_K token_embd=f16\n"},
            {"pattern.txt", "^(?:a|b+)*\\1[^]{2,3}$(?=x)"}};
}

/// config.json of every architecture, and ways of quantizing.
std::map<std::string, std::string> configSeeds()
{
    std::map<std::string, std::string> seeds;
    for (HfCase model : hfCases()) {
        seeds[model.name + ".json"] = hfConfig(model);
        model.options.layers = 1;
        model.config += R"(, "quantization_config": {"quant_method": "gptq", "bits": 4, "group_size": -1})";
        seeds[model.name + ", quantized.json"] = hfConfig(model);
    }
    seeds["unknown.json"] = R"({"architectures": ["X"], "model_type": "x", "text_config": {"num_hidden_layers": 1, "hidden_size": 64}})";
    return seeds;
}

/// tokenizer.json, a zero byte, tokenizer_config.json.
std::map<std::string, std::string> tokenizerSeeds()
{
    std::map<std::string, std::string> seeds;
    const auto folder = std::filesystem::temp_directory_path();
    for (const char* kind : {"gpt-2", "starcoder", "llama-bpe", "qwen2"}) {
        if (!writeHfTokenizer(folder, kind)) continue;
        seeds[std::string(kind) + ".json"] = readFile(folder / "tokenizer.json") + '\0' + readFile(folder / "tokenizer_config.json");
    }
    seeds["fallback.json"] = R"({"added_tokens": [{"id": 3, "content": "<s>", "special": true}], "normalizer": {"type": "Sequence", "normalizers": [
{"type": "Prepend", "prepend": "\u2581"}, {"type": "Replace", "pattern": {"String": " "}, "content": "\u2581"}]},
"post_processor": {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}]},
"model": {"type": "BPE", "byte_fallback": true, "unk_token": "<unk>", "vocab": {"<unk>": 0, "<0x41>": 1, "a": 2, "<s>": 3, "\u2581": 4, "\u2581a": 5}, "merges": ["\u2581 a"]}})";
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
    if (!writeCorpus(folder / "gguf", ggufSeeds()) || !writeCorpus(folder / "safetensors", safetensorsSeeds()) ||
        !writeCorpus(folder / "imatrix", imatrixSeeds()) || !writeCorpus(folder / "recipe", recipeSeeds()) ||
        !writeCorpus(folder / "hf_config", configSeeds()) || !writeCorpus(folder / "hf_tokenizer", tokenizerSeeds())) {
        std::fputs("The seeds could not be written.\n", stderr);
        return 1;
    }
    return 0;
}
