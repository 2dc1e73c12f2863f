// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QAbstractScrollArea>
#include <QString>
#include <cstdint>
#include <vector>

#include "widgets/theme/colors.h"

namespace ww {

/// A window of a quantized tensor, block by block. Plain value. Both lists are row-major.
struct BlockMapData {
    int rows = 0;
    int blocksPerRow = 0;
    int blockLength = 0;              ///< codes per block
    std::vector<float> scales;        ///< rows × blocksPerRow
    std::vector<float> offsets;       ///< the same, or empty: none
    std::vector<std::int16_t> codes;  ///< rows × blocksPerRow × blockLength; empty: scales only
    std::uint64_t firstRow = 0;       ///< place of the window in the tensor
    std::uint64_t firstBlock = 0;
};

/// Scales of blocks as a heat map; below it the codes of the focused block as bars. Arrow keys and clicks choose the block.
/// Data whose lists do not fit its sizes is shown as empty. GUI thread only.
class BlockMap : public QAbstractScrollArea {
    Q_OBJECT
public:
    explicit BlockMap(QWidget* parent = nullptr);
    void setData(BlockMapData blocks);
    /// What to say while there is no data.
    void setEmptyText(const QString& text);
    [[nodiscard]] bool isEmpty() const { return m_data.rows == 0; }
    /// Index row × blocksPerRow + block; −1 when empty.
    /// What the brightest color stands for.
    [[nodiscard]] double largestScale() const { return m_largestScale; }
    [[nodiscard]] int currentBlock() const { return m_current; }
    void setCurrentBlock(int block);
    /// "row 3, block 7: scale 0.0021, codes −8 … 7"
    [[nodiscard]] QString blockText(int block) const;
    /// Width and height of a block on the map.
    [[nodiscard]] int cell() const;
    /// In viewport coordinates.
    [[nodiscard]] QRect blockRect(int block) const;
    [[nodiscard]] int blockAt(const QPoint& point) const;

    QSize sizeHint() const override { return {420, 260}; }

Q_SIGNALS:
    void currentBlockChanged(int block);

protected:
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void focusInEvent(QFocusEvent* event) override;
    void focusOutEvent(QFocusEvent* event) override;
    bool viewportEvent(QEvent* event) override;

private:
    void updateScrollBars();
    [[nodiscard]] int codesHeight() const;
    void paintCodes(QPainter& painter, const QRect& area, const ThemeColors& colors) const;

    BlockMapData m_data;
    QString m_emptyText;
    double m_largestScale = 0;
    int m_lowestCode = 0;
    int m_highestCode = 0;
    int m_current = -1;
};

}  // namespace ww
