// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/plots/histogram_plot.h"

#include <algorithm>
#include <cmath>

#include "widgets/plots/decimal_ticker.h"
#include "widgets/plots/qcustomplot_include.h"
#include "widgets/theme/format_text.h"

namespace ww {
namespace {

std::uint64_t largestCount(const Histogram& h)
{
    return h.counts.empty() ? 0 : *std::ranges::max_element(h.counts);
}

double widthOf(const Histogram& h)
{
    return h.counts.empty() ? 0 : (h.upper - h.lower) / static_cast<double>(h.counts.size());
}

double centerOf(const Histogram& h, std::size_t bin)
{
    return h.lower + widthOf(h) * (static_cast<double>(bin) + 0.5);
}

std::uint64_t sumOf(const Histogram& h)
{
    std::uint64_t sum = h.below + h.above;
    for (const auto c : h.counts) sum += c;
    return sum;
}

}  // namespace

HistogramPlot::HistogramPlot(QWidget* parent) : PlotWidget(parent)
{
    setAccessibleName(tr("Histogram"));
    setCrosshair(true);
}

void HistogramPlot::setData(HistogramPlotData data)
{
    m_data = std::move(data);
    std::erase_if(m_data.series,
                  [](const HistogramSeries& s) { return s.histogram.counts.empty() || !(s.histogram.upper > s.histogram.lower); });
    plot()->clearGraphs();
    for (const auto& series : m_data.series) {
        auto* graph = plot()->addGraph();
        graph->setName(series.label);
        graph->setLineStyle(QCPGraph::lsStepCenter);
        graph->setAdaptiveSampling(false);
        const Histogram& h = series.histogram;
        QVector<double> x, y;
        // One empty bin at each side closes the outline.
        const double floorValue = m_data.logCounts ? 0.1 : 0.0;
        x << h.lower - widthOf(h) / 2;
        y << floorValue;
        for (std::size_t i = 0; i < h.counts.size(); ++i) {
            x << centerOf(h, i);
            y << std::max(static_cast<double>(h.counts[i]), floorValue);
        }
        x << h.upper + widthOf(h) / 2;
        y << floorValue;
        graph->setData(x, y, true);
    }
    QCPAxis* counts = plot()->yAxis;
    if (m_data.logCounts) {
        counts->setScaleType(QCPAxis::stLogarithmic);
        counts->setTicker(QSharedPointer<CountTicker>::create());
    } else {
        counts->setScaleType(QCPAxis::stLinear);
        counts->setTicker(QSharedPointer<DecimalTicker>::create());
        counts->setNumberFormat(QStringLiteral("gbc"));
        counts->setNumberPrecision(4);
    }
    plot()->xAxis->setLabel(m_data.xTitle);
    plot()->yAxis->setLabel(tr("number of values"));
    showLegend(m_data.series.size() > 1);
    dataChanged(m_data.series.empty());
}

void HistogramPlot::setLogCounts(bool on)
{
    if (on == m_data.logCounts) return;
    m_data.logCounts = on;
    setData(m_data);
}

void HistogramPlot::fitAxes()
{
    double lower = m_data.series.front().histogram.lower;
    double upper = m_data.series.front().histogram.upper;
    std::uint64_t largest = 1;
    for (const auto& s : m_data.series) {
        lower = std::min(lower, s.histogram.lower);
        upper = std::max(upper, s.histogram.upper);
        largest = std::max(largest, largestCount(s.histogram));
    }
    const double margin = (upper - lower) * 0.02;
    plot()->xAxis->setRange(lower - margin, upper + margin);
    plot()->yAxis->setRange(m_data.logCounts ? 0.6 : 0.0, static_cast<double>(largest) * (m_data.logCounts ? 2.0 : 1.08));
}

void HistogramPlot::recolor(const ThemeColors& colors)
{
    for (int i = 0; i < plot()->graphCount(); ++i) {
        QCPGraph* graph = plot()->graph(i);
        if (i == 0) {
            QColor fill = colors.mutedText;
            fill.setAlphaF(colors.dark ? 0.45F : 0.35F);
            graph->setPen(QPen(colors.mutedText, 1));
            graph->setBrush(fill);
        } else {
            // Lines differ in dash as well as in color.
            const Qt::PenStyle styles[] = {Qt::SolidLine, Qt::DashLine, Qt::DotLine};
            graph->setPen(QPen(colors.okabeIto(i == 1 ? 1 : i), 1.6, styles[(i - 1) % 3]));
            graph->setBrush(Qt::NoBrush);
        }
    }
}

QString HistogramPlot::hoverText(const QPointF& pixel) const
{
    const double x = plot()->xAxis->pixelToCoord(pixel.x());
    QStringList lines;
    for (const auto& s : m_data.series) {
        const Histogram& h = s.histogram;
        if (x < h.lower || x > h.upper) continue;
        const auto bin = std::min(static_cast<std::size_t>((x - h.lower) / widthOf(h)), h.counts.size() - 1);
        if (lines.isEmpty()) {
            const double low = h.lower + widthOf(h) * static_cast<double>(bin);
            lines << tr("%1 … %2", "range of values")
                         .arg(QLocale().toString(low, 'g', 4), QLocale().toString(low + widthOf(h), 'g', 4));
        }
        lines << tr("%1: %2", "series: count").arg(s.label, countText(h.counts[bin]));
    }
    return lines.join(QLatin1Char('\n'));
}

QString HistogramPlot::csv() const
{
    QString out = QStringLiteral("series,lower,upper,count\n");
    for (const auto& s : m_data.series) {
        const Histogram& h = s.histogram;
        const QString label = csvField(s.label);
        const auto line = [&](const QString& low, const QString& high, std::uint64_t count) {
            out += QStringList({label, low, high, QString::number(count)}).join(QLatin1Char(',')) + QLatin1Char('\n');
        };
        if (h.below > 0) line(QStringLiteral("-inf"), plainNumber(h.lower), h.below);
        for (std::size_t i = 0; i < h.counts.size(); ++i) {
            const double low = h.lower + widthOf(h) * static_cast<double>(i);
            const double high = i + 1 == h.counts.size() ? h.upper : h.lower + widthOf(h) * static_cast<double>(i + 1);
            line(plainNumber(low), plainNumber(high), h.counts[i]);
        }
        if (h.above > 0) line(plainNumber(h.upper), QStringLiteral("inf"), h.above);
    }
    return out;
}

QString HistogramPlot::description() const
{
    QStringList parts;
    for (const auto& s : m_data.series) {
        const Histogram& h = s.histogram;
        const auto top = std::ranges::max_element(h.counts) - h.counts.begin();
        parts << tr("%1: %2 values from %3 to %4, most often near %5.")
                     .arg(s.label, countText(sumOf(h)), QLocale().toString(h.lower, 'g', 3), QLocale().toString(h.upper, 'g', 3),
                          QLocale().toString(centerOf(h, static_cast<std::size_t>(top)), 'g', 3));
    }
    return parts.join(QLatin1Char(' '));
}

}  // namespace ww
