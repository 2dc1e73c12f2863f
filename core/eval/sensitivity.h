// SPDX-License-Identifier: MIT
// How much damage each format does to each tensor, and how much of it reaches the model's predictions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/aligned_buffer.h"
#include "base/hash.h"
#include "base/result.h"
#include "tensor/tensor_type.h"

namespace ww {

/// Sums over rows of one matrix W with its quantized values W + Δ. Mergeable; double sums.
struct ErrorSums {
    double error = 0, original = 0;                ///< ‖Δ‖², ‖W‖²
    double weightedError = 0, weightedOriginal = 0;  ///< Σ v_i·Δ_ri², v = diag H
    double outputError = 0, outputOriginal = 0;    ///< trace(ΔHΔᵀ), trace(WHWᵀ)
    void merge(const ErrorSums& other);
};
/// What the sums need of the inputs of the matrix. Borrowed; either may be null.
struct InputMoments {
    const float* diagonal = nullptr;  ///< columns
    const float* gram = nullptr;      ///< columns × columns, symmetric
};
/// Products of one chunk of rows with H, kept for all formats of the chunk. Not thread-safe.
class ErrorMeter {
public:
    ErrorMeter(const float* original, std::size_t rows, std::size_t columns, InputMoments moments);
    [[nodiscard]] ErrorSums compare(const float* quantized);

private:
    [[nodiscard]] double throughGram(const float* values);
    const float* m_original;
    std::size_t m_rows;
    std::size_t m_columns;
    InputMoments m_moments;
    ErrorSums m_base;
    AlignedBuffer<float> m_delta, m_product;
};

/// Errors of one tensor in one format, relative to the tensor.
struct FormatError {
    TensorType format = TensorType::F16;
    double weight = 0;              ///< t² = ‖Δ‖² / ‖W‖²
    std::optional<double> weighted;  ///< by diag H of the calibration text
    std::optional<double> output;    ///< s² = trace(ΔHΔᵀ) / trace(WHWᵀ)
    std::string method{};            ///< spec; empty: that of the file
    /// The best of the three that there is, for comparing formats and methods.
    [[nodiscard]] double best() const { return output.value_or(weighted.value_or(weight)); }
};
/// Divergence of the model with one tensor replaced alone.
struct SensitivityProbe {
    TensorType format = TensorType::F16;
    double kld = 0;
    double error = 0;  ///< standard error over the positions of the text
};
struct TensorSensitivity {
    std::string tensor;
    TensorType source = TensorType::F16;
    std::vector<FormatError> formats;  ///< largest first
    std::vector<SensitivityProbe> probes;
    [[nodiscard]] const FormatError* find(TensorType format) const;
    [[nodiscard]] const SensitivityProbe* probe(TensorType format) const;
};
/// A whole recipe that was measured, for correcting the scale of predictions.
struct MeasuredRecipe {
    double predicted = 0;  ///< sum over the tensors, without correction
    double measured = 0;
    bool byProbes = false;  ///< on the text of the probes; recipes measured on another text count alone once there are any
};

/// Plain value; what `sensitivity` writes and `allocate` reads.
struct Sensitivity {
    Hash model;     ///< modelIdentity() of the source
    Hash settings;  ///< of everything the figures depend on
    std::string method;
    std::string textName;
    bool withImportance = false;
    std::uint32_t contextLength = 0;
    std::uint64_t probeTokens = 0;  ///< scored positions of a probe
    std::vector<TensorSensitivity> tensors;  ///< those that may be quantized, in export order
    std::vector<MeasuredRecipe> measured;
    [[nodiscard]] const TensorSensitivity* find(std::string_view tensor) const;
    /// That a tensor's figures for a format were measured with.
    [[nodiscard]] const std::string& methodOf(std::size_t tensor, TensorType format) const;
};

/// Files: JSON with "weightwright-sensitivity": 1; written under a temporary name and renamed. Reading refuses what is no such
/// file, unknown formats, and figures that are negative or not numbers, with path and tensor.
std::string sensitivityToJson(const Sensitivity& sensitivity);
Result<Sensitivity> loadSensitivity(const std::filesystem::path& path);
Result<void> saveSensitivity(const Sensitivity& sensitivity, const std::filesystem::path& path);

/// The units that a run finishes one by one, as a text line each (without line end), and back: parts of a Sensitivity.
std::string sensitivityUnit(const TensorSensitivity& errors);
std::string sensitivityUnit(std::string_view tensor, const SensitivityProbe& probe);
/// False when the line is no complete unit; else the unit is put into `into` (tensors that are not there are added).
bool addSensitivityUnit(Sensitivity& into, std::string_view line);

}  // namespace ww
