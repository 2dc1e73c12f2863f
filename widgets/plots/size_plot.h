// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <vector>

#include "widgets/models/tensor_row.h"
#include "widgets/plots/plot_widget.h"

namespace ww {

class PlotPoints;

/// Bytes that the tensors of one role take in one format.
struct SizeSlice {
    TensorRole role = TensorRole::Other;
    TensorType format = TensorType::F32;
    std::uint64_t sizeBytes = 0;
    std::uint64_t tensors = 0;
};
/// Sums per role and format, roles in their usual order.
[[nodiscard]] std::vector<SizeSlice> sizeSlices(const std::vector<TensorRow>& rows);

/// One horizontal bar per role, stacked by format.
class SizePlot : public PlotWidget {
    Q_OBJECT
public:
    explicit SizePlot(QWidget* parent = nullptr);
    void setData(std::vector<SizeSlice> slices);
    [[nodiscard]] const std::vector<SizeSlice>& data() const { return m_slices; }

    [[nodiscard]] QString csv() const override;
    [[nodiscard]] QString description() const override;

Q_SIGNALS:
    /// A bar was clicked: select the role's tensors.
    void roleClicked(ww::TensorRole role);

protected:
    void recolor(const ThemeColors& colors) override;
    void fitAxes() override;
    [[nodiscard]] QString hoverText(const QPointF& pixel) const override;
    void clicked(const QPointF& pixel) override;

private:
    void buildBars();
    [[nodiscard]] int roleAt(const QPointF& pixel) const;

    std::vector<SizeSlice> m_slices;
    std::vector<TensorRole> m_roles;  ///< from top to bottom
    std::vector<std::uint64_t> m_roleBytes;
    std::vector<TensorType> m_formats;  ///< stacking order, small to large bits per weight
    std::vector<TensorType> m_barFormats;  ///< of the plottables
    std::uint64_t m_totalBytes = 0;
    double m_unitBytes = 1;
    PlotPoints* m_totals = nullptr;
};

}  // namespace ww
