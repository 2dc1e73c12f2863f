// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/plots/decimal_ticker.h"

#include <cmath>

namespace ww {

double DecimalTicker::getTickStep(const QCPRange& range)
{
    const double step = QCPAxisTicker::getTickStep(range);
    double scaled = step;
    for (m_digits = 0; m_digits < 7; ++m_digits, scaled *= 10)
        if (std::abs(scaled - std::round(scaled)) < 1e-6 * scaled) break;
    return step;
}

QString DecimalTicker::getTickLabel(double tick, const QLocale& locale, QChar formatChar, int precision)
{
    // Very fine steps read better with an exponent.
    if (m_digits >= 6) return QCPAxisTicker::getTickLabel(tick, locale, formatChar, precision);
    const bool zero = std::abs(tick) < 0.5 * std::pow(10.0, -m_digits);
    const QString digits = locale.toString(std::abs(zero ? 0.0 : tick), 'f', m_digits);
    return tick < 0 && !zero ? QChar(0x2212) + digits : digits;
}

QString CountTicker::getTickLabel(double tick, const QLocale& locale, QChar formatChar, int precision)
{
    if (tick < 1) return QCPAxisTickerLog::getTickLabel(tick, locale, formatChar, precision);
    if (tick < 999999.5) return locale.toString(std::llround(tick));
    static const QString kRaised = QStringLiteral("⁰¹²³⁴⁵⁶⁷⁸⁹");
    QString exponent = QString::number(std::lround(std::log10(tick)));
    for (QChar& digit : exponent) digit = kRaised[digit.digitValue()];
    return QStringLiteral("10") + exponent;
}

}  // namespace ww
