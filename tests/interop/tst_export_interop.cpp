// SPDX-License-Identifier: MIT
// Whole files: what we export is, byte for byte, what llama.cpp's own quantizer writes, and it loads there.
#include <QTemporaryDir>
#include <QtTest>

#include <filesystem>

#include "base/thread_pool.h"
#include "calibration/imatrix_file.h"
#include "io/split_gguf.h"
#include "jobs/export.h"
#include "jobs/split_export.h"
#include "plan/preset.h"
#include "tests/support/gguf_builder.h"
#include "tests/support/golden_rows.h"
#include "tests/support/llama_library.h"
#include "tests/support/paths.h"
#include "tests/support/reference_quantizer.h"
#include "tests/support/tiny_llama.h"

using namespace ww;
namespace fs = std::filesystem;

using Case = test::QuantizeCase;
using test::quantizeHere, test::quantizeThere;

class TestExportInterop : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;
    test::LlamaLibrary* m_library = nullptr;
    std::vector<Case> m_cases;

    fs::path file(const char* name) const { return m_folder.filePath(name).toStdString(); }
    void addRow(const std::string& title, Case c)
    {
        QTest::newRow(title.c_str()) << static_cast<int>(m_cases.size());
        m_cases.push_back(std::move(c));
    }

    /// For the blocks of the tiny model and of one with experts; one expert was never reached, one tensor has no entry.
    void makeImportance() const
    {
        test::TinyLlama options;
        options.layers = 1;
        options.feedForward = 256;
        test::GgufBuilder experts = test::tinyLlama(options);
        experts.set("llama.expert_count", std::uint32_t{4});
        experts.set("llama.expert_used_count", std::uint32_t{2});
        experts.tensor("blk.0.ffn_up_exps.weight", TensorType::F32, {256, 40, 4},
                       test::randomWeights(std::uint64_t{256} * 40 * 4, TensorType::F32, 0, 0.1F, 5));
        QVERIFY(experts.write(file("experts.gguf")));

        ImportanceMatrix matrix;
        matrix.datasets = {"some text.txt"};
        matrix.chunkCount = 3;
        test::SplitMix random(9);
        const auto add = [&](const std::string& tensor, std::size_t columns, std::vector<std::uint64_t> counts) {
            ImportanceEntry entry;
            entry.tensor = tensor;
            entry.counts = std::move(counts);
            for (std::size_t i = 0; i < columns * entry.counts.size(); ++i)
                entry.sums.push_back(static_cast<float>(random.uniform() * random.uniform() * 100));
            QVERIFY(matrix.add(std::move(entry)));
        };
        for (const char* block : {"blk.0.", "blk.1."})
            for (const char* name : {"attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down"})
                add(std::string(block) + name + ".weight", 256, {1536});
        add("blk.0.ffn_up_exps.weight", 256, {700, 0, 500, 336});
        QVERIFY(saveImportance(matrix, file("tiny.imatrix.gguf")).has_value());
    }

