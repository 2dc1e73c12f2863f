// SPDX-License-Identifier: MIT
#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/cli/calibration_source.h"
#include "app/cli/command_line.h"
#include "base/result.h"
#include "io/model_file.h"
#include "jobs/evaluate.h"
#include "plan/plan.h"
#include "plan/recipe.h"
#include "tensor/tensor_type.h"

namespace ww::cli {

/// What to store each tensor as, said by options.
struct RecipeOptions {
    std::string preset;
    std::string recipeFile;
    std::optional<TensorType> type;
    bool pure = false;
    std::string method;
    std::vector<std::string> set;
    std::string tensorTypeFile;
    std::string customQ;
    std::string typesFrom;
    std::optional<TensorType> outputType;
    std::optional<TensorType> tokenEmbeddingType;
    bool leaveOutput = false;
    std::string importanceFile;
    CalibrationSource calibration;
    AnalysisAs analysisAs = AnalysisAs::Chosen;
    std::vector<std::string> transform;
    std::vector<std::uint32_t> pruneLayers;  ///< an option of quantize only
    bool keepSplit = false;                  ///< an option of quantize only
    bool requireData = true;                 ///< false: a plan for sizes and predictions, though importance or a calibration is missing

    /// One of --preset, --recipe, --type and --types-from was given.
    [[nodiscard]] bool given() const { return !preset.empty() || !recipeFile.empty() || type.has_value() || !typesFrom.empty(); }
};

void addRecipeOptions(CLI::App& command, RecipeOptions& options);
/// A format to quantize to, by name; wrong names are usage errors.
CLI::Option* addFormat(CLI::App& command, const std::string& name, std::optional<TensorType>& format,
                       const std::string& description);

/// Refuses contradictions as usage errors. `required`: one of the three ways to say a recipe must be there.
void checkRecipeOptions(const RecipeOptions& options, bool required);
/// --method NAME[:option=value,…]; unknown names and options are usage errors.
CLI::Option* addMethod(CLI::App& command, std::string& spec, const std::string& description);
/// --activations float|llama.cpp, for commands that measure.
CLI::Option* addActivations(CLI::App& command, Activations& activations);
/// Adds --imatrix alone.
CLI::Option* addImportance(CLI::App& command, std::string& path);
/// A recipe made ready for a model.
struct PlannedModel {
    std::shared_ptr<const ModelFile> model;  ///< after the steps of the recipe that change it
    std::shared_ptr<const Plan> plan;
};
/// Recipe, importance, calibration and plan for a model, from the files that the options name; no plan when no recipe is given.
/// A calibration is made or loaded when a method of the recipe needs Gram matrices, or for importance when no matrix is given.
Result<PlannedModel> makePlan(const RecipeOptions& options, std::shared_ptr<const ModelFile> model, const Session& session);

}  // namespace ww::cli
