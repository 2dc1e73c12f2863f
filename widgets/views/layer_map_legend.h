// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

#include "widgets/views/layer_map_canvas.h"

namespace ww {

/// Explains the colors of the layer map: swatches with names, or a scale with its ends. Wraps to its width.
class LayerMapLegend : public QWidget {
    Q_OBJECT
public:
    explicit LayerMapLegend(QWidget* parent = nullptr);
    void setColoring(const LayerMapColoring& coloring);

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return {80, sizeHint().height()}; }
    bool hasHeightForWidth() const override { return true; }
    int heightForWidth(int width) const override { return layOut(width, nullptr); }

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    /// Places (and, given a painter, draws) everything; returns the height used.
    int layOut(int width, QPainter* painter) const;

    LayerMapColoring m_coloring;
};

}  // namespace ww
