// SPDX-License-Identifier: GPL-3.0-or-later
// Calibrating in the window, from the button to the plan, with cancel and restart.
#include <QCheckBox>
#include <QComboBox>
#include <QPushButton>
#include <QSpinBox>

#include <cmath>

#include "app/controllers/calibrate_controller.h"
#include "app/controllers/measure_controller.h"
#include "app/dialogs/calibrate_dialog.h"
#include "app/dialogs/text_choice.h"
#include "app/user_messages.h"
#include "tests/app/window_fixture.h"
#include "widgets/models/tensor_tree_model.h"

using namespace ww;

class TestCalibrate : public QObject {
    Q_OBJECT

    std::unique_ptr<QTemporaryDir> m_folder;
    std::unique_ptr<test::Program> m_program;

    /// Through the dialog, as a person does.
    void calibrate(int windows, int context, bool probe = false)
    {
        m_program->actions().calibrate->trigger();
        CalibrateDialog* dialog = nullptr;
        QTRY_VERIFY((dialog = m_program->window().findChild<CalibrateDialog*>()) && dialog->isVisible());
        dialog->findChild<QSpinBox*>(QStringLiteral("calibrateContext"))->setValue(context);
        dialog->findChild<QSpinBox*>(QStringLiteral("calibrateWindows"))->setValue(windows);
        dialog->findChild<QCheckBox*>(QStringLiteral("calibrateProbe"))->setChecked(probe);
        auto* start = dialog->findChild<QPushButton*>(QStringLiteral("calibrateStart"));
        QTRY_VERIFY(start->isEnabled());
        QTest::mouseClick(start, Qt::LeftButton);
        QTRY_VERIFY(!m_program->window().findChild<CalibrateDialog*>());
    }

private Q_SLOTS:
    void init()
    {
        m_folder = std::make_unique<QTemporaryDir>();
        QVERIFY(m_folder->isValid());
        m_program = std::make_unique<test::Program>(m_folder->path());
        QVERIFY(m_program->openSample());
    }
    void cleanup()
    {
        m_program.reset();
        m_folder.reset();
    }

    void theResultIsUsedKeptAndRestored()
    {
        Document& document = m_program->bench().document;
        QVERIFY(!document.importance());
        calibrate(4, 128);
        QVERIFY(m_program->bench().calibrate.isRunning());
        QTRY_VERIFY_WITH_TIMEOUT(document.importance(), 60000);
        QVERIFY(!m_program->bench().calibrate.isRunning());
        QCOMPARE(document.importance()->chunkCount, 4U);
        QVERIFY(m_program->messages().contains(QStringLiteral("Calibrated")));
        QVERIFY(QFileInfo::exists(document.importancePath()));
        QVERIFY(document.importancePath().startsWith(cacheDir()));
        const bool used = std::ranges::any_of(document.plan()->entries, [](const PlanEntry& e) { return e.importance != nullptr; });
        QVERIFY(used);
        auto* label = m_program->find<QLabel>("statusImportance");
        QVERIFY(label->isVisible());
        QVERIFY(label->text().contains(QStringLiteral("calibration.txt")));
        QVERIFY(m_program->bench().calibrate.wasCalibratedOn(sampleCalibrationTextPath()));
        QVERIFY(!m_program->bench().calibrate.wasCalibratedOn(sampleEvaluationTextPath()));
        const auto entries = document.importance()->entries;

        // Again: from the cache, the same.
        document.setImportance(nullptr);
        calibrate(4, 128);
        QTRY_VERIFY(document.importance());
        QVERIFY(document.importance()->entries == entries);

        m_program->restart();
        QTRY_VERIFY(m_program->bench().document.isOpen());
        QVERIFY(m_program->bench().document.importance());
        QVERIFY(m_program->bench().document.importance()->entries == entries);
    }

