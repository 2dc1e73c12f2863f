// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <vector>

#include "widgets/models/tensor_row.h"
#include "widgets/plots/plot_widget.h"

namespace ww {

class PlotPoints;

/// The tensors that cost most under the current recipe, or those for which another mebibyte would save most, as bars with the
/// largest on top. GUI thread only.
class DamagePlot : public PlotWidget {
    Q_OBJECT
public:
    explicit DamagePlot(QWidget* parent = nullptr);

    enum class Measure { Damage, Gain };
    /// `divergence`: the figures are predicted KL divergences, else estimates from weight errors. Rows without a figure are left out;
    /// indices in tensorClicked() are those of `rows`.
    void setData(const std::vector<TensorRow>& rows, Measure measure, bool divergence);
    [[nodiscard]] int barCount() const { return static_cast<int>(m_bars.size()); }
    /// As many as can be read at this height; the others are reached by dragging.
    [[nodiscard]] int shownBars() const { return static_cast<int>(m_shown); }

    [[nodiscard]] QString csv() const override;
    [[nodiscard]] QString description() const override;

Q_SIGNALS:
    void tensorClicked(int row);

protected:
    void recolor(const ThemeColors& colors) override;
    void fitAxes() override;
    [[nodiscard]] QString hoverText(const QPointF& pixel) const override;
    void clicked(const QPointF& pixel) override;
    void resizeEvent(QResizeEvent* event) override;
    void showEvent(QShowEvent* event) override;

private:
    struct Bar {
        int row = 0;
        QString name;
        TensorType format = TensorType::F32;
        double value = 0;
    };
    [[nodiscard]] int barAt(const QPointF& pixel) const;
    [[nodiscard]] std::size_t fittingBars() const;
    void fit();

    std::vector<Bar> m_bars;
    double m_sum = 0;  ///< of all tensors, also those that have no bar
    std::size_t m_tensors = 0;  ///< with a figure
    std::size_t m_shown = 0;    ///< bars between the ends of the axis
    Measure m_measure = Measure::Damage;
    bool m_divergence = false;
    PlotPoints* m_figures = nullptr;
};

}  // namespace ww
