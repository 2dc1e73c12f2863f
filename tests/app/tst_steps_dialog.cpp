// SPDX-License-Identifier: GPL-3.0-or-later
// Steps before quantizing in the window: chosen and ordered, part of the recipe, run in the background, undone.
#include <QComboBox>
#include <QFile>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QPushButton>
#include <QSpinBox>

#include <algorithm>

#include "app/dialogs/measure_dialog.h"
#include "app/dialogs/steps_dialog.h"
#include "app/paths.h"
#include "base/thread_pool.h"
#include "jobs/export.h"
#include "jobs/transformed_model.h"
#include "tests/app/window_fixture.h"
#include "widgets/models/tensor_tree_model.h"
#include "widgets/models/variants_model.h"

using namespace ww;

class TestStepsDialog : public QObject {
    Q_OBJECT

    std::unique_ptr<QTemporaryDir> m_folder;
    std::unique_ptr<test::Program> m_program;

    StepsDialog* dialog() { return m_program->openedDialog<StepsDialog>(); }
    static void press(StepsDialog* dialog, const char* name)
    {
        auto* button = dialog->findChild<QPushButton*>(QLatin1String(name));
        QVERIFY2(button && button->isEnabled(), name);
        QTest::mouseClick(button, Qt::LeftButton);
    }
    static QStringList titles(StepsDialog* dialog)
    {
        const auto* list = dialog->findChild<QListWidget*>(QStringLiteral("stepsSteps"));
        QStringList all;
        for (int i = 0; i < list->count(); ++i) all << list->item(i)->text();
        return all;
    }

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

    void stepsAreChosenAndOrdered()
    {
        m_program->actions().recipeSteps->trigger();
        StepsDialog* d = dialog();
        QVERIFY(d);
        // A rotation reads no text.
        press(d, "stepsRotation");
        QVERIFY(!d->findChild<QLineEdit*>(QStringLiteral("stepsText"))->isVisible());
        d->findChild<QSpinBox*>(QStringLiteral("stepsSeed"))->setValue(7);
        press(d, "stepsAwq");
        QVERIFY(d->findChild<QLineEdit*>(QStringLiteral("stepsText"))->isVisible());
        auto* format = d->findChild<QComboBox*>(QStringLiteral("stepsFormat"));
        format->setCurrentIndex(format->findText(QStringLiteral("Q4_K")));
        QVERIFY(format->findText(QStringLiteral("3 bits with zero-point, groups of 128")) >= 0);
        format->setCurrentIndex(format->findText(QStringLiteral("NF4")));
        QCOMPARE(titles(d).last(), QStringLiteral("AWQ for NF4"));
        QCOMPARE(transformStepText(d->steps().back()), std::string("awq:nf4"));
        format->setCurrentIndex(format->findText(QStringLiteral("Q4_K")));
        press(d, "stepsSmoothQuant");
        QCOMPARE(titles(d), QStringList({QStringLiteral("Rotation, seed 7"), QStringLiteral("AWQ for Q4_K"), QStringLiteral("SmoothQuant, strength 0.5")}));
        press(d, "stepsUp");
        press(d, "stepsUp");
        press(d, "stepsRemove");
        press(d, "stepsDown");
        QCOMPARE(d->steps().size(), std::size_t{2});
        QCOMPARE(transformStepText(d->steps()[0]), std::string("awq:Q4_K"));
        QCOMPARE(transformStepText(d->steps()[1]), std::string("rotation:7"));
        QTest::keyClick(d, Qt::Key_Escape);
        QTRY_VERIFY(!m_program->window().findChild<StepsDialog*>());
    }

