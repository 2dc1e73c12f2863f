// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/dialogs/settings_dialog.h"

#include <QCheckBox>
#include <QComboBox>
#include <QDialogButtonBox>
#include <QFormLayout>
#include <QLabel>
#include <QSpinBox>
#include <QThread>
#include <QVBoxLayout>

#include "app/dialogs/buttons.h"
#include "app/languages.h"
#include "app/settings.h"

namespace ww {

SettingsDialog::SettingsDialog(Settings& settings, QWidget* parent) : QDialog(parent)
{
    setObjectName(QStringLiteral("settingsDialog"));
    setWindowTitle(tr("Settings"));
    auto* layout = new QVBoxLayout(this);
    auto* form = new QFormLayout;
    form->setFieldGrowthPolicy(QFormLayout::AllNonFixedFieldsGrow);
    form->setHorizontalSpacing(14);
    form->setVerticalSpacing(10);

    auto* theme = new QComboBox;
    theme->setObjectName(QStringLiteral("themeCombo"));
    theme->addItem(tr("Like the system"), static_cast<int>(ThemeChoice::System));
    theme->addItem(tr("Light"), static_cast<int>(ThemeChoice::Light));
    theme->addItem(tr("Dark"), static_cast<int>(ThemeChoice::Dark));
    theme->setCurrentIndex(theme->findData(static_cast<int>(settings.theme())));
    connect(theme, &QComboBox::activated, &settings,
            [&settings, theme] { settings.setTheme(static_cast<ThemeChoice>(theme->currentData().toInt())); });
    form->addRow(tr("&Appearance:"), theme);

    auto* language = new QComboBox;
    language->setObjectName(QStringLiteral("languageCombo"));
    language->addItem(tr("Like the system"), QString());
    for (const Language& l : availableLanguages()) language->addItem(l.name, l.code);
    language->setCurrentIndex(std::max(0, language->findData(settings.language())));
    connect(language, &QComboBox::activated, &settings,
            [&settings, language] { settings.setLanguage(language->currentData().toString()); });
    form->addRow(tr("&Language:"), language);

    auto* threads = new QSpinBox;
    threads->setObjectName(QStringLiteral("threadsSpin"));
    threads->setRange(0, 256);
    threads->setSpecialValueText(tr("all (%1)").arg(QThread::idealThreadCount()));
    threads->setValue(static_cast<int>(settings.threads()));
    threads->setToolTip(tr("Fewer threads leave more of the computer to other programs. Results do not depend on it."));
    connect(threads, &QSpinBox::valueChanged, &settings,
            [&settings](int value) { settings.setThreads(static_cast<unsigned>(value)); });
    form->addRow(tr("&Threads:"), threads);

    auto* reopen = new QCheckBox(tr("&Open the last project at the start"));
    reopen->setObjectName(QStringLiteral("reopenCheck"));
    reopen->setChecked(settings.reopenLastProject());
    connect(reopen, &QCheckBox::toggled, &settings, [&settings](bool on) { settings.setReopenLastProject(on); });
    form->addRow(QString(), reopen);
    layout->addLayout(form);

    auto* note = new QLabel(tr("Changes take effect at once; a new number of threads when no job is running."));
    note->setWordWrap(true);
    layout->addWidget(note);
    layout->addStretch(1);
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Close);
    localizeButtons(buttons);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::close);
    layout->addWidget(buttons);
    resize(420, sizeHint().height());
}

}  // namespace ww
