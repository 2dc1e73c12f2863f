// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/views/budget_slider.h"

#include <QHelpEvent>
#include <QPainter>
#include <QSignalBlocker>
#include <QStyle>
#include <QStyleOptionSlider>
#include <QToolTip>

#include <algorithm>
#include <cmath>
#include <utility>

#include "widgets/theme/colors.h"
#include "widgets/theme/format_text.h"

namespace ww {
namespace {

constexpr int kSteps = 1000;
constexpr int kRestMs = 400;
constexpr double kNearTick = 6;

}  // namespace

BudgetSlider::BudgetSlider(QWidget* parent) : QSlider(Qt::Horizontal, parent)
{
    setRange(0, kSteps);
    setSingleStep(5);
    setPageStep(50);
    setAccessibleName(tr("Size of the file"));
    m_rest.setSingleShot(true);
    m_rest.setInterval(kRestMs);
    connect(&m_rest, &QTimer::timeout, this, [this] { Q_EMIT settled(bytesOf(value())); });
    connect(this, &QSlider::valueChanged, this, [this](int value) {
        if (!isSliderDown()) m_rest.start();
        Q_EMIT moved(bytesOf(value));
    });
    connect(this, &QSlider::sliderPressed, this, [this] { m_rest.stop(); });
    connect(this, &QSlider::sliderReleased, this, [this] { Q_EMIT settled(bytesOf(value())); });
}

void BudgetSlider::setReach(std::uint64_t smallest, std::uint64_t largest)
{
    m_smallest = smallest;
    m_largest = std::max(largest, smallest);
    update();
}

void BudgetSlider::setTicks(std::vector<Tick> ticks)
{
    m_ticks = std::move(ticks);
    update();
}

void BudgetSlider::setBytes(std::uint64_t bytes)
{
    if (isMoving()) return;
    const QSignalBlocker block(this);
    setValue(valueOf(bytes));
}

QSize BudgetSlider::sizeHint() const
{
    const QSize base = QSlider::sizeHint();
    return {200, base.height() + 6};
}

int BudgetSlider::valueOf(std::uint64_t bytes) const
{
    if (m_smallest == 0 || m_largest <= m_smallest) return 0;
    const double clamped = static_cast<double>(std::clamp(bytes, m_smallest, m_largest));
    const double low = static_cast<double>(m_smallest);
    return static_cast<int>(std::lround(kSteps * std::log(clamped / low) / std::log(static_cast<double>(m_largest) / low)));
}

std::uint64_t BudgetSlider::bytesOf(int value) const
{
    if (value >= kSteps || m_smallest == 0) return m_largest;
    const double low = static_cast<double>(m_smallest);
    const double ratio = static_cast<double>(m_largest) / low;
    return static_cast<std::uint64_t>(low * std::pow(ratio, static_cast<double>(value) / kSteps));
}

double BudgetSlider::positionOf(int value) const
{
    QStyleOptionSlider option;
    initStyleOption(&option);
    const QRect groove = style()->subControlRect(QStyle::CC_Slider, &option, QStyle::SC_SliderGroove, this);
    const QRect handle = style()->subControlRect(QStyle::CC_Slider, &option, QStyle::SC_SliderHandle, this);
    const double span = groove.width() - handle.width();
    const double along = span * value / kSteps;
    return layoutDirection() == Qt::RightToLeft ? groove.right() - handle.width() / 2.0 - along
                                                : groove.left() + handle.width() / 2.0 + along;
}

void BudgetSlider::paintEvent(QPaintEvent* event)
{
    {
        QPainter painter(this);
        const ThemeColors& colors = themeColors(palette());
        painter.setPen(QPen(isEnabled() ? colors.mutedText : palette().color(QPalette::Disabled, QPalette::WindowText), 1));
        for (const Tick& tick : m_ticks) {
            if (tick.bytes < m_smallest || tick.bytes > m_largest) continue;
            const int x = static_cast<int>(std::lround(positionOf(valueOf(tick.bytes))));
            painter.drawLine(x, height() - 5, x, height() - 1);
        }
    }
    QSlider::paintEvent(event);
}

bool BudgetSlider::event(QEvent* event)
{
    if (event->type() == QEvent::ToolTip) {
        const auto* help = static_cast<QHelpEvent*>(event);
        const Tick* nearest = nullptr;
        double distance = kNearTick;
        for (const Tick& tick : m_ticks) {
            const double away = std::fabs(positionOf(valueOf(tick.bytes)) - help->pos().x());
            if (away < distance) {
                distance = away;
                nearest = &tick;
            }
        }
        if (nearest) {
            QToolTip::showText(help->globalPos(),
                               tr("Preset %1: %2", "name, size").arg(nearest->name, sizeText(nearest->bytes)), this);
            return true;
        }
    }
    return QSlider::event(event);
}

}  // namespace ww