    void recipesWithStepsShowMeasureAndExportTheChangedModel()
    {
        const std::shared_ptr<const ModelFile> opened = document().model();
        QVERIFY(m_program->find<QWidget>("stepsRow")->isHidden());
        StepsDialog* d = m_program->openDialog<StepsDialog>(m_program->actions().recipeSteps);
        QVERIFY(d);
        press(d, "stepsRotation");
        press(d, "stepsUse");
        QTRY_VERIFY(document().current() && !document().current()->stepsPending);
        QVERIFY(document().model() != opened);
        QCOMPARE(document().opened().model, opened);
        QVERIFY(document().plan());
        QVERIFY(m_program->find<QWidget>("stepsRow")->isVisible());
        QCOMPARE(m_program->find<QLabel>("stepsLabel")->text(), QStringLiteral("Before quantizing: Rotation, seed 1"));

        // What is exported is what the command line writes for the same recipe.
        const QString target = m_folder->filePath(QStringLiteral("rotated.gguf"));
        m_program->bench().exports.start({{document().currentId(), QStringLiteral("rotated"), document().plan(), target, document().sharedBase()}});
        QVERIFY(m_program->idle());
        Recipe rest = document().current()->recipe;
        const std::vector<TransformStep> steps = std::exchange(rest.transform, {});
        QCOMPARE(steps.size(), std::size_t{1});
        ThreadPool pool(2);
        const JobContext context{pool};
        const auto changed = transformedModel(opened, steps, {}, 512, 0, context);
        QVERIFY(changed);
        const auto plan = resolve(rest, **changed);
        QVERIFY(plan);
        const QString expected = m_folder->filePath(QStringLiteral("expected.gguf"));
        QVERIFY(exportGguf(**changed, *plan, toPath(expected), context));
        QVERIFY(contentOf(target) == contentOf(expected));

        // Undone, the tables are those of the model as it is; redone, nothing has to be run again.
        m_program->actions().undo->trigger();
        QCOMPARE(document().model(), opened);
        QVERIFY(m_program->find<QWidget>("stepsRow")->isHidden());
        m_program->actions().redo->trigger();
        QVERIFY(document().model() != opened);
        QVERIFY(!document().current()->stepsPending);

        // Measured against the original, with the divergence of rounding alone.
        MeasureOptions options = m_program->bench().measure.defaultOptions();
        options.contextLength = 64;
        options.maxWindows = 2;
        options.divergence = true;
        m_program->bench().measure.measure(options, {document().currentId()}, {});
        QVERIFY(m_program->idle());
        const Variant* variant = document().variantFor(document().current()->recipe);
        QVERIFY2(variant && variant->divergence, qPrintable(m_program->messages()));
        QVERIFY(variant->divergence->mean > 0 && variant->divergence->mean < 1);
    }

    void aRecipeIsCalibratedAnewAndMeasuredWhenItIsReady()
    {
        // Calibrated before: the changed model needs importance and Gram matrices of its own.
        MeasureOptions text = m_program->bench().calibrate.defaultOptions();
        text.contextLength = 64;
        text.maxWindows = 4;
        m_program->bench().calibrate.start(text, 0, true);
        QVERIFY(m_program->idle());
        QVERIFY(document().grams());
        m_program->bench().steps.setText(text);
        Recipe recipe;
        recipe.name = "Rotated";
        recipe.preset = "Q4_0";
        recipe.method = "gptq";
        recipe.transform = {*parseTransformStep("rotation:3"), *parseTransformStep("awq:Q4_0")};
        m_program->bench().document.addRecipe(recipe, QStringLiteral("Add"));
        QVERIFY(document().current()->stepsPending);
        MeasureOptions options = m_program->bench().measure.defaultOptions();
        options.contextLength = 64;
        options.maxWindows = 1;
        options.divergence = true;
        m_program->bench().measure.measure(options, {document().currentId()}, {});
        QVERIFY2(m_program->messages().contains(QStringLiteral("as soon as its steps have been run")), qPrintable(m_program->messages()));
        QTRY_VERIFY_WITH_TIMEOUT(document().variantFor(document().current()->recipe), 60000);
        QVERIFY(!document().current()->stepsPending);
        QVERIFY(document().grams() && document().grams() != document().opened().grams);
        QVERIFY(document().importance() != document().opened().importance);
        // The next start finds both where it left them.
        m_program->bench().projects.flush();
        m_program->restart();
        m_program->bench().projects.restoreLast();
        QTRY_VERIFY(document().isOpen());
        m_program->bench().steps.setText(text);
        QTRY_VERIFY_WITH_TIMEOUT(document().current() && !document().current()->stepsPending, 60000);
        QCOMPARE(document().current()->recipe.name, std::string("Rotated"));
        QVERIFY(document().plan() && document().grams());
    }

