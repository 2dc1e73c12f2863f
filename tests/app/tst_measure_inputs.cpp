// SPDX-License-Identifier: GPL-3.0-or-later
// Measuring with inputs rounded as llama.cpp does, from the dialog to the table, the report and the next start.
#include <QComboBox>
#include <QPushButton>
#include <QSpinBox>
#include <QTreeView>

#include "app/dialogs/measure_dialog.h"
#include "app/report.h"
#include "tests/app/window_fixture.h"
#include "widgets/models/variants_model.h"

using namespace ww;

class TestMeasureInputs : public QObject {
    Q_OBJECT

    std::unique_ptr<QTemporaryDir> m_folder;
    std::unique_ptr<test::Program> m_program;

    const Document& document() { return m_program->bench().document; }
    /// Through the dialog, as a person does; it says what it proposes.
    int measure(int inputs)
    {
        auto* dialog = m_program->openDialog<MeasureDialog>(m_program->actions().measure);
        if (!dialog) return -1;
        auto* combo = dialog->findChild<QComboBox*>(QStringLiteral("measureInputs"));
        const int proposed = combo->currentIndex();
        combo->setCurrentIndex(inputs);
        dialog->findChild<QSpinBox*>(QStringLiteral("measureContext"))->setValue(64);
        dialog->findChild<QSpinBox*>(QStringLiteral("measureWindows"))->setValue(2);
        auto* start = dialog->findChild<QPushButton*>(QStringLiteral("measureStart"));
        if (!QTest::qWaitFor([&] { return start->isEnabled(); })) return -1;
        QTest::mouseClick(start, Qt::LeftButton);
        return m_program->idle() ? proposed : -1;
    }

private Q_SLOTS:
    void roundedInputsAreChosenKeptAndShown()
    {
        m_folder = std::make_unique<QTemporaryDir>();
        m_program = std::make_unique<test::Program>(m_folder->path());
        QVERIFY(m_program->openSample());
        const auto* variants = m_program->window().findChild<VariantsModel*>();
        const auto* table = m_program->find<QTreeView>("variantsTable");
        QCOMPARE(measure(0), 0);
        QCOMPARE(document().variants().size(), std::size_t{2});
        QVERIFY(table->isColumnHidden(VariantsModel::Inputs));
        QCOMPARE(measure(1), 0);
        // The original and the recipe, each in both ways; the figures do not overwrite each other.
        QCOMPARE(document().variants().size(), std::size_t{4});
        QVERIFY(!table->isColumnHidden(VariantsModel::Inputs));
        const Recipe& recipe = document().current()->recipe;
        const Variant* rounded = document().variantFor(recipe);
        QVERIFY(rounded && rounded->activations == Activations::LlamaCpp && rounded->divergence && rounded->deltaError);
        const auto exact = std::ranges::find_if(document().variants(), [](const Variant& v) { return v.recipe && v.activations == Activations::Float; });
        QVERIFY(exact != document().variants().end());
        QVERIFY(rounded->perplexity != exact->perplexity);
        QVERIFY(rounded->divergence->mean != exact->divergence->mean);
        QVERIFY(!sameYardstick(*rounded, *exact));
        QVERIFY(m_program->find<QLabel>("statusPerplexity")->toolTip().contains(QStringLiteral("rounded as llama.cpp does")));
        QVERIFY(variants->csv().contains(QStringLiteral(",llama.cpp,")));
        QVERIFY(variants->csv().contains(QStringLiteral(",float,")));
        const QString html = reportHtml(m_program->bench(), m_program->window().page()->rows(), *variants, {});
        QVERIFY(html.contains(QStringLiteral("inputs rounded as llama.cpp does")));
        QVERIFY(html.contains(QStringLiteral(">rounded<")));
        // Nothing is measured twice, and the next start knows both what was chosen and what was found.
        const std::vector<Variant> found = document().variants();
        m_program->restart();
        QTRY_VERIFY(document().isOpen());
        QVERIFY(document().variants() == found);
        QCOMPARE(measure(1), 1);
        QVERIFY(document().variants() == found);
    }

    void cleanupTestCase()
    {
        m_program.reset();
        m_folder.reset();
    }
};

QTEST_MAIN(TestMeasureInputs)
#include "tst_measure_inputs.moc"
