// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/languages.h"

#include <QCoreApplication>
#include <QDir>
#include <QLibraryInfo>
#include <QLocale>
#include <QTranslator>

#include <algorithm>
#include <memory>

// Qt's resources of a static library have to be asked for, outside of any namespace.
static void initTranslationResources()
{
    Q_INIT_RESOURCE(translations);
}

namespace ww {
namespace {

const auto kFolder = QStringLiteral(":/translations");
const auto kPrefix = QStringLiteral("weightwright_");

}  // namespace

QList<Language> availableLanguages()
{
    initTranslationResources();
    QList<Language> languages;
    for (const QString& file : QDir(kFolder).entryList({kPrefix + QStringLiteral("*.qm")})) {
        const QString code = file.mid(kPrefix.size(), file.size() - kPrefix.size() - 3);
        QString name = QLocale(code).nativeLanguageName();
        if (!name.isEmpty()) name[0] = name[0].toUpper();
        languages.append({code, code == QLatin1String("en") ? QStringLiteral("English") : name});
    }
    std::sort(languages.begin(), languages.end(), [](const Language& a, const Language& b) {
        const bool aEnglish = a.code == QLatin1String("en");
        const bool bEnglish = b.code == QLatin1String("en");
        return aEnglish != bEnglish ? aEnglish : a.name.localeAwareCompare(b.name) < 0;
    });
    return languages;
}

void installLanguage(const QString& code)
{
    initTranslationResources();
    static std::unique_ptr<QTranslator> s_program;
    static std::unique_ptr<QTranslator> s_qt;
    for (auto* translator : {&s_program, &s_qt}) {
        if (*translator) QCoreApplication::removeTranslator(translator->get());
        *translator = std::make_unique<QTranslator>();
    }
    const QLocale locale = code.isEmpty() ? QLocale::system() : QLocale(code);
    // A chosen language brings its way of writing numbers, unless it is the system's language anyway.
    QLocale::setDefault(code.isEmpty() || QLocale::system().language() == locale.language() ? QLocale::system() : locale);
    if (s_qt->load(locale, QStringLiteral("qtbase"), QStringLiteral("_"), QLibraryInfo::path(QLibraryInfo::TranslationsPath)))
        QCoreApplication::installTranslator(s_qt.get());
    // English has a catalog, too: for plural forms.
    if (s_program->load(locale, QStringLiteral("weightwright"), QStringLiteral("_"), kFolder) ||
        s_program->load(kFolder + QLatin1Char('/') + kPrefix + QStringLiteral("en.qm")))
        QCoreApplication::installTranslator(s_program.get());
}

}  // namespace ww