private slots:
    void initTestCase()
    {
        std::string reason;
        m_library = test::LlamaLibrary::instance(reason);
        if (!m_library) QSKIP(reason.c_str());

        test::TinyLlama tiny;
        tiny.feedForward = 256;
        QVERIFY(test::tinyLlama(tiny).write(file("tiny-f16.gguf")));
        tiny.type = TensorType::BF16;
        tiny.tiedOutput = true;
        tiny.layers = 3;
        tiny.seed = 2;
        QVERIFY(test::tinyLlama(tiny).write(file("tied-bf16.gguf")));
        tiny.tiedOutput = false;
        tiny.type = TensorType::F32;
        tiny.layers = 2;
        tiny.feedForward = 416;  // a multiple of 32 and not of 256: fallbacks
        tiny.seed = 3;
        QVERIFY(test::tinyLlama(tiny).write(file("odd-f32.gguf")));
        makeImportance();
    }

    void wholeFilesAreIdentical_data()
    {
        QTest::addColumn<int>("index");
        m_cases.clear();
        // Every preset on small models; those that people use on trained ones.
        for (const Preset& preset : presets()) {
            if (preset.needsImportance) continue;
            for (const char* name : {"tiny-f16.gguf", "tied-bf16.gguf", "odd-f32.gguf"})
                addRow(std::string(name) + " to " + std::string(preset.name), {file(name), std::string(preset.name)});
        }
        for (const char* preset : {"Q8_0", "Q4_0", "Q4_K_S", "Q4_K_M", "Q5_K_S", "Q5_K_M", "Q6_K"}) {
            addRow(std::string("sample to ") + preset, {test::sampleModel(), preset});
            if (!test::fixturesDir().empty())
                addRow(std::string("stories260K to ") + preset, {test::fixturesDir() / "stories260K-F32.gguf", preset});
        }
        if (!test::fixturesDir().empty()) {
            addRow("outliers to Q4_K_M", {test::fixturesDir() / "fixture-llama-8M-outliers-F16.gguf", "Q4_K_M"});
            addRow("a Q8_0 file to Q4_K_M", {test::fixturesDir() / "fixture-llama-8M-Q8_0.gguf", "Q4_K_M"});
        }
        for (const Preset& preset : presets())
            for (const char* name : {"tiny-f16.gguf", "experts.gguf"})
                addRow(std::string(name) + " to " + std::string(preset.name) + " with importance",
                       {.model = file(name), .preset = std::string(preset.name), .importance = file("tiny.imatrix.gguf")});
        if (!test::fixturesDir().empty())
            addRow("sample to Q4_K_M with importance", {.model = test::sampleModel(),
                                                        .preset = "Q4_K_M",
                                                        .importance = test::fixturesDir() / "fixture-llama-8M.imatrix.gguf"});
        addRow("sample copied", {.model = test::sampleModel(), .preset = "COPY"});
        if (!test::fixturesDir().empty()) {
            addRow("Q4_K_M file copied", {.model = test::fixturesDir() / "fixture-llama-8M-Q4_K_M.gguf", .preset = "COPY"});
            addRow("stories260K copied", {.model = test::fixturesDir() / "stories260K-F32.gguf", .preset = "COPY"});
        }
        for (const char* preset : {"COPY", "Q4_K_M", "Q2_K", "IQ3_M", "Q8_0"}) {
            addRow(std::string("sample without blocks to ") + preset,
                   {.model = test::sampleModel(), .preset = preset, .prune = {0, 2, 5}});
            Case end{.model = test::sampleModel(), .preset = preset, .prune = {7, 6}};
            // Copying obeys rules for tensors here, and not in llama.cpp.
            if (!isCopyPreset(preset)) end.overrides = {{"blk\\.3\\.", TensorType::Q5_0}};
            addRow(std::string("sample without its end to ") + preset, std::move(end));
        }
        if (!test::fixturesDir().empty())
            addRow("sample without a block to IQ2_M with importance",
                   {.model = test::sampleModel(),
                    .preset = "IQ2_M",
                    .importance = test::fixturesDir() / "fixture-llama-8M.imatrix.gguf",
                    .prune = {1}});
        const fs::path tiny = file("tiny-f16.gguf");
        addRow("pure", {.model = tiny, .preset = "Q4_K_M", .pure = true});
        addRow("output left", {.model = tiny, .preset = "Q4_K_M", .leaveOutput = true});
        addRow("output and embedding types",
               {.model = tiny, .preset = "Q4_K_M", .outputType = TensorType::Q8_0, .embeddingType = TensorType::Q5_0});
        addRow("rules for tensors",
               {.model = tiny,
                .preset = "Q4_K_M",
                .overrides = {{"blk\\.0\\.ffn_.*", TensorType::Q6_K}, {"attn_v", TensorType::Q8_0}, {"ffn", TensorType::Q5_K}}});
    }
    void wholeFilesAreIdentical()
    {
        QFETCH(int, index);
        const Case& c = m_cases[static_cast<std::size_t>(index)];
        const auto summary = quantizeHere(c, file("ours.gguf"));
        const bool theirs = quantizeThere(*m_library, c, file("theirs.gguf"));
        QVERIFY2(theirs == summary.has_value(), summary ? m_library->takeLog().c_str() : summary.error().describe().c_str());
        if (!summary) return;  // both refuse: a format whose blocks do not fit and that has no replacement
        const QString where = test::fileDifference(file("ours.gguf"), file("theirs.gguf"));
        QVERIFY2(where.isEmpty(), qPrintable(where));

        if (c.model.filename() == "experts.gguf") return;  // not a whole model with experts
        std::string reason;
        const auto loaded = test::LlamaModel::open(*m_library, file("ours.gguf"), false, reason);
        QVERIFY2(loaded, reason.c_str());
    }

    void splitModelsStaySplit_data()
    {
        QTest::addColumn<QString>("preset");
        QTest::addColumn<int>("parts");
        for (const char* preset : {"COPY", "Q4_K_M", "Q2_K", "F32"})
            for (const int parts : {1, 2, 3})
                QTest::newRow((std::string(preset) + ", " + std::to_string(parts)).c_str()) << QString(preset) << parts;
    }
    void splitModelsStaySplit()
    {
        QFETCH(QString, preset);
        QFETCH(int, parts);
        test::TinyLlama shape;
        shape.feedForward = 256;
        shape.layers = 3;
        const test::GgufBuilder whole = test::tinyLlama(shape);
        const auto partPath = [this](const char* prefix, int i, int count) {
            return file("") / formatSplitName({prefix, static_cast<std::uint32_t>(i + 1), static_cast<std::uint32_t>(count)});
        };
        // In the order of the file turned round, so that the order of the export matters.
        std::vector<test::GgufBuilder> sources(static_cast<std::size_t>(parts));
        sources[0].pairs = whole.pairs;
        for (std::size_t i = 0; i < whole.tensors.size(); ++i)
            sources[i * sources.size() / whole.tensors.size()].tensors.push_back(whole.tensors[whole.tensors.size() - 1 - i]);
        for (int i = 0; i < parts; ++i) {
            auto& part = sources[static_cast<std::size_t>(i)];
            if (parts > 1) {
                part.pair("split.no", static_cast<std::uint16_t>(i)).pair("split.count", static_cast<std::uint16_t>(parts));
                part.pair("split.tensors.count", static_cast<std::int32_t>(whole.tensors.size()));
            }
            QVERIFY(part.write(partPath("source", i, parts)));
        }
        const Case c{.model = partPath("source", 0, parts), .preset = preset.toStdString()};
        const auto model = openModel(c.model);
        QVERIFY(model);
        ModelSurvey survey(**model);
        survey.orderAsInSource();
        Recipe recipe;
        recipe.preset = c.preset;
        const auto plan = resolve(recipe, survey);
        QVERIFY(plan);
        ThreadPool pool(2);
        const auto summary = exportGgufParts(**model, *plan, file("ours.gguf"), {pool});
        QVERIFY2(summary, summary ? "" : summary.error().describe().c_str());
        QCOMPARE(summary->path, partPath("ours", 0, parts));
        QCOMPARE(summary->sizeBytes, splitExportBytes(**model, *plan));
        QVERIFY(quantizeThere(*m_library, c, file("theirs"), true));
        std::uint64_t size = 0;
        for (int i = 0; i < parts; ++i) {
            const QString where = test::fileDifference(partPath("ours", i, parts), partPath("theirs", i, parts));
            QVERIFY2(where.isEmpty(), qPrintable(where));
            size += fs::file_size(partPath("ours", i, parts));
        }
        QCOMPARE(summary->sizeBytes, size);
        QVERIFY(!exportGgufParts(**model, *plan, file("source.gguf"), {pool}));
    }
};

QTEST_APPLESS_MAIN(TestExportInterop)
#include "tst_export_interop.moc"
