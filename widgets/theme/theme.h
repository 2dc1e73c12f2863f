// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QIcon>
#include <QObject>
#include <QPalette>
#include <QString>

#include "widgets/theme/colors.h"

namespace ww {

/// Gives the whole application its style (Fusion), palette and font, and follows the system's light or dark setting.
/// One per process, made after QApplication and before the first window; lives on the GUI thread.
class Theme : public QObject {
    Q_OBJECT
public:
    enum class Mode { System, Light, Dark };
    Q_ENUM(Mode)

    explicit Theme(QObject* parent = nullptr);
    ~Theme() override;
    /// The living instance, or null.
    [[nodiscard]] static Theme* instance();

    [[nodiscard]] Mode mode() const { return m_mode; }
    void setMode(Mode mode);
    /// What is shown now.
    [[nodiscard]] bool isDark() const;
    [[nodiscard]] const ThemeColors& colors() const { return themeColors(isDark()); }

    /// The two palettes, for tests and previews.
    [[nodiscard]] static QPalette palette(bool dark);

Q_SIGNALS:
    /// After the application's palette was replaced.
    void changed();

private:
    void apply();
    void followSystem();

    Mode m_mode = Mode::System;
    bool m_systemDark = false;
    bool m_applied = false;
};

/// An icon of resources/icons by name without suffix, e.g. "open". Monochrome, painted in the text color of the current
/// palette at the moment of painting, so it follows the theme and the disabled state. Unknown names give a null icon.
/// Names: app, open, export, measure, recipe, preset, add, duplicate, delete, undo, redo, cancel, settings, theme, search, chart,
/// table, map, warning, info, check, calibrate, save, folder, help.
[[nodiscard]] QIcon icon(const char* name);
/// The application's icon, in color.
[[nodiscard]] QIcon applicationIcon();

}  // namespace ww
