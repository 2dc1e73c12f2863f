// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/plots/damage_plot.h"

#include <algorithm>
#include <cmath>

#include "widgets/plots/plot_points.h"
#include "widgets/theme/format_text.h"

namespace ww {
namespace {

/// As many names as can be read in a panel.
constexpr std::size_t kMostBars = 14;

/// "blk.3.ffn_down.weight" without the end that all share.
QString shortName(QString name)
{
    if (name.endsWith(QLatin1String(".weight"))) name.chop(7);
    return name;
}

}  // namespace

DamagePlot::DamagePlot(QWidget* parent) : PlotWidget(parent)
{
    setAccessibleName(tr("Sensitivity"));
    m_figures = new PlotPoints(plot());
    plot()->yAxis->setRangeReversed(true);
    plot()->yAxis->setTickLength(0, 0);
    plot()->yAxis->setSubTicks(false);
    plot()->yAxis->grid()->setVisible(false);
}

void DamagePlot::setData(const std::vector<TensorRow>& rows, Measure measure, bool divergence)
{
    m_measure = measure;
    m_divergence = divergence;
    m_bars.clear();
    m_sum = 0;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const auto& value = measure == Measure::Damage ? rows[i].damage : rows[i].gain;
        if (!value || !std::isfinite(*value) || *value <= 0) continue;
        m_sum += *value;
        m_bars.push_back({static_cast<int>(i), rows[i].name, rows[i].target, *value});
    }
    std::ranges::stable_sort(m_bars, std::ranges::greater(), &Bar::value);
    m_tensors = m_bars.size();
    if (m_tensors > kMostBars) m_bars.resize(kMostBars);

    plot()->clearPlottables();
    auto names = QSharedPointer<QCPAxisTickerText>::create();
    for (std::size_t i = 0; i < m_bars.size(); ++i) {
        names->addTick(static_cast<double>(i), shortName(m_bars[i].name));
        // One plottable per bar, so that each has the color of its format.
        auto* bar = new QCPBars(plot()->yAxis, plot()->xAxis);
        bar->setWidth(0.72);
        bar->setData({static_cast<double>(i)}, {m_bars[i].value}, true);
    }
    plot()->yAxis->setTicker(names);
    plot()->xAxis->setLabel(measure == Measure::Damage
                                ? (divergence ? tr("KL divergence added (predicted)") : tr("squared relative weight error (estimated)"))
                                : (divergence ? tr("KL divergence saved by the next MiB (predicted)")
                                              : tr("squared weight error saved by the next MiB (estimated)")));
    dataChanged(m_bars.empty());
}

std::size_t DamagePlot::fittingBars() const
{
    if (!isVisible()) return m_bars.size();  // a picture, as high as is asked for
    const double axis = 3.5 * fontMetrics().lineSpacing();  // numbers and label below
    const double lines = (plot()->height() - axis) / (QFontMetricsF(plot()->yAxis->tickLabelFont()).height() + 1);
    return std::clamp(static_cast<std::size_t>(std::max(1.0, lines)), std::size_t{1}, m_bars.size());
}

void DamagePlot::fit()
{
    if (!m_bars.empty() && fittingBars() != m_shown) dataChanged(false);
}

void DamagePlot::resizeEvent(QResizeEvent* event)
{
    PlotWidget::resizeEvent(event);
    fit();
}

void DamagePlot::showEvent(QShowEvent* event)
{
    PlotWidget::showEvent(event);
    fit();
}

void DamagePlot::fitAxes()
{
    m_shown = fittingBars();
    plot()->xAxis->setRange(0, m_bars.front().value * 1.3);  // room for the figures
    plot()->yAxis->setRange(-0.6, static_cast<double>(m_shown) - 0.4);
}

void DamagePlot::recolor(const ThemeColors& colors)
{
    std::vector<PlotPoints::Point> figures;
    for (std::size_t i = 0; i < m_bars.size(); ++i) {
        const QColor fill = colors.formatColor(m_bars[i].format);
        auto* bar = plot()->plottable(static_cast<int>(i));
        bar->setBrush(fill);
        bar->setPen(QPen(colors.dark ? fill.lighter(120) : fill.darker(125), 1));
        PlotPoints::Point figure;
        figure.x = m_bars[i].value;
        figure.y = static_cast<double>(i);
        figure.label = tr("%1, %2", "figure, format").arg(errorText(m_bars[i].value), formatName(m_bars[i].format));
        figure.marker = false;
        figures.push_back(std::move(figure));
    }
    m_figures->setPoints(std::move(figures));
    m_figures->setColors(colors.plotText, colors.plotAxis, colors.accent, colors.plotBackground);
    QFont small = font();
    small.setPointSizeF(small.pointSizeF() * 0.85);
    m_figures->setLabelFont(small);
    plot()->yAxis->setTickLabelFont(small);
}

int DamagePlot::barAt(const QPointF& pixel) const
{
    const double place = plot()->yAxis->pixelToCoord(pixel.y());
    const auto index = static_cast<int>(std::lround(place));
    return index >= 0 && index < barCount() && std::abs(place - index) < 0.45 ? index : -1;
}

QString DamagePlot::hoverText(const QPointF& pixel) const
{
    const int index = barAt(pixel);
    if (index < 0) return {};
    const Bar& bar = m_bars[static_cast<std::size_t>(index)];
    const QString text = tr("%1 as %2: %3", "tensor, format, figure").arg(bar.name, formatName(bar.format), errorText(bar.value));
    if (m_measure == Measure::Gain) return text;
    return text + QLatin1Char('\n') + tr("%1 of the whole").arg(percentText(bar.value / m_sum, 1));
}

void DamagePlot::clicked(const QPointF& pixel)
{
    if (const int index = barAt(pixel); index >= 0) Q_EMIT tensorClicked(m_bars[static_cast<std::size_t>(index)].row);
}

QString DamagePlot::csv() const
{
    QString out = m_measure == Measure::Damage ? QStringLiteral("tensor,format,damage\n") : QStringLiteral("tensor,format,gain_per_mib\n");
    for (const Bar& bar : m_bars)
        out += QStringList({csvField(bar.name), formatName(bar.format), plainNumber(bar.value)}).join(QLatin1Char(',')) + QLatin1Char('\n');
    return out;
}

QString DamagePlot::description() const
{
    const Bar& first = m_bars.front();
    QString text = m_measure == Measure::Damage
                       ? tr("%1 does most damage: %2 of %3 in all.").arg(first.name, errorText(first.value), errorText(m_sum))
                       : tr("Another MiB saves most in %1: %2.").arg(first.name, errorText(first.value));
    if (const std::size_t more = m_tensors - fittingBars(); more > 0)
        text += QLatin1Char(' ') + tr("%n more tensor(s) are not shown.", nullptr, static_cast<int>(more));
    return text;
}

}  // namespace ww
