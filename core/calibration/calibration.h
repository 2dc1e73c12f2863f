// SPDX-License-Identifier: MIT
// What a model's weights see while it reads a text: statistics of the inputs of every linear map.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash.h"
#include "base/progress.h"
#include "base/result.h"
#include "calibration/importance.h"
#include "methods/input_transform.h"
#include "model/language_model.h"
#include "text/tokenizer.h"

namespace ww {

/// Of the input x[columns] of one matrix (one expert), over `count` rows. All vectors but `gram` and `magnitudes` have `columns` values.
struct InputStatistics {
    std::vector<std::string> tensors;  ///< weight tensors that share this input, e.g. attn_q, attn_k and attn_v
    std::size_t matrix = 0;            ///< expert, or 0
    std::size_t matrices = 1;          ///< of these tensors: experts, or 1
    std::size_t columns = 0;
    std::uint64_t count = 0;
    std::vector<double> sumSquares, sum, sumAbs;
    std::vector<float> absMax;
    std::vector<std::uint64_t> magnitudes;  ///< of the values of all columns, kMagnitudeBins by magnitudeBin(); empty without rows
    /// Of every second stretch of rows (a window each, for inputs that all tokens reach): how far the halves of the text agree
    /// tells whether there was enough of it.
    std::vector<double> halfSquares;
    std::uint64_t halfCount = 0;
    /// columns × columns, row-major and symmetric: XᵀX / count, added up in double. Empty when it was not collected.
    std::vector<float> gram;
    /// Rows of tokens from all over the text, as many as CalibrationOptions::sampledRows at most; the same in every run. Lives as long
    /// as this value: no file holds it.
    std::vector<float> sample;

    /// 1 − Σ|A − B| / Σ(A + B) of the mean squares of both halves: 1 when they are equal; 0 when there is only one half.
    [[nodiscard]] double splitHalfAgreement() const;

    bool operator==(const InputStatistics&) const = default;
};

/// Tokens from which on methods that go by Gram matrices do no harm, for an input of that many columns.
[[nodiscard]] constexpr std::uint64_t tokensNeeded(std::uint64_t columns)
{
    return 2 * columns;
}

/// Plain value. Inputs stand in the order in which a forward pass reaches them; an expert that no token reached has count 0.
struct Calibration {
    std::string textName;
    std::uint64_t tokens = 0;
    std::uint32_t windows = 0;
    std::uint32_t contextLength = 0;
    std::vector<InputStatistics> inputs;

    /// Null when the tensor (and expert) is not there.
    [[nodiscard]] const InputStatistics* find(std::string_view tensorName, std::size_t matrix = 0) const;
    bool operator==(const Calibration&) const = default;
};

struct CalibrationOptions {
    std::string textName;
    std::uint32_t contextLength = 512;
    std::uint32_t maxWindows = 0;  ///< 0: all
    bool collectGram = false;
    std::size_t sampledRows = 0;  ///< of each input
    /// Which tensors get a Gram matrix, and a sample; empty: all. Asked once per tensor name.
    std::function<bool(std::string_view tensor)> wantsGram;
    std::uint64_t activationBudgetBytes = std::uint64_t{512} << 20;  ///< hidden states of the windows run at once
    std::uint64_t gramBudgetBytes = std::uint64_t{4} << 30;          ///< all Gram matrices together, while they are added up
    /// For calibrate(): the sums so far are kept here after `windowsPerUnit` windows or more, and a later call with equal
    /// `identity` (of model, text and options) goes on from there to the same final numbers. Empty: none. The caller deletes the file.
    std::filesystem::path checkpoint{};
    Hash identity{};
    std::uint32_t windowsPerUnit = 32;
    double checkpointSeconds = 5;  ///< not more often than this
};

/// One pass over the text in windows as llama-imatrix cuts them (imatrix-formats.md §1): all positions of every complete window
/// count. Results do not depend on the number of threads or on the activation budget. Errors: TooShort as for perplexity;
/// OutOfMemory when the Gram matrices would exceed their budget; Corrupt for inputs that are not finite.
Result<Calibration> calibrate(const LanguageModel& model, const Tokenizer& tokenizer, std::string_view text,
                              const CalibrationOptions& options, const JobContext& context);

/// The same statistics, handed over step by step (see LanguageModel::forwardSteps) instead of at the end, so that the Gram
/// matrices of one block are in memory at a time. All windows go through a step together: as many as the activation budget
/// holds, at least one. Steps that `wantsStep` declines are run and not looked at.
struct CalibrationStep {
    std::size_t step = 0;
    std::vector<InputStatistics> inputs;
};
Result<void> calibrateSteps(const LanguageModel& model, const Tokenizer& tokenizer, std::string_view text,
                            const CalibrationOptions& options, const std::function<bool(std::size_t step)>& wantsStep,
                            const std::function<Result<void>(CalibrationStep)>& onStep, const JobContext& context);

/// What Gram matrices may take while they are collected: half of the machine's memory.
[[nodiscard]] std::uint64_t gramBudgetBytes();
/// What those of all inputs of the model take while they are collected.
[[nodiscard]] std::uint64_t gramBytes(const ModelFile& model);

/// Rows that samples of all inputs of the model may have, so that they take half a gibibyte together: 32 to 512.
[[nodiscard]] std::size_t sampledRowsFor(const ModelFile& model);

/// What methods that round inputs need to know of one input.
[[nodiscard]] LayerInputs layerInputs(const InputStatistics& input);

/// llama.cpp's importance matrix: the sums of squares and counts of all tensors of blocks (the output matrix too with
/// `withOutput`), with the number of windows as chunks.
ImportanceMatrix importanceOf(const Calibration& calibration, bool withOutput = false);

}  // namespace ww
