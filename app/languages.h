// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QList>
#include <QString>

namespace ww {

struct Language {
    QString code;  ///< "de"
    QString name;  ///< in the language itself: "Deutsch"
};

/// English, then what is compiled in, by name.
[[nodiscard]] QList<Language> availableLanguages();

/// Loads the texts of the program and of Qt for a language; empty code: the system's. Replaces what was loaded before. Texts that
/// no catalog has stay English.
void installLanguage(const QString& code);

}  // namespace ww