    void gptqCanBeChosenOnceTheInputsAreKnown()
    {
        Document& document = m_program->bench().document;
        auto* methods = m_program->find<QComboBox>("methodCombo");
        const auto isOffered = [&](const char* method) {
            const int index = methods->findData(QString::fromLatin1(method));
            return index >= 0 && methods->model()->flags(methods->model()->index(index, 0)).testFlag(Qt::ItemIsEnabled);
        };
        QVERIFY(!isOffered("gptq"));
        const int index = methods->findData(QStringLiteral("gptq"));
        QVERIFY(methods->itemData(index, Qt::ToolTipRole).toString().contains(QStringLiteral("Calibrate")));
        calibrate(8, 128);
        QTRY_VERIFY_WITH_TIMEOUT(document.importance(), 60000);
        QVERIFY(document.grams());
        QVERIFY(isOffered("gptq"));

        const std::size_t tensor = m_program->tensor("blk.3.ffn_down.weight");
        m_program->bench().selection.set({tensor}, tensor);
        const auto reported = [&] { return m_program->bench().reports.report(); };
        QTRY_VERIFY(reported());
        const double before = reported()->error.relativeError();
        document.choose({tensor}, {TensorType::Q4_K, false, "gptq"});
        QVERIFY(document.plan());
        const auto entry = [&] { return *std::ranges::find(document.plan()->entries, tensor, &PlanEntry::tensorIndex); };
        QCOMPARE(entry().method, std::string("gptq"));
        QVERIFY(entry().grams);
        QTRY_VERIFY_WITH_TIMEOUT(reported() && reported()->error.relativeError() != before, 20000);
        const double chosen = reported()->error.relativeError();

        m_program->restart();
        QTRY_VERIFY(m_program->bench().document.isOpen());
        QVERIFY(m_program->bench().document.grams());
        QVERIFY(m_program->bench().document.plan());
        m_program->bench().selection.set({tensor}, tensor);
        QTRY_VERIFY_WITH_TIMEOUT(reported(), 20000);
        QCOMPARE(reported()->error.relativeError(), chosen);
        // Without the calibration the recipe cannot be made, and that is told.
        m_program->actions().removeImportance->trigger();
        QVERIFY(!m_program->bench().document.plan());
        QVERIFY(m_program->messages().contains(QStringLiteral("calibration")));
    }

    void aRecipeThatWaitsForItsCalibrationStaysVisible()
    {
        m_program->bench().settings.setCalibration({}, 4);
        Document& document = m_program->bench().document;
        const auto* model = m_program->window().findChild<TensorTreeModel*>();
        const std::size_t count = model->rows().size();
        QVERIFY(count > 0);
        Recipe recipe = document.current()->recipe;
        recipe.method = "gptq";
        document.changeContent(recipe, QStringLiteral("method"));
        QVERIFY(!document.plan());
        const std::size_t tensor = m_program->tensor("blk.3.ffn_down.weight");
        QCOMPARE(model->rows().size(), count);
        QCOMPARE(model->rows()[tensor].methodText, QStringLiteral("GPTQ"));
        QVERIFY(m_program->find<QLabel>("statusSize")->isVisible());
        QVERIFY(!m_program->actions().exportModel->isEnabled());
        // It can be edited meanwhile.
        document.choose({tensor}, {TensorType::Q8_0, false, {}});
        QCOMPARE(model->rows()[tensor].target, TensorType::Q8_0);
        document.undoStack().undo();

        QPushButton* offered = nullptr;
        for (QPushButton* button : m_program->window().findChild<MessageBar*>()->findChildren<QPushButton*>())
            if (button->isVisible() && button->text().contains(QStringLiteral("calibration.txt"))) offered = button;
        QVERIFY(offered);
        QTest::mouseClick(offered, Qt::LeftButton);
        QVERIFY(m_program->messages().contains(QStringLiteral("waits")));
        QTRY_VERIFY_WITH_TIMEOUT(document.plan(), 60000);
        QVERIFY(document.grams());
        QVERIFY(!m_program->messages().contains(QStringLiteral("waits")));
        QVERIFY(!document.current()->draft);
    }

