// SPDX-License-Identifier: GPL-3.0-or-later
#include <QFile>
#include <QRegularExpression>
#include <QSet>
#include <QXmlStreamReader>
#include <QtTest>

#include <filesystem>
#include <fstream>
#include <regex>

#include "app/choices.h"
#include "app/job_runner.h"
#include "app/languages.h"
#include "app/plan_warnings.h"
#include "formats/block_format.h"
#include "methods/quantizer.h"
#include "plan/plan_warning.h"
#include "plan/preset.h"
#include "tests/support/paths.h"
#include "widgets/theme/format_text.h"

using namespace ww;

namespace {

/// One message of a catalog.
struct Entry {
    QString context;
    QString source;
    QStringList forms;  ///< one, or the plural forms
    QString type;       ///< "unfinished", "vanished", …
};

QList<Entry> readCatalog(const QString& code)
{
    QList<Entry> entries;
    QFile file(QString::fromStdString((test::sourceDir() / "translations").string()) +
               QStringLiteral("/weightwright_%1.ts").arg(code));
    if (!file.open(QIODevice::ReadOnly)) return entries;
    QXmlStreamReader xml(&file);
    QString context;
    Entry entry;
    while (!xml.atEnd()) {
        xml.readNext();
        if (!xml.isStartElement()) continue;
        if (xml.name() == QLatin1String("name")) {
            context = xml.readElementText();
        } else if (xml.name() == QLatin1String("source")) {
            entry = {context, xml.readElementText(), {}, {}};
        } else if (xml.name() == QLatin1String("translation")) {
            entry.type = xml.attributes().value(QLatin1String("type")).toString();
            QString text;
            while (!(xml.isEndElement() && xml.name() == QLatin1String("translation")) && !xml.atEnd()) {
                xml.readNext();
                if (xml.isStartElement() && xml.name() == QLatin1String("numerusform"))
                    entry.forms << xml.readElementText();
                else if (xml.isCharacters())
                    text += xml.text();
            }
            if (entry.forms.isEmpty()) entry.forms << text;
            entries << entry;
        }
    }
    return entries;
}

/// "%1", "%n" … in a text, sorted.
QStringList placeholders(const QString& text)
{
    static const QRegularExpression kPlaceholder(QStringLiteral("%(?:n|L?[0-9]+)"));
    QStringList found;
    for (auto it = kPlaceholder.globalMatch(text); it.hasNext();) found << it.next().captured();
    found.sort();
    found.removeDuplicates();
    return found;
}

}  // namespace

