// SPDX-License-Identifier: MIT
// Checkpoints that were quantized by other programs (GPTQ, AWQ, bitsandbytes, FP8), decoded while they are read.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/result.h"
#include "io/safetensors_reader.h"

namespace ww {

/// "quantization_config" of config.json. Plain value.
struct HfQuantization {
    std::string method;  ///< "gptq", "awq", "bitsandbytes", "fp8", …
    std::uint32_t bits = 4;
    std::uint32_t groupSize = 0;  ///< 0: one group per column of inputs
    std::uint32_t blockRows = 128;
    std::uint32_t blockColumns = 128;
    bool zeroPointsAreExact = false;  ///< gptq_v2: stored without subtracting one
};
/// Empty when the model is not quantized. Unsupported for a method that is not known (which), Corrupt for nonsense.
Result<std::optional<HfQuantization>> readHfQuantization(const nlohmann::json& config, const std::filesystem::path& path);
/// The same from quantize_config.json or quant_config.json beside config.json, where programs wrote it at first.
Result<std::optional<HfQuantization>> readOldHfQuantization(const std::filesystem::path& folder);

/// Rows of a matrix [outputs × inputs] that is stored in codes. Immutable, thread-safe; what it reads stays mapped.
class HfDecoder {
public:
    virtual ~HfDecoder() = default;
    virtual void decode(std::uint64_t firstRow, std::uint64_t rowCount, float* out) const = 0;
    /// The tensors that are read, for hints about their pages.
    [[nodiscard]] const std::vector<const SafetensorsTensor*>& parts() const { return m_parts; }

protected:
    explicit HfDecoder(std::vector<const SafetensorsTensor*> parts) : m_parts(std::move(parts)) {}

private:
    std::vector<const SafetensorsTensor*> m_parts;
};

struct HfWeights {
    /// The tensors as if nothing had been quantized: those with a decoder have the type of the unquantized model and no bytes.
    std::shared_ptr<const SafetensorsModel> model;
    std::map<std::string, std::shared_ptr<const HfDecoder>, std::less<>> decoders;  ///< by the name of the tensor
};

/// Finds matrices in codes by their names and puts one tensor in the place of their parts. F8 matrices are found also without
/// a quantization. `unpacked`: F16 or BF16, how decoded values are kept. Errors name the tensor: Corrupt (parts that are missing
/// or do not fit together), Unsupported (a number of bits or a shape that is not known).
Result<HfWeights> unpackHfWeights(SafetensorsModel stored, const std::optional<HfQuantization>& quantization, SafetensorsType unpacked,
                                  const std::filesystem::path& folder);

}  // namespace ww
