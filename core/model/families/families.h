// SPDX-License-Identifier: MIT
// The architectures, in small files of this folder; the table in architecture.cpp names them. Each function gets an
// Architecture whose facts and blocks hold the common keys and sets what is different from the defaults.
#pragma once

#include "model/architecture.h"

namespace ww::families {

Result<void> llama(const KeyReader& keys, Architecture& architecture);
Result<void> qwen2(const KeyReader& keys, Architecture& architecture);
Result<void> qwen2moe(const KeyReader& keys, Architecture& architecture);
Result<void> qwen3(const KeyReader& keys, Architecture& architecture);
Result<void> qwen3moe(const KeyReader& keys, Architecture& architecture);
Result<void> gemma(const KeyReader& keys, Architecture& architecture);
Result<void> gemma2(const KeyReader& keys, Architecture& architecture);
Result<void> gemma3(const KeyReader& keys, Architecture& architecture);
Result<void> phi3(const KeyReader& keys, Architecture& architecture);
Result<void> gpt2(const KeyReader& keys, Architecture& architecture);
Result<void> starcoder2(const KeyReader& keys, Architecture& architecture);
Result<void> stablelm(const KeyReader& keys, Architecture& architecture);
Result<void> olmo2(const KeyReader& keys, Architecture& architecture);
Result<void> granite(const KeyReader& keys, Architecture& architecture);
Result<void> granitemoe(const KeyReader& keys, Architecture& architecture);
Result<void> smollm3(const KeyReader& keys, Architecture& architecture);

/// Takes the expert counts of the facts; nothing when the model has none.
void useExperts(Architecture& architecture, std::uint32_t feedForwardLength);
/// Every block but each `pattern`-th one gets the window and the rotary table `rope`.
void useWindows(Architecture& architecture, std::uint32_t window, std::uint32_t pattern, std::uint32_t rope);

}  // namespace ww::families
