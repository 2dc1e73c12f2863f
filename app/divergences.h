// SPDX-License-Identifier: GPL-3.0-or-later
// How far each token's prediction moved, kept between runs: with it two variants are compared token by token.
#pragma once

#include <QString>

#include <vector>

#include "app/variant.h"
#include "base/result.h"
#include "eval/kl_divergence.h"
#include "io/model_file.h"

namespace ww {

/// Where the divergences of a measured recipe lie: one number per scored token. Empty without a cache folder, and for the original.
[[nodiscard]] QString divergencesPath(const ModelFile& model, const Variant& variant);
/// Failures of saving are no error: what is missing is measured again. For jobs.
void saveDivergences(const QString& path, const std::vector<TokenDivergence>& tokens);
/// Mean KLD of `b` minus that of `a` over the same tokens. Error NotFound when one of them is not there. For jobs.
[[nodiscard]] Result<Estimate> compareDivergences(const QString& a, const QString& b);

/// What the difference means: which variant is nearer to the original, or how many more windows would tell.
[[nodiscard]] QString comparisonText(const QString& a, const QString& b, const Estimate& difference, std::uint32_t windows);
/// The figures that a variant keeps.
[[nodiscard]] DivergenceFigures divergenceFigures(const DivergenceResult& result);

}  // namespace ww
