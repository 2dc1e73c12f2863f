// SPDX-License-Identifier: MIT
// Models without data: metadata and tensor lists of any architecture and size, for everything that plans.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "io/model_file.h"

namespace ww::test {

struct SyntheticModel {
    std::string architecture = "llama";
    std::uint32_t layers = 2;
    std::uint32_t heads = 4;
    std::uint32_t keyHeads = 4;
    std::uint64_t embedding = 256;
    std::uint64_t feedForward = 512;
    std::uint32_t experts = 0;
    std::uint64_t vocabulary = 64;
    bool fusedAttention = false;        ///< attn_qkv, and no ffn_gate
    bool separateOutput = true;         ///< output.weight
    TensorType type = TensorType::F32;  ///< of the matrices; norms are F32
};

/// Sizes and offsets are those of a real file; there are no bytes behind them.
std::shared_ptr<const ModelFile> makeModel(const SyntheticModel& description);

/// A model of any tensors; `sizeBytes` and `offset` are filled in.
std::shared_ptr<const ModelFile> makeModel(Metadata metadata, std::vector<TensorInfo> tensors, std::uint32_t alignment = 32);
TensorInfo tensorInfo(std::string name, std::vector<std::uint64_t> shape, TensorType type = TensorType::F32);

}  // namespace ww::test
