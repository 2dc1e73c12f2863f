// SPDX-License-Identifier: GPL-3.0-or-later
// A size as input: the slider, the field, and the recipe that comes of it.
#include <QLineEdit>
#include <QUndoStack>

#include "app/budget.h"
#include "app/pages/budget_bar.h"
#include "tests/app/window_fixture.h"
#include "widgets/views/budget_slider.h"

using namespace ww;

class TestBudget : public QObject {
    Q_OBJECT

    std::unique_ptr<QTemporaryDir> m_folder;
    std::unique_ptr<test::Program> m_program;

    void open()
    {
        m_folder = std::make_unique<QTemporaryDir>();
        m_program = std::make_unique<test::Program>(m_folder->path());
        QVERIFY(m_program->openSample());
    }
    /// Types a size as a person does.
    void type(const QString& text)
    {
        auto* field = m_program->find<QLineEdit>("budgetField");
        field->setFocus();
        field->selectAll();
        QTest::keyClicks(field, text);
        QTest::keyClick(field, Qt::Key_Return);
    }

private Q_SLOTS:
    void cleanup()
    {
        m_program.reset();
        m_folder.reset();
    }

    void sizes_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<qint64>("bytes");  // −1: refused
        QTest::newRow("gib") << QStringLiteral("6 GiB") << qint64{6} * 1073741824;
        QTest::newRow("gb, comma") << QStringLiteral(" 6,5gb ") << qint64{6500000000};
        QTest::newRow("bits") << QStringLiteral("4.5 bpw") << qint64{4500};
        QTest::newRow("percent") << QStringLiteral("70 %") << qint64{11200};
        QTest::newRow("bare") << QStringLiteral("2") << qint64{2097152};
        QTest::newRow("nothing") << QString() << qint64{-1};
        QTest::newRow("zero") << QStringLiteral("0 MiB") << qint64{-1};
        QTest::newRow("negative") << QStringLiteral("-3 MiB") << qint64{-1};
        QTest::newRow("unit") << QStringLiteral("3 apples") << qint64{-1};
        QTest::newRow("huge") << QStringLiteral("99999999999 GiB") << qint64{-1};
    }
    void sizes()
    {
        QFETCH(QString, text);
        QFETCH(qint64, bytes);
        const auto parsed = parseBudget(text, 16000, 8000, 1048576);
        QCOMPARE(parsed ? static_cast<qint64>(*parsed) : qint64{-1}, bytes);
    }

    void theFieldFitsTheRecipe()
    {
        open();
        Document& document = m_program->bench().document;
        const Recipe before = document.current()->recipe;
        const std::uint64_t wanted = document.plan()->sourceSizeBytes * 3 / 10;
        type(QStringLiteral("30 %"));
        QTRY_VERIFY_WITH_TIMEOUT(document.current()->recipe != before, 60000);
        QVERIFY(m_program->idle());
        QVERIFY2(document.plan()->sizeBytes <= wanted, qPrintable(QString::number(document.plan()->sizeBytes)));
        QVERIFY(document.plan()->sizeBytes > wanted * 97 / 100);
        QCOMPARE(document.undoStack().index(), 1);
        QVERIFY(m_program->bench().budget.table());
        document.undoStack().undo();
        QVERIFY(document.current()->recipe == before);
        document.undoStack().redo();
        QVERIFY(document.plan()->sizeBytes <= wanted);

        type(QStringLiteral("nonsense"));
        QVERIFY(m_program->messages().contains(QStringLiteral("is no size")));
    }

    void oneUndoStepPerDrag()
    {
        open();
        Document& document = m_program->bench().document;
        m_program->bench().budget.prepare();
        QTRY_VERIFY_WITH_TIMEOUT(m_program->bench().budget.table(), 60000);
        auto* slider = m_program->find<BudgetSlider>("budgetSlider");
        QVERIFY(slider->isEnabled());
        QTRY_VERIFY(slider->ticks().size() >= 5);
        const Recipe before = document.current()->recipe;
        slider->setSliderDown(true);
        QList<std::uint64_t> seen;
        for (const int value : {300, 400, 500, 600}) {
            slider->setSliderPosition(value);
            QTest::qWait(80);
            seen << document.plan()->sizeBytes;
        }
        QVERIFY(std::is_sorted(seen.begin(), seen.end()));
        QVERIFY(seen.front() < seen.back());
        QCOMPARE(document.undoStack().index(), 0);
        slider->setSliderDown(false);
        QVERIFY(m_program->idle());
        QCOMPARE(document.undoStack().index(), 1);
        QVERIFY(document.plan()->sizeBytes >= seen.back() * 97 / 100);
        document.undoStack().undo();
        QVERIFY(document.current()->recipe == before);
    }

    void reachAndValues()
    {
        open();
        Document& document = m_program->bench().document;
        m_program->bench().budget.prepare();
        QTRY_VERIFY_WITH_TIMEOUT(m_program->bench().budget.table(), 60000);
        const auto table = m_program->bench().budget.table();
        for (const std::uint64_t bytes : {std::uint64_t{1}, table->smallestBytes(), table->largestBytes(), ~std::uint64_t{0}}) {
            const auto recipe = table->recipe(document.current()->recipe, bytes, true);
            QVERIFY(recipe);
            const auto plan = resolve(*recipe, *document.survey(), document.planOptions());
            QVERIFY(plan);
            QVERIFY(plan->sizeBytes <= std::clamp(bytes, table->smallestBytes() + 512, table->largestBytes() + 512));
        }
        const auto values = table->values(*document.plan());
        int known = 0;
        for (const PlanEntry& entry : document.plan()->entries) {
            const auto& value = values[entry.tensorIndex];
            if (!entry.quantized) continue;
            QVERIFY(value && value->damage > 0);
            if (value->gainPerMiB) {
                ++known;
                QVERIFY(*value->gainPerMiB > 0);
            }
        }
        QVERIFY(known > 10);
    }
};

QTEST_MAIN(TestBudget)
#include "tst_budget.moc"
