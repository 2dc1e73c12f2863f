// SPDX-License-Identifier: MIT
// Methods against formats on one model: what each combination costs in bits, in error of the weights, in error of the layers'
// outputs on calibration and on other tokens, and in the predictions of the whole model.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/progress.h"
#include "base/result.h"
#include "calibration/gram_factors.h"
#include "eval/kl_divergence.h"
#include "io/model_file.h"
#include "jobs/evaluate.h"
#include "plan/plan.h"

namespace ww {

struct MethodBenchOptions {
    std::vector<std::string> methods;  ///< specs
    std::vector<TensorType> formats;
    std::string tensors;  ///< regular expression: only these change, the others stay as they are; empty: all
    std::shared_ptr<const ImportanceMatrix> importance;
    std::shared_ptr<const GramFactors> grams;    ///< for methods that need them and for the output error; null: none
    std::shared_ptr<const GramFactors> heldOut;  ///< of tokens that no method saw; null: none
    bool measureModel = true;                    ///< divergence of the whole model on the text
    std::shared_ptr<const ModelFile> original;   ///< what it diverges from; null: the model itself
    Activations activations = Activations::Float;  ///< of the whole model, the original as well; layers' errors are of the weights alone
    DivergenceOptions divergence;
};

/// One combination. Relative errors are squares: ‖w − q‖² / ‖w‖², and trace(ΔHΔᵀ) / trace(WHWᵀ) as the mean over tensors.
struct MethodBenchRow {
    std::string method;
    TensorType format = TensorType::F32;
    std::string problem;  ///< one sentence when the combination cannot be made; the figures are empty then
    std::vector<PlanWarning> warnings{};  ///< about the whole combination
    std::size_t tensors = 0;
    double bitsPerWeight = 0;  ///< of the tensors that changed; of analysis methods stored as floats, of the format that they simulate
    double weightError = 0;
    std::optional<double> outputError;         ///< on the calibration tokens
    std::optional<double> heldOutOutputError;  ///< on the other tokens
    std::optional<Estimate> kld;
    std::optional<Estimate> perplexity;
    double seconds = 0;  ///< to quantize and decode
};

/// Gram matrices of all linear maps of a model on a text, from up to maxWindows windows (0: all).
Result<std::shared_ptr<const GramFactors>> gramsOnText(std::shared_ptr<const ModelFile> model, std::string_view text,
                                                       std::uint32_t contextLength, std::uint32_t maxWindows, const JobContext& context);

/// Rows come method by method within each format, in the order asked for; onRow is called as they are ready, from the calling
/// thread. Combinations that cannot be made are rows with a problem; errors that concern the model, the text or the pattern for
/// tensors (InvalidArgument when it matches none that can be quantized) end the run.
/// Memory: the quantized weights of one combination.
Result<std::vector<MethodBenchRow>> benchMethods(std::shared_ptr<const ModelFile> model, const MethodBenchOptions& options,
                                                 std::string_view text, const JobContext& context,
                                                 const std::function<void(const MethodBenchRow&)>& onRow = {});

}  // namespace ww