    void probesPredictEveryRecipe()
    {
        calibrate(40, 32, true);
        const auto table = [&] { return m_program->bench().budget.table(); };
        QTRY_VERIFY_WITH_TIMEOUT(table() && table()->basis() == BudgetTable::Basis::Probes, 200000);
        auto* label = m_program->find<QLabel>("statusPrediction");
        QVERIFY2(label->isVisible() && label->text().contains(QStringLiteral("predicted")), qPrintable(label->text()));
        Document& document = m_program->bench().document;
        const auto before = table()->predict(*document.plan());
        QVERIFY(before && before->kld > 0 && before->low <= before->kld && before->kld <= before->high);
        document.setPreset(QStringLiteral("Q2_K"));
        const auto after = table()->predict(*document.plan());
        QVERIFY(after && after->kld > before->kld);
        // A recipe of the same size chosen by it is predicted to be at least as good.
        const auto recipe = table()->recipe(document.current()->recipe, document.plan()->sizeBytes, true);
        QVERIFY(recipe);
        const auto plan = resolve(*recipe, *document.survey(), document.planOptions());
        QVERIFY(plan && plan->sizeBytes <= document.plan()->sizeBytes);
        QVERIFY(table()->predict(*plan)->kld <= after->kld);

        // A recipe that was measured sets the scale of all predictions.
        document.setPreset(QStringLiteral("Q4_K_M"));
        const double predicted = table()->predict(*document.plan())->kld;
        MeasureOptions options = m_program->bench().measure.defaultOptions();
        options.contextLength = 64;
        options.maxWindows = 8;
        options.divergence = true;
        m_program->bench().measure.measure(options, {document.current()->id}, {});
        QVERIFY(m_program->idle());
        const Variant* variant = document.variantFor(document.current()->recipe);
        QVERIFY(variant && variant->divergence);
        const double measured = variant->divergence->mean;
        QTRY_VERIFY2(std::fabs(table()->predict(*document.plan())->kld / measured - 1) < 0.01,
                     qPrintable(QStringLiteral("%1 %2").arg(table()->predict(*document.plan())->kld).arg(measured)));
        QVERIFY(predicted != table()->predict(*document.plan())->kld);

        m_program->restart();
        QTRY_VERIFY(m_program->bench().document.isOpen());
        QTRY_VERIFY_WITH_TIMEOUT(table() && table()->basis() == BudgetTable::Basis::Probes, 20000);
        QTRY_VERIFY(std::fabs(table()->predict(*m_program->bench().document.plan())->kld / measured - 1) < 0.01);
    }

    void cancelLeavesNothing()
    {
        calibrate(0, 512);
        QVERIFY(m_program->bench().calibrate.isRunning());
        m_program->actions().stopAll->trigger();
        QVERIFY(m_program->idle(2000));
        QTRY_VERIFY(!m_program->bench().calibrate.isRunning());
        QVERIFY(!m_program->bench().document.importance());
        QVERIFY(QDir(cacheDir()).entryList({QStringLiteral("*.imatrix.gguf")}, QDir::Files).isEmpty());
    }

    void aTextThatIsTooShortIsToldInTheDialog()
    {
        const QString path = m_folder->filePath(QStringLiteral("short.txt"));
        QFile file(path);
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write("Not much to read.");
        file.close();
        CalibrateDialog dialog(m_program->bench());
        MeasureOptions options;
        options.textPath = path;
        dialog.findChild<TextChoice*>()->setOptions(options);
        auto* facts = dialog.findChild<QLabel*>(QStringLiteral("calibrateFacts"));
        QTRY_VERIFY(facts->text().contains(QStringLiteral("token")));
        QVERIFY(!dialog.findChild<QPushButton*>(QStringLiteral("calibrateStart"))->isEnabled());
    }
};

QTEST_MAIN(TestCalibrate)
#include "tst_calibrate.moc"
