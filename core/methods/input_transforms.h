// SPDX-License-Identifier: MIT
// The ways in which the methods for weights and activations change the inputs of a layer.
#pragma once

#include <cstddef>
#include <memory>
#include <span>

#include "methods/input_transform.h"
#include "tensor/tensor_type.h"

namespace ww {

/// Values of a part become s·q, |q| ≤ 2^(bits−1) − 1, s = clip · max|x| / (2^(bits−1) − 1); a part of zeros stays as it is.
/// 16 bits or more: unchanged.
void roundSymmetric(std::span<float> values, int bits, float clip = 1);
/// The same with a given limit of the magnitudes; larger ones are clipped to it.
void roundToLimit(std::span<float> values, int bits, float limit);

/// One scale per token and group of columns (0: all of a token).
[[nodiscard]] std::shared_ptr<const InputTransform> tokenTransform(int bits, std::size_t group);
/// One scale for all tokens of a window.
[[nodiscard]] std::shared_ptr<const InputTransform> windowTransform(int bits);
/// One scale for ever: magnitudes beyond `limit` are clipped.
[[nodiscard]] std::shared_ptr<const InputTransform> staticTransform(int bits, float limit);

/// LLM.int8(): columns with a magnitude of at least `threshold` in some token of the window stay exact, the rest is rounded to 8
/// bits with one scale per token.
struct OutlierSettings {
    float threshold = 6;
    bool relative = false;     ///< threshold in units of the root mean square of the window
    bool exactWeights = true;  ///< exact columns meet the weights of the source; false: the quantized weights
};
[[nodiscard]] std::shared_ptr<const InputTransform> outlierTransform(const OutlierSettings& settings);

/// Columns in ascending order of their key; equal keys by number. The order in which Atom quantizes.
[[nodiscard]] std::vector<std::uint32_t> columnOrder(std::span<const float> keys);
/// Atom: columns in `order`, groups of `group`, the last `keep` columns with 8 bits and no clipping.
struct AtomSettings {
    std::vector<std::uint32_t> order;
    std::size_t keep = 128;
    std::size_t group = 128;
    int bits = 4;
    float clip = 0.9F;
};
void roundAtom(std::span<float> row, const AtomSettings& settings);
[[nodiscard]] std::shared_ptr<const InputTransform> atomTransform(AtomSettings settings);

/// Keys and values in a cache, one head at a time: x becomes min + s·q, 0 ≤ q ≤ 2^bits − 1, s = (max − min) / (2^bits − 1). A head
/// whose values are all alike stays as it is. Null for 16 bits or more.
[[nodiscard]] std::shared_ptr<const InputTransform> cacheTransform(int bits);

/// 8-bit floats: x becomes s·round(x / s), s = max|x| / largest, of a group of columns (0: all of a token), or with `limit` > 0
/// for ever limit / largest.
struct FloatSettings {
    float (*round)(float) = nullptr;
    float largest = 0;
    std::size_t group = 0;
    float limit = 0;
};
[[nodiscard]] std::shared_ptr<const InputTransform> floatTransform(const FloatSettings& settings);

/// What llama.cpp's processor code makes of the inputs of weights stored in `weights` before it multiplies: blocks of 32 with 8
/// bits and a 16-bit scale (the types without super-blocks), of 256 with 8 bits (K-quants and IQ types), F16 or BF16 for such
/// weights. Null when it leaves them as they are (F32). Rounds to even, as its vector code does.
[[nodiscard]] std::shared_ptr<const InputTransform> llamaCppTransform(TensorType weights);

}  // namespace ww
