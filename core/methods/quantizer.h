// SPDX-License-Identifier: MIT
// A method chooses the codes and scales that go into a format. One file per method, one line in registry.cpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "methods/input_transform.h"
#include "methods/method_spec.h"
#include "tensor/tensor_type.h"

namespace ww {

struct GptqFactor;
struct GptqOptions;

/// Rows of one matrix (of one expert) to quantize. Borrowed.
struct RowBatch {
    const float* values = nullptr;  ///< rowCount × columns, row-major
    std::size_t rowCount = 0;
    std::size_t columns = 0;
    const float* importance = nullptr;      ///< columns values, diag(H); null without calibration
    std::size_t firstRow = 0;               ///< number of the first row in its tensor, for messages
    std::size_t matrixRow = 0;              ///< number of the first row in its matrix
    std::span<const float> shared{};        ///< what the method's scan() of the whole matrix found; empty: the batch is the matrix
    const MethodValues* options = nullptr;  ///< null: the defaults of the method
    const GptqFactor* factor = nullptr;     ///< of the Gram matrix of the inputs; null unless the method needs it
    const LayerInputs* inputs = nullptr;    ///< null unless the method needs MethodData::Inputs or changes inputs
    std::string_view tensor{};              ///< its GGUF name, for methods that treat some maps differently; empty: unknown
};

/// What a method must know about the inputs of a layer, at least.
enum class MethodData : std::uint8_t {
    None,        ///< the weights alone; importance is used when there is any
    Importance,  ///< mean squares of the inputs
    Inputs,      ///< statistics of the inputs (LayerInputs) from a calibration of this model
    Gram         ///< the whole matrix XᵀX of the inputs, with which the statistics come
};
/// A calibration of the model, not only an importance matrix.
[[nodiscard]] constexpr bool needsCalibration(MethodData data) { return data == MethodData::Inputs || data == MethodData::Gram; }

/// What comes out of a method.
enum class MethodOutcome : std::uint8_t {
    GgufCodes,  ///< better codes and scales inside the chosen format: an ordinary file
    Analysis    ///< values of a format that GGUF cannot hold, then stored in the chosen format (which adds its own loss)
};

/// A pass over a whole matrix for scales that more than one row shares, before its first row is quantized. One thread.
class MatrixScan {
public:
    virtual ~MatrixScan() = default;
    /// Whole rows in order, all of them in the end.
    virtual void add(std::span<const float> rows) = 0;
    /// What RowBatch::shared is to be. Its meaning is the method's own.
    [[nodiscard]] virtual std::vector<float> finish() = 0;
};

/// Stateless and thread-safe: the same rows give the same bytes whatever the thread and the batch size.
class Quantizer {
public:
    virtual ~Quantizer() = default;
    [[nodiscard]] virtual std::string_view name() const = 0;         ///< identifier in recipes: "reference"
    [[nodiscard]] virtual std::string_view title() const = 0;        ///< for people: "llama.cpp search"
    [[nodiscard]] virtual std::string_view description() const = 0;  ///< one or two sentences
    [[nodiscard]] virtual bool supports(TensorType format) const = 0;
    /// Settings in the order in which people see them. Static lifetime.
    [[nodiscard]] virtual std::span<const MethodOption> options() const { return {}; }
    [[nodiscard]] virtual MethodData dataNeeded() const { return MethodData::None; }
    /// With these options; dataNeeded() is what it needs with the defaults.
    [[nodiscard]] virtual MethodData dataNeededFor(const MethodValues& /*values*/) const { return dataNeeded(); }
    /// How the Gram matrix of a matrix is to be factorized: damping and order of the columns. `inputs` as in inputTransform().
    [[nodiscard]] virtual GptqOptions factorOptions(const MethodValues& values, const LayerInputs* inputs) const;
    /// The method also changes what goes into the layer (inputTransform() is not null). Only in matrices of blocks, unless a rule
    /// names the tensor: embeddings are looked up, and the output matrix reacts most.
    [[nodiscard]] virtual bool changesInputs(const MethodValues& /*values*/) const { return false; }
    /// Of a matrix; `inputs` is null when the method needs none, or when calibration did not reach the matrix.
    [[nodiscard]] virtual std::shared_ptr<const InputTransform> inputTransform(const MethodValues& /*values*/,
                                                                               const LayerInputs* /*inputs*/) const
    {
        return nullptr;
    }
    /// How keys or values that this matrix computes are rounded before they go into the cache, one head at a time; null: not at all.
    /// Only attn_k, attn_v and attn_qkv are asked.
    [[nodiscard]] virtual std::shared_ptr<const InputTransform> cacheTransform(const MethodValues& /*values*/) const { return nullptr; }
    /// For a matrix of rows × columns with the importance of its columns, or null; null when no scale goes beyond a row. Borrows
    /// `importance`.
    [[nodiscard]] virtual std::unique_ptr<MatrixScan> scan(const MethodValues& /*values*/, std::size_t /*rows*/, std::size_t /*columns*/,
                                                           const float* /*importance*/) const
    {
        return nullptr;
    }
    [[nodiscard]] virtual MethodOutcome outcome() const { return MethodOutcome::GgufCodes; }
    /// The file holds what the method chose, with nothing lost on top.
    [[nodiscard]] bool exportable() const { return outcome() == MethodOutcome::GgufCodes; }
    /// Of the format that an analysis method simulates, scales included, for rows of this length; 0 for other methods,
    /// whose size is that of the format they write.
    [[nodiscard]] virtual double analysisBitsPerWeight(const MethodValues& /*values*/, std::size_t /*columns*/) const { return 0; }
    /// Of an analysis method: the format in files that comes closest to the one it simulates.
    [[nodiscard]] virtual TensorType nearestFormat(const MethodValues& /*values*/) const { return TensorType::F16; }
    /// out: rowCount × rowBytes(format, columns). Refuses NaN and infinite values (Error.message names row and
    /// column), negative or non-finite importance, a missing importance where the format requires one, and values so
    /// large that the format cannot hold their scale. `out` is unspecified after an error.
    virtual Result<void> quantize(const RowBatch& rows, TensorType format, std::span<std::byte> out) const = 0;
};

/// All methods, the default ("reference": byte-identical to llama.cpp) first.
[[nodiscard]] std::span<const Quantizer* const> quantizers();
/// The method that a spec names, whatever its options (parseMethod() checks those); null if there is none of that name.
[[nodiscard]] const Quantizer* findQuantizer(std::string_view spec);
/// What the method of a spec needs with its options; None for a spec that parseMethod() refuses.
[[nodiscard]] MethodData dataNeededBy(std::string_view spec);
inline constexpr std::string_view kDefaultMethod = "reference";

}  // namespace ww
