// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QFrame>
#include <QStringList>

class QLabel;
class QMimeData;
class QVBoxLayout;

namespace ww {

/// Local paths of dropped files and folders; empty if there are none.
[[nodiscard]] QStringList droppedPaths(const QMimeData* data);

/// Big dashed area that takes files and folders: icon, title, hint, and room for buttons below.
class DropArea : public QFrame {
    Q_OBJECT
public:
    explicit DropArea(QWidget* parent = nullptr);
    void setTitle(const QString& title);
    void setHint(const QString& hint);
    /// Adds a button (or another widget) below the hint; takes ownership.
    void addButton(QWidget* button);

Q_SIGNALS:
    void dropped(const QStringList& paths);

protected:
    void dragEnterEvent(QDragEnterEvent* event) override;
    void dragLeaveEvent(QDragLeaveEvent* event) override;
    void dropEvent(QDropEvent* event) override;
    void paintEvent(QPaintEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    void refresh();

    QLabel* m_icon = nullptr;
    QLabel* m_title = nullptr;
    QLabel* m_hint = nullptr;
    QVBoxLayout* m_actions = nullptr;
    bool m_hovering = false;
};

}  // namespace ww
