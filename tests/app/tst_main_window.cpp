// SPDX-License-Identifier: GPL-3.0-or-later
// The window, driven through the whole path by mouse and keyboard.
#include <QAccessible>
#include <QComboBox>
#include <QDropEvent>
#include <QElapsedTimer>
#include <QHeaderView>
#include <QLineEdit>
#include <QMenu>
#include <QMimeData>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QScrollBar>
#include <QSpinBox>
#include <QStyle>
#include <QStyleOptionComboBox>
#include <QTabWidget>
#include <QToolButton>
#include <QTreeView>
#include <QTreeWidget>
#include <QtTest>

#include "app/dialogs/export_dialog.h"
#include "app/dialogs/measure_dialog.h"
#include "app/dialogs/method_dialog.h"
#include "app/pages/results_panel.h"
#include "methods/quantizer.h"
#include "tests/app/window_fixture.h"
#include "widgets/models/tensor_tree_model.h"
#include "widgets/models/variants_model.h"
#include "widgets/plots/pareto_plot.h"
#include "widgets/views/format_palette.h"
#include "widgets/views/job_indicator.h"
#include "widgets/views/tensor_table.h"

using namespace ww;

class TestMainWindow : public QObject {
    Q_OBJECT

    /// QObject::receivers is protected; a derived class may name it.
    struct Connections : QAction {
        using QObject::receivers;
    };
    static int connections(const QAction* action, const char* signal) { return (action->*&Connections::receivers)(signal); }

    std::unique_ptr<QTemporaryDir> m_folder;
    std::unique_ptr<test::Program> m_program;

