// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/plots/rate_distortion_plot.h"

#include <algorithm>
#include <cmath>

#include "widgets/plots/plot_points.h"
#include "widgets/theme/format_text.h"

namespace ww {

RateDistortionPlot::RateDistortionPlot(QWidget* parent) : PlotWidget(parent)
{
    setAccessibleName(tr("Rate–distortion"));
    plot()->xAxis->setLabel(tr("bits per weight"));
    setErrorTitle(tr("relative error"));
    plot()->yAxis->setScaleType(QCPAxis::stLogarithmic);
    plot()->yAxis->setTicker(QSharedPointer<QCPAxisTickerLog>::create());
    plot()->yAxis->setNumberFormat(QStringLiteral("gbc"));
    plot()->yAxis->setNumberPrecision(1);
    // Half of all formats lie between 2 and 5 bits; a logarithmic axis gives them room.
    auto bits = QSharedPointer<QCPAxisTickerText>::create();
    for (const int tick : {1, 2, 3, 4, 5, 6, 8, 12, 16, 32}) bits->addTick(tick, QLocale().toString(tick));
    plot()->xAxis->setScaleType(QCPAxis::stLogarithmic);
    plot()->xAxis->setTicker(bits);
    m_marks = new PlotPoints(plot());
}

void RateDistortionPlot::setErrorTitle(const QString& title)
{
    m_errorTitle = title;
    plot()->yAxis->setLabel(title);
}

void RateDistortionPlot::setData(std::vector<RatePoint> points)
{
    m_points = std::move(points);
    std::erase_if(m_points, [](const RatePoint& p) {
        return !std::isfinite(p.bitsPerWeight) || p.bitsPerWeight <= 0 || !std::isfinite(p.relativeError) || p.relativeError < 0;
    });
    m_methods.clear();
    for (const RatePoint& p : m_points)
        if (!p.alone && !m_methods.contains(p.method)) m_methods << p.method;
    plot()->clearGraphs();
    std::vector<QPointF> corners;
    for (const QString& method : m_methods) {
        std::vector<const RatePoint*> sorted;
        for (const auto& p : m_points)
            if (p.method == method && !p.alone) sorted.push_back(&p);
        std::ranges::stable_sort(sorted, {}, [](const RatePoint* p) { return std::pair(p->bitsPerWeight, p->relativeError); });
        QVector<double> x, y;
        double best = 1e300;
        for (const auto* p : sorted) {
            if (p->relativeError >= best) continue;
            best = p->relativeError;
            x << p->bitsPerWeight;
            y << shownError(*p);
        }
        QCPGraph* graph = plot()->addGraph();
        graph->setName(method);
        graph->setData(x, y, true);
        if (m_methods.size() == 1)
            for (qsizetype i = 0; i < x.size(); ++i) corners.emplace_back(x[i], y[i]);
    }
    m_marks->setLine(std::move(corners));
    showLegend(m_methods.size() > 1);
    m_marks->setHighlighted(-1);
    dataChanged(m_points.empty());
}

// A logarithmic axis has no zero; lossless points stand at a tenth of the smallest error.
double RateDistortionPlot::shownError(const RatePoint& point) const
{
    if (point.relativeError > 0) return point.relativeError;
    double smallest = 1e-2;
    for (const auto& p : m_points)
        if (p.relativeError > 0) smallest = std::min(smallest, p.relativeError);
    return smallest / 10;
}

void RateDistortionPlot::fitAxes()
{
    double left = 1e300, right = 0, low = 1e300, high = 0;
    for (const auto& p : m_points) {
        left = std::min(left, p.bitsPerWeight);
        right = std::max(right, p.bitsPerWeight);
        low = std::min(low, shownError(p));
        high = std::max(high, shownError(p));
    }
    const double margin = std::max(1.12, std::pow(right / left, 0.07));
    plot()->xAxis->setRange(left / margin, right * margin * margin);
    const double factor = std::max(1.5, std::pow(high / low, 0.1));
    plot()->yAxis->setRange(low / factor, high * factor);
}

QString RateDistortionPlot::labelOf(const RatePoint& point)
{
    return point.label.isEmpty() ? formatName(point.format) : point.label;
}

QString RateDistortionPlot::nameOf(const RatePoint& point)
{
    return point.method.isEmpty() ? labelOf(point) : tr("%1, %2", "format, method").arg(labelOf(point), point.method);
}

void RateDistortionPlot::recolor(const ThemeColors& colors)
{
    const bool several = m_methods.size() > 1;
    static constexpr Qt::PenStyle kStyles[] = {Qt::SolidLine, Qt::DashLine, Qt::DotLine, Qt::DashDotLine};
    for (int i = 0; i < plot()->graphCount(); ++i)
        plot()->graph(i)->setPen(several ? QPen(colors.okabeIto(i), 1.6, kStyles[static_cast<std::size_t>(i) % std::size(kStyles)])
                                         : QPen(colors.plotAxis, 1.2, Qt::DashLine));
    std::vector<PlotPoints::Point> marks;
    const auto beaten = [this](const RatePoint& p) {
        return std::ranges::any_of(m_points, [&](const RatePoint& other) {
            return other.bitsPerWeight <= p.bitsPerWeight && other.relativeError < p.relativeError;
        });
    };
    for (const auto& p : m_points) {
        PlotPoints::Point mark;
        mark.x = p.bitsPerWeight;
        mark.y = shownError(p);
        const QString name = nameOf(p);
        // With several methods the line and the legend name them, and the best one of a format carries its name.
        const bool named = !several || std::ranges::none_of(m_points, [&](const RatePoint& other) {
            return labelOf(other) == labelOf(p) && (other.relativeError < p.relativeError || (other.relativeError == p.relativeError && &other < &p));
        });
        mark.label = !named ? QString() : several ? labelOf(p) : p.relativeError > 0 ? name : tr("%1 (exact)", "format without error").arg(name);
        mark.fill = p.alone ? colors.plotAxis : several ? colors.okabeIto(static_cast<int>(m_methods.indexOf(p.method))) : colors.formatColor(p.format);
        mark.ringed = p.chosen;
        mark.quiet = beaten(p);
        marks.push_back(mark);
    }
    m_marks->setPoints(std::move(marks));
    m_marks->setColors(colors.plotText, colors.plotAxis, colors.accent, colors.plotBackground);
    QFont small = font();
    small.setPointSizeF(small.pointSizeF() * 0.9);
    m_marks->setLabelFont(small);
}

QString RateDistortionPlot::pointText(int index) const
{
    const RatePoint& p = m_points[static_cast<std::size_t>(index)];
    const QString name = nameOf(p);
    const QString text =
        tr("%1\n%2\n%3 %4 (measured)", "name, bits per weight, what is measured, figure")
            .arg(name, bitsPerWeightText(p.bitsPerWeight), m_errorTitle, errorText(p.relativeError));
    return p.chosen ? tr("%1\nchosen").arg(text) : text;
}

QString RateDistortionPlot::hoverText(const QPointF& pixel) const
{
    const int index = m_marks->at(pixel);
    return index < 0 ? QString() : pointText(index);
}

void RateDistortionPlot::clicked(const QPointF& pixel)
{
    if (const int index = m_marks->at(pixel); index >= 0) Q_EMIT pointClicked(index);
}

void RateDistortionPlot::activateStep()
{
    if (m_marks->highlighted() >= 0) Q_EMIT pointClicked(m_marks->highlighted());
}

PlotWidget::Step RateDistortionPlot::stepPoint(int direction)
{
    const int index = m_marks->next(direction);
    return index < 0 ? Step{} : Step{pointText(index), m_marks->pixelOf(index)};
}

QString RateDistortionPlot::csv() const
{
    QString out = QStringLiteral("format,method,bits_per_weight,relative_error,chosen\n");
    for (const auto& p : m_points) {
        out += QStringList({csvField(labelOf(p)), csvField(p.method), plainNumber(p.bitsPerWeight), plainNumber(p.relativeError),
                            p.chosen ? QStringLiteral("1") : QStringLiteral("0")})
                   .join(QLatin1Char(',')) +
               QLatin1Char('\n');
    }
    return out;
}

QString RateDistortionPlot::description() const
{
    QStringList parts{tr("Relative error over bits per weight for %n format(s).", nullptr, static_cast<int>(m_points.size()))};
    for (const auto& p : m_points)
        if (p.chosen)
            parts << tr("Chosen: %1 with %2, relative error %3.")
                         .arg(formatName(p.format), bitsPerWeightText(p.bitsPerWeight), errorText(p.relativeError));
    return parts.join(QLatin1Char(' '));
}

}  // namespace ww
