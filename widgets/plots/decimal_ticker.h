// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "widgets/plots/qcustomplot_include.h"

namespace ww {

/// Labels all ticks of a linear axis with as many decimals as the step needs: 5.8, 6.0, 6.2 and not 5.8, 6, 6.2.
class DecimalTicker : public QCPAxisTicker {
protected:
    double getTickStep(const QCPRange& range) override;
    QString getTickLabel(double tick, const QLocale& locale, QChar formatChar, int precision) override;

private:
    int m_digits = 0;
};

/// Labels a logarithmic axis of counts with the counts themselves: 1, 10, 1,000, and 10⁶ from a million on.
class CountTicker : public QCPAxisTickerLog {
protected:
    QString getTickLabel(double tick, const QLocale& locale, QChar formatChar, int precision) override;
};

}  // namespace ww
