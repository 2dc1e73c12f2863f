// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <vector>

#include "widgets/models/tensor_row.h"
#include "widgets/plots/plot_widget.h"

namespace ww {

class PlotPoints;

/// One format tried on a tensor.
struct RatePoint {
    TensorType format = TensorType::F32;
    QString method;  ///< title for people; may be empty
    double bitsPerWeight = 0;
    double relativeError = 0;  ///< ‖w−q‖ / ‖w‖; 0 is drawn at the lower edge
    bool chosen = false;       ///< what the plan takes now
    QString label{};           ///< what stands beside the point; empty: the name of the format
    bool alone = false;        ///< no point of a curve: in no line and not in the legend
};

/// Relative error (log) over bits per weight for every format; the chosen one is marked, the best at each rate are joined by a
/// line: one for each method, with a legend when there are several.
class RateDistortionPlot : public PlotWidget {
    Q_OBJECT
public:
    explicit RateDistortionPlot(QWidget* parent = nullptr);
    /// What stands on the vertical axis and in the words about points; at first "relative error".
    void setErrorTitle(const QString& title);
    void setData(std::vector<RatePoint> points);
    [[nodiscard]] const std::vector<RatePoint>& data() const { return m_points; }

    [[nodiscard]] QString csv() const override;
    [[nodiscard]] QString description() const override;

Q_SIGNALS:
    /// A point was clicked: its index in data().
    void pointClicked(int index);

protected:
    void recolor(const ThemeColors& colors) override;
    void fitAxes() override;
    [[nodiscard]] QString hoverText(const QPointF& pixel) const override;
    void clicked(const QPointF& pixel) override;
    void activateStep() override;
    [[nodiscard]] Step stepPoint(int direction) override;

private:
    [[nodiscard]] QString pointText(int index) const;
    [[nodiscard]] static QString labelOf(const RatePoint& point);
    [[nodiscard]] static QString nameOf(const RatePoint& point);
    [[nodiscard]] double shownError(const RatePoint& point) const;

    std::vector<RatePoint> m_points;
    QStringList m_methods;  ///< of the graphs
    QString m_errorTitle;
    PlotPoints* m_marks = nullptr;
};

}  // namespace ww
