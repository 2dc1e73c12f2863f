// SPDX-License-Identifier: GPL-3.0-or-later
// What leaves the program besides plain exports: facts about the model, files beside it, parts, reports; and the view of damage.
#include <QCheckBox>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSignalSpy>
#include <QTabWidget>

#include "app/dialogs/export_dialog.h"
#include "app/dialogs/metadata_dialog.h"
#include "app/pages/results_panel.h"
#include "import/open_model.h"
#include "tests/app/window_fixture.h"
#include "widgets/plots/damage_plot.h"

using namespace ww;

class TestShipping : public QObject {
    Q_OBJECT

    std::unique_ptr<QTemporaryDir> m_folder;
    std::unique_ptr<test::Program> m_program;

    QString file(const char* name) const { return m_folder->filePath(QString::fromLatin1(name)); }

private Q_SLOTS:
    void init()
    {
        m_folder = std::make_unique<QTemporaryDir>();
        m_program = std::make_unique<test::Program>(m_folder->path());
        QVERIFY(m_program->openSample());
    }
    void cleanup()
    {
        m_program.reset();
        m_folder.reset();
    }

    void factsAreEditedExportedAndRestored()
    {
        auto* dialog = m_program->openDialog<MetadataDialog>(m_program->actions().modelFacts);
        QVERIFY(dialog);
        dialog->findChild<QLineEdit*>(QStringLiteral("general.name"))->setText(QStringLiteral("My Model"));
        dialog->findChild<QLineEdit*>(QStringLiteral("general.license"))->setText(QStringLiteral("apache-2.0"));
        dialog->findChild<QPlainTextEdit*>(QStringLiteral("tokenizer.chat_template"))->setPlainText(QStringLiteral("{{ x }}\n{{ y }}"));
        QTest::keyClick(dialog->findChild<QLineEdit*>(QStringLiteral("general.name")), Qt::Key_Return);
        const MetadataEdits& edits = m_program->bench().document.metadataEdits();
        QCOMPARE(edits.at("general.license"), std::optional<std::string>("apache-2.0"));

        QTRY_VERIFY(!m_program->window().findChild<MetadataDialog*>());
        auto* exporting = m_program->openDialog<ExportDialog>(m_program->actions().exportModel);
        QVERIFY(exporting);
        exporting->findChild<QLineEdit*>(QStringLiteral("exportFolder"))->setText(m_folder->path());
        exporting->findChild<QCheckBox*>(QStringLiteral("exportCard"))->setChecked(true);
        exporting->findChild<QCheckBox*>(QStringLiteral("exportRecipe"))->setChecked(true);
        QVERIFY(!exporting->findChild<QCheckBox*>(QStringLiteral("exportImportance"))->isEnabled());
        QTest::mouseClick(exporting->findChild<QPushButton*>(QStringLiteral("exportStart")), Qt::LeftButton);
        QVERIFY(m_program->idle());
        const auto model = openAnyModel(toPath(file("fixture-llama-8M-Q4_K_M.gguf")));
        QVERIFY2(model.has_value(), qPrintable(m_program->messages()));
        QCOMPARE((*model)->displayName(), std::string("My Model"));
        QCOMPARE((*model)->metadata().string("tokenizer.chat_template"), std::optional<std::string_view>("{{ x }}\n{{ y }}"));
        QVERIFY(loadRecipe(toPath(file("fixture-llama-8M-Q4_K_M.recipe.json"))).has_value());
        QFile card(file("README.md"));
        QVERIFY2(card.open(QIODevice::ReadOnly), qPrintable(m_program->messages()));
        const QByteArray text = card.readAll();
        QVERIFY(text.contains("license: \"apache-2.0\"") || text.contains("license: apache-2.0"));
        QVERIFY(text.contains("fixture-llama-8M-Q4_K_M.gguf"));
        exporting->close();

        m_program->restart();
        QTRY_VERIFY(m_program->bench().document.isOpen());
        QCOMPARE(m_program->bench().document.metadataEdits().at("general.name"), std::optional<std::string>("My Model"));
    }

    void aReadmeOfSomebodyElseStays()
    {
        QFile card(file("README.md"));
        QVERIFY(card.open(QIODevice::WriteOnly));
        card.write("mine");
        card.close();
        auto* exporting = m_program->openDialog<ExportDialog>(m_program->actions().exportModel);
        QVERIFY(exporting);
        exporting->findChild<QLineEdit*>(QStringLiteral("exportFolder"))->setText(m_folder->path());
        exporting->findChild<QCheckBox*>(QStringLiteral("exportCard"))->setChecked(true);
        QTest::mouseClick(exporting->findChild<QPushButton*>(QStringLiteral("exportStart")), Qt::LeftButton);
        QVERIFY(m_program->idle());
        QVERIFY(m_program->messages().contains(QStringLiteral("README.md")));
        QVERIFY(card.open(QIODevice::ReadOnly));
        QCOMPARE(card.readAll(), QByteArray("mine"));
    }