    void theTextOfTheStepsIsSaid()
    {
        MeasureOptions text = m_program->bench().calibrate.defaultOptions();
        text.contextLength = 64;
        text.maxWindows = 2;
        m_program->bench().steps.setText(text);
        Recipe recipe;
        recipe.name = "Scaled";
        recipe.transform = {*parseTransformStep("awq:Q4_0")};
        m_program->bench().document.addRecipe(recipe, QStringLiteral("Add"));
        QTRY_VERIFY_WITH_TIMEOUT(document().current()->base && !document().current()->stepsPending, 60000);
        const QString read = QFileInfo(text.textPath).fileName();
        QVERIFY(m_program->find<QLabel>("stepsLabel")->text().contains(read));

        // Before measuring, in the dialog.
        auto* dialog = m_program->openDialog<MeasureDialog>(m_program->actions().measure);
        QVERIFY(dialog);
        auto* facts = dialog->findChild<QLabel*>(QStringLiteral("measureFacts"));
        QTRY_VERIFY2(facts->text().contains(QStringLiteral("read another text, ") + read), qPrintable(facts->text()));
        dialog->findChild<QLineEdit*>(QStringLiteral("measureText"))->setText(text.textPath);
        QTRY_VERIFY2(facts->text().contains(QStringLiteral("read this text, too")), qPrintable(facts->text()));
        dialog->reject();

        // And with the figures.
        const auto measuredOn = [&](const QString& path) {
            MeasureOptions options = text;
            options.textPath = path;
            m_program->bench().measure.measure(options, {document().currentId()}, {});
            return m_program->idle();
        };
        const auto& variants = *m_program->window().findChild<VariantsModel*>();
        const auto detail = [&] { return std::ranges::find(variants.rows(), true, &VariantRow::current)->detail; };
        QVERIFY(measuredOn(sampleEvaluationTextPath()));
        QTRY_VERIFY2(detail().contains(QStringLiteral("its steps read ") + read), qPrintable(detail()));
        QVERIFY(!m_program->messages().contains(QStringLiteral("that its steps read")));
        QVERIFY(measuredOn(text.textPath));
        QTRY_VERIFY2(detail().contains(QStringLiteral("its steps read the same text")), qPrintable(detail()));
        QVERIFY(m_program->messages().contains(QStringLiteral("that its steps read")));
    }

    // Whatever other models are calibrated on meanwhile, the next start runs the steps on what they have read before.
    void theTextOfTheStepsIsKept()
    {
        const QString own = m_folder->filePath(QStringLiteral("own.txt"));
        QVERIFY(QFile::copy(sampleEvaluationTextPath(), own));
        const auto addScaled = [&] {
            Recipe recipe;
            recipe.name = "Scaled";
            recipe.transform = {*parseTransformStep("awq:Q4_0")};
            m_program->bench().document.addRecipe(recipe, QStringLiteral("Add"));
            return QTest::qWaitFor([&] { return document().current()->base && !document().current()->stepsPending; }, 60000);
        };
        const auto restart = [&] {
            m_program->bench().projects.flush();
            m_program->bench().settings.setCalibration(own, 3);  // of another model
            m_program->restart();
            m_program->bench().projects.restoreLast();
            return QTest::qWaitFor([&] { return document().isOpen() && document().current()->base && !document().current()->stepsPending; }, 60000);
        };
        m_program->bench().settings.setCalibration({}, 2);
        QVERIFY(addScaled());
        const MeasureOptions first = m_program->bench().steps.text();
        QCOMPARE(first.textPath, sampleCalibrationTextPath());
        QVERIFY(restart());
        QVERIFY(m_program->bench().calibrate.defaultOptions().textPath == own);
        QVERIFY(m_program->bench().steps.text() == first);
        QCOMPARE(document().current()->base->textPath, first.textPath);

        // A calibration of this model is newer; a text chosen for the steps stays.
        MeasureOptions calibration = m_program->bench().calibrate.defaultOptions();
        calibration.maxWindows = 1;
        m_program->bench().calibrate.start(calibration);
        QVERIFY(m_program->idle());
        QCOMPARE(m_program->bench().steps.text().textPath, own);
        m_program->bench().steps.setText(first);
        calibration.maxWindows = 2;
        m_program->bench().calibrate.start(calibration);
        QVERIFY(m_program->idle());
        QVERIFY(restart());
        QVERIFY(m_program->bench().steps.text() == first);
    }

    void stoppedStepsCanBeRunAgain()
    {
        Recipe recipe;
        recipe.name = "Scaled";
        recipe.transform = {*parseTransformStep("awq:Q4_0")};
        MeasureOptions text = m_program->bench().steps.text();
        text.maxWindows = 8;
        m_program->bench().steps.setText(text);
        m_program->bench().document.addRecipe(recipe, QStringLiteral("Add"));
        QTRY_VERIFY(m_program->bench().steps.isRunning());
        m_program->bench().jobs.cancelAll();
        QVERIFY(m_program->idle());
        QTRY_VERIFY(document().planError());
        QVERIFY(!document().plan());
        // The tables keep what is planned.
        QVERIFY(document().shownPlan());
        QVERIFY(!m_program->window().findChild<TensorTreeModel*>()->rows().empty());
        QVERIFY2(m_program->messages().contains(QStringLiteral("were stopped")), qPrintable(m_program->messages()));
        const auto shown = m_program->bench().messages.messages();
        QVERIFY(!shown.empty() && !shown.back().actions.empty());
        shown.back().actions.front().run();
        QTRY_VERIFY_WITH_TIMEOUT(document().plan() && !document().current()->stepsPending, 60000);
        QVERIFY(!document().planError());
    }

private:
    const Document& document() { return m_program->bench().document; }
    static QByteArray contentOf(const QString& path)
    {
        QFile file(path);
        return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
    }
};

QTEST_MAIN(TestStepsDialog)
#include "tst_steps_dialog.moc"
