// SPDX-License-Identifier: GPL-3.0-or-later
#include <QLocale>
#include <algorithm>
#include <cmath>
#include <set>

#include "widgets/theme/colors.h"
#include "widgets/theme/format_text.h"
#include "widgets/views/layer_map_canvas.h"

namespace ww {
namespace {

// Fixed ends, so that a color means the same before and after an edit.
constexpr double kLowBits = 1.0;
constexpr double kHighBits = 9.0;

double bitsOf(const LayerGrid::Cell& cell, const std::vector<TensorRow>& rows)
{
    double bytes = 0;
    double parameters = 0;
    for (const int r : cell.rows) {
        bytes += static_cast<double>(rows[static_cast<std::size_t>(r)].sizeBytes);
        parameters += static_cast<double>(rows[static_cast<std::size_t>(r)].parameters);
    }
    return parameters > 0 ? 8.0 * bytes / parameters : rows[static_cast<std::size_t>(cell.rows.front())].bitsPerWeight;
}

std::uint64_t sizeOf(const LayerGrid::Cell& cell, const std::vector<TensorRow>& rows)
{
    std::uint64_t bytes = 0;
    for (const int r : cell.rows) bytes += rows[static_cast<std::size_t>(r)].sizeBytes;
    return bytes;
}

std::optional<double> errorOf(const LayerGrid::Cell& cell, const std::vector<TensorRow>& rows)
{
    std::optional<double> worst;
    for (const int r : cell.rows)
        if (const auto& e = rows[static_cast<std::size_t>(r)].relativeError) worst = std::max(worst.value_or(0), *e);
    return worst;
}

std::optional<double> damageOf(const LayerGrid::Cell& cell, const std::vector<TensorRow>& rows)
{
    std::optional<double> sum;
    for (const int r : cell.rows)
        if (const auto& d = rows[static_cast<std::size_t>(r)].damage) sum = sum.value_or(0) + *d;
    return sum;
}

/// What a logarithmic scale shows.
std::optional<double> measuredOf(LayerMap::ColorBy colorBy, const LayerGrid::Cell& cell, const std::vector<TensorRow>& rows)
{
    return colorBy == LayerMap::ColorBy::Damage ? damageOf(cell, rows) : errorOf(cell, rows);
}

// To the next of 1, 2, 5 × 10ⁿ towards zero; a negative value goes away from zero.
double roundDown(double value)
{
    const double a = std::abs(value);
    const double decade = std::pow(10.0, std::floor(std::log10(a)));
    const bool up = value < 0;
    double rounded = up ? 10 * decade : decade;
    for (const double step : {1.0, 2.0, 5.0})
        if (up ? (step * decade >= a && step * decade < rounded) : step * decade <= a) rounded = step * decade;
    return up ? -rounded : rounded;
}

// The digits of a name say its bits: "Q4_K" → "4", "IQ3_XXS" → "i3", "F16" → "16".
QString shortName(TensorType type)
{
    const QString name = formatName(type);
    QString digits;
    for (const QChar c : name) {
        if (c.isDigit())
            digits += c;
        else if (!digits.isEmpty())
            break;
    }
    if (name.startsWith(QLatin1Char('I')) && name.size() > 1 && name[1] == QLatin1Char('Q')) return QLatin1Char('i') + digits;
    if (name.startsWith(QLatin1Char('T'))) return QLatin1Char('t') + digits;
    if (name.endsWith(QLatin1String("FP4"))) return QStringLiteral("f4");
    return digits;
}

}  // namespace

LayerMapColoring::LayerMapColoring(LayerMap::ColorBy colorBy, const std::vector<TensorRow>& rows, const LayerGrid& grid)
    : m_colorBy(colorBy)
{
    std::set<std::pair<double, TensorType>> formats;
    double lowError = 1e300;
    double highError = 0;
    double largest = 0;
    for (const auto& cell : grid.cells()) {
        const TensorType first = rows[static_cast<std::size_t>(cell.rows.front())].target;
        for (const int r : cell.rows) {
            const TensorType type = rows[static_cast<std::size_t>(r)].target;
            formats.emplace(traits(type).bitsPerWeight(), type);
            m_hasMixed = m_hasMixed || type != first;
        }
        largest = std::max(largest, static_cast<double>(sizeOf(cell, rows)));
        const auto error = measuredOf(colorBy, cell, rows);
        if (error && *error > 0) {
            lowError = std::min(lowError, *error);
            highError = std::max(highError, *error);
        }
        const bool measurable = std::ranges::any_of(cell.rows, [&](int r) { return rows[static_cast<std::size_t>(r)].editable; });
        m_hasUnknown = m_hasUnknown || ((colorBy == LayerMap::ColorBy::Error || colorBy == LayerMap::ColorBy::Damage) && !error && measurable);
    }
    for (const auto& [bits, type] : formats) m_formats.push_back(type);
    switch (colorBy) {
    case LayerMap::ColorBy::Format: break;
    case LayerMap::ColorBy::BitsPerWeight:
        m_low = kLowBits;
        m_high = kHighBits;
        break;
    case LayerMap::ColorBy::Size: m_high = std::max(1.0, largest); break;
    case LayerMap::ColorBy::Error:
    case LayerMap::ColorBy::Damage:
        // Round ends: a small change of one tensor does not recolor all others.
        m_low = highError > 0 ? roundDown(lowError) : 1e-3;
        m_high = highError > 0 ? std::max(m_low * 2, -roundDown(-highError)) : 1.0;
        break;
    }
}

std::optional<double> LayerMapColoring::fraction(const LayerGrid::Cell& cell, const std::vector<TensorRow>& rows) const
{
    switch (m_colorBy) {
    case LayerMap::ColorBy::Format: break;
    case LayerMap::ColorBy::BitsPerWeight: return (bitsOf(cell, rows) - m_low) / (m_high - m_low);
    case LayerMap::ColorBy::Size: return static_cast<double>(sizeOf(cell, rows)) / m_high;
    case LayerMap::ColorBy::Error:
    case LayerMap::ColorBy::Damage:
        if (const auto error = measuredOf(m_colorBy, cell, rows)) {
            if (*error <= 0) return 0.0;
            return std::log10(*error / m_low) / std::log10(m_high / m_low);
        }
        return std::nullopt;
    }
    return std::nullopt;
}

LayerMapColoring::Look LayerMapColoring::look(const LayerGrid::Cell& cell, const std::vector<TensorRow>& rows,
                                              const ThemeColors& colors) const
{
    Look look;
    look.fixed = std::ranges::none_of(cell.rows, [&](int r) { return rows[static_cast<std::size_t>(r)].editable; });
    const TensorType first = rows[static_cast<std::size_t>(cell.rows.front())].target;
    look.mixed = std::ranges::any_of(cell.rows, [&](int r) { return rows[static_cast<std::size_t>(r)].target != first; });
    switch (m_colorBy) {
    case LayerMap::ColorBy::Format:
        look.fill = colors.formatColor(first);
        look.text = look.mixed ? LayerMap::tr("mixed") : formatName(first);
        look.shortText = look.mixed ? QStringLiteral("~") : shortName(first);
        return look;
    case LayerMap::ColorBy::BitsPerWeight:
        look.text = bitsPerWeightText(bitsOf(cell, rows), false);
        look.shortText = QString::number(std::lround(bitsOf(cell, rows)));
        break;
    case LayerMap::ColorBy::Size: look.text = sizeText(sizeOf(cell, rows)); break;
    case LayerMap::ColorBy::Error:
    case LayerMap::ColorBy::Damage:
        if (const auto error = measuredOf(m_colorBy, cell, rows)) look.text = errorText(*error);
        break;
    }
    look.mixed = false;
    if (const auto t = fraction(cell, rows)) look.fill = viridis(*t);
    // What is copied has no error to measure.
    if (!look.fill.isValid() && look.fixed) look.fill = colors.plotAxis;
    return look;
}

QString LayerMapColoring::lowText() const
{
    switch (m_colorBy) {
    case LayerMap::ColorBy::BitsPerWeight: return LayerMap::tr("≤ %1").arg(bitsPerWeightText(m_low));
    case LayerMap::ColorBy::Size: return sizeText(0);
    case LayerMap::ColorBy::Damage:
    case LayerMap::ColorBy::Error: return errorText(m_low);
    case LayerMap::ColorBy::Format: break;
    }
    return {};
}

QString LayerMapColoring::highText() const
{
    switch (m_colorBy) {
    case LayerMap::ColorBy::BitsPerWeight: return LayerMap::tr("≥ %1").arg(bitsPerWeightText(m_high));
    case LayerMap::ColorBy::Size: return sizeText(static_cast<std::uint64_t>(m_high));
    case LayerMap::ColorBy::Damage:
    case LayerMap::ColorBy::Error: return errorText(m_high);
    case LayerMap::ColorBy::Format: break;
    }
    return {};
}

}  // namespace ww