    QString file(const char* name) const { return m_folder->filePath(QString::fromLatin1(name)); }
    static void click(QWidget* widget)
    {
        QVERIFY(widget);
        QVERIFY(widget->isEnabled());
        QTest::mouseClick(widget, Qt::LeftButton);
    }
    void drop(const QString& path)
    {
        QMimeData data;
        data.setUrls({QUrl::fromLocalFile(path)});
        QDragEnterEvent enter(QPoint(50, 50), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
        QCoreApplication::sendEvent(&m_program->window(), &enter);
        QVERIFY(enter.isAccepted());
        QDropEvent event(QPointF(50, 50), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
        QCoreApplication::sendEvent(&m_program->window(), &event);
    }
    /// Measures with few windows through the dialog.
    void measure(int windows, int context)
    {
        auto* dialog = m_program->openDialog<MeasureDialog>(m_program->actions().measure);
        QVERIFY(dialog);
        dialog->findChild<QSpinBox*>(QStringLiteral("measureContext"))->setValue(context);
        dialog->findChild<QSpinBox*>(QStringLiteral("measureWindows"))->setValue(windows);
        auto* start = dialog->findChild<QPushButton*>(QStringLiteral("measureStart"));
        QTRY_VERIFY(start->isEnabled());
        click(start);
        QTRY_VERIFY(!m_program->window().findChild<MeasureDialog*>());
    }

private Q_SLOTS:
    void init()
    {
        m_folder = std::make_unique<QTemporaryDir>();
        QVERIFY(m_folder->isValid());
        m_program = std::make_unique<test::Program>(m_folder->path());
        QVERIFY(QTest::qWaitForWindowExposed(&m_program->window()));
    }
    void cleanup()
    {
        m_program.reset();
        m_folder.reset();
    }

    void startPageOpensTheSample()
    {
        auto* page = m_program->find<QWidget>("startPage");
        QVERIFY(page->isVisible());
        QVERIFY(!m_program->actions().measure->isEnabled());
        QVERIFY(!m_program->actions().exportModel->isEnabled());
        QTRY_VERIFY(m_program->find<QPushButton>("openButton")->hasFocus());
        // By keyboard alone: Tab to the next button, Space.
        QTest::keyClick(m_program->find<QPushButton>("openButton"), Qt::Key_Tab);
        auto* sample = m_program->find<QPushButton>("sampleButton");
        QVERIFY(sample->hasFocus());
        QTest::keyClick(sample, Qt::Key_Space);
        QTRY_VERIFY(m_program->bench().document.isOpen());
        QVERIFY(m_program->window().page()->isVisible());
        QVERIFY(!page->isVisible());
        QVERIFY(m_program->find<QLabel>("statusSize")->text().contains(QStringLiteral("MiB")));
        QCOMPARE(m_program->find<QLabel>("statusPerplexity")->text(), QStringLiteral("PPL not measured yet"));
        QVERIFY(m_program->actions().measure->isEnabled());
        QVERIFY(m_program->bench().settings.recentFiles().first().endsWith(QStringLiteral(".gguf")));
        // Closing leads back to the start page, with the file among the recent ones.
        m_program->actions().close->trigger();
        QVERIFY(page->isVisible());
        QVERIFY(m_program->find<QPushButton>("restoreButton")->isVisible());
    }

    void paintOnTheMapAndUndo()
    {
        QVERIFY(m_program->openSample());
        const auto sizeBefore = m_program->bench().document.plan()->sizeBytes;
        QTest::mouseClick(m_program->canvas()->viewport(), Qt::LeftButton, Qt::NoModifier,
                          m_program->cellPoint("blk.2.ffn_up.weight"));
        QCOMPARE(m_program->bench().selection.tensors(), TensorSet{m_program->tensor("blk.2.ffn_up.weight")});
        QCOMPARE(m_program->find<QLabel>("inspectorTitle")->text(), QStringLiteral("blk.2.ffn_up.weight"));
        // The table has the same selection.
        QCOMPARE(m_program->window().page()->table()->selectedRows(),
                 QList<int>{static_cast<int>(m_program->tensor("blk.2.ffn_up.weight"))});
        // Drag over two blocks, then choose a format in the inspector.
        QTest::mousePress(m_program->canvas()->viewport(), Qt::LeftButton, Qt::NoModifier,
                          m_program->cellPoint("blk.2.ffn_up.weight"));
        QTest::mouseMove(m_program->canvas()->viewport(), m_program->cellPoint("blk.3.ffn_up.weight"));
        QTest::mouseRelease(m_program->canvas()->viewport(), Qt::LeftButton, Qt::NoModifier,
                            m_program->cellPoint("blk.3.ffn_up.weight"));
        QCOMPARE(m_program->bench().selection.tensors().size(), std::size_t{2});
        auto* format = m_program->find<QComboBox>("formatCombo");
        format->setFocus();
        format->setCurrentIndex(format->findText(QStringLiteral("Q8_0"), Qt::MatchStartsWith));
        Q_EMIT format->activated(format->currentIndex());
        QCOMPARE(m_program->target("blk.2.ffn_up.weight"), std::string("Q8_0"));
        QCOMPARE(m_program->target("blk.3.ffn_up.weight"), std::string("Q8_0"));
        QVERIFY(m_program->bench().document.plan()->sizeBytes > sizeBefore);
        QVERIFY(m_program->window().isWindowModified());
        QVERIFY(m_program->actions().undo->text().contains(QStringLiteral("Set 2 tensors to Q8_0")));
        QTest::keyClick(&m_program->window(), Qt::Key_Z, Qt::ControlModifier);
        QCOMPARE(m_program->bench().document.plan()->sizeBytes, sizeBefore);
        QTest::keyClick(&m_program->window(), Qt::Key_Z, Qt::ControlModifier | Qt::ShiftModifier);
        QCOMPARE(m_program->target("blk.3.ffn_up.weight"), std::string("Q8_0"));
        m_program->actions().resetTensors->trigger();
        QCOMPARE(m_program->bench().document.plan()->sizeBytes, sizeBefore);
    }

    void mixedSelection()
    {
        QVERIFY(m_program->openSample());
        m_program->bench().document.choose({m_program->tensor("blk.0.ffn_up.weight")}, {TensorType::Q8_0, false, {}});
        m_program->bench().selection.set({m_program->tensor("blk.0.ffn_up.weight"), m_program->tensor("blk.1.ffn_up.weight")});
        auto* format = m_program->find<QComboBox>("formatCombo");
        QCOMPARE(format->currentIndex(), -1);
        QCOMPARE(format->placeholderText(), QStringLiteral("mixed"));
        m_program->bench().selection.set({m_program->tensor("blk.0.attn_norm.weight")});
        QVERIFY(!format->isEnabled());
        QVERIFY(!m_program->find<QWidget>("resetButton")->isEnabled());
    }

    void keyboardReachesMapTableInspectorResults()
    {
        QVERIFY(m_program->openSample());
        m_program->window().activateWindow();
        QTest::keyClick(&m_program->window(), Qt::Key_1, Qt::AltModifier);
        QTRY_VERIFY(m_program->canvas()->hasFocus());
        QTest::keyClick(m_program->canvas(), Qt::Key_Right);
        QTest::keyClick(m_program->canvas(), Qt::Key_Space);
        QVERIFY(!m_program->bench().selection.tensors().empty());
        QTest::keyClick(&m_program->window(), Qt::Key_2, Qt::AltModifier);
        QTRY_VERIFY(m_program->window().page()->table()->view()->hasFocus());
        QTest::keyClick(&m_program->window(), Qt::Key_3, Qt::AltModifier);
        QTRY_VERIFY(m_program->find<QWidget>("inspector")->isAncestorOf(QApplication::focusWidget()));
        QTest::keyClick(&m_program->window(), Qt::Key_4, Qt::AltModifier);
        QTRY_VERIFY(m_program->find<QWidget>("results")->isAncestorOf(QApplication::focusWidget()));
        QTest::keyClick(&m_program->window(), Qt::Key_A, Qt::ControlModifier | Qt::ShiftModifier);
        QCOMPARE(m_program->bench().selection.tensors().size(), m_program->bench().document.model()->tensors().size());
    }

    void inspectorReports()
    {
        QVERIFY(m_program->openSample());
        m_program->bench().selection.set({m_program->tensor("blk.4.ffn_down.weight")});
        QTRY_VERIFY(m_program->bench().reports.report());
        const double error = m_program->bench().reports.report()->error.relativeError();
        QVERIFY(error > 0.001 && error < 0.2);
        m_program->find<QTabWidget>("inspectorTabs")->setCurrentIndex(2);
        QTRY_VERIFY_WITH_TIMEOUT(m_program->bench().reports.isCurveComplete(), 20000);
        QVERIFY(m_program->bench().reports.curve().size() >= 5);
        // A change of the format needs another report, and only the last of a quick series is computed.
        for (TensorType type : {TensorType::Q4_0, TensorType::Q5_0, TensorType::Q8_0})
            m_program->bench().document.choose(m_program->bench().selection.tensors(), {type, false, {}});
        QVERIFY(!m_program->bench().reports.report());
        QTRY_VERIFY(m_program->bench().reports.report());
        QVERIFY(m_program->bench().reports.report()->error.relativeError() < error);
        m_program->actions().weightErrors->trigger();
        QTRY_VERIFY_WITH_TIMEOUT(m_program->bench().reports.hasAllErrors(), 60000);
    }

    void measureFewWindows()
    {
        QVERIFY(m_program->openSample());
        measure(2, 64);
        QTRY_COMPARE_WITH_TIMEOUT(m_program->bench().document.variants().size(), std::size_t{2}, 60000);
        QVERIFY2(m_program->find<QLabel>("statusPerplexity")->text().contains(QStringLiteral("measured")),
                 qPrintable(m_program->find<QLabel>("statusPerplexity")->text()));
        VariantsModel* table = m_program->window().page()->results()->variants();
        QCOMPARE(table->rowCount(), 2);
        QVERIFY(table->rows()[1].delta.has_value());
        // Token by token the difference is known far better than either number.
        QVERIFY(table->rows()[1].deltaError.has_value());
        QVERIFY(*table->rows()[1].deltaError < 0.3 * *table->rows()[1].standardError);
        QVERIFY(table->rows()[1].detail.contains(QStringLiteral("evaluation.txt")));
        QVERIFY(table->rows()[1].detail.contains(QStringLiteral("2 windows")));
        // With it comes how far the predictions moved.
        QVERIFY(!table->rows()[0].klDivergence.has_value());
        QVERIFY(table->rows()[1].klDivergence && *table->rows()[1].klDivergence > 0 && *table->rows()[1].klDivergence < 0.5);
        QVERIFY(table->rows()[1].sameTop && *table->rows()[1].sameTop > 0.5);
        QVERIFY(table->rows()[1].rmsChange.has_value());
        // The same again is known already.
        const auto first = m_program->bench().document.variants()[0].measuredAt;
        measure(2, 64);
        QVERIFY(m_program->idle());
        QCOMPARE(m_program->bench().document.variants().size(), std::size_t{2});
        QCOMPARE(m_program->bench().document.variants()[0].measuredAt, first);
    }

    void twoVariantsAreComparedTokenByToken()
    {
        QVERIFY(m_program->openSample());
        Document& document = m_program->bench().document;
        document.setPreset(QStringLiteral("Q2_K"));
        measure(4, 64);
        QVERIFY(m_program->idle());
        document.duplicateRecipe(document.currentId());
        document.setPreset(QStringLiteral("Q8_0"));
        measure(4, 64);
        QVERIFY(m_program->idle());
        QCOMPARE(document.variants().size(), std::size_t{3});
        auto* table = m_program->find<QTreeView>("variantsTable");
        table->selectAll();
        auto* sentence = m_program->find<QLabel>("comparison");
        QTRY_VERIFY2(sentence->text().contains(QStringLiteral("nearer to the original")), qPrintable(sentence->text()));
        QVERIFY(sentence->text().startsWith(QString::fromStdString(document.current()->recipe.name)));
        auto* quality = m_program->find<QComboBox>("qualityCombo");
        quality->setCurrentIndex(1);
        auto* plot = m_program->window().findChild<ParetoPlot*>();
        QCOMPARE(plot->data().size(), std::size_t{2});
        QVERIFY(plot->csv().contains(QStringLiteral("kl_divergence")));
        QVERIFY(!plot->description().contains(QStringLiteral("perplexity")));
        // It is all there again after a restart.
        const auto figures = document.variants().back().divergence;
        QVERIFY(figures);
        m_program->restart();
        QTRY_VERIFY(m_program->bench().document.isOpen());
        QCOMPARE(m_program->bench().document.variants().size(), std::size_t{3});
        QVERIFY(m_program->bench().document.variants().back().divergence == figures);
    }

    void methodsAndTheirOptions()
    {
        QVERIFY(m_program->openSample());
        Document& document = m_program->bench().document;
        click(m_program->canvas());
        m_program->bench().selection.set({m_program->tensor("blk.0.ffn_up.weight")});
        auto* combo = m_program->find<QComboBox>("methodCombo");
        QCOMPARE(static_cast<std::size_t>(combo->count()), quantizers().size());
        const auto choose = [&](const char* id) {
            const int row = combo->findData(QString::fromLatin1(id));
            QVERIFY(row >= 0);
            combo->setCurrentIndex(row);
            Q_EMIT combo->activated(row);
        };
        const auto methodOf = [&] {
            for (const PlanEntry& entry : document.plan()->entries)
                if (entry.tensorIndex == m_program->tensor("blk.0.ffn_up.weight")) return entry.method;
            return std::string();
        };
        choose("absmax");
        QCOMPARE(methodOf(), std::string("absmax"));
        auto* options = m_program->find<QToolButton>("methodOptions");
        QVERIFY(options->isEnabled());
        click(options);
        MethodDialog* dialog = nullptr;
        QTRY_VERIFY((dialog = m_program->window().findChild<MethodDialog*>()) && dialog->isVisible());
        dialog->findChild<QSpinBox*>(QStringLiteral("option-bits"))->setValue(3);
        dialog->accept();
        QCOMPARE(methodOf(), std::string("absmax:bits=3"));
        QCOMPARE(combo->currentData().toString(), QStringLiteral("absmax"));
        choose("reference");
        QCOMPARE(methodOf(), std::string("reference"));
        QVERIFY(!options->isEnabled());
    }

    void cancelFromTheStatusBar()
    {
        QVERIFY(m_program->openSample());
        measure(0, 512);
        auto* indicator = m_program->find<JobIndicator>("jobIndicator");
        QTRY_VERIFY(!indicator->text().isEmpty());
        QVERIFY2(indicator->text().contains(QStringLiteral("Original")), qPrintable(indicator->text()));
        QElapsedTimer clock;
        clock.start();
        m_program->actions().stopAll->trigger();
        QVERIFY(m_program->idle(5000));
        QVERIFY2(clock.elapsed() < 2000, qPrintable(QString::number(clock.elapsed())));
        QVERIFY(m_program->bench().document.variants().empty());
        QVERIFY(m_program->bench().measure.pending().empty());
        QTRY_VERIFY(indicator->text().isEmpty());
        QVERIFY2(m_program->messages().isEmpty(), qPrintable(m_program->messages()));
    }

    void anEditReschedulesTheMeasurement()
    {
        QVERIFY(m_program->openSample());
        measure(1, 64);
        m_program->bench().document.setPreset(QStringLiteral("Q8_0"));
        QTRY_VERIFY_WITH_TIMEOUT(m_program->bench().document.variantFor(m_program->bench().document.current()->recipe), 60000);
        QCOMPARE(m_program->bench().document.variants().back().name, QStringLiteral("Q8_0"));
    }

    void exportWritesAModel()
    {
        QVERIFY(m_program->openSample());
        m_program->bench().document.duplicateRecipe(m_program->bench().document.currentId());
        m_program->bench().document.setPreset(QStringLiteral("Q8_0"));
        auto* dialog = m_program->openDialog<ExportDialog>(m_program->actions().exportModel);
        QVERIFY(dialog);
        auto* list = dialog->findChild<QTreeWidget*>(QStringLiteral("exportList"));
        QCOMPARE(list->topLevelItemCount(), 2);
        QCOMPARE(list->topLevelItem(0)->text(1), QStringLiteral("fixture-llama-8M-Q4_K_M.gguf"));
        for (int i = 0; i < 2; ++i) list->topLevelItem(i)->setCheckState(0, Qt::Checked);
        auto* folder = dialog->findChild<QLineEdit*>(QStringLiteral("exportFolder"));
        auto* start = dialog->findChild<QPushButton*>(QStringLiteral("exportStart"));
        folder->setText(file("no such folder"));
        QVERIFY(!start->isEnabled());
        QVERIFY(dialog->findChild<QLabel*>(QStringLiteral("exportSpace"))->text().contains(QStringLiteral("does not exist")));
        folder->setText(m_folder->path());
        QVERIFY(dialog->findChild<QLabel*>(QStringLiteral("exportSpace"))->text().contains(QStringLiteral("Free there")));
        click(start);
        QVERIFY(m_program->idle());
        QVERIFY(!dialog->findChild<QPushButton*>(QStringLiteral("exportCancel"))->isEnabled());
        for (int i = 0; i < 2; ++i) {
            const auto model = openModel(toPath(m_folder->filePath(list->topLevelItem(i)->text(1))));
            QVERIFY2(model.has_value(), model ? "" : model.error().describe().c_str());
            QCOMPARE((*model)->tensors().size(), m_program->bench().document.model()->tensors().size());
        }
        QVERIFY2(m_program->messages().contains(QStringLiteral("is ready")), qPrintable(m_program->messages()));
        // The source itself is refused before anything starts.
        folder->setText(QFileInfo(sampleModelPath()).absolutePath());
        list->topLevelItem(0)->setText(1, QFileInfo(sampleModelPath()).fileName());
        QVERIFY(!start->isEnabled());
        dialog->close();
    }

    void unwritableTargetIsAMessage()
    {
        QVERIFY(m_program->openSample());
        QVERIFY(QDir(m_folder->path()).mkdir(QStringLiteral("taken.gguf")));
        ExportRequest request{m_program->bench().document.currentId(), QStringLiteral("x"), m_program->bench().document.plan(),
                              file("taken.gguf")};
        m_program->bench().exports.start({request});
        QVERIFY(m_program->idle());
        QVERIFY2(m_program->messages().contains(QStringLiteral("taken.gguf was not written")), qPrintable(m_program->messages()));
        QVERIFY(m_program->find<QWidget>("messageBar")->isVisible());
    }

    void cancelledExportLeavesNothing()
    {
        QVERIFY(m_program->openSample());
        QVERIFY(QDir(m_folder->path()).mkdir(QStringLiteral("out")));
        m_program->bench().exports.start({{1, QStringLiteral("x"), m_program->bench().document.plan(), file("out/x.gguf")}});
        m_program->actions().stopAll->trigger();
        QVERIFY(m_program->idle());
        QVERIFY(QDir(file("out")).isEmpty(QDir::AllEntries | QDir::Hidden | QDir::NoDotAndDotDot) ||
                QFileInfo::exists(file("out/x.gguf")));
    }

    void closeWhileWorking()
    {
        QVERIFY(m_program->openSample());
        measure(0, 512);
        m_program->bench().exports.start({{1, QStringLiteral("x"), m_program->bench().document.plan(), file("late.gguf")}});
        m_program->bench().selection.set({m_program->tensor("output.weight")});
        QTest::qWait(300);
        QElapsedTimer clock;
        clock.start();
        QVERIFY(m_program->window().close());
        m_program->end();
        QVERIFY2(clock.elapsed() < 3000, qPrintable(QString::number(clock.elapsed())));
        QCoreApplication::processEvents();
        QVERIFY(!QFileInfo::exists(file("late.gguf")));
    }

    void badFileDropped()
    {
        QFile bad(file("bad.gguf"));
        QVERIFY(bad.open(QIODevice::WriteOnly));
        bad.write("GGUF\x03");
        bad.close();
        drop(file("bad.gguf"));
        QTRY_VERIFY(m_program->messages().contains(QStringLiteral("bad.gguf could not be opened")));
        QVERIFY(m_program->find<QWidget>("startPage")->isVisible());
        QVERIFY(m_program->find<QWidget>("messageBar")->isVisible());
        // With a model open a bad file leaves it open; a good one takes its place.
        drop(QString::fromStdString(test::sampleModel().string()));
        QTRY_VERIFY(m_program->bench().document.isOpen());
        QVERIFY(m_program->messages().isEmpty());
        drop(file("bad.gguf"));
        QTRY_VERIFY(!m_program->messages().isEmpty());
        QVERIFY(m_program->bench().document.isOpen());
        drop(m_folder->path());
        QTRY_VERIFY(m_program->bench().projects.isOpening() == false);
        QVERIFY(m_program->bench().document.isOpen());
    }

    void textsThatDoNotWork()
    {
        QVERIFY(m_program->openSample());
        QFile shortText(file("short.txt"));
        QVERIFY(shortText.open(QIODevice::WriteOnly));
        shortText.write("Too short.\n");
        shortText.close();
        auto* dialog = m_program->openDialog<MeasureDialog>(m_program->actions().measure);
        QVERIFY(dialog);
        auto* text = dialog->findChild<QLineEdit*>(QStringLiteral("measureText"));
        auto* start = dialog->findChild<QPushButton*>(QStringLiteral("measureStart"));
        auto* facts = dialog->findChild<QLabel*>(QStringLiteral("measureFacts"));
        QTRY_VERIFY(start->isEnabled());
        text->setText(file("missing.txt"));
        QVERIFY(!start->isEnabled());
        QTRY_VERIFY2(facts->text().contains(QStringLiteral("missing.txt")), qPrintable(facts->text()));
        QVERIFY(!start->isEnabled());
        text->setText(file("short.txt"));
        QTRY_VERIFY2(facts->text().contains(QStringLiteral("token")), qPrintable(facts->text()));
        QVERIFY(!start->isEnabled());
        text->clear();
        QTRY_VERIFY(facts->text().contains(QStringLiteral("Choose")));
        dialog->reject();
        // A text that vanishes between the dialog and the job: one message, not one per model.
        m_program->bench().measure.measure({file("missing.txt"), 64, 1}, {m_program->bench().document.currentId()},
                                           {QStringLiteral("Q8_0")});
        QVERIFY(m_program->idle());
        QCOMPARE(m_program->bench().messages.messages().size(), std::size_t{1});
    }

    void projectIsSavedAndRestored()
    {
        QVERIFY(m_program->openSample());
        m_program->bench().selection.set({m_program->tensor("blk.5.attn_v.weight")});
        m_program->bench().document.choose(m_program->bench().selection.tensors(), {TensorType::Q8_0, false, {}});
        m_program->find<QTabWidget>("resultsTabs")->setCurrentIndex(2);
        // Without a project file: the session comes back at the next start.
        m_program->restart();
        QTRY_VERIFY(m_program->bench().document.isOpen());
        QCOMPARE(m_program->target("blk.5.attn_v.weight"), std::string("Q8_0"));
        QCOMPARE(m_program->bench().selection.tensors(), TensorSet{m_program->tensor("blk.5.attn_v.weight")});
        QCOMPARE(m_program->find<QTabWidget>("resultsTabs")->currentIndex(), 2);
        // With one: saved under its name, and from then on by itself.
        m_program->bench().projects.saveAs(file("mine.wwproj"));
        QTRY_VERIFY(QFileInfo::exists(file("mine.wwproj")));
        QVERIFY(!m_program->window().isWindowModified());
        QVERIFY(m_program->window().windowTitle().startsWith(QStringLiteral("mine")));
        m_program->bench().document.setPreset(QStringLiteral("Q6_K"));
        QVERIFY(m_program->window().isWindowModified());
        m_program->restart();
        QTRY_VERIFY(m_program->bench().document.isOpen());
        QCOMPARE(m_program->bench().projects.projectPath(), file("mine.wwproj"));
        QCOMPARE(m_program->bench().document.current()->recipe.preset, std::string("Q6_K"));
        QVERIFY(!m_program->window().isWindowModified());
        m_program->bench().projects.startOver();
        QVERIFY(m_program->bench().document.current()->recipe.rules.empty());
    }

    void projectWithoutItsModel()
    {
        const QString copy = file("model.gguf");
        QVERIFY(QFile::copy(QString::fromStdString(test::sampleModel().string()), copy));
        m_program->window().openPath(copy);
        QTRY_VERIFY(m_program->bench().document.isOpen());
        m_program->bench().document.setPreset(QStringLiteral("Q5_K_S"));
        m_program->bench().projects.saveAs(file("p.wwproj"));
        m_program->actions().close->trigger();
        QFile::rename(copy, file("renamed.gguf"));
        m_program->window().openPath(file("p.wwproj"));
        QTRY_VERIFY2(m_program->messages().contains(QStringLiteral("project is untouched")), qPrintable(m_program->messages()));
        QVERIFY(!m_program->bench().document.isOpen());
        m_program->bench().projects.findModel(file("renamed.gguf"));
        QTRY_VERIFY(m_program->bench().document.isOpen());
        QCOMPARE(m_program->bench().document.current()->recipe.preset, std::string("Q5_K_S"));
    }

    void brokenSessionIsPutAside()
    {
        const QString session = sessionPathFor(sampleModelPath());
        QFile broken(session);
        QVERIFY(broken.open(QIODevice::WriteOnly));
        broken.write("{ \"weightwright-project\": 1, ");
        broken.close();
        QVERIFY(m_program->openSample());
        QVERIFY2(m_program->messages().contains(QStringLiteral("put aside")), qPrintable(m_program->messages()));
        QVERIFY(QFileInfo::exists(session + QStringLiteral(".broken")));
        QCOMPARE(m_program->bench().document.recipes().size(), std::size_t{1});
    }

    void languageChangesAtOnce()
    {
        QVERIFY(m_program->openSample());
        m_program->bench().selection.set({m_program->tensor("blk.1.attn_q.weight")});
        m_program->bench().settings.setLanguage(QStringLiteral("de"));
        QTRY_COMPARE(m_program->find<QLabel>("statusPerplexity")->text(), QStringLiteral("PPL noch nicht gemessen"));
        QVERIFY(m_program->window().isVisible());
        QVERIFY(m_program->bench().document.isOpen());
        QCOMPARE(m_program->find<QLabel>("inspectorTitle")->text(), QStringLiteral("blk.1.attn_q.weight"));
        m_program->bench().settings.setLanguage(QStringLiteral("en"));
        QTRY_COMPARE(m_program->find<QLabel>("statusPerplexity")->text(), QStringLiteral("PPL not measured yet"));
    }

    // Words are longer in German; none may be cut off in a window of the size that small screens have.
    void longWordsFitIntoASmallWindow()
    {
        m_program->bench().settings.setLanguage(QStringLiteral("de"));
        m_program->restart();
        QVERIFY(m_program->openSample());
        QCOMPARE(m_program->window().size(), QSize(1280, 800));
        QTest::qWait(50);
        const auto* view = m_program->window().page()->table()->view();
        const auto* header = view->header();
        const auto width = [&](const QString& text) { return m_program->window().fontMetrics().horizontalAdvance(text); };
        const auto fits = [&](int column, const QString& text) { return !header->isSectionHidden(column) && header->sectionSize(column) > width(text); };
        QVERIFY(fits(TensorTreeModel::State, QStringLiteral("unverändert")));
        QVERIFY(fits(TensorTreeModel::Error, QStringLiteral("≤ 0,0187")));
        QCOMPARE(view->horizontalScrollBar()->maximum(), 0);
        const auto* format = m_program->find<QComboBox>("formatCombo");
        QStyleOptionComboBox option;
        option.initFrom(format);
        const QRect field = format->style()->subControlRect(QStyle::CC_ComboBox, &option, QStyle::SC_ComboBoxEditField, format);
        for (int i = 0; i < format->count(); ++i)
            if (format->itemText(i).endsWith(QStringLiteral(" bpw")))
                QVERIFY2(field.width() >= format->iconSize().width() + 4 + width(format->itemText(i)), qPrintable(format->itemText(i)));
        m_program->bench().settings.setLanguage(QStringLiteral("en"));
    }

    void tryItStreamsAndStops()
    {
        QVERIFY(m_program->openSample());
        m_program->find<QTabWidget>("resultsTabs")->setCurrentIndex(5);
        auto* start = m_program->find<QPushButton>("generateButton");
        auto* stop = m_program->find<QPushButton>("stopButton");
        auto* original = m_program->find<QPlainTextEdit>("originalText");
        auto* recipe = m_program->find<QPlainTextEdit>("recipeText");
        const QString prompt = m_program->find<QPlainTextEdit>("prompt")->toPlainText();
        click(start);
        QVERIFY(stop->isEnabled());
        QTRY_VERIFY_WITH_TIMEOUT(original->toPlainText().size() > prompt.size() && recipe->toPlainText().size() > prompt.size(),
                                 60000);
        QVERIFY(recipe->toPlainText().startsWith(prompt));
        if (stop->isEnabled()) click(stop);
        QVERIFY(start->isEnabled());
        QVERIFY(!stop->isEnabled());
        const QString text = recipe->toPlainText();
        QVERIFY(m_program->idle(3000));
        QCOMPARE(recipe->toPlainText(), text);
    }

    void menusHaveNoDeadEntries()
    {
        QVERIFY(m_program->openSample());
        for (const QAction* action : m_program->actions().all()) {
            QVERIFY2(!action->text().isEmpty() && !action->toolTip().isEmpty(), qPrintable(action->objectName()));
            QVERIFY2(connections(action, SIGNAL(triggered(bool))) + connections(action, SIGNAL(toggled(bool))) > 0,
                     qPrintable(action->objectName()));
        }
        QSet<QString> shortcuts;
        for (const QAction* action : m_program->actions().all()) {
            if (action->shortcut().isEmpty()) continue;
            QVERIFY2(!shortcuts.contains(action->shortcut().toString()), qPrintable(action->shortcut().toString()));
            shortcuts.insert(action->shortcut().toString());
        }
    }

    void everyFieldHasANameForScreenReaders()
    {
        QVERIFY(m_program->openSample());
        QStringList nameless;
        for (QWidget* widget : m_program->window().findChildren<QWidget*>()) {
            if (!(widget->focusPolicy() & Qt::TabFocus) || !widget->isVisibleTo(&m_program->window())) continue;
            QAccessibleInterface* interface = QAccessible::queryAccessibleInterface(widget);
            if (!interface || !interface->text(QAccessible::Name).isEmpty()) continue;
            nameless << QStringLiteral("%1 \"%2\" in %3")
                            .arg(QString::fromLatin1(widget->metaObject()->className()), widget->objectName(),
                                 widget->parentWidget() ? widget->parentWidget()->objectName() : QString());
        }
        QVERIFY2(nameless.isEmpty(), qPrintable(nameless.join(QStringLiteral("; "))));
    }
};

QTEST_MAIN(TestMainWindow)
#include "tst_main_window.moc"
