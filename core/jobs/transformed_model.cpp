// SPDX-License-Identifier: MIT
#include "jobs/transformed_model.h"

#include <new>
#include <utility>

#include "calibration/calibration.h"
#include "model/weight_source.h"
#include "transform/channel_scaling.h"

namespace ww {
namespace {

Result<std::shared_ptr<const ModelFile>> apply(const TransformStep& step, std::shared_ptr<const ModelFile> model, std::string_view text,
                                               const CalibrationOptions& options, const JobContext& context)
{
    if (!step.readsText()) return applyStep(step, std::move(model), nullptr, context);
    WW_TRY(const auto tokenizer, Tokenizer::create(model->metadata()));
    WW_TRY(const auto language, LanguageModel::create(fileWeights(model)));
    WW_TRY(const Calibration calibration, calibrate(*language, *tokenizer, text, options, context));
    return applyStep(step, std::move(model), &calibration, context);
}

}  // namespace

Result<std::shared_ptr<const ModelFile>> transformedModel(std::shared_ptr<const ModelFile> model, std::span<const TransformStep> steps,
                                                          std::string_view text, std::uint32_t contextLength,
                                                          std::uint64_t gramBudgetBytes, const JobContext& context,
                                                          std::uint32_t maxWindows)
{
    try {
        for (const TransformStep& step : steps) {
            CalibrationOptions options;
            options.contextLength = contextLength;
            options.maxWindows = maxWindows;
            options.collectGram = step.needsGram();
            options.sampledRows = step.needsSample() ? sampledRowsFor(*model) : 0;
            options.wantsGram = scalingReadsInputs;
            options.gramBudgetBytes = gramBudgetBytes;
            WW_TRY(model, apply(step, std::move(model), text, options, context));
        }
        return model;
    } catch (const std::bad_alloc&) {
        return fail(ErrorCode::OutOfMemory, "There is not enough memory to change this model.");
    }
}

}  // namespace ww
