// SPDX-License-Identifier: MIT
// Random models as folders from Hugging Face: the inverse of the import rules, written down once more.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "tests/support/random_model.h"
#include "tests/support/safetensors_builder.h"

namespace ww::test {

struct HfCase {
    std::string name;  ///< "LlamaForCausalLM, yarn": the class and what is special
    RandomModel options;
    std::string config{};  ///< more members of config.json: ", \"rope_theta\": 1000.0"
    std::string tokenizer = "sentencepiece";  ///< or the name of a byte-level pre-tokenizer: gpt-2, llama-bpe, qwen2, starcoder
};

/// Every architecture that can be imported, and variants.
std::vector<HfCase> hfCases();

/// config.json of a case.
std::string hfConfig(const HfCase& model);
/// The tensors of `file` under the names and in the order of Hugging Face. Tensors that come from config.json are left out.
std::vector<SafetensorsEntry> hfTensors(const RandomModel& options, const GgufBuilder& file);
/// The vocabulary of tinyVocabulary() as tokenizer.model, or a small byte-level tokenizer.json; with tokenizer_config.json.
bool writeHfTokenizer(const std::filesystem::path& folder, const std::string& kind);
/// All of it. False when the system refuses.
bool writeHfFolder(const std::filesystem::path& folder, const HfCase& model);

}  // namespace ww::test
