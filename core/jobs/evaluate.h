// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/progress.h"
#include "base/result.h"
#include "eval/perplexity.h"
#include "io/model_file.h"
#include "model/language_model.h"
#include "plan/plan.h"

namespace ww {

/// Perplexity of a model as it is (`plan` null) or as a plan would store it. `text` is the evaluation text itself.
Result<PerplexityResult> evaluatePerplexity(std::shared_ptr<const ModelFile> model, std::shared_ptr<const Plan> plan,
                                            std::string_view text, const PerplexityOptions& options, const JobContext& context,
                                            const std::function<void(std::uint32_t, double)>& onWindow = {});

/// Text continued by a model as it is or as a plan would store it.
Result<std::vector<TokenId>> generateText(std::shared_ptr<const ModelFile> model, std::shared_ptr<const Plan> plan,
                                          std::string_view prompt, const GenerateOptions& options,
                                          const std::function<bool(std::string_view)>& onToken, const JobContext& context);

}  // namespace ww
