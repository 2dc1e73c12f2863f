// SPDX-License-Identifier: MIT
#include "transform/transform_step.h"

#include <array>
#include <charconv>
#include <utility>

#include <fmt/format.h>

#include "calibration/calibration.h"
#include "io/model_file.h"
#include "transform/channel_scaling.h"
#include "transform/rotation.h"

namespace ww {

std::span<const TransformStepInfo> transformSteps()
{
    static constexpr std::array<TransformStepInfo, 3> kSteps{{
        {"rotation", "rotation[:SEED]",
         "Multiplies the residual stream and the heads by random Hadamard matrices, folded into the weights, so that outlier channels "
         "spread over all channels. For gptq and for 4-bit formats without offsets; with an importance matrix alone K formats become "
         "worse. SEED is 1 if not given.",
         false},
        {"smoothquant", "smoothquant[:ALPHA|:search]",
         "Moves the range of each input channel into the weights, so that inputs can be rounded to 8 bits. ALPHA, 0 to 1, is the share "
         "that is moved; 0.5 if not given. With search, each input gets the share that 8-bit weights and inputs lose least with, or none.",
         true},
        {"awq", "awq[:TARGET[:ALPHA]]",
         "Finds a scale per channel with which rounding to TARGET changes the outputs least, and folds it into the layer before. TARGET "
         "is a format, Q4_0 if not given, or an analysis method with its options, such as nf4 or affine:bits=3,group=128. Where no scale "
         "helps clearly, none is used. ALPHA, 0 to 1, is the power of the mean input that the scales are, whatever TARGET is; the best for "
         "each input if not given. With 0 nothing changes.",
         true},
    }};
    return kSteps;
}

Result<TransformStep> parseTransformStep(std::string_view text)
{
    const std::size_t colon = text.find(':');
    const std::string_view name = text.substr(0, colon);
    const std::string_view value = colon == std::string_view::npos ? std::string_view() : text.substr(colon + 1);
    const auto numberIn = [](std::string_view digits, auto& result) {
        const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), result);
        return error == std::errc() && end == digits.data() + digits.size();
    };
    const auto number = [&](auto& result) { return numberIn(value, result); };
    TransformStep step;
    if (colon != std::string_view::npos && value.empty())
        return fail(ErrorCode::InvalidArgument, fmt::format("\"{}\" says nothing after the colon; leave it out.", text));
    if (name == "rotation") {
        if (!value.empty() && !number(step.seed))
            return fail(ErrorCode::InvalidArgument, fmt::format("\"{}\" is no seed for rotation; it is a whole number.", value));
    } else if (name == "smoothquant") {
        step.kind = TransformStep::Kind::SmoothQuant;
        step.searchAlpha = value == "search";
        if (!value.empty() && !step.searchAlpha && (!number(step.alpha) || !(step.alpha >= 0 && step.alpha <= 1)))
            return fail(ErrorCode::InvalidArgument, fmt::format("\"{}\" is no alpha for smoothquant; it is a number from 0 to 1, such as 0.5, or search.", value));
    } else if (name == "awq") {
        step.kind = TransformStep::Kind::Awq;
        // Specs of methods hold colons, too: what comes after the last one is ALPHA, unless it sets an option.
        const std::size_t last = value.rfind(':');
        const bool hasAlpha = last != std::string_view::npos && value.find('=', last) == std::string_view::npos;
        WW_TRY(const ScalingTarget target, parseScalingTarget(hasAlpha ? value.substr(0, last) : value));
        step.target = target.text;
        if (hasAlpha) {
            const std::string_view alpha = value.substr(last + 1);
            step.awqAlpha = 0;
            if (!numberIn(alpha, *step.awqAlpha) || !(*step.awqAlpha >= 0 && *step.awqAlpha <= 1))
                return fail(ErrorCode::InvalidArgument, fmt::format("\"{}\" is no alpha for awq; it is a number from 0 to 1, such as 0.5.", alpha));
        }
    } else {
        return fail(ErrorCode::InvalidArgument,
                    fmt::format("There is no step \"{}\"; the steps are rotation[:SEED], smoothquant[:ALPHA|:search] and awq[:TARGET[:ALPHA]].", name));
    }
    return step;
}

std::string transformStepText(const TransformStep& step)
{
    switch (step.kind) {
    case TransformStep::Kind::Rotation: return fmt::format("rotation:{}", step.seed);
    case TransformStep::Kind::SmoothQuant: return step.searchAlpha ? "smoothquant:search" : fmt::format("smoothquant:{}", step.alpha);
    case TransformStep::Kind::Awq: break;
    }
    return step.awqAlpha ? fmt::format("awq:{}:{}", step.target, *step.awqAlpha) : fmt::format("awq:{}", step.target);
}

Result<std::shared_ptr<const ModelFile>> applyStep(const TransformStep& step, std::shared_ptr<const ModelFile> model,
                                                   const Calibration* calibration, const JobContext& context)
{
    if (step.kind == TransformStep::Kind::Rotation) return rotate(std::move(model), {.seed = step.seed});
    if (!calibration) return fail(ErrorCode::InvalidArgument, "Scaling channels needs a calibration of the model.");
    ScalingOptions scaling;
    scaling.rule = step.kind == TransformStep::Kind::Awq ? ScalingOptions::Rule::Awq : ScalingOptions::Rule::Smooth;
    scaling.alpha = step.alpha;
    scaling.searchAlpha = step.searchAlpha;
    scaling.target = step.target;
    scaling.awqAlpha = step.awqAlpha;
    return scaleChannels(std::move(model), *calibration, scaling, context);
}

}  // namespace ww
