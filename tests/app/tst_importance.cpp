// SPDX-License-Identifier: GPL-3.0-or-later
// Importance matrices and the block map, in the whole window.
#include <QCheckBox>
#include <QComboBox>
#include <QMenu>
#include <QSpinBox>
#include <QTabWidget>
#include <QToolButton>

#include <algorithm>

#include "app/choices.h"
#include "app/pages/inspector_panel.h"
#include "calibration/imatrix_file.h"
#include "tests/app/window_fixture.h"
#include "widgets/plots/rate_distortion_plot.h"
#include "widgets/views/block_map.h"

using namespace ww;

class TestImportance : public QObject {
    Q_OBJECT

    std::unique_ptr<QTemporaryDir> m_folder;
    std::unique_ptr<test::Program> m_program;

    /// Writes a matrix for all matrices of the model but `without`.
    QString writeMatrix(const std::string& without, const std::string& prefix = {})
    {
        ImportanceMatrix matrix;
        matrix.datasets = {"test"};
        matrix.chunkCount = 1;
        const ModelFile& model = *m_program->bench().document.model();
        for (const TensorInfo& tensor : model.tensors()) {
            if (tensor.shape.rows() < 2 || tensor.name == without || tensor.name == "token_embd.weight") continue;
            ImportanceEntry entry{prefix + tensor.name, std::vector<float>(tensor.shape.columns()), {1}};
            for (std::size_t i = 0; i < entry.sums.size(); ++i) entry.sums[i] = 0.5F + static_cast<float>(i % 7);
            matrix.add(std::move(entry));
        }
        const QString path = m_folder->filePath(QStringLiteral("test.imatrix.gguf"));
        return saveImportance(matrix, toPath(path)) ? path : QString();
    }

    FormatChoice choiceOf(TensorType type)
    {
        for (const FormatChoice& c : formatChoices(m_program->bench().document.importance() != nullptr))
            if (c.type == type) return c;
        return {};
    }

private Q_SLOTS:
    void init()
    {
        m_folder = std::make_unique<QTemporaryDir>();
        m_program = std::make_unique<test::Program>(m_folder->path());
        QVERIFY(QTest::qWaitForWindowExposed(&m_program->window()));
        QVERIFY(m_program->openSample());
    }
    void cleanup()
    {
        m_program.reset();
        m_folder.reset();
    }

    void blocksOfTheSelectedTensor()
    {
        auto* tabs = m_program->find<QTabWidget>("inspectorTabs");
        auto* map = m_program->find<BlockMap>("blockMap");
        QVERIFY(tabs && map && map->isEmpty());
        m_program->bench().selection.set({m_program->tensor("blk.0.ffn_down.weight")});
        m_program->bench().document.choose(m_program->bench().selection.tensors(), {TensorType::Q4_K, false, {}});
        tabs->setCurrentWidget(map->parentWidget());
        QTRY_VERIFY(!map->isEmpty());
        QVERIFY2(map->blockText(0).contains(QStringLiteral("codes")), qPrintable(map->blockText(0)));
        // Other rows.
        m_program->find<QSpinBox>("blocksRow")->setValue(200);
        QVERIFY(map->isEmpty());
        QTRY_VERIFY(!map->isEmpty());
        QVERIFY2(map->blockText(0).startsWith(QStringLiteral("row 200")), qPrintable(map->blockText(0)));
        // A format without blocks says so; another tensor begins at its first row.
        m_program->bench().document.choose(m_program->bench().selection.tensors(), {TensorType::F16, false, {}});
        QTRY_VERIFY(m_program->bench().reports.blocksError().has_value());
        QVERIFY(map->isEmpty());
        m_program->bench().selection.set({m_program->tensor("blk.1.attn_q.weight")});
        QTRY_VERIFY(!map->isEmpty());
        QVERIFY(map->blockText(0).startsWith(QStringLiteral("row 0")));
        QCOMPARE(m_program->bench().reports.blocksRow(), std::uint64_t{0});
    }

