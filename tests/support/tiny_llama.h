// SPDX-License-Identifier: MIT
// A llama model with random weights, small enough to make in every test: same options, same bytes on every machine.
//
//   test::TinyLlama options;
//   options.layers = 3;
//   options.type = TensorType::F16;
//   const auto path = folder / "tiny.gguf";
//   QVERIFY(test::tinyLlama(options).write(path));
//
// llama.cpp loads these files. The defaults let every block format apply (rows are multiples of 256).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tensor/tensor_type.h"
#include "tests/support/gguf_builder.h"

namespace ww::test {

/// A SentencePiece-style vocabulary; token i has score −i.
struct TinyVocabulary {
    std::vector<std::string> tokens;
    std::vector<std::int32_t> types;  ///< 1 normal, 2 unknown, 3 control, 6 byte
};
/// <unk> <s> </s>, the 256 bytes, ▁ and the letters, some pairs and words, then "filler N" up to `size` tokens. At least
/// 320 tokens.
TinyVocabulary tinyVocabulary(std::size_t size = 320);

struct TinyLlama {
    std::uint32_t layers = 2;
    std::uint32_t embedding = 256;
    std::uint32_t feedForward = 512;
    std::uint32_t heads = 4;
    std::uint32_t kvHeads = 2;
    std::uint32_t headLength = 0;  ///< 0: embedding / heads
    std::uint32_t contextLength = 256;
    float rmsEpsilon = 1e-5F;
    float ropeBase = 10000.0F;
    bool tiedOutput = false;            ///< true: no output.weight
    TensorType type = TensorType::F16;  ///< of the matrices: F32, F16 or BF16. Norms are F32
    std::uint32_t seed = 1;
    TinyVocabulary vocabulary = tinyVocabulary();
    std::string name = "tiny-llama";
};

/// The whole model; add or change pairs and tensors before writing. Weights are bell-shaped with a standard deviation of
/// about 1/√columns, so that activations keep their size.
GgufBuilder tinyLlama(const TinyLlama& options = {});

/// `count` values as stored bytes of `type` (F32, F16, BF16): bell-shaped around `mean`.
std::string randomWeights(std::uint64_t count, TensorType type, float mean, float deviation, std::uint64_t seed);

}  // namespace ww::test
