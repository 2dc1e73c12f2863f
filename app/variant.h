// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QDateTime>
#include <QFileInfo>
#include <QString>

#include <cstdint>
#include <optional>

#include "jobs/evaluate.h"
#include "plan/recipe.h"

namespace ww {

/// How far the predictions are from the original's, with standard errors. Natural logarithms; shares of 1.
struct DivergenceFigures {
    double mean = 0;  ///< KL divergence per token
    double meanError = 0;
    double p99 = 0;
    double sameTop = 0;  ///< tokens with the same most probable continuation
    double sameTopError = 0;
    double rmsChange = 0;  ///< of the probability of the right token
    double rmsChangeError = 0;
    bool operator==(const DivergenceFigures&) const = default;
};

/// One measured variant: what was measured (a snapshot of the recipe, or the model as it is), and on which text.
struct Variant {
    QString name;                  ///< name of the recipe when it was measured
    std::optional<Recipe> recipe;  ///< empty: the original
    std::uint64_t sizeBytes = 0;
    double bitsPerWeight = 0;
    double perplexity = 0;
    double standardError = 0;
    std::optional<double> deltaError;  ///< standard error of the difference to the original's perplexity, token by token
    std::optional<DivergenceFigures> divergence;  ///< empty: not measured
    std::uint64_t scoredTokens = 0;
    std::uint32_t windows = 0;
    std::uint32_t contextLength = 0;
    double seconds = 0;
    QString textPath;
    QString textHash;  ///< of the text's bytes: two measurements compare only when it agrees
    QString importance;   ///< file of the importance matrix; empty: none
    Activations activations = Activations::Float;  ///< how the inputs of layers were computed, the original's as well
    QString stepsText{};  ///< what the steps of the recipe, or the calibration after them, read; empty: no text
    QDateTime measuredAt;

    bool operator==(const Variant&) const = default;
};

/// The recipes give the same file: everything but the name agrees.
[[nodiscard]] inline bool sameContent(const Recipe& a, const Recipe& b)
{
    Recipe renamed = a;
    renamed.name = b.name;
    return renamed == b;
}

/// The steps of the recipe were made for the very text that judged them, so that the figures flatter.
[[nodiscard]] inline bool judgedOnText(const QString& textPath, const QString& stepsText)
{
    return !stepsText.isEmpty() && QFileInfo(textPath).fileName() == QFileInfo(stepsText).fileName();
}

/// Both measured on the same text with the same windows, so that their perplexities may stand side by side.
[[nodiscard]] inline bool sameYardstick(const Variant& a, const Variant& b)
{
    return a.textHash == b.textHash && a.windows == b.windows && a.contextLength == b.contextLength && a.activations == b.activations;
}

/// The same thing measured in the same way: the newer one replaces the older.
[[nodiscard]] inline bool sameMeasurement(const Variant& a, const Variant& b)
{
    if (a.recipe.has_value() != b.recipe.has_value() || !sameYardstick(a, b)) return false;
    return !a.recipe || (a.importance == b.importance && sameContent(*a.recipe, *b.recipe));
}

}  // namespace ww
