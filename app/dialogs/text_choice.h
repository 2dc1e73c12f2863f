// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QTimer>
#include <QWidget>

#include <functional>
#include <optional>

#include "app/controllers/measure_controller.h"
#include "app/job_runner.h"

class QLabel;
class QLineEdit;
class QSpinBox;

namespace ww {

struct Workbench;

/// Fields for a text, the length of its windows and how many of them. The text is read in the background, and a line below says
/// what it has or what is wrong with it. GUI thread only.
class TextChoice : public QWidget {
    Q_OBJECT
public:
    /// `prefix` begins the object names: "measure" makes measureText, measureContext, measureWindows and measureFacts.
    TextChoice(Workbench& workbench, const QString& prefix, QWidget* parent = nullptr);
    ~TextChoice() override;

    void setOptions(const MeasureOptions& options);
    [[nodiscard]] MeasureOptions options() const;
    /// Empty while the text is being read or when it cannot be used.
    [[nodiscard]] const std::optional<TextFacts>& facts() const { return m_facts; }
    /// What else to say once the text was read; gets the number of windows that will be used.
    void setNote(std::function<QString(std::uint32_t windows)> note);
    /// Writes the line below again.
    void refresh();

Q_SIGNALS:
    /// Another text, length or number; or the text has been read.
    void changed();

private:
    void readText();
    void browse();

    Workbench& m_workbench;
    QLineEdit* m_text = nullptr;
    QSpinBox* m_context = nullptr;
    QSpinBox* m_windows = nullptr;
    QLabel* m_line = nullptr;
    QTimer m_rest;
    JobSlot m_slot;
    std::optional<TextFacts> m_facts;
    std::optional<Error> m_error;
    std::function<QString(std::uint32_t)> m_note;
};

}  // namespace ww
