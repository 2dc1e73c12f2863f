// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QColor>
#include <QFont>
#include <QPointF>
#include <QString>
#include <optional>
#include <vector>

#include "widgets/plots/qcustomplot_include.h"

namespace ww {

/// Scatter points with error bars and labels that keep out of each other's way, drawn as one item. Coordinates are those of the
/// plot's bottom and left axes. A label that finds no free place is left out; hovering still names the point.
class PlotPoints : public QCPAbstractItem {
    Q_OBJECT
public:
    struct Point {
        double x = 0;
        double y = 0;
        std::optional<double> error;  ///< half height of the error bar, in y units
        QString label;
        QColor fill;
        bool marker = true;   ///< false: label only, to the right of the place
        bool hollow = false;  ///< second cue for "predicted"
        bool ringed = false;  ///< chosen
        bool quiet = false;   ///< labelled only where there is room right beside it
    };

    explicit PlotPoints(QCustomPlot* plot);
    void setPoints(std::vector<Point> points) { m_points = std::move(points); }
    void setColors(const QColor& text, const QColor& line, const QColor& accent, const QColor& background);
    /// Words at a horizontal line, put where they cover no point; empty: none.
    void setNote(double y, const QString& text)
    {
        m_noteY = y;
        m_note = text;
    }
    /// A line in coordinates of the axes that labels should not lie on.
    void setLine(std::vector<QPointF> corners) { m_corners = std::move(corners); }
    void setLabelFont(const QFont& font) { m_font = font; }
    [[nodiscard]] const std::vector<Point>& points() const { return m_points; }
    /// Nearest point within a few pixels, −1 if none.
    [[nodiscard]] int at(const QPointF& pixel) const;
    [[nodiscard]] QPointF pixelOf(int index) const;
    /// Drawn larger; −1: none.
    void setHighlighted(int index) { m_highlighted = index; }
    /// Highlights the next (1) or previous (−1) marker from left to right, around the ends; −1 without markers.
    int next(int direction);
    [[nodiscard]] int highlighted() const { return m_highlighted; }

    double selectTest(const QPointF& pos, bool onlySelectable, QVariant* details = nullptr) const override;

protected:
    void draw(QCPPainter* painter) override;

private:
    void drawMarker(QCPPainter* painter, const Point& point, const QPointF& center, bool highlighted) const;
    void drawNote(QCPPainter* painter, const QRectF& area, std::vector<QRectF>& taken) const;
    void drawLabels(QCPPainter* painter) const;

    std::vector<Point> m_points;
    QColor m_text, m_line, m_accent, m_background;
    QFont m_font;
    std::vector<QPointF> m_corners;  ///< of a line to keep clear of
    double m_noteY = 0;
    QString m_note;
    int m_highlighted = -1;
};

}  // namespace ww