    // What no file can hold is stored as the person chooses, and both losses are told.
    void analysisMethodsAreStoredAsChosen()
    {
        Document& document = m_program->bench().document;
        auto* plain = m_program->openDialog<ExportDialog>(m_program->actions().exportModel);
        QVERIFY(plain);
        QVERIFY(!plain->findChild<QComboBox*>(QStringLiteral("exportAnalysis"))->isVisible());
        plain->close();
        QTRY_VERIFY(!m_program->window().findChild<ExportDialog*>());

        Recipe recipe = document.current()->recipe;
        recipe.method = "nf4";
        document.changeContent(recipe, QStringLiteral("NF4"));
        auto* exporting = m_program->openDialog<ExportDialog>(m_program->actions().exportModel);
        QVERIFY(exporting);
        auto* stored = exporting->findChild<QComboBox*>(QStringLiteral("exportAnalysis"));
        QVERIFY(stored && stored->isVisible());
        stored->setCurrentIndex(1);
        exporting->findChild<QLineEdit*>(QStringLiteral("exportFolder"))->setText(m_folder->path());
        QTest::mouseClick(exporting->findChild<QPushButton*>(QStringLiteral("exportStart")), Qt::LeftButton);
        QVERIFY(m_program->idle());
        const auto model = openAnyModel(toPath(file("fixture-llama-8M-Q4_K_M.gguf")));
        QVERIFY2(model.has_value(), qPrintable(m_program->messages()));
        QCOMPARE((*model)->find("blk.0.ffn_up.weight")->type, TensorType::F16);
        QVERIFY2(m_program->messages().contains(QStringLiteral("by the method")), qPrintable(m_program->messages()));
    }

    void partsAreWritten()
    {
        ExportRequest request{m_program->bench().document.currentId(), {}, m_program->bench().document.plan(), file("parts.gguf")};
        m_program->bench().exports.start({request}, {.partBytes = std::uint64_t{2} << 20});
        QVERIFY(m_program->idle());
        const QStringList parts = QDir(m_folder->path()).entryList({QStringLiteral("parts-0*.gguf")});
        QVERIFY2(parts.size() > 1, qPrintable(m_program->messages()));
        const auto model = openAnyModel(toPath(m_folder->filePath(parts.front())));
        QVERIFY(model.has_value());
        QCOMPARE((*model)->tensors().size(), m_program->bench().document.model()->tensors().size());
    }

    void theReportShowsWhatTheWindowShows()
    {
        m_program->bench().budget.prepare();
        QVERIFY(m_program->idle());
        m_program->window().writeReport(file("report.html"));
        QTRY_VERIFY(m_program->messages().contains(QStringLiteral("report.html is ready")));
        QFile report(file("report.html"));
        QVERIFY(report.open(QIODevice::ReadOnly));
        const QByteArray html = report.readAll();
        QVERIFY(html.startsWith("<!DOCTYPE html>"));
        QVERIFY(html.contains("blk.3.ffn_down.weight"));
        QVERIFY(html.contains("data:image/png;base64,"));
        QVERIFY(html.contains("The preset Q4_K_M treats this tensor separately."));
        QVERIFY(!html.contains("http://") && !html.contains("https://"));
        // What is not there is named, with the way to it; the recipe can be taken from the report.
        QVERIFY(html.contains("What this report lacks") && html.contains("Calibrate collects one.") && html.contains("No probes:"));
        QVERIFY(html.contains("The perplexity of this recipe was not measured."));
        QVERIFY(html.contains("Squared error") && !html.contains("KL divergence added"));
        QVERIFY(html.contains("&quot;weightwright-recipe&quot;: 1"));
        m_program->window().writeReport(file("no such folder/report.html"));
        QTRY_VERIFY(m_program->messages().contains(QStringLiteral("The report was not written.")));
    }

    void damageIsShownAndLeadsToTheTensor()
    {
        m_program->find<QTabWidget>("resultsTabs")->setCurrentIndex(2);
        auto* plot = m_program->find<DamagePlot>("damagePlot");
        QTRY_VERIFY_WITH_TIMEOUT(plot->barCount() > 10, 20000);
        QVERIFY(m_program->find<QLabel>("sensitivityNote")->text().contains(QStringLiteral("Estimated")));
        QVERIFY(plot->csv().startsWith(QStringLiteral("tensor,format,damage\n")));
        QSignalSpy clicked(plot, &DamagePlot::tensorClicked);
        QWidget* inner = plot->findChild<QWidget*>();
        for (QWidget* child : plot->findChildren<QWidget*>())
            if (child->isVisible() && child->inherits("QCustomPlot")) inner = child;
        // Between two bars there is nothing to click.
        for (int y = 0; y < 24 && clicked.isEmpty(); y += 4)
            QTest::mouseClick(inner, Qt::LeftButton, {}, QPoint(inner->width() / 2, inner->height() / 3 + y));
        QCOMPARE(clicked.count(), 1);
        QCOMPARE(m_program->bench().selection.tensors(), TensorSet{static_cast<std::size_t>(clicked[0][0].toInt())});
        QTRY_VERIFY(m_program->find<QLabel>("inspectorNote")->text().contains(QStringLiteral("Another MiB")));
    }
};

QTEST_MAIN(TestShipping)
#include "tst_shipping.moc"
