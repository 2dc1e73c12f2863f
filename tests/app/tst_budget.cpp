// SPDX-License-Identifier: GPL-3.0-or-later
// A size as input: the slider, the field, and the recipe that comes of it.
#include <QLineEdit>
#include <QUndoStack>

#include "app/budget.h"
#include "app/pages/budget_bar.h"
#include "plan/runtime_memory.h"
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

    void memoryTargets_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<qint64>("bytes");  // −1: not a target
        QTest::addColumn<int>("tokens");
        QTest::addColumn<int>("cache");
        const qint64 six = qint64{6} * 1073741824;
        const int f16 = static_cast<int>(TensorType::F16);
        const int q8 = static_cast<int>(TensorType::Q8_0);
        QTest::newRow("words") << QStringLiteral("fits 6 GiB with 8k context") << six << 8192 << f16;
        QTest::newRow("German") << QStringLiteral("passt in 6 GiB mit 8k Kontext") << six << 8192 << f16;
        QTest::newRow("short") << QStringLiteral("6GiB@8192") << six << 8192 << f16;
        QTest::newRow("cache") << QStringLiteral("6 GiB with 32k q8_0") << six << 32768 << q8;
        QTest::newRow("decimal") << QStringLiteral("1,5 GB with 512 tokens") << qint64{1500000000} << 512 << f16;
        QTest::newRow("size alone") << QStringLiteral("6 GiB") << qint64{-1} << 0 << 0;
        QTest::newRow("bits") << QStringLiteral("4.5 bpw") << qint64{-1} << 0 << 0;
        QTest::newRow("no context") << QStringLiteral("6 GiB with 0") << qint64{-1} << 0 << 0;
        QTest::newRow("no unit") << QStringLiteral("6 8192") << qint64{-1} << 0 << 0;
        QTest::newRow("another cache") << QStringLiteral("6 GiB with 8k q3_k") << qint64{-1} << 0 << 0;
    }
    void memoryTargets()
    {
        QFETCH(QString, text);
        QFETCH(qint64, bytes);
        const auto target = parseMemoryTarget(text);
        QCOMPARE(target ? static_cast<qint64>(target->bytes) : qint64{-1}, bytes);
        if (!target) return;
        QTEST(static_cast<int>(target->contextLength), "tokens");
        QTEST(static_cast<int>(target->cacheType), "cache");
    }

    void memoryLeavesRoomForTheContext()
    {
        open();
        Document& document = m_program->bench().document;
        const auto need = runtimeMemory(*document.model(), 256, TensorType::F16);
        QVERIFY(need);
        const std::uint64_t wanted = document.plan()->sourceSizeBytes * 3 / 10;
        const Recipe before = document.current()->recipe;
        type(QStringLiteral("%1 KiB with 256").arg((wanted + need->total()) / 1024));
        QTRY_VERIFY_WITH_TIMEOUT(document.current()->recipe != before, 60000);
        QVERIFY(m_program->idle());
        QVERIFY2(document.plan()->sizeBytes <= wanted, qPrintable(QString::number(document.plan()->sizeBytes)));
        QVERIFY(document.plan()->sizeBytes > wanted * 95 / 100);
        QVERIFY2(m_program->messages().contains(QStringLiteral("for the cache of keys and values (F16)")), qPrintable(m_program->messages()));
        const Recipe fitted = document.current()->recipe;
        type(QStringLiteral("1 KiB with 256"));
        QVERIFY2(m_program->messages().contains(QStringLiteral("too little for this context")), qPrintable(m_program->messages()));
        QVERIFY(document.current()->recipe == fitted);
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
                QVERIFY2(*value->gainPerMiB <= value->damage, "a gain is at most all of the damage");
            }
        }
        QVERIFY(known > 10);
    }
};

QTEST_MAIN(TestBudget)
#include "tst_budget.moc"
