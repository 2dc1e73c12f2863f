// SPDX-License-Identifier: GPL-3.0-or-later
// Comparing methods in the window: choose, run, read the table, stop.
#include <QCheckBox>
#include <QComboBox>
#include <QLineEdit>
#include <QListWidget>
#include <QPushButton>
#include <QSpinBox>
#include <QTabWidget>
#include <QToolButton>
#include <QTreeWidget>

#include "app/dialogs/method_bench_dialog.h"
#include "tests/app/window_fixture.h"

using namespace ww;

class TestMethodBench : public QObject {
    Q_OBJECT

    std::unique_ptr<QTemporaryDir> m_folder;
    std::unique_ptr<test::Program> m_program;

    static void check(QListWidget* list, const QStringList& wanted, int role)
    {
        for (int i = 0; i < list->count(); ++i) {
            QListWidgetItem* item = list->item(i);
            const QString name = role == Qt::DisplayRole ? item->text() : item->data(role).toString();
            item->setCheckState(wanted.contains(name) ? Qt::Checked : Qt::Unchecked);
        }
    }
    MethodBenchDialog* open() { return m_program->openDialog<MethodBenchDialog>(m_program->actions().compareMethods); }

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

    void combinationsFillTheTable()
    {
        MethodBenchDialog* dialog = open();
        QVERIFY(dialog);
        auto* methods = dialog->findChild<QListWidget*>(QStringLiteral("benchMethods"));
        // What lacks data cannot be checked, and says how to get it.
        bool explained = false;
        for (int i = 0; i < methods->count(); ++i)
            explained = explained || (!methods->item(i)->flags().testFlag(Qt::ItemIsEnabled) &&
                                      methods->item(i)->toolTip().contains(QStringLiteral("Calibrate")));
        QVERIFY(explained);
        check(methods, {QStringLiteral("reference"), QStringLiteral("search")}, Qt::UserRole);
        check(dialog->findChild<QListWidget*>(QStringLiteral("benchFormats")), {QStringLiteral("Q4_0")}, Qt::DisplayRole);
        dialog->findChild<QLineEdit*>(QStringLiteral("benchTensors"))->setText(QStringLiteral("blk\\.3\\."));
        dialog->findChild<QCheckBox*>(QStringLiteral("benchModel"))->setChecked(false);
        auto* start = dialog->findChild<QPushButton*>(QStringLiteral("benchStart"));
        QTRY_VERIFY(start->isEnabled());
        QTest::mouseClick(start, Qt::LeftButton);
        QTRY_COMPARE_WITH_TIMEOUT(dialog->rows().size(), std::size_t{2}, 60000);
        QTRY_VERIFY(start->isEnabled());
        QCOMPARE(dialog->findChild<QTreeWidget*>(QStringLiteral("benchTable"))->topLevelItemCount(), 2);
        // People read titles; the table that is saved keeps what the command line takes.
        const QTreeWidgetItem* first = dialog->findChild<QTreeWidget*>(QStringLiteral("benchTable"))->topLevelItem(0);
        QCOMPARE(first->text(1), QStringLiteral("llama.cpp search"));
        QCOMPARE(first->toolTip(1), QStringLiteral("reference"));
        QVERIFY(dialog->rows()[0].problem.empty());
        QVERIFY(dialog->rows()[0].weightError >= dialog->rows()[1].weightError);
        const QStringList lines = dialog->csv().trimmed().split(QLatin1Char('\n'));
        QCOMPARE(lines.size(), 3);
        QVERIFY(lines[1].startsWith(QStringLiteral("reference,Q4_0,")));
        QCOMPARE(lines[1].count(QLatin1Char(',')), lines[0].count(QLatin1Char(',')));
    }

