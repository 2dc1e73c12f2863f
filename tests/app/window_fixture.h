// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QDialog>
#include <QLabel>
#include <QTemporaryDir>
#include <QtTest>

#include <memory>

#include "app/actions.h"
#include "app/application.h"
#include "app/main_window.h"
#include "app/pages/workbench_page.h"
#include "app/paths.h"
#include "app/workbench.h"
#include "tests/support/paths.h"
#include "widgets/views/layer_map.h"
#include "widgets/views/layer_map_canvas.h"

namespace ww::test {

/// The whole program with settings and data in a folder of its own.
class Program {
public:
    explicit Program(const QString& folder) : m_folder(folder)
    {
        qputenv("XDG_CACHE_HOME", QFile::encodeName(folder + QStringLiteral("/cache")));
        qputenv("XDG_DATA_HOME", QFile::encodeName(folder + QStringLiteral("/data")));
        {
            Settings settings(settingsFile());
            settings.setLanguage(QStringLiteral("en"));
            settings.setTheme(ThemeChoice::Light);
        }
        restart();
    }

    /// Ends the program as a person would and starts it again; opens `path` or restores.
    void restart(const QString& path = {})
    {
        if (m_application) window().close();
        m_application.reset();
        m_application = std::make_unique<Application>(settingsFile());
        m_application->start(path);
        window().resize(1280, 800);
    }
    void end() { m_application.reset(); }

    [[nodiscard]] QString settingsFile() const { return m_folder + QStringLiteral("/settings.ini"); }
    [[nodiscard]] Application& application() { return *m_application; }
    [[nodiscard]] Workbench& bench() { return m_application->workbench(); }
    [[nodiscard]] MainWindow& window() { return m_application->window(); }
    [[nodiscard]] Actions& actions() { return window().actions(); }
    template <class T>
    [[nodiscard]] T* find(const char* name)
    {
        return window().findChild<T*>(QString::fromLatin1(name));
    }
    [[nodiscard]] LayerMapCanvas* canvas() { return window().page()->map()->canvas(); }

    /// Triggers an action and hands over the dialog that it opens; null when none comes.
    template <class Dialog>
    [[nodiscard]] Dialog* openDialog(QAction* action)
    {
        action->trigger();
        return openedDialog<Dialog>();
    }
    /// The dialog of this kind, as soon as it is visible; null when none comes.
    template <class Dialog>
    [[nodiscard]] Dialog* openedDialog()
    {
        Dialog* dialog = nullptr;
        const bool shown = QTest::qWaitFor([&] {
            dialog = window().findChild<Dialog*>();
            return dialog && dialog->isVisible();
        });
        return shown ? dialog : nullptr;
    }
    [[nodiscard]] bool openSample()
    {
        window().openSample();
        return QTest::qWaitFor([this] { return bench().document.isOpen(); }, 5000);
    }
    [[nodiscard]] std::size_t tensor(const char* name)
    {
        const auto& model = bench().document.model();
        const TensorInfo* info = model ? model->find(name) : nullptr;
        return info ? static_cast<std::size_t>(info - model->tensors().data()) : std::size_t(-1);
    }
    /// Where a tensor's cell stands on the map, in coordinates of the canvas' viewport.
    [[nodiscard]] QPoint cellPoint(const char* name)
    {
        return canvas()->cellRect(canvas()->grid().cellOfRow(static_cast<int>(tensor(name)))).center();
    }
    [[nodiscard]] std::string target(const char* name)
    {
        for (const PlanEntry& entry : bench().document.plan()->entries)
            if (entry.tensorIndex == tensor(name)) return std::string(ww::name(entry.target));
        return {};
    }
    [[nodiscard]] bool idle(int timeoutMs = 60000)
    {
        return QTest::qWaitFor([this] { return bench().jobs.activeCount() == 0; }, timeoutMs);
    }
    /// Text of all messages that are shown.
    [[nodiscard]] QString messages()
    {
        QString text;
        for (const UserMessage& message : bench().messages.messages())
            text += message.title + QLatin1Char(' ') + message.text + QLatin1Char('\n');
        return text;
    }

private:
    QString m_folder;
    std::unique_ptr<Application> m_application;
};

}  // namespace ww::test
