// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <vector>

#include "widgets/plots/plot_widget.h"

class QCPItemLine;
class QCPItemRect;

namespace ww {

class PlotPoints;

/// One variant. Points without a perplexity are not drawn.
struct ParetoPoint {
    QString id;  ///< the caller's key
    QString label;
    std::uint64_t sizeBytes = 0;
    double bitsPerWeight = 0;
    std::optional<double> perplexity;
    std::optional<double> standardError;
    bool measured = true;  ///< false: predicted, drawn hollow
    bool current = false;  ///< the recipe that is being edited; ringed
    /// Standard error of the difference to the reference, from the same tokens of both. When all points have it, it makes the
    /// error bars: the error that they share with the reference says nothing about which is better.
    std::optional<double> deltaError{};
};

/// The unquantized model: a line across, with its error as a band.
struct ParetoReference {
    QString label;
    std::uint64_t sizeBytes = 0;
    double perplexity = 0;
    std::optional<double> standardError;
};

/// Size against perplexity or KL divergence. Measured points are solid with error bars, predicted ones hollow.
class ParetoPlot : public PlotWidget {
    Q_OBJECT
public:
    explicit ParetoPlot(QWidget* parent = nullptr);
    /// What stands on the vertical axis; the `perplexity` of the points is then that figure. A divergence has a logarithmic axis
    /// and no reference: the original's is 0.
    enum class Measure { Perplexity, Divergence };
    void setMeasure(Measure measure);
    [[nodiscard]] Measure measure() const { return m_measure; }
    void setData(std::vector<ParetoPoint> points, std::optional<ParetoReference> reference = std::nullopt);
    [[nodiscard]] const std::vector<ParetoPoint>& data() const { return m_points; }

    [[nodiscard]] QString csv() const override;
    [[nodiscard]] QString description() const override;

Q_SIGNALS:
    void pointClicked(const QString& id);

protected:
    void recolor(const ThemeColors& colors) override;
    void fitAxes() override;
    [[nodiscard]] QString hoverText(const QPointF& pixel) const override;
    void clicked(const QPointF& pixel) override;
    void activateStep() override;
    [[nodiscard]] Step stepPoint(int direction) override;

private:
    [[nodiscard]] QString pointText(int index) const;

    std::vector<ParetoPoint> m_points;
    [[nodiscard]] std::optional<double> barOf(const ParetoPoint& point) const;

    std::optional<ParetoReference> m_reference;
    Measure m_measure = Measure::Perplexity;
    [[nodiscard]] QString valueText(const ParetoPoint& point) const;
    bool m_paired = false;  ///< error bars are of differences
    double m_unitBytes = 1;
    PlotPoints* m_marks = nullptr;
    QCPItemRect* m_band = nullptr;
    QCPItemLine* m_line = nullptr;
};

}  // namespace ww
