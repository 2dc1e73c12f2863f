// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QSlider>
#include <QString>
#include <QTimer>

#include <cstdint>
#include <vector>

namespace ww {

/// A size between the smallest and the largest file, on a logarithmic scale, with named sizes as ticks. A gesture is a drag, or keys
/// until they rest. GUI thread only.
class BudgetSlider : public QSlider {
    Q_OBJECT
public:
    struct Tick {
        QString name;
        std::uint64_t bytes = 0;
    };
    explicit BudgetSlider(QWidget* parent = nullptr);

    void setReach(std::uint64_t smallest, std::uint64_t largest);
    void setTicks(std::vector<Tick> ticks);
    [[nodiscard]] const std::vector<Tick>& ticks() const { return m_ticks; }
    /// Shows a size; does nothing while a gesture is under way. No signals.
    void setBytes(std::uint64_t bytes);
    [[nodiscard]] bool isMoving() const { return isSliderDown() || m_rest.isActive(); }

    QSize sizeHint() const override;

Q_SIGNALS:
    /// Under the hand.
    void moved(quint64 bytes);
    /// The gesture is over.
    void settled(quint64 bytes);

protected:
    void paintEvent(QPaintEvent* event) override;
    bool event(QEvent* event) override;

private:
    [[nodiscard]] int valueOf(std::uint64_t bytes) const;
    [[nodiscard]] std::uint64_t bytesOf(int value) const;
    /// Where the handle's middle stands for a value.
    [[nodiscard]] double positionOf(int value) const;

    std::uint64_t m_smallest = 0;
    std::uint64_t m_largest = 0;
    std::vector<Tick> m_ticks;
    QTimer m_rest;
};

}  // namespace ww
