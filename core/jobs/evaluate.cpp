// SPDX-License-Identifier: MIT
#include "jobs/evaluate.h"

#include <filesystem>
#include <functional>
#include <map>
#include <new>
#include <string>
#include <system_error>
#include <utility>

#include "io/model_identity.h"
#include "jobs/plan_evaluation.h"
#include "jobs/quantize.h"
#include "model/architecture.h"
#include "model/llama_activations.h"
#include "model/weight_source.h"
#include "text/tokenizer.h"

namespace ww {
namespace {

struct RunnableModel {
    std::shared_ptr<const LanguageModel> model;
    std::shared_ptr<const Tokenizer> tokenizer;
};

/// The types that a plan gives to tensors; without a plan, those that they have.
std::function<TensorType(const TensorInfo&)> storedTypes(const ModelFile& model, const Plan* plan)
{
    std::map<std::string, TensorType, std::less<>> types;
    if (plan)
        for (const PlanEntry& entry : plan->entries) types[model.tensors()[entry.tensorIndex].name] = entry.target;
    return [types = std::move(types)](const TensorInfo& tensor) {
        const auto found = types.find(tensor.name);
        return found == types.end() ? tensor.type : found->second;
    };
}

Result<RunnableModel> prepare(const std::shared_ptr<const ModelFile>& model, const std::shared_ptr<const Plan>& plan,
                              Activations activations, std::uint64_t quantizedBytes = std::uint64_t{256} << 20)
{
    WW_TRY_VOID(model->checkUnchanged());
    RunnableModel runnable;
    // Of a model of an unknown kind, that is the reason to give, whether it has a tokenizer or not.
    if (const auto architecture = readArchitecture(*model); !architecture && architecture.error().code == ErrorCode::Unsupported)
        return tl::unexpected(architecture.error());
    WW_TRY(runnable.tokenizer, Tokenizer::create(model->metadata()));
    auto weights = plan ? plannedWeights(model, plan, quantizedBytes) : fileWeights(model);
    WW_TRY(runnable.model, LanguageModel::create(withActivations(activations, std::move(weights), *model, plan.get())));
    return runnable;
}

/// Errors of the parts know keys and tensors but not the file.
template <class T>
Result<T> inFile(Result<T> result, const ModelFile& model)
{
    if (!result && result.error().path.empty() && result.error().code != ErrorCode::Cancelled) result.error().path = model.path();
    return result;
}

template <class T, class F>
Result<T> guarded(const F& work)
{
    try {
        return work();
    } catch (const std::bad_alloc&) {
        return fail(ErrorCode::OutOfMemory,
                    "There is not enough memory to run this model. Close other programs or choose a shorter context.");
    }
}

}  // namespace

std::shared_ptr<const WeightSource> withActivations(Activations activations, std::shared_ptr<const WeightSource> weights,
                                                    const ModelFile& model, const Plan* plan)
{
    return activations == Activations::Float ? weights : withLlamaCppActivations(std::move(weights), storedTypes(model, plan));
}

Result<PerplexityResult> evaluatePerplexity(std::shared_ptr<const ModelFile> model, std::shared_ptr<const Plan> plan,
                                            std::string_view text, const PerplexityOptions& options, const JobContext& context,
                                            const std::function<void(std::uint32_t, double)>& onWindow, Activations activations)
{
    return guarded<PerplexityResult>([&]() -> Result<PerplexityResult> {
        WW_TRY(const RunnableModel runnable, inFile(prepare(model, plan, activations, options.quantizedBudgetBytes), *model));
        WW_TRY(const EvaluationWindows windows, makeWindows(*runnable.tokenizer, text, options));
        return inFile(perplexity(*runnable.model, windows, options, context, onWindow), *model);
    });
}

Result<DivergenceResult> evaluateDivergence(std::shared_ptr<const ModelFile> base, std::shared_ptr<const ModelFile> variant,
                                            std::shared_ptr<const Plan> plan, std::string_view text,
                                            const DivergenceOptions& options, const JobContext& context, Activations activations)
{
    return guarded<DivergenceResult>([&]() -> Result<DivergenceResult> {
        const std::shared_ptr<const ModelFile> other = variant ? variant : base;
        WW_TRY(const RunnableModel original, inFile(prepare(base, nullptr, activations), *base));
        WW_TRY(const RunnableModel changed, inFile(prepare(other, plan, activations, options.quantizedBudgetBytes), *other));
        PerplexityOptions cut;
        cut.contextLength = options.contextLength;
        cut.maxWindows = options.maxWindows;
        WW_TRY(const EvaluationWindows windows, makeWindows(*original.tokenizer, text, cut));
        return klDivergence(*original.model, *changed.model, windows, options, context);
    });
}

Result<EvaluationJournal> evaluationJournal(const std::filesystem::path& folder, std::string_view kind, const ModelFile& base,
                                            const ModelFile* variant, const Plan* plan, std::string_view text,
                                            std::uint32_t contextLength, std::uint32_t maxWindows)
{
    if (folder.empty()) return EvaluationJournal{};
    Hasher hasher;
    hasher.text(kind);
    for (const ModelFile* model : {&base, variant})
        if (model) {
            WW_TRY(const Hash identity, modelIdentity(*model));
            std::error_code error;
            const auto changed = std::filesystem::last_write_time(model->path(), error);
            hasher.hash(identity).number(model->fileSizeBytes());
            hasher.number(error ? 0 : static_cast<std::uint64_t>(changed.time_since_epoch().count()));
        }
    for (const PlanEntry& entry : plan ? plan->entries : std::vector<PlanEntry>()) {
        if (entry.grams) return EvaluationJournal{};
        hasher.number(entry.tensorIndex).number(static_cast<std::uint64_t>(entry.target)).number(entry.quantized ? 1 : 0).text(entry.method);
        if (entry.importance) hasher.hash(importanceHash(*entry.importance));
    }
    hasher.text(text).number(contextLength).number(maxWindows);
    EvaluationJournal journal;
    journal.identity = hasher.finish();
    journal.path = folder / (journal.identity.text() + ".part");
    return journal;
}

Result<std::vector<TokenId>> generateText(std::shared_ptr<const ModelFile> model, std::shared_ptr<const Plan> plan,
                                          std::string_view prompt, const GenerateOptions& options,
                                          const std::function<bool(std::string_view)>& onToken, const JobContext& context)
{
    return guarded<std::vector<TokenId>>([&]() -> Result<std::vector<TokenId>> {
        WW_TRY(const RunnableModel runnable, inFile(prepare(model, plan, Activations::Float), *model));
        return inFile(generate(*runnable.model, *runnable.tokenizer, prompt, options, onToken, context), *model);
    });
}

}  // namespace ww
