// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>
#include <QString>

#include <memory>

#include "widgets/theme/theme.h"

namespace ww {

class MainWindow;
struct Workbench;

/// Ties workbench, theme, language and window together; builds the window anew when the language changes. One per process,
/// after QApplication.
class Application : public QObject {
    Q_OBJECT
public:
    /// `settingsFile` empty: the user's own settings.
    explicit Application(const QString& settingsFile = {}, QObject* parent = nullptr);
    ~Application() override;

    [[nodiscard]] Workbench& workbench() { return *m_workbench; }
    [[nodiscard]] MainWindow& window() { return *m_window; }

    /// Shows the window and opens `path`, or restores what was open last time.
    void start(const QString& path);

private:
    void applyTheme();
    void rebuildWindow();

    std::unique_ptr<Workbench> m_workbench;
    Theme m_theme;
    std::unique_ptr<MainWindow> m_window;
};

}  // namespace ww