    // As Measure does, and as it was measured last.
    void theWholeModelRunsWithRoundedInputs()
    {
        const auto run = [&](int inputs) -> std::optional<MethodBenchRow> {
            MethodBenchDialog* dialog = open();
            if (!dialog) return std::nullopt;
            check(dialog->findChild<QListWidget*>(QStringLiteral("benchMethods")), {QStringLiteral("reference")}, Qt::UserRole);
            check(dialog->findChild<QListWidget*>(QStringLiteral("benchFormats")), {QStringLiteral("Q4_0")}, Qt::DisplayRole);
            dialog->findChild<QSpinBox*>(QStringLiteral("benchContext"))->setValue(64);
            dialog->findChild<QSpinBox*>(QStringLiteral("benchWindows"))->setValue(1);
            auto* choice = dialog->findChild<QComboBox*>(QStringLiteral("benchInputs"));
            if (choice->currentIndex() != inputs) return std::nullopt;
            auto* model = dialog->findChild<QCheckBox*>(QStringLiteral("benchModel"));
            model->setChecked(false);
            if (choice->isEnabled()) return std::nullopt;
            model->setChecked(true);
            auto* start = dialog->findChild<QPushButton*>(QStringLiteral("benchStart"));
            if (!choice->isEnabled() || !QTest::qWaitFor([&] { return start->isEnabled(); })) return std::nullopt;
            QTest::mouseClick(start, Qt::LeftButton);
            if (!QTest::qWaitFor([&] { return dialog->rows().size() == 1 && start->isEnabled(); }, 60000)) return std::nullopt;
            const MethodBenchRow row = dialog->rows().front();
            const QString word = inputs == 1 ? QStringLiteral(",llama.cpp") : QStringLiteral(",float");
            if (!dialog->csv().trimmed().endsWith(word)) return std::nullopt;
            dialog->close();
            if (!QTest::qWaitFor([&] { return !m_program->window().findChild<MethodBenchDialog*>(); })) return std::nullopt;
            return row;
        };
        const auto exact = run(0);
        QVERIFY(exact && exact->kld);
        m_program->bench().settings.setMeasureRoundedInputs(true);
        const auto rounded = run(1);
        QVERIFY(rounded && rounded->kld);
        QVERIFY(rounded->kld->value != exact->kld->value && rounded->perplexity->value != exact->perplexity->value);
        QCOMPARE(rounded->weightError, exact->weightError);
    }

    void stopKeepsWhatIsThere()
    {
        MethodBenchDialog* dialog = open();
        QVERIFY(dialog);
        auto* start = dialog->findChild<QPushButton*>(QStringLiteral("benchStart"));
        auto* stop = dialog->findChild<QPushButton*>(QStringLiteral("benchStop"));
        QTRY_VERIFY(start->isEnabled());
        QVERIFY(!stop->isEnabled());
        QTest::keyClick(dialog, Qt::Key_Return);
        QVERIFY(stop->isEnabled() && !start->isEnabled());
        // Nothing can be chosen that the table would not follow; the main window stays usable.
        QVERIFY(!dialog->isModal());
        QTRY_VERIFY_WITH_TIMEOUT(!dialog->rows().empty(), 60000);
        QTest::mouseClick(stop, Qt::LeftButton);
        QTRY_COMPARE_WITH_TIMEOUT(m_program->bench().jobs.activeCount(), 0, 5000);
        QVERIFY(start->isEnabled() && !stop->isEnabled());
        QVERIFY(!dialog->rows().empty());
        QVERIFY(m_program->messages().isEmpty());
        QTest::keyClick(dialog, Qt::Key_Escape);
        QTRY_VERIFY(!m_program->window().findChild<MethodBenchDialog*>());
    }

    void oneTensorFromTheInspector()
    {
        m_program->bench().selection.set({m_program->tensor("blk.3.ffn_down.weight")}, m_program->tensor("blk.3.ffn_down.weight"));
        auto* button = m_program->find<QToolButton>("compareOnTensor");
        QVERIFY(!button->isVisible());
        m_program->find<QTabWidget>("inspectorTabs")->setCurrentIndex(2);
        QVERIFY(button->isVisible());
        QTest::mouseClick(button, Qt::LeftButton);
        MethodBenchDialog* dialog = nullptr;
        QTRY_VERIFY((dialog = m_program->window().findChild<MethodBenchDialog*>()) && dialog->isVisible());
        QVERIFY(!dialog->findChild<QCheckBox*>(QStringLiteral("benchModel"))->isChecked());
        check(dialog->findChild<QListWidget*>(QStringLiteral("benchMethods")), {QStringLiteral("reference"), QStringLiteral("search")}, Qt::UserRole);
        check(dialog->findChild<QListWidget*>(QStringLiteral("benchFormats")), {QStringLiteral("Q4_0"), QStringLiteral("Q8_0")}, Qt::DisplayRole);
        auto* start = dialog->findChild<QPushButton*>(QStringLiteral("benchStart"));
        QTRY_VERIFY(start->isEnabled());
        QTest::mouseClick(start, Qt::LeftButton);
        QTRY_COMPARE_WITH_TIMEOUT(dialog->rows().size(), std::size_t{4}, 60000);
        for (const MethodBenchRow& row : dialog->rows()) {
            QVERIFY2(row.problem.empty(), row.problem.c_str());
            QCOMPARE(row.tensors, std::size_t{1});
        }
    }

    void closingStopsTheWork()
    {
        MethodBenchDialog* dialog = open();
        QVERIFY(dialog);
        auto* start = dialog->findChild<QPushButton*>(QStringLiteral("benchStart"));
        QTRY_VERIFY(start->isEnabled());
        QTest::mouseClick(start, Qt::LeftButton);
        QVERIFY(m_program->bench().jobs.activeCount() > 0);
        dialog->close();
        QTRY_COMPARE_WITH_TIMEOUT(m_program->bench().jobs.activeCount(), 0, 5000);
    }
};

QTEST_MAIN(TestMethodBench)
#include "tst_method_bench.moc"
