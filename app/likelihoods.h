// SPDX-License-Identifier: GPL-3.0-or-later
// How surprised the original model was by each token of a text, kept between runs: with it a variant measured later is compared
// token by token. Their common error, which is by far the larger one, then drops out of the difference.
#pragma once

#include <QString>

#include <optional>
#include <span>
#include <vector>

#include "io/model_file.h"
#include "jobs/evaluate.h"

namespace ww {

/// Where the likelihoods of a model on a text lie. Any change of the file's size or of the windows gives another path. Empty
/// without a cache folder.
[[nodiscard]] QString likelihoodsPath(const ModelFile& model, const QString& textHash, std::uint32_t contextLength,
                                      std::uint32_t windows, Activations activations = Activations::Float);
/// Natural logarithms, one per scored token. Failures are no error: what is missing is measured again. For jobs.
void saveLikelihoods(const QString& path, std::span<const double> nll);
[[nodiscard]] std::vector<double> loadLikelihoods(const QString& path);

/// Standard error of exp(mean variant) − exp(mean original), from pairs of the same tokens (first-order propagation). Empty when
/// the counts differ or there are fewer than two.
[[nodiscard]] std::optional<double> pairedError(std::span<const double> original, std::span<const double> variant);

}  // namespace ww