class TestTranslations : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void nothingIsUnfinished_data()
    {
        QTest::addColumn<QString>("code");
        for (const Language& language : availableLanguages()) QTest::newRow(qPrintable(language.code)) << language.code;
    }
    void nothingIsUnfinished()
    {
        QFETCH(QString, code);
        const QList<Entry> entries = readCatalog(code);
        QVERIFY2(entries.size() >= 20, "the catalog was not read");
        QStringList problems;
        for (const Entry& entry : entries) {
            if (!entry.type.isEmpty()) problems << entry.type + QStringLiteral(": ") + entry.source;
            for (const QString& form : entry.forms) {
                if (form.isEmpty()) problems << QStringLiteral("empty: ") + entry.source;
                // A plural form may leave the number out ("one window"), nothing else.
                QStringList wanted = placeholders(entry.source);
                QStringList got = placeholders(form);
                wanted.removeAll(QStringLiteral("%n"));
                got.removeAll(QStringLiteral("%n"));
                if (wanted != got) problems << QStringLiteral("placeholders differ: ") + entry.source;
                if (entry.source.count(QStringLiteral("[*]")) != form.count(QStringLiteral("[*]"))) problems << entry.source;
                if (entry.source.endsWith(QChar(0x2026)) != form.endsWith(QChar(0x2026)))
                    problems << QStringLiteral("ellipsis: ") + entry.source;
            }
        }
        QVERIFY2(problems.isEmpty(), qPrintable(problems.join(QLatin1Char('\n'))));
    }

    void germanIsThere()
    {
        QStringList codes;
        for (const Language& language : availableLanguages()) codes << language.code;
        QCOMPARE(codes.value(0), QStringLiteral("en"));
        QVERIFY(codes.contains(QStringLiteral("de")));
        installLanguage(QStringLiteral("de"));
        QCOMPARE(jobStateText(JobState::Succeeded), QStringLiteral("Fertig"));
        installLanguage(QStringLiteral("en"));
        QCOMPARE(jobStateText(JobState::Succeeded), QStringLiteral("Done"));
        // A language without a catalog falls back to English, plural forms included.
        installLanguage(QStringLiteral("sv"));
        Recipe recipe;
        recipe.rules.resize(2);
        QCOMPARE(recipeSummary(recipe), QStringLiteral("Q4_K_M, 2 rules"));
        recipe.rules.resize(1);
        QCOMPARE(recipeSummary(recipe), QStringLiteral("Q4_K_M, 1 rule"));
        installLanguage(QStringLiteral("en"));
    }

    /// core names texts that only the window translates; app/core_texts.cpp lists them.
    void coreTextsAreInTheCatalog()
    {
        QSet<QString> known;
        for (const Entry& entry : readCatalog(QStringLiteral("de")))
            if (entry.context == QLatin1String("Core")) known.insert(entry.source);
        QStringList missing;
        const auto check = [&](std::string_view text) {
            const QString q = QString::fromUtf8(text.data(), static_cast<qsizetype>(text.size()));
            if (!q.isEmpty() && !known.contains(q)) missing << q;
        };
        for (const Preset& preset : presets()) check(preset.description);
        for (const TensorTypeTraits& type : allTensorTypes()) check(describe(type.type));
        for (const Quantizer* quantizer : quantizers()) {
            check(quantizer->title());
            check(quantizer->description());
            for (const MethodOption& option : quantizer->options()) {
                check(option.title);
                check(option.description);
                for (const std::string_view title : option.choiceTitles) check(title);
            }
        }
        for (std::size_t kind = 0; kind < kWarningKinds; ++kind) check(warningText(static_cast<WarningKind>(kind)).text);
        static const std::regex kPhase("begin\\(\"([^\"]+)\"");
        for (const auto& entry : std::filesystem::recursive_directory_iterator(test::sourceDir() / "core")) {
            if (entry.path().extension() != ".cpp") continue;
            std::ifstream in(entry.path());
            const std::string text((std::istreambuf_iterator<char>(in)), {});
            for (std::sregex_iterator it(text.begin(), text.end(), kPhase), end; it != end; ++it) check((*it)[1].str());
        }
        QVERIFY2(missing.isEmpty(),
                 qPrintable(QStringLiteral("add to app/core_texts.cpp and run the target update_translations:\n") +
                            missing.join(QLatin1Char('\n'))));
    }

    /// English in the window is what the command line prints; other languages have plural forms of their own.
    void warningsOfPlansAreSaidInTheLanguage()
    {
        for (std::size_t kind = 0; kind < kWarningKinds; ++kind)
            for (const std::uint64_t count : {1, 2}) {
                const PlanWarning warning{static_cast<WarningKind>(kind), {std::string("A%2"), std::string("B%1"), std::string("C"), std::string("D%n"), std::string("E")}, count};
                QVERIFY(!warning.text().empty());
                QCOMPARE(planWarningText(warning), QString::fromStdString(warning.text()));
            }
        const PlanWarning one{WarningKind::TensorsDoNotFit, {ByteCount{1536}}, 1};
        const PlanWarning two{WarningKind::TensorsDoNotFit, {ByteCount{1536}}, 2};
        QCOMPARE(QString::fromStdString(one.text()), QStringLiteral("1 tensor has rows that do not fit the chosen format and gets a larger one: +1.5 KiB."));
        QCOMPARE(QString::fromStdString(two.text()), QStringLiteral("2 tensors have rows that do not fit the chosen format and get a larger one: +1.5 KiB."));
        installLanguage(QStringLiteral("de"));
        const QString single = planWarningText(one);
        const QString several = planWarningText(two);
        QString rule = planWarningText({WarningKind::RoleRuleUnused, {std::uint64_t{4}, TensorRole::AttnQ}});
        QString method = planWarningText({WarningKind::MethodNeedsCalibration, {NamedMethod{"clip"}}});
        installLanguage(QStringLiteral("en"));
        QVERIFY2(single.startsWith(QStringLiteral("1 Tensor hat ")) && single.contains(QStringLiteral("1,5")), qPrintable(single));
        QVERIFY2(several.startsWith(QStringLiteral("2 Tensoren haben ")), qPrintable(several));
        QVERIFY2(rule.startsWith(QStringLiteral("Regel 4 ")) && rule.contains(QStringLiteral("(Rolle attn_q)")), qPrintable(rule));
        QVERIFY2(method.contains(QStringLiteral("AWQ-")), qPrintable(method));
    }

    void numbersFollowTheLanguage()
    {
        installLanguage(QStringLiteral("de"));
        QCOMPARE(bitsPerWeightText(4.83), QStringLiteral("4,83 bpw"));
        installLanguage(QStringLiteral("en"));
        QCOMPARE(bitsPerWeightText(4.83), QStringLiteral("4.83 bpw"));
    }
};

QTEST_MAIN(TestTranslations)
#include "tst_translations.moc"
