// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/plots/pareto_plot.h"

#include <algorithm>
#include <cmath>

#include "widgets/plots/decimal_ticker.h"
#include "widgets/plots/plot_points.h"
#include "widgets/theme/format_text.h"

namespace ww {

ParetoPlot::ParetoPlot(QWidget* parent) : PlotWidget(parent)
{
    setAccessibleName(tr("Size and perplexity"));
    plot()->yAxis->setLabel(tr("perplexity (lower is better)"));
    m_band = new QCPItemRect(plot());
    m_line = new QCPItemLine(plot());
    for (auto* position : {m_band->topLeft, m_band->bottomRight, m_line->start, m_line->end}) {
        position->setTypeX(QCPItemPosition::ptAxisRectRatio);
        position->setTypeY(QCPItemPosition::ptPlotCoords);
        position->setAxes(plot()->xAxis, plot()->yAxis);
    }
    m_band->setSelectable(false);
    m_line->setSelectable(false);
    m_marks = new PlotPoints(plot());
}

void ParetoPlot::setMeasure(Measure measure)
{
    if (measure == m_measure) return;
    m_measure = measure;
    m_points.clear();
    m_reference.reset();
    QCPAxis* axis = plot()->yAxis;
    if (measure == Measure::Divergence) {
        setAccessibleName(tr("Size and KL divergence"));
        axis->setLabel(tr("KL divergence (lower is better)"));
        axis->setScaleType(QCPAxis::stLogarithmic);
        axis->setTicker(QSharedPointer<QCPAxisTickerLog>::create());
        axis->setNumberFormat(QStringLiteral("gbc"));
        axis->setNumberPrecision(1);
    } else {
        setAccessibleName(tr("Size and perplexity"));
        axis->setLabel(tr("perplexity (lower is better)"));
        axis->setScaleType(QCPAxis::stLinear);
        axis->setTicker(QSharedPointer<DecimalTicker>::create());
        axis->setNumberFormat(QStringLiteral("gbc"));
        axis->setNumberPrecision(6);
    }
    dataChanged(true);
}

QString ParetoPlot::valueText(const ParetoPoint& p) const
{
    if (m_measure == Measure::Perplexity) return perplexityText(*p.perplexity, p.standardError);
    return p.standardError ? tr("%1 ± %2", "value, standard error").arg(errorText(*p.perplexity), errorText(*p.standardError))
                           : errorText(*p.perplexity);
}

void ParetoPlot::setData(std::vector<ParetoPoint> points, std::optional<ParetoReference> reference)
{
    m_points = std::move(points);
    std::erase_if(m_points, [](const ParetoPoint& p) { return !p.perplexity || !std::isfinite(*p.perplexity); });
    if (m_measure == Measure::Divergence) {
        // Zero has no place on a logarithmic axis.
        std::erase_if(m_points, [](const ParetoPoint& p) { return *p.perplexity <= 0; });
        reference.reset();
    }
    m_reference = std::move(reference);
    if (m_reference && !std::isfinite(m_reference->perplexity)) m_reference.reset();
    m_paired = m_reference && !m_points.empty() &&
               std::all_of(m_points.begin(), m_points.end(), [](const ParetoPoint& p) { return p.deltaError.has_value(); });
    std::uint64_t largest = 0;
    for (const auto& p : m_points) largest = std::max(largest, p.sizeBytes);
    if (m_reference) largest = std::max(largest, m_reference->sizeBytes);
    const bool gib = largest >= std::uint64_t{1} << 30;
    m_unitBytes = gib ? 1024.0 * 1024 * 1024 : 1024.0 * 1024;
    plot()->xAxis->setLabel(gib ? tr("size in GiB") : tr("size in MiB"));
    m_band->setVisible(m_reference && m_reference->standardError && !m_paired);
    m_line->setVisible(m_reference.has_value());
    if (m_reference) {
        const double y = m_reference->perplexity;
        const double e = m_reference->standardError.value_or(0);
        m_band->topLeft->setCoords(0, y + e);
        m_band->bottomRight->setCoords(1, y - e);
        m_line->start->setCoords(0, y);
        m_line->end->setCoords(1, y);
        m_marks->setNote(
            y, tr("%1: %2, %3", "original: perplexity, size")
                   .arg(m_reference->label, perplexityText(y, m_reference->standardError), sizeText(m_reference->sizeBytes)));
    } else {
        m_marks->setNote(0, {});
    }
    m_marks->setHighlighted(-1);
    dataChanged(m_points.empty() && !m_reference);
}

std::optional<double> ParetoPlot::barOf(const ParetoPoint& point) const
{
    return m_paired ? point.deltaError : point.standardError;
}

void ParetoPlot::fitAxes()
{
    double left = 1e300, right = 0, low = 1e300, high = -1e300;
    for (const auto& p : m_points) {
        const double size = static_cast<double>(p.sizeBytes) / m_unitBytes;
        const double e = barOf(p).value_or(0);
        left = std::min(left, size);
        right = std::max(right, size);
        low = std::min(low, *p.perplexity - e);
        high = std::max(high, *p.perplexity + e);
    }
    if (m_reference) {
        const double e = m_paired ? 0 : m_reference->standardError.value_or(0);
        low = std::min(low, m_reference->perplexity - e);
        high = std::max(high, m_reference->perplexity + e);
        if (m_points.empty()) left = right = static_cast<double>(m_reference->sizeBytes) / m_unitBytes;
    }
    const double xMargin = std::max((right - left) * 0.12, right * 0.05);
    if (m_measure == Measure::Divergence) {
        const double xSpace = std::max((right - left) * 0.12, right * 0.05);
        plot()->xAxis->setRange(std::max(0.0, left - xSpace), right + 1.6 * xSpace);
        double least = high;
        for (const auto& p : m_points) least = std::min(least, std::max(*p.perplexity - barOf(p).value_or(0), *p.perplexity * 0.3));
        plot()->yAxis->setRange(least * 0.6, high * 1.8);
        return;
    }
    const double yMargin = std::max((high - low) * 0.12, high * 0.002);
    plot()->xAxis->setRange(std::max(0.0, left - xMargin), right + 1.6 * xMargin);
    plot()->yAxis->setRange(low - yMargin * 1.4, high + yMargin);
}

void ParetoPlot::recolor(const ThemeColors& colors)
{
    QColor band = colors.mutedText;
    band.setAlphaF(0.14F);
    m_band->setBrush(band);
    m_band->setPen(Qt::NoPen);
    m_line->setPen(QPen(colors.mutedText, 1.2, Qt::DashLine));
    QFont small = font();
    small.setPointSizeF(small.pointSizeF() * 0.9);
    std::vector<PlotPoints::Point> marks;
    for (const auto& p : m_points) {
        PlotPoints::Point mark;
        mark.x = static_cast<double>(p.sizeBytes) / m_unitBytes;
        mark.y = *p.perplexity;
        mark.error = barOf(p);
        mark.label = p.label;
        mark.fill = p.measured ? colors.okabeIto(0) : colors.okabeIto(1);
        mark.hollow = !p.measured;
        mark.ringed = p.current;
        marks.push_back(mark);
    }
    m_marks->setPoints(std::move(marks));
    m_marks->setColors(colors.plotText, colors.plotAxis, colors.accent, colors.plotBackground);
    m_marks->setLabelFont(small);
}

QString ParetoPlot::pointText(int index) const
{
    const ParetoPoint& p = m_points[static_cast<std::size_t>(index)];
    QStringList lines{p.label,
                      tr("%1, %2", "size, bits per weight").arg(sizeText(p.sizeBytes), bitsPerWeightText(p.bitsPerWeight))};
    const QString value = valueText(p);
    if (m_measure == Measure::Divergence)
        lines << (p.measured ? tr("KL divergence %1 (measured)").arg(value) : tr("KL divergence %1 (predicted)").arg(value));
    else
        lines << (p.measured ? tr("perplexity %1 (measured)").arg(value) : tr("perplexity %1 (predicted)").arg(value));
    if (m_reference) lines << tr("%1 to the original").arg(deltaErrorText(*p.perplexity - m_reference->perplexity, p.deltaError));
    return lines.join(QLatin1Char('\n'));
}

QString ParetoPlot::hoverText(const QPointF& pixel) const
{
    const int index = m_marks->at(pixel);
    return index < 0 ? QString() : pointText(index);
}

void ParetoPlot::clicked(const QPointF& pixel)
{
    if (const int index = m_marks->at(pixel); index >= 0) Q_EMIT pointClicked(m_points[static_cast<std::size_t>(index)].id);
}

void ParetoPlot::activateStep()
{
    if (m_marks->highlighted() >= 0) Q_EMIT pointClicked(m_points[static_cast<std::size_t>(m_marks->highlighted())].id);
}

PlotWidget::Step ParetoPlot::stepPoint(int direction)
{
    const int index = m_marks->next(direction);
    return index < 0 ? Step{} : Step{pointText(index), m_marks->pixelOf(index)};
}

QString ParetoPlot::csv() const
{
    QString out = m_measure == Measure::Divergence
                      ? QStringLiteral("name,size_bytes,bits_per_weight,kl_divergence,standard_error,delta_error,kind\n")
                      : QStringLiteral("name,size_bytes,bits_per_weight,perplexity,standard_error,delta_error,kind\n");
    const auto line = [&out](const QString& name, std::uint64_t bytes, const QString& bits, double ppl,
                             const std::optional<double>& error, const std::optional<double>& deltaError, const QString& kind) {
        out += QStringList({csvField(name), QString::number(bytes), bits, plainNumber(ppl), error ? plainNumber(*error) : QString(),
                            deltaError ? plainNumber(*deltaError) : QString(), kind})
                   .join(QLatin1Char(',')) +
               QLatin1Char('\n');
    };
    if (m_reference)
        line(m_reference->label, m_reference->sizeBytes, {}, m_reference->perplexity, m_reference->standardError, {},
             QStringLiteral("original"));
    for (const auto& p : m_points)
        line(p.label, p.sizeBytes, plainNumber(p.bitsPerWeight), *p.perplexity, p.standardError, p.deltaError,
             p.measured ? QStringLiteral("measured") : QStringLiteral("predicted"));
    return out;
}

QString ParetoPlot::description() const
{
    QStringList parts{tr("Size and perplexity of %n variant(s).", nullptr, static_cast<int>(m_points.size()))};
    if (m_measure == Measure::Divergence) {
        parts = {tr("Size and KL divergence of %n variant(s).", nullptr, static_cast<int>(m_points.size()))};
        for (const auto& p : m_points) parts << tr("%1: %2, KL divergence %3.").arg(p.label, sizeText(p.sizeBytes), valueText(p));
        return parts.join(QLatin1Char(' '));
    }
    for (const auto& p : m_points)
        parts << tr("%1: %2, perplexity %3.").arg(p.label, sizeText(p.sizeBytes), perplexityText(*p.perplexity, p.standardError));
    if (m_reference)
        parts << tr("Original: perplexity %1.").arg(perplexityText(m_reference->perplexity, m_reference->standardError));
    return parts.join(QLatin1Char(' '));
}

}  // namespace ww
