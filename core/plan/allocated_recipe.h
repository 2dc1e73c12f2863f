// SPDX-License-Identifier: MIT
// From measured sensitivities and a budget to a recipe that can be saved and run.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "calibration/gram_factors.h"
#include "calibration/importance.h"
#include "eval/prediction.h"
#include "eval/sensitivity.h"
#include "io/model_file.h"
#include "plan/allocation.h"
#include "plan/plan.h"
#include "plan/recipe.h"

namespace ww {

struct AllocationRequest {
    std::optional<std::uint64_t> targetBytes;  ///< of the whole file
    std::optional<double> maximumKld;          ///< or: the smallest file with at most this divergence
    std::vector<TensorType> allowed;           ///< empty: all that were measured, and the source type
    std::vector<RecipeRule> pins;              ///< the first that matches decides the format of a tensor
    std::vector<RecipeRule> minimums;          ///< the first that matches: at least as many bits as its format (or the source type)
    std::vector<std::string> ties;             ///< patterns: tensors of one block whose names match one take the same format
    /// What the recipe will be quantized with: its name and figures stand in the file and count. Null where the sensitivities were
    /// measured with one: room is kept for it.
    std::shared_ptr<const ImportanceMatrix> importance{};
    /// For measuring recipes whose methods need a calibration; null: none.
    std::shared_ptr<const GramFactors> grams{};
};

struct AllocatedRecipe {
    Recipe recipe;
    Allocation allocation;
    std::uint64_t sizeBytes = 0;  ///< of the file that the recipe makes, at most; never above the target
    std::uint64_t reservedBytes = 0;  ///< of these, room for an importance matrix that is not there yet
    KldPrediction prediction;
    std::vector<TensorType> formats;        ///< per tensor of the sensitivity
    std::vector<AllocationPrices> prices;   ///< what the next step up and down would change
    /// What one more mebibyte for the whole file would change, with all tensors chosen anew. Empty at the top of the curve.
    std::optional<Allocator::Point> nextMebibyte{};  ///< bytes really used, and by how much the damage falls
};

/// Bytes of a tensor in the file, with padding; empty for formats that its rows do not fit.
[[nodiscard]] std::optional<std::uint64_t> storedBytes(const TensorInfo& tensor, TensorType format);

/// The tensors, sizes and costs of a model for an Allocator, in the order of the sensitivity. Errors: InvalidArgument when the
/// figures belong to another model (`identity` differs) or a pin asks for a format that was not measured.
Result<std::vector<AllocationTensor>> allocationTensors(const ModelFile& model, const Sensitivity& sensitivity,
                                                        const DamageModel& damage, const AllocationRequest& request);

/// Exactly one of target and maximum must be there. Errors: TooShort when nothing is that small, InvalidArgument when nothing is
/// that good; both say what would be possible.
Result<AllocatedRecipe> allocateRecipe(const ModelFile& model, const Sensitivity& sensitivity, const AllocationRequest& request);

/// Puts a format, and the method that it was measured with where that is not the recipe's, into the rule of a tensor.
void chooseFormat(RecipeRule& rule, const Sensitivity& sensitivity, std::size_t tensor, TensorType format);

/// Tensors that a plan stores in a measured format by another method than the one the figures belong to.
[[nodiscard]] std::size_t otherMethods(const Plan& plan, const ModelFile& model, const Sensitivity& sensitivity);

/// Formats that a plan gives to the tensors of a sensitivity, for predicting its divergence; source types where it says nothing.
[[nodiscard]] std::vector<TensorType> formatsOf(const Plan& plan, const ModelFile& model, const Sensitivity& sensitivity);

}  // namespace ww
