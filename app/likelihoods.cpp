// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/likelihoods.h"

#include <QCryptographicHash>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "app/paths.h"
#include "base/atomic_file.h"

namespace ww {
namespace {

constexpr std::string_view kMagic = "WWNLL1\n";
constexpr std::uint64_t kMaxBytes = std::uint64_t{1} << 30;

double mean(std::span<const double> values)
{
    double sum = 0;
    for (double v : values) sum += v;
    return sum / static_cast<double>(values.size());
}

}  // namespace

QString likelihoodsPath(const ModelFile& model, const QString& textHash, std::uint32_t contextLength, std::uint32_t windows,
                        Activations activations)
{
    const QString dir = cacheDir();
    if (dir.isEmpty()) return {};
    QString key = QStringLiteral("%1|%2|%3|%4|%5")
                            .arg(fromPath(std::filesystem::absolute(model.path())))
                            .arg(model.fileSizeBytes())
                            .arg(textHash)
                            .arg(contextLength)
                            .arg(windows);
    if (activations == Activations::LlamaCpp) key += QStringLiteral("|llama.cpp");
    const QByteArray hash = QCryptographicHash::hash(key.toUtf8(), QCryptographicHash::Sha256).toHex().left(24);
    return QStringLiteral("%1/%2.nll").arg(dir, QString::fromLatin1(hash));
}

void saveLikelihoods(const QString& path, std::span<const double> nll)
{
    if (path.isEmpty()) return;
    std::string bytes(kMagic);
    bytes.append(reinterpret_cast<const char*>(nll.data()), nll.size_bytes());
    static_cast<void>(writeTextFile(toPath(path), bytes));
}

std::vector<double> loadLikelihoods(const QString& path)
{
    if (path.isEmpty()) return {};
    const auto bytes = readTextFile(toPath(path), kMaxBytes);
    if (!bytes || !bytes->starts_with(kMagic) || (bytes->size() - kMagic.size()) % sizeof(double) != 0) return {};
    std::vector<double> nll((bytes->size() - kMagic.size()) / sizeof(double));
    if (!nll.empty()) std::memcpy(nll.data(), bytes->data() + kMagic.size(), nll.size() * sizeof(double));
    return nll;
}

std::optional<double> pairedError(std::span<const double> original, std::span<const double> variant)
{
    if (original.size() != variant.size() || original.size() < 2) return std::nullopt;
    const double perplexityOriginal = std::exp(mean(original));
    const double perplexityVariant = std::exp(mean(variant));
    if (!std::isfinite(perplexityOriginal) || !std::isfinite(perplexityVariant)) return std::nullopt;
    // d(exp v − exp o) = exp v · dv − exp o · do, so the terms of one token belong together.
    double sum = 0;
    double sum2 = 0;
    for (std::size_t i = 0; i < original.size(); ++i) {
        const double d = perplexityVariant * variant[i] - perplexityOriginal * original[i];
        sum += d;
        sum2 += d * d;
    }
    const double n = static_cast<double>(original.size());
    const double variance = std::max(0.0, sum2 / n - (sum / n) * (sum / n));
    const double error = std::sqrt(variance / (n - 1));
    return std::isfinite(error) ? std::optional(error) : std::nullopt;
}

}  // namespace ww