    void theCurveCoversEveryFormat()
    {
        auto* tabs = m_program->find<QTabWidget>("inspectorTabs");
        auto* curve = m_program->window().findChild<RateDistortionPlot*>();
        QVERIFY(tabs && curve);
        m_program->bench().selection.set({m_program->tensor("blk.1.attn_q.weight")});
        tabs->setCurrentWidget(curve->parentWidget());
        QTRY_VERIFY_WITH_TIMEOUT(m_program->bench().reports.isCurveComplete(), 60000);
        for (const FormatChoice& choice : formatChoices(false))
            if (choice.type && traits(*choice.type).bitsPerWeight() < 16)
                QVERIFY2(std::ranges::any_of(curve->data(), [&](const RatePoint& p) { return p.format == *choice.type; }),
                         std::string(name(*choice.type)).c_str());
        QVERIFY(m_program->find<QLabel>("inspectorNote")->text().contains(QStringLiteral("equal importance")));
    }

    void thereIsACurveForEachMethod()
    {
        auto* tabs = m_program->find<QTabWidget>("inspectorTabs");
        auto* curve = m_program->window().findChild<RateDistortionPlot*>();
        auto* error = m_program->find<QComboBox>("curveError");
        auto* analysis = m_program->find<QCheckBox>("curveAnalysis");
        QVERIFY(tabs && curve && error && analysis);
        const auto methods = [&] {
            QStringList names;
            for (const RatePoint& p : curve->data())
                if (!names.contains(p.method)) names << p.method;
            return names;
        };
        m_program->bench().selection.set({m_program->tensor("blk.1.attn_k.weight")});
        tabs->setCurrentWidget(curve->parentWidget());
        QTRY_VERIFY_WITH_TIMEOUT(m_program->bench().reports.isCurveComplete(), 60000);
        QCOMPARE(methods(), QStringList({QStringLiteral("llama.cpp search"), QStringLiteral("Weightwright search"), QStringLiteral("HQQ")}));
        QVERIFY(!error->isVisible());
        QVERIFY2(m_program->find<QLabel>("inspectorNote")->text().contains(QStringLiteral("Calibrate")), qPrintable(m_program->find<QLabel>("inspectorNote")->text()));

        // With a calibration also GPTQ, and errors of the outputs.
        MeasureOptions text = m_program->bench().calibrate.defaultOptions();
        text.contextLength = 64;
        text.maxWindows = 8;
        m_program->bench().calibrate.start(text, 0, true);
        QTRY_VERIFY_WITH_TIMEOUT(m_program->bench().document.grams(), 60000);
        QTRY_VERIFY_WITH_TIMEOUT(m_program->bench().reports.isCurveComplete(), 60000);
        QVERIFY(methods().contains(QStringLiteral("GPTQ")));
        QVERIFY(error->isVisible());
        const auto errorOf = [&](const char* method) {
            for (const RatePoint& p : curve->data())
                if (p.format == TensorType::Q4_0 && p.method == QLatin1String(method)) return p.relativeError;
            return -1.0;
        };
        QVERIFY(errorOf("GPTQ") > 0 && errorOf("GPTQ") < errorOf("llama.cpp search"));
        error->setCurrentIndex(1);
        QVERIFY(errorOf("GPTQ") > errorOf("llama.cpp search"));

        // A click takes format and method in one step.
        const auto& points = curve->data();
        const auto wanted = std::ranges::find_if(points, [](const RatePoint& p) { return p.format == TensorType::Q5_0 && p.method == QLatin1String("GPTQ"); });
        QVERIFY(wanted != points.end());
        const int before = m_program->bench().document.undoStack().index();
        Q_EMIT curve->pointClicked(static_cast<int>(wanted - points.begin()));
        QCOMPARE(m_program->bench().document.undoStack().index(), before + 1);
        QCOMPARE(m_program->target("blk.1.attn_k.weight"), std::string("Q5_0"));
        const auto& entries = m_program->bench().document.plan()->entries;
        const auto entry = std::ranges::find(entries, m_program->tensor("blk.1.attn_k.weight"), &PlanEntry::tensorIndex);
        QCOMPARE(entry->method, std::string("gptq"));
        // Known curves come back at once, with the chosen point marked.
        QVERIFY(m_program->bench().reports.isCurveComplete());
        QVERIFY(std::ranges::any_of(curve->data(), [](const RatePoint& p) { return p.chosen && p.format == TensorType::Q5_0 && p.method == QLatin1String("GPTQ"); }));

        analysis->setChecked(true);
        QTRY_VERIFY_WITH_TIMEOUT(m_program->bench().reports.isCurveComplete(), 60000);
        QVERIFY2(std::ranges::any_of(curve->data(), [](const RatePoint& p) { return p.alone && p.label.contains(QStringLiteral("NF4")); }), "NF4");
        QVERIFY(std::ranges::any_of(curve->data(), [](const RatePoint& p) { return !p.alone && p.label == QStringLiteral("3 bits"); }));
    }

