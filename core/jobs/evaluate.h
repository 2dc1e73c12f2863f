// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/hash.h"
#include "base/progress.h"
#include "base/result.h"
#include "eval/kl_divergence.h"
#include "eval/perplexity.h"
#include "io/model_file.h"
#include "model/language_model.h"
#include "model/weight_source.h"
#include "plan/plan.h"

namespace ww {

/// How the inputs of layers are computed where no method says it.
enum class Activations : std::uint8_t {
    Float,    ///< not rounded: only the weights differ
    LlamaCpp  ///< as llama.cpp rounds them on processors for the type of the weights
};

/// These weights of `model`, stored as `plan` says (null: as they are), with inputs computed that way.
[[nodiscard]] std::shared_ptr<const WeightSource> withActivations(Activations activations, std::shared_ptr<const WeightSource> weights,
                                                                  const ModelFile& model, const Plan* plan);

/// Perplexity of a model as it is (`plan` null) or as a plan would store it. `text` is the evaluation text itself.
Result<PerplexityResult> evaluatePerplexity(std::shared_ptr<const ModelFile> model, std::shared_ptr<const Plan> plan,
                                            std::string_view text, const PerplexityOptions& options, const JobContext& context,
                                            const std::function<void(std::uint32_t, double)>& onWindow = {},
                                            Activations activations = Activations::Float);

/// KL divergence of a variant from `base` (as stored): `variant` is another file (null: the same), `plan` how to store it (null:
/// as it is). The text is cut with the tokenizer of `base`. `activations` is for both.
Result<DivergenceResult> evaluateDivergence(std::shared_ptr<const ModelFile> base, std::shared_ptr<const ModelFile> variant,
                                            std::shared_ptr<const Plan> plan, std::string_view text,
                                            const DivergenceOptions& options, const JobContext& context,
                                            Activations activations = Activations::Float);

/// Where an evaluation keeps its finished windows in `folder`, and the identity to give with it: of the models, the plan, the text
/// and the settings. Empty path when there is no folder, or when the plan uses Gram matrices, which have no name.
struct EvaluationJournal {
    std::filesystem::path path;
    Hash identity;
};
Result<EvaluationJournal> evaluationJournal(const std::filesystem::path& folder, std::string_view kind, const ModelFile& base,
                                            const ModelFile* variant, const Plan* plan, std::string_view text,
                                            std::uint32_t contextLength, std::uint32_t maxWindows);

/// Text continued by a model as it is or as a plan would store it.
Result<std::vector<TokenId>> generateText(std::shared_ptr<const ModelFile> model, std::shared_ptr<const Plan> plan,
                                          std::string_view prompt, const GenerateOptions& options,
                                          const std::function<bool(std::string_view)>& onToken, const JobContext& context);

}  // namespace ww
