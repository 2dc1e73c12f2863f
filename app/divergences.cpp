// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/divergences.h"

#include <QCoreApplication>
#include <QCryptographicHash>

#include <algorithm>
#include <cmath>

#include "app/likelihoods.h"
#include "app/paths.h"
#include "widgets/theme/format_text.h"

namespace ww {
namespace {

/// Standard errors from which on a difference counts, as in core's comparison.
constexpr double kCertain = 2.0;
constexpr double kMostWindows = 1e6;

struct Divergences {
    Q_DECLARE_TR_FUNCTIONS(Divergences)
};

std::vector<TokenDivergence> load(const QString& path)
{
    std::vector<TokenDivergence> tokens;
    for (const double kld : loadLikelihoods(path)) {
        TokenDivergence token;
        token.kld = kld;
        tokens.push_back(token);
    }
    return tokens;
}

}  // namespace

QString divergencesPath(const ModelFile& model, const Variant& variant)
{
    const QString dir = cacheDir();
    if (dir.isEmpty() || !variant.recipe) return {};
    Recipe recipe = *variant.recipe;
    recipe.name.clear();
    QString key = QStringLiteral("%1|%2|%3|%4|%5|%6|%7")
                            .arg(fromPath(std::filesystem::absolute(model.path())))
                            .arg(model.fileSizeBytes())
                            .arg(variant.textHash)
                            .arg(variant.contextLength)
                            .arg(variant.windows)
                            .arg(variant.importance, QString::fromStdString(recipeToJson(recipe)));
    if (variant.activations == Activations::LlamaCpp) key += QStringLiteral("|llama.cpp");
    const QByteArray hash = QCryptographicHash::hash(key.toUtf8(), QCryptographicHash::Sha256).toHex().left(24);
    return QStringLiteral("%1/%2.kld").arg(dir, QString::fromLatin1(hash));
}

void saveDivergences(const QString& path, const std::vector<TokenDivergence>& tokens)
{
    std::vector<double> values;
    values.reserve(tokens.size());
    for (const TokenDivergence& token : tokens) values.push_back(token.kld);
    saveLikelihoods(path, values);
}

Result<Estimate> compareDivergences(const QString& a, const QString& b)
{
    const std::vector<TokenDivergence> first = load(a);
    const std::vector<TokenDivergence> second = load(b);
    if (first.empty() || first.size() != second.size())
        return fail(ErrorCode::NotFound, "The divergences of single tokens are not there any more.");
    return pairedDifference(first, second);
}

QString comparisonText(const QString& a, const QString& b, const Estimate& difference, std::uint32_t windows)
{
    const double size = std::fabs(difference.value);
    if (size == 0 && difference.error == 0) return Divergences::tr("%1 and %2 are equal on this text.").arg(a, b);
    if (size > kCertain * difference.error) {
        const bool secondNearer = difference.value < 0;
        return Divergences::tr("%1 is nearer to the original than %2: KL divergence lower by %3 ± %4, token by token.")
            .arg(secondNearer ? b : a, secondNearer ? a : b, errorText(size), errorText(difference.error));
    }
    // The error shrinks with the root of the number of windows.
    const double needed = size > 0 ? windows * std::pow(kCertain * difference.error / size, 2) : 0;
    if (needed <= 0 || needed > kMostWindows) return Divergences::tr("%1 and %2 cannot be told apart on this text.").arg(a, b);
    return Divergences::tr("%1 and %2 cannot be told apart yet; about %n more window(s) would be needed.", nullptr,
                           static_cast<int>(std::max(1.0, std::ceil(needed - windows))))
        .arg(a, b);
}

DivergenceFigures divergenceFigures(const DivergenceResult& result)
{
    // A single token has no standard error.
    const auto finite = [](double value) { return std::isfinite(value) ? value : 0.0; };
    DivergenceFigures f;
    f.mean = std::max(0.0, result.meanKld.value);
    f.meanError = finite(result.meanKld.error);
    f.p99 = std::max(0.0, result.p99Kld.value);
    f.sameTop = result.sameTop.value;
    f.sameTopError = finite(result.sameTop.error);
    f.rmsChange = result.rmsProbabilityChange.value;
    f.rmsChangeError = finite(result.rmsProbabilityChange.error);
    return f;
}

}  // namespace ww