    void aMatrixOpensTheFormatsThatNeedOne()
    {
        QVERIFY(!choiceOf(TensorType::IQ2_XXS).enabled);
        QVERIFY(choiceOf(TensorType::IQ2_XXS).disabledReason.contains(QStringLiteral("Calibrate")));
        const auto* survey = m_program->bench().document.survey().get();
        const auto presetOf = [&](const char* wanted) {
            for (const PresetChoice& p : presetChoices(*survey, m_program->bench().document.planOptions(), true))
                if (p.name == QLatin1String(wanted)) return p;
            return PresetChoice{};
        };
        QVERIFY(presetOf("Q4_K_M").enabled);
        QVERIFY(!presetOf("IQ2_XXS").enabled && presetOf("IQ2_XXS").needsImportance && presetOf("IQ2_XXS").sizeBytes > 0);

        const QString path = writeMatrix("blk.3.ffn_up.weight");
        QVERIFY(!path.isEmpty());
        m_program->window().loadImportanceFrom(path);
        QTRY_VERIFY(m_program->bench().document.importance());
        QVERIFY2(m_program->messages().contains(QStringLiteral("blk.3.ffn_up.weight")), qPrintable(m_program->messages()));
        QVERIFY(choiceOf(TensorType::IQ2_XXS).enabled);
        QVERIFY(m_program->find<QLabel>("statusImportance")->isVisible());
        m_program->bench().selection.set({m_program->tensor("blk.1.attn_q.weight")});
        m_program->bench().document.choose(m_program->bench().selection.tensors(), {TensorType::IQ2_XXS, false, {}});
        QCOMPARE(m_program->target("blk.1.attn_q.weight"), std::string("IQ2_XXS"));
        QTRY_VERIFY(m_program->bench().reports.report());

        // It is part of the work that is saved.
        m_program->restart(sampleModelPath());
        QTRY_VERIFY(m_program->bench().document.isOpen());
        QVERIFY(m_program->bench().document.importance());
        QCOMPARE(m_program->target("blk.1.attn_q.weight"), std::string("IQ2_XXS"));
        m_program->actions().removeImportance->trigger();
        QVERIFY(!m_program->bench().document.importance());
        QVERIFY(m_program->bench().document.planError());
    }

    void aMatrixOfAnotherModelIsRefused()
    {
        const QString path = writeMatrix({}, "other.");
        m_program->window().loadImportanceFrom(path);
        QTRY_VERIFY(m_program->messages().contains(QStringLiteral("does not belong")));
        QVERIFY(!m_program->bench().document.importance());
        m_program->window().loadImportanceFrom(sampleModelPath());
        QTRY_VERIFY(m_program->messages().contains(QStringLiteral("could not be loaded")));
    }

    void theMenuNamesEveryFormat()
    {
        auto* button = m_program->find<QToolButton>("allFormatsButton");
        QVERIFY(button && button->isEnabled());
        Q_EMIT button->menu()->aboutToShow();
        const auto actions = button->menu()->actions();
        QCOMPARE(static_cast<std::size_t>(actions.size()), formatChoices(false).size());
        for (const QAction* action : actions) QVERIFY2(action->text().contains(QLatin1Char(' ')), qPrintable(action->text()));
        const auto it =
            std::ranges::find_if(actions, [](const QAction* a) { return a->text().startsWith(QStringLiteral("Q5_0")); });
        QVERIFY(it != actions.end());
        (*it)->trigger();
        QCOMPARE(m_program->target("blk.0.ffn_down.weight"), std::string("Q5_0"));
    }
};

QTEST_MAIN(TestImportance)
#include "tst_importance.moc"
