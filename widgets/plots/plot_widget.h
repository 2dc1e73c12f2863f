// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>
#include <optional>

#include "widgets/theme/colors.h"

class QCustomPlot;
class QLabel;
class QCPItemStraightLine;
class QCPTextElement;
class QMenu;
class QPainter;
class QStackedLayout;

namespace ww {

/// What every plot can do: axis titles with units, values under the pointer, drag to zoom, wheel, double click to reset, keys
/// (arrows pan, + and − zoom, Home resets, Page keys step from point to point), a menu to copy and save, colors of the theme, a
/// spoken description, a sentence when there is nothing to show. Subclasses fill the plot. GUI thread only.
class PlotWidget : public QWidget {
    Q_OBJECT
public:
    explicit PlotWidget(QWidget* parent = nullptr);
    ~PlotWidget() override;

    /// Shown above the plot and in saved pictures; empty: none.
    void setTitle(const QString& title);
    [[nodiscard]] QString title() const { return m_title; }
    /// Shown instead of the plot while there is no data.
    void setEmptyText(const QString& text);
    [[nodiscard]] bool isEmpty() const { return m_empty; }
    /// Proposed name of saved files, without suffix.
    void setFileNameHint(const QString& name) { m_fileNameHint = name; }

    /// The data as CSV: header line with units, plain numbers, '.' as decimal point.
    [[nodiscard]] virtual QString csv() const = 0;
    /// One or two sentences for people who cannot see the plot. Translated.
    [[nodiscard]] virtual QString description() const = 0;

    /// Writes a picture or the data; the suffix decides: png, svg, pdf, csv. Empty on success, else a translated sentence.
    /// `size` in device-independent pixels (empty: as shown); PNG has twice as many pixels.
    [[nodiscard]] QString saveTo(const QString& path, QSize size = {});
    [[nodiscard]] QImage toImage(QSize size, double scale = 1.0);
    void copyImage();
    void copyData() const;
    /// Asks for a name and saves; what the menu does.
    void askAndSave();
    void zoomToData();

    QSize sizeHint() const override { return {420, 280}; }
    QSize minimumSizeHint() const override { return {180, 130}; }

Q_SIGNALS:
    /// The menu is filled with the plot's own entries and shown afterwards; add to it.
    void contextMenuRequested(QMenu* menu);

protected:
    [[nodiscard]] QCustomPlot* plot() const { return m_plot; }
    /// Call at the end of every setData(): recolors, resets the view, updates the description and redraws.
    void dataChanged(bool empty);
    /// A vertical line under the pointer, for plots that are read along x.
    void setCrosshair(bool on) { m_useCrosshair = on; }
    /// The legend stands above the plot and wraps to the width; call after the plottables were made.
    void showLegend(bool on);
    /// Colors of the plottables; axes, grid, legend and texts are done by the base.
    virtual void recolor(const ThemeColors& colors) = 0;
    /// Sets the axes to the whole data.
    virtual void fitAxes() = 0;
    /// What to say about the pixel under the pointer; empty: nothing.
    [[nodiscard]] virtual QString hoverText(const QPointF& pixel) const = 0;
    /// A click (not a drag) at a pixel.
    virtual void clicked(const QPointF& pixel);
    /// Enter on the point reached by stepPoint().
    virtual void activateStep();
    /// Moves to the next (1) or previous (−1) data point and returns what to say and where; empty text: there is none.
    struct Step {
        QString text;
        QPointF pixel;
    };
    [[nodiscard]] virtual Step stepPoint(int direction);

    void changeEvent(QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override;
    void focusInEvent(QFocusEvent* event) override;
    void focusOutEvent(QFocusEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void paintEvent(QPaintEvent* event) override;

private:
    void buildPlot();
    void applyTheme();
    void wrapLegend(int width);
    void showMenu(const QPoint& globalPosition);
    void zoomBy(double factor);
    void panBy(double dx, double dy);
    void updateHover(const QPointF& pixel);
    void hideHover();
    /// Draws at a size in device-independent pixels; `painter` is already open on a vector device.
    [[nodiscard]] QByteArray toVector(const QString& suffix, QSize size);  ///< an SVG or PDF file; empty: not drawn

    QCustomPlot* m_plot = nullptr;
    QStackedLayout* m_stack = nullptr;
    QLabel* m_emptyLabel = nullptr;
    QCPItemStraightLine* m_crosshair = nullptr;
    QCPTextElement* m_titleElement = nullptr;
    QString m_title;
    QString m_fileNameHint;
    std::optional<QPointF> m_pressed;
    bool m_empty = true;
    bool m_useCrosshair = false;
    bool m_legendShown = false;
};

}  // namespace ww
