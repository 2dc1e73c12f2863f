// SPDX-License-Identifier: MIT
// One change of a model before it is quantized, as recipes and the command line write it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace ww {

class ModelFile;
struct Calibration;
struct JobContext;

/// Plain value. Text: "rotation[:SEED]", "smoothquant[:ALPHA|:search]" or "awq[:TARGET[:ALPHA]]".
struct TransformStep {
    enum class Kind : std::uint8_t { Rotation, SmoothQuant, Awq };
    Kind kind = Kind::Rotation;
    std::uint64_t seed = 1;                  ///< of a rotation
    double alpha = 0.5;                      ///< of SmoothQuant, 0 … 1
    bool searchAlpha = false;                ///< of SmoothQuant: the best for each input instead, or no scales where none helps
    std::string target = "Q4_0";             ///< that AWQ aims at: a format or an analysis method, as parseScalingTarget() writes it
    std::optional<double> awqAlpha;          ///< the same for all inputs; empty: the best for each

    /// It looks at what the weights see.
    [[nodiscard]] bool readsText() const { return kind != Kind::Rotation; }
    [[nodiscard]] bool needsGram() const { return kind == Kind::Awq; }
    /// `target` changes anything: given scales are the same for all.
    [[nodiscard]] bool usesTarget() const { return kind == Kind::Awq && !awqAlpha; }
    [[nodiscard]] bool needsSample() const { return kind == Kind::SmoothQuant && searchAlpha; }
    bool operator==(const TransformStep&) const = default;
};

/// What a person reads of a kind of step.
struct TransformStepInfo {
    std::string_view name;
    std::string_view form;         ///< with its parameters: "awq[:TARGET[:ALPHA]]"
    std::string_view description;  ///< sentences
    bool readsText;                ///< needs a calibration text
};
/// All kinds, in the order in which they make sense.
[[nodiscard]] std::span<const TransformStepInfo> transformSteps();

/// Error InvalidArgument says what is allowed.
Result<TransformStep> parseTransformStep(std::string_view text);
/// What parseTransformStep() reads back.
[[nodiscard]] std::string transformStepText(const TransformStep& step);

/// The changed model, which computes the same. `calibration` is of `model`; null for steps that do not read. Errors as rotate()
/// and scaleChannels().
Result<std::shared_ptr<const ModelFile>> applyStep(const TransformStep& step, std::shared_ptr<const ModelFile> model,
                                                   const Calibration* calibration, const JobContext& context);

}  // namespace ww
