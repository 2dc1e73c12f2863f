// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QListView>
#include <QSet>
#include <vector>

#include "widgets/models/tensor_row.h"

class QStandardItemModel;

namespace ww {

/// A strip of formats that wraps to the width: swatch, name, bits per weight. One click, or arrow keys and Enter, asks for
/// a format; the formats of the current selection are marked. GUI thread only.
class FormatPalette : public QListView {
    Q_OBJECT
public:
    explicit FormatPalette(QWidget* parent = nullptr);

    void setFormats(const std::vector<FormatChoice>& choices);
    /// Marks the formats that the selection has now.
    void setCurrentFormats(const QSet<ww::TensorType>& formats);
    /// A widget that stands behind the last format as if it were one, for what the strip does not show.
    void setTrailingWidget(QWidget* widget);
    /// How many tensors a click would change; 0 disables the strip and says so in the tooltip.
    void setTargetCount(int tensors);

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;
    bool hasHeightForWidth() const override { return true; }
    int heightForWidth(int width) const override;
    void doItemsLayout() override;

Q_SIGNALS:
    void formatChosen(std::optional<ww::TensorType> format);

protected:
    void resizeEvent(QResizeEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    void choose(const QModelIndex& index);

    QStandardItemModel* m_items = nullptr;
    void appendPlace();
    void placeTrailing();

    QWidget* m_trailing = nullptr;
    int m_targets = -1;
};

}  // namespace ww
