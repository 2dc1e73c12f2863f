// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <vector>

#include "eval/histogram.h"
#include "widgets/plots/plot_widget.h"

namespace ww {

/// One outline of a histogram plot.
struct HistogramSeries {
    QString label;  ///< "original", "Q4_K"; translated
    Histogram histogram;
};

struct HistogramPlotData {
    QString xTitle;                       ///< "weight value", "error"; with unit if there is one
    std::vector<HistogramSeries> series;  ///< the first is drawn filled, others as lines over it
    bool logCounts = true;
};

/// Counts of values, several histograms over each other: original against quantized, or one error histogram.
class HistogramPlot : public PlotWidget {
    Q_OBJECT
public:
    explicit HistogramPlot(QWidget* parent = nullptr);
    void setData(HistogramPlotData data);
    [[nodiscard]] const HistogramPlotData& data() const { return m_data; }
    void setLogCounts(bool on);

    [[nodiscard]] QString csv() const override;
    [[nodiscard]] QString description() const override;

protected:
    void recolor(const ThemeColors& colors) override;
    void fitAxes() override;
    [[nodiscard]] QString hoverText(const QPointF& pixel) const override;

private:
    HistogramPlotData m_data;
};

}  // namespace ww
