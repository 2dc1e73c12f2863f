// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

class QLabel;

namespace ww {

/// Where a number comes from; every number says so.
enum class Origin { None, Exact, Measured, Predicted, Estimated };
/// "measured", "predicted" …; empty for None.
[[nodiscard]] QString originText(Origin origin);

/// A caption above a value with its unit and origin: "Perplexity / 6.21 ± 0.04 / measured". Selectable text, spoken as one.
class LabelledValue : public QWidget {
    Q_OBJECT
public:
    explicit LabelledValue(const QString& caption = {}, QWidget* parent = nullptr);
    void setCaption(const QString& caption);
    /// `value` with unit. `source` explains the origin in the tooltip.
    void setValue(const QString& value, Origin origin = Origin::None, const QString& source = {});
    /// Shows a dash.
    void clearValue();
    [[nodiscard]] QString value() const;

protected:
    void changeEvent(QEvent* event) override;

private:
    void refresh();

    QLabel* m_caption = nullptr;
    QLabel* m_value = nullptr;
    QLabel* m_origin = nullptr;
    Origin m_kind = Origin::None;
};

}  // namespace ww
