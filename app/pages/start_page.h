// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

class QLabel;
class QListWidget;
class QProgressBar;
class QPushButton;
class QStackedWidget;
class QVBoxLayout;

namespace ww {

class DropArea;
struct Workbench;

/// What the window shows without a model: a place to drop, two buttons, the files of last time. While something is being opened
/// it shows that instead, with a way to stop.
class StartPage : public QWidget {
    Q_OBJECT
public:
    explicit StartPage(Workbench& workbench, QWidget* parent = nullptr);

Q_SIGNALS:
    void openRequested();
    void sampleRequested();
    void restoreRequested();
    void pathRequested(const QString& path);

protected:
    void showEvent(QShowEvent* event) override;

private:
    void refresh();
    void buildRecent(QVBoxLayout* column);

    Workbench& m_workbench;
    DropArea* m_drop = nullptr;
    QPushButton* m_open = nullptr;
    QPushButton* m_sample = nullptr;
    QPushButton* m_restore = nullptr;
    QLabel* m_noRecent = nullptr;
    QListWidget* m_recent = nullptr;
    QStackedWidget* m_stack = nullptr;
    QLabel* m_opening = nullptr;
};

}  // namespace ww
