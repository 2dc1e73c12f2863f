// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/application.h"

#include <QApplication>
#include <QJsonObject>
#include <QTimer>

#include "app/languages.h"
#include "app/main_window.h"
#include "app/pages/workbench_page.h"
#include "app/workbench.h"

namespace ww {

Application::Application(const QString& settingsFile, QObject* parent)
    : QObject(parent), m_workbench(std::make_unique<Workbench>(settingsFile))
{
    installLanguage(m_workbench->settings.language());
    applyTheme();
    m_window = std::make_unique<MainWindow>(*m_workbench);
    connect(&m_workbench->settings, &Settings::themeChanged, this, &Application::applyTheme);
    // Later, because the dialog that changes the language belongs to the window that goes away.
    connect(&m_workbench->settings, &Settings::languageChanged, this, &Application::rebuildWindow, Qt::QueuedConnection);
}

Application::~Application()
{
    m_window.reset();
    m_workbench->projects.flush();
    m_workbench->settings.setRunning(false);
}

void Application::applyTheme()
{
    static constexpr Theme::Mode kModes[] = {Theme::Mode::System, Theme::Mode::Light, Theme::Mode::Dark};
    m_theme.setMode(kModes[static_cast<int>(m_workbench->settings.theme())]);
}

void Application::rebuildWindow()
{
    installLanguage(m_workbench->settings.language());
    m_workbench->messages.dismissAll();
    const bool visible = m_window->isVisible();
    const QJsonObject view = m_window->page()->viewState();
    m_workbench->settings.setWindowGeometry(m_window->saveGeometry());
    m_window->page()->saveLayout();
    QApplication::setQuitOnLastWindowClosed(false);
    m_window = std::make_unique<MainWindow>(*m_workbench);
    m_window->page()->setViewState(view);
    if (visible) m_window->show();
    QApplication::setQuitOnLastWindowClosed(true);
}

void Application::start(const QString& path)
{
    Settings& settings = m_workbench->settings;
    const bool interrupted = settings.wasInterrupted();
    settings.setRunning(true);
    m_window->show();
    if (!path.isEmpty()) {
        m_workbench->projects.open(path);
        return;
    }
    const QString last = m_workbench->projects.restorablePath();
    if (last.isEmpty()) return;
    // After an interruption the last project may be what caused it: then a person decides.
    if (interrupted)
        m_workbench->messages.post(Severity::Info, tr("Weightwright was interrupted last time. Nothing that was saved is lost."),
                                   {}, {{tr("Restore the Last Project"), [this] { m_workbench->projects.restoreLast(); }}});
    else if (settings.reopenLastProject())
        m_workbench->projects.restoreLast();
}

}  // namespace ww
