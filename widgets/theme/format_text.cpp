// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/theme/format_text.h"

#include <QCoreApplication>
#include <QLocale>
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace ww {
namespace {

// The translation context of the functions below.
struct FormatText {
    Q_DECLARE_TR_FUNCTIONS(ww::FormatText)
};

QString dash()
{
    return QStringLiteral("–");
}

QString fixed(double value, int digits)
{
    QString s = QLocale().toString(std::abs(value), 'f', digits);
    // −0.00 is 0.00: the sign is put only before digits that show something.
    const bool visible = std::abs(value) >= 0.5 * std::pow(10.0, -digits);
    return value < 0 && visible ? QChar(0x2212) + s : s;
}

QString signedFixed(double value, int digits)
{
    const bool visible = std::abs(value) >= 0.5 * std::pow(10.0, -digits);
    return (value > 0 && visible ? QStringLiteral("+") : QString()) + fixed(value, digits);
}

// "1.2×10⁻⁵"
QString powerOfTen(double value)
{
    int exponent = static_cast<int>(std::floor(std::log10(std::abs(value))));
    double mantissa = value / std::pow(10.0, exponent);
    if (std::abs(mantissa) >= 9.95) {
        mantissa /= 10;
        ++exponent;
    }
    static const QString kRaised = QStringLiteral("⁰¹²³⁴⁵⁶⁷⁸⁹");
    QString raised = exponent < 0 ? QStringLiteral("⁻") : QString();
    for (const QChar digit : QString::number(std::abs(exponent))) raised += kRaised[digit.digitValue()];
    return fixed(mantissa, 1) + QStringLiteral("×10") + raised;
}

int digitsForThree(double value)
{
    const double a = std::abs(value);
    return a < 9.995 ? 2 : a < 99.95 ? 1 : 0;
}

}  // namespace

QString sizeText(std::uint64_t bytes)
{
    static constexpr std::array kUnits = {
        QT_TRANSLATE_NOOP("ww::FormatText", "%1 B"), QT_TRANSLATE_NOOP("ww::FormatText", "%1 KiB"),
        QT_TRANSLATE_NOOP("ww::FormatText", "%1 MiB"), QT_TRANSLATE_NOOP("ww::FormatText", "%1 GiB"),
        QT_TRANSLATE_NOOP("ww::FormatText", "%1 TiB")};
    double value = static_cast<double>(bytes);
    std::size_t unit = 0;
    for (; value >= 999.5 && unit + 1 < kUnits.size(); ++unit) value /= 1024;
    return FormatText::tr(kUnits[unit])
        .arg(unit == 0 ? QLocale().toString(static_cast<qulonglong>(bytes)) : fixed(value, digitsForThree(value)));
}

QString bitsPerWeightText(double bitsPerWeight, bool withUnit)
{
    if (!std::isfinite(bitsPerWeight)) return dash();
    const QString number = fixed(bitsPerWeight, 2);
    return withUnit ? FormatText::tr("%1 bpw").arg(number) : number;
}

QString percentText(double fraction, int digits)
{
    if (!std::isfinite(fraction)) return dash();
    return FormatText::tr("%1 %").arg(fixed(fraction * 100, digits));
}

QString signedPercentText(double fraction, int digits)
{
    if (!std::isfinite(fraction)) return dash();
    return FormatText::tr("%1 %").arg(signedFixed(fraction * 100, digits));
}

QString countText(std::uint64_t count)
{
    return QLocale().toString(static_cast<qulonglong>(count));
}

QString parameterCountText(std::uint64_t parameters)
{
    const double value = static_cast<double>(parameters);
    const auto scaled = [](double v, const QString& pattern) { return pattern.arg(fixed(v, digitsForThree(v))); };
    if (value >= 999.5e9) return scaled(value / 1e12, FormatText::tr("%1 T", "trillions of parameters"));
    if (value >= 999.5e6) return scaled(value / 1e9, FormatText::tr("%1 B", "billions of parameters"));
    if (value >= 999.5e3) return scaled(value / 1e6, FormatText::tr("%1 M", "millions of parameters"));
    if (value >= 10e3) return scaled(value / 1e3, FormatText::tr("%1 K", "thousands of parameters"));
    return countText(parameters);
}

QString durationText(double seconds)
{
    if (!std::isfinite(seconds) || seconds < 0) return dash();
    if (seconds < 9.95) return FormatText::tr("%1 s").arg(fixed(seconds, 1));
    const auto total = static_cast<qint64>(std::llround(seconds));
    if (total < 60) return FormatText::tr("%1 s").arg(total);
    if (total < 3600) {
        if (total % 60 == 0) return FormatText::tr("%1 min").arg(total / 60);
        return FormatText::tr("%1 min %2 s").arg(total / 60).arg(total % 60);
    }
    return FormatText::tr("%1 h %2 min").arg(total / 3600).arg(total % 3600 / 60);
}

QString timeLeftText(double seconds)
{
    if (!std::isfinite(seconds) || seconds < 0) return {};
    const auto total = static_cast<qint64>(std::llround(seconds));
    const auto two = [](qint64 v) { return QStringLiteral("%1").arg(v, 2, 10, QLatin1Char('0')); };
    const QString clock = total < 3600 ? QStringLiteral("%1:%2").arg(total / 60).arg(two(total % 60))
                                       : QStringLiteral("%1:%2:%3").arg(total / 3600).arg(two(total % 3600 / 60), two(total % 60));
    return FormatText::tr("%1 left").arg(clock);
}

QString errorText(double value)
{
    if (!std::isfinite(value)) return dash();
    if (value == 0) return QLocale().toString(0);
    const double a = std::abs(value);
    if (a < 1e-3 || a >= 1e6) return powerOfTen(value);
    const int digits = std::max(0, 2 - static_cast<int>(std::floor(std::log10(a))));
    return fixed(value, digits);
}

/// The error keeps one significant digit (two if it begins with 1), the value as many places.
static int placesForError(double error)
{
    int places = -static_cast<int>(std::floor(std::log10(error)));
    if (error * std::pow(10.0, places) < 1.95) ++places;
    return std::clamp(places, 0, 6);
}

QString perplexityText(double perplexity, std::optional<double> standardError)
{
    if (!std::isfinite(perplexity)) return dash();
    if (!standardError || !std::isfinite(*standardError) || *standardError <= 0)
        return fixed(perplexity, perplexity < 1000 ? std::max(2, digitsForThree(perplexity)) : 0);
    // At least two decimals: variants are measured on the same tokens, so they differ by far less than the error shows.
    const int places = perplexity < 1000 ? std::max(2, placesForError(*standardError)) : placesForError(*standardError);
    return FormatText::tr("%1 ± %2").arg(fixed(perplexity, places), fixed(*standardError, places));
}

QString deltaText(double delta, int digits)
{
    return std::isfinite(delta) ? signedFixed(delta, digits) : dash();
}

QString deltaErrorText(double delta, std::optional<double> standardError)
{
    if (!standardError || !std::isfinite(*standardError) || *standardError <= 0) return deltaText(delta);
    const int places = placesForError(*standardError);
    return FormatText::tr("%1 ± %2").arg(deltaText(delta, places), fixed(*standardError, places));
}

QString shapeText(const Shape& shape)
{
    return QString::fromStdString(shape.text());
}

QString formatName(TensorType type)
{
    const auto n = name(type);
    return QString::fromLatin1(n.data(), static_cast<qsizetype>(n.size()));
}

QString roleText(TensorRole role)
{
    const auto n = roleName(role);
    return QString::fromLatin1(n.data(), static_cast<qsizetype>(n.size()));
}

QString roleDescription(TensorRole role)
{
    switch (role) {
    case TensorRole::TokenEmbedding: return FormatText::tr("Token embedding");
    case TensorRole::Output: return FormatText::tr("Output projection");
    case TensorRole::OutputNorm: return FormatText::tr("Output norm");
    case TensorRole::PositionEmbedding: return FormatText::tr("Position embedding");
    case TensorRole::AttnNorm: return FormatText::tr("Attention norm");
    case TensorRole::AttnQkv: return FormatText::tr("Fused attention input");
    case TensorRole::AttnQ: return FormatText::tr("Attention query");
    case TensorRole::AttnK: return FormatText::tr("Attention key");
    case TensorRole::AttnV: return FormatText::tr("Attention value");
    case TensorRole::AttnOutput: return FormatText::tr("Attention output");
    case TensorRole::AttnQNorm: return FormatText::tr("Query norm");
    case TensorRole::AttnKNorm: return FormatText::tr("Key norm");
    case TensorRole::PostAttentionNorm: return FormatText::tr("Norm after attention");
    case TensorRole::FfnNorm: return FormatText::tr("Feed-forward norm");
    case TensorRole::FfnGateInp: return FormatText::tr("Expert router");
    case TensorRole::FfnGate: return FormatText::tr("Feed-forward gate");
    case TensorRole::FfnUp: return FormatText::tr("Feed-forward up");
    case TensorRole::FfnDown: return FormatText::tr("Feed-forward down");
    case TensorRole::FfnGateExps: return FormatText::tr("Experts' gate");
    case TensorRole::FfnUpExps: return FormatText::tr("Experts' up");
    case TensorRole::FfnDownExps: return FormatText::tr("Experts' down");
    case TensorRole::FfnGateShexp: return FormatText::tr("Shared expert's gate");
    case TensorRole::FfnUpShexp: return FormatText::tr("Shared expert's up");
    case TensorRole::FfnDownShexp: return FormatText::tr("Shared expert's down");
    case TensorRole::PostFfwNorm: return FormatText::tr("Norm after feed-forward");
    case TensorRole::Bias: return FormatText::tr("Bias");
    case TensorRole::Other: break;
    }
    return FormatText::tr("Other");
}

QString plainNumber(double value)
{
    std::array<char, 40> buffer{};
    const auto [end, code] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
    return code == std::errc() ? QString::fromLatin1(buffer.data(), static_cast<qsizetype>(end - buffer.data())) : QString();
}

QString csvField(const QString& field)
{
    const bool needsQuotes = field.contains(QLatin1Char(',')) || field.contains(QLatin1Char('"')) ||
                             field.contains(QLatin1Char('\n')) || field.contains(QLatin1Char('\r'));
    if (!needsQuotes) return field;
    QString quoted = field;
    quoted.replace(QLatin1Char('"'), QLatin1String("\"\""));
    return QLatin1Char('"') + quoted + QLatin1Char('"');
}

}  // namespace ww
