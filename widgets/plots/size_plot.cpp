// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/plots/size_plot.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include "widgets/plots/plot_points.h"
#include "widgets/theme/format_text.h"

namespace ww {

std::vector<SizeSlice> sizeSlices(const std::vector<TensorRow>& rows)
{
    std::map<std::pair<TensorRole, TensorType>, SizeSlice> sums;
    for (const auto& r : rows) {
        auto& slice = sums[{r.identity.role, r.target}];
        slice.role = r.identity.role;
        slice.format = r.target;
        slice.sizeBytes += r.sizeBytes;
        ++slice.tensors;
    }
    std::vector<SizeSlice> slices;
    slices.reserve(sums.size());
    for (auto& [key, slice] : sums) slices.push_back(slice);
    return slices;
}

SizePlot::SizePlot(QWidget* parent) : PlotWidget(parent)
{
    setAccessibleName(tr("Size by role"));
    m_totals = new PlotPoints(plot());
    m_totals->setClipToAxisRect(false);
    plot()->yAxis->setRangeReversed(true);
    plot()->yAxis->setTickLength(0, 0);
    plot()->yAxis->setSubTicks(false);
    plot()->yAxis->grid()->setVisible(false);
}

void SizePlot::setData(std::vector<SizeSlice> slices)
{
    m_slices = std::move(slices);
    std::erase_if(m_slices, [](const SizeSlice& s) { return s.sizeBytes == 0; });
    m_totalBytes = 0;
    std::map<TensorRole, std::uint64_t> byRole;
    std::map<std::pair<double, TensorType>, bool> formats;
    for (const auto& s : m_slices) {
        m_totalBytes += s.sizeBytes;
        byRole[s.role] += s.sizeBytes;
        formats[{traits(s.format).bitsPerWeight(), s.format}] = true;
    }
    m_roles.clear();
    m_formats.clear();
    m_roleBytes.clear();
    std::uint64_t largest = 0;
    for (const auto& [role, bytes] : byRole) {
        m_roles.push_back(role);
        m_roleBytes.push_back(bytes);
        largest = std::max(largest, bytes);
    }
    for (const auto& [key, unused] : formats) m_formats.push_back(key.second);
    struct Unit {
        double bytes;
        QString title;
    };
    const std::array<Unit, 4> units = {Unit{1.0, tr("size in B")}, Unit{1024.0, tr("size in KiB")},
                                       Unit{1024.0 * 1024, tr("size in MiB")}, Unit{1024.0 * 1024 * 1024, tr("size in GiB")}};
    const Unit* unit = units.data();
    for (const auto& u : units)
        if (static_cast<double>(largest) >= u.bytes) unit = &u;
    m_unitBytes = unit->bytes;
    plot()->xAxis->setLabel(unit->title);
    buildBars();
    showLegend(!m_slices.empty());
    dataChanged(m_slices.empty());
}

void SizePlot::buildBars()
{
    plot()->clearPlottables();
    auto ticker = QSharedPointer<QCPAxisTickerText>::create();
    for (std::size_t i = 0; i < m_roles.size(); ++i) ticker->addTick(static_cast<double>(i), roleText(m_roles[i]));
    plot()->yAxis->setTicker(ticker);
    m_barFormats.clear();
    for (std::size_t i = 0; i < m_roles.size(); ++i) {
        // One plottable per part: a part lies on the one before it in the same bar, not on one that is empty here.
        QCPBars* below = nullptr;
        for (const TensorType format : m_formats) {
            double bytes = 0;
            for (const auto& s : m_slices)
                if (s.role == m_roles[i] && s.format == format) bytes += static_cast<double>(s.sizeBytes);
            if (bytes == 0) continue;
            auto* bars = new QCPBars(plot()->yAxis, plot()->xAxis);
            bars->setName(formatName(format));
            bars->setWidth(0.72);
            bars->setStackingGap(1);
            bars->setData({static_cast<double>(i)}, {bytes / m_unitBytes}, true);
            if (below) bars->moveAbove(below);
            below = bars;
            m_barFormats.push_back(format);
        }
    }
    // The legend names each format once, in the order of stacking.
    plot()->legend->clearItems();
    for (const TensorType format : m_formats)
        if (const auto it = std::ranges::find(m_barFormats, format); it != m_barFormats.end())
            plot()->plottable(static_cast<int>(it - m_barFormats.begin()))->addToLegend();
}

void SizePlot::fitAxes()
{
    const auto largest = *std::ranges::max_element(m_roleBytes);
    plot()->xAxis->setRange(0, static_cast<double>(largest) / m_unitBytes * 1.28);  // room for the totals
    plot()->yAxis->setRange(-0.6, static_cast<double>(m_roles.size()) - 0.4);
}

void SizePlot::recolor(const ThemeColors& colors)
{
    for (std::size_t i = 0; i < m_barFormats.size(); ++i) {
        auto* bars = plot()->plottable(static_cast<int>(i));
        const QColor fill = colors.formatColor(m_barFormats[i]);
        bars->setBrush(fill);
        bars->setPen(QPen(colors.dark ? fill.lighter(120) : fill.darker(125), 1));
    }
    std::vector<PlotPoints::Point> totals;
    for (std::size_t i = 0; i < m_roles.size(); ++i) {
        PlotPoints::Point p;
        p.x = static_cast<double>(m_roleBytes[i]) / m_unitBytes;
        p.y = static_cast<double>(i);
        p.label = sizeText(m_roleBytes[i]);
        p.marker = false;
        totals.push_back(p);
    }
    m_totals->setPoints(std::move(totals));
    m_totals->setColors(colors.plotText, colors.plotAxis, colors.accent, colors.plotBackground);
    QFont small = font();
    small.setPointSizeF(small.pointSizeF() * 0.9);
    m_totals->setLabelFont(small);
}

int SizePlot::roleAt(const QPointF& pixel) const
{
    const double row = plot()->yAxis->pixelToCoord(pixel.y());
    const int index = static_cast<int>(std::lround(row));
    return index >= 0 && index < static_cast<int>(m_roles.size()) && std::abs(row - index) < 0.45 ? index : -1;
}

QString SizePlot::hoverText(const QPointF& pixel) const
{
    const int index = roleAt(pixel);
    if (index < 0) return {};
    const auto i = static_cast<std::size_t>(index);
    const double share = static_cast<double>(m_roleBytes[i]) / static_cast<double>(std::max<std::uint64_t>(1, m_totalBytes));
    QStringList lines{roleDescription(m_roles[i]),
                      tr("%1 in all, %2 of the model").arg(sizeText(m_roleBytes[i]), percentText(share, 1))};
    for (const auto& s : m_slices)
        if (s.role == m_roles[i])
            lines << tr("%1: %2 in %n tensor(s)", "format: size", static_cast<int>(s.tensors))
                         .arg(formatName(s.format), sizeText(s.sizeBytes));
    return lines.join(QLatin1Char('\n'));
}

void SizePlot::clicked(const QPointF& pixel)
{
    if (const int index = roleAt(pixel); index >= 0) Q_EMIT roleClicked(m_roles[static_cast<std::size_t>(index)]);
}

QString SizePlot::csv() const
{
    QString out = QStringLiteral("role,format,size_bytes,tensors\n");
    for (const auto& s : m_slices)
        out += QStringList({roleText(s.role), formatName(s.format), QString::number(s.sizeBytes), QString::number(s.tensors)})
                   .join(QLatin1Char(',')) +
               QLatin1Char('\n');
    return out;
}

QString SizePlot::description() const
{
    const auto top = std::ranges::max_element(m_roleBytes) - m_roleBytes.begin();
    return tr("Size by role, %1 in all. The largest is %2 with %3.")
        .arg(sizeText(m_totalBytes), roleText(m_roles[static_cast<std::size_t>(top)]),
             sizeText(m_roleBytes[static_cast<std::size_t>(top)]));
}

}  // namespace ww
