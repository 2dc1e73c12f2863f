// SPDX-License-Identifier: MIT
// The types per tensor of every preset, compared with what llama.cpp decided for the same models (tests/golden/README.md).
#include <QtTest>

#include <charconv>
#include <fstream>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "plan/plan.h"
#include "plan/preset.h"
#include "plan/preset_rules.h"
#include "tests/support/paths.h"
#include "tests/support/synthetic_model.h"

using ww::TensorType;

namespace {

struct Case {
    const char* name;
    ww::test::SyntheticModel model;
};

const Case kCases[] = {
    {"L8g1", {.architecture = "llama", .layers = 8, .heads = 4, .keyHeads = 4}},
    {"L32g4", {.architecture = "llama", .layers = 32, .heads = 8, .keyHeads = 2}},
    {"L26g2t", {.architecture = "llama", .layers = 26, .heads = 8, .keyHeads = 4, .separateOutput = false}},
    {"L80g8", {.architecture = "llama", .layers = 80, .heads = 8, .keyHeads = 1}},
    {"L80g1", {.architecture = "llama", .layers = 80, .heads = 8, .keyHeads = 8}},
    {"Q80", {.architecture = "qwen2", .layers = 80, .heads = 8, .keyHeads = 1}},
    {"MIX8", {.architecture = "llama", .layers = 32, .heads = 8, .keyHeads = 2, .experts = 8}},
    {"E4", {.architecture = "llama", .layers = 12, .heads = 4, .keyHeads = 4, .experts = 4}},
    {"E16", {.architecture = "qwen3moe", .layers = 24, .heads = 8, .keyHeads = 1, .experts = 16}},
    {"FAL", {.architecture = "falcon", .layers = 32, .heads = 8, .keyHeads = 1, .fusedAttention = true}},
    {"GPT2", {.architecture = "gpt2", .layers = 12, .heads = 4, .keyHeads = 4, .fusedAttention = true, .separateOutput = false}},
    {"PHI3", {.architecture = "phi3", .layers = 17, .heads = 4, .keyHeads = 4, .fusedAttention = true}},
    {"ODD",
     {.architecture = "qwen2",
      .layers = 24,
      .heads = 14,
      .keyHeads = 2,
      .embedding = 896,
      .feedForward = 4864,
      .separateOutput = false}},
    {"ODD2", {.architecture = "llama", .layers = 5, .heads = 4, .keyHeads = 2, .embedding = 160, .feedForward = 720}},
};

std::vector<std::string> split(const std::string& text, char separator)
{
    std::vector<std::string> parts;
    std::size_t begin = 0;
    for (std::size_t end; (end = text.find(separator, begin)) != std::string::npos; begin = end + 1)
        parts.push_back(text.substr(begin, end - begin));
    parts.push_back(text.substr(begin));
    return parts;
}

/// "0-3:q6_K,4:q4_K" as one type per layer; "q4_K" for all of them.
std::map<int, TensorType> typesPerLayer(const std::string& text, int layers)
{
    std::map<int, TensorType> types;
    for (const auto& part : split(text, ',')) {
        const auto colon = part.find(':');
        const TensorType type = ww::tensorTypeFromName(part.substr(colon == std::string::npos ? 0 : colon + 1)).value();
        int first = 0;
        int last = layers - 1;
        if (colon != std::string::npos) {
            const auto range = split(part.substr(0, colon), '-');
            std::from_chars(range.front().data(), range.front().data() + range.front().size(), first);
            std::from_chars(range.back().data(), range.back().data() + range.back().size(), last);
        }
        for (int layer = first; layer <= last; ++layer) types[layer] = type;
    }
    return types;
}

using Expected = std::map<std::string, TensorType>;  ///< by tensor name

struct Run {
    Expected types;
    bool fails = false;
};

/// Key: case, preset, importance.
using Runs = std::map<std::tuple<std::string, std::string, bool>, Run>;

Runs readRuns()
{
    Runs runs;
    std::ifstream in(ww::test::sourceDir() / "tests/golden/preset-cases.tsv");
    std::map<std::string, int> layers;
    for (const auto& c : kCases) layers[c.name] = static_cast<int>(c.model.layers);
    for (std::string line; std::getline(in, line);) {
        if (line.empty() || line[0] == '#' || line.starts_with("case\t")) continue;
        const auto cells = split(line, '\t');
        Run& run = runs[{cells[0], cells[1], cells[2] == "1"}];
        if (line.find("ERROR") != std::string::npos) {
            run.fails = true;
            continue;
        }
        const auto types = typesPerLayer(cells[4], layers.at(cells[0]));
        const auto star = cells[3].find('*');
        if (star == std::string::npos) {
            run.types[cells[3]] = types.begin()->second;
            continue;
        }
        for (const auto& [layer, type] : types) {
            std::string tensor = cells[3];
            run.types[tensor.replace(star, 1, std::to_string(layer))] = type;
        }
    }
    return runs;
}

QByteArray bytes(std::string_view text)
{
    return {text.data(), static_cast<qsizetype>(text.size())};
}

}  // namespace

class TestPresetRules : public QObject {
    Q_OBJECT

private slots:
    void sameDecisionsAsLlamaCpp_data()
    {
        QTest::addColumn<QByteArray>("model");
        for (const auto& c : kCases) QTest::newRow(c.name) << QByteArray(c.name);
    }
    void sameDecisionsAsLlamaCpp()
    {
        QFETCH(QByteArray, model);
        static const Runs kRuns = readRuns();
        const auto found = std::find_if(std::begin(kCases), std::end(kCases), [&](const Case& c) { return model == c.name; });
        const auto file = ww::test::makeModel(found->model);
        const ww::ModelSurvey survey(*file);

        std::set<std::string> seenPresets;
        std::size_t compared = 0;
        for (const auto& [key, run] : kRuns) {
            const auto& [caseName, presetName, importance] = key;
            if (caseName != found->name) continue;
            ww::Recipe recipe;
            recipe.preset = presetName;
            const auto plan = ww::resolve(recipe, survey, {.assumeImportance = importance, .requireImportance = false});
            const QByteArray where = bytes(caseName + " " + presetName + (importance ? " with importance" : ""));
            if (run.fails) {
                QVERIFY2(!plan, where);
                QCOMPARE(plan.error().code, ww::ErrorCode::Unsupported);
                continue;
            }
            QVERIFY2(plan.has_value(), where + (plan ? QByteArray() : bytes(plan.error().describe())));
            seenPresets.insert(presetName);
            for (const auto& entry : plan->entries) {
                const auto& name = file->tensors()[entry.tensorIndex].name;
                const auto expected = run.types.find(name);
                const TensorType type = expected == run.types.end() ? TensorType::F32 : expected->second;
                QVERIFY2(entry.target == type,
                         where + " " + bytes(name) + ": " + bytes(ww::name(entry.target)) + ", expected " + bytes(ww::name(type)));
                if (expected != run.types.end()) ++compared;
            }
        }
        QVERIFY(seenPresets.size() >= 31);
        QVERIFY(compared >= 31u * 2 * 8 * found->model.layers / 2);
    }

    void theGoldenTableIsComplete()
    {
        const Runs runs = readRuns();
        QCOMPARE(runs.size(), std::size(kCases) * 2 * 32);
    }

    void presetsGoFromLargestToSmallest()
    {
        // Shapes of a Llama 2 7B.
        const auto model = ww::test::makeModel({.layers = 32,
                                                .heads = 32,
                                                .keyHeads = 32,
                                                .embedding = 4096,
                                                .feedForward = 11008,
                                                .vocabulary = 32000,
                                                .type = TensorType::F16});
        const ww::ModelSurvey survey(*model);
        std::uint64_t previous = ~std::uint64_t{0};
        for (const auto& preset : ww::presets()) {
            ww::Recipe recipe;
            recipe.preset = preset.name;
            const auto plan = ww::resolve(recipe, survey, {.requireImportance = false});
            QVERIFY(plan.has_value());
            QVERIFY2(plan->sizeBytes <= previous, bytes(preset.name));
            previous = plan->sizeBytes;
        }
    }

    void presetsAreFoundByName()
    {
        std::set<std::uint32_t> ids;
        for (const auto& preset : ww::presets()) {
            QCOMPARE(ww::findPreset(preset.name), &preset);
            QVERIFY(ids.insert(preset.fileType).second);
            QCOMPARE(bytes(ww::fileTypeName(preset.fileType)), bytes(preset.name));
            QCOMPARE(bytes(ww::fileTypeName(preset.fileType + ww::kGuessedFileType)), bytes(preset.name));
            QVERIFY(QByteArray(preset.description).endsWith('.'));
        }
        QCOMPARE(ids.size(), std::size_t{35});
        QCOMPARE(ww::findPreset("q4_k_m"), ww::findPreset("Q4_K"));
        QCOMPARE(ww::findPreset("Q3_K")->fileType, 12u);
        QCOMPARE(ww::findPreset("q5_k")->fileType, 17u);
        QCOMPARE(ww::findPreset("15"), ww::findPreset("Q4_K_M"));
        QVERIFY(!ww::findPreset("4"));
        QVERIFY(!ww::findPreset("015"));
        QVERIFY(!ww::findPreset("Q4_K_X"));
        QVERIFY(!ww::findPreset(""));
        QVERIFY(!ww::findPreset("COPY"));
        QVERIFY(ww::isCopyPreset("copy"));
        QVERIFY(ww::fileTypeName(5).empty());
    }

    void importanceIsNeededWhereLlamaCppRefuses()
    {
        const auto model = ww::test::makeModel({.layers = 32, .heads = 8, .keyHeads = 8});
        for (const auto& preset : ww::presets()) {
            ww::Recipe recipe;
            recipe.preset = preset.name;
            QCOMPARE(!ww::resolve(recipe, *model).has_value(), preset.needsImportance);
            QVERIFY2(ww::resolve(recipe, *model, {.assumeImportance = true}).has_value(), bytes(preset.name));
        }
    }

    void keepsWhatLlamaCppKeeps_data()
    {
        QTest::addColumn<QByteArray>("name");
        QTest::addColumn<bool>("kept");
        for (const char* name : {"blk.0.attn_norm.weight", "blk.0.ffn_gate_inp.weight", "position_embd.weight",
                                 "token_types.weight", "blk.0.ssm_conv1d.weight", "blk.0.time_mix_w0.weight",
                                 "blk.0.time_mix_lerp_fused.weight", "blk.0.altup_proj.weight", "v.patch_embd.weight",
                                 "blk.0.attn_q.bias", "blk.0.ssm_a", "blk.0.shortconv.conv.weight", "enc.blk.0.attn_rel_b.weight"})
            QTest::newRow(name) << QByteArray(name) << true;
        for (const char* name : {"blk.0.attn_q.weight", "output.weight", "token_embd.weight", "blk.0.ffn_gate.weight",
                                 "blk.0.ffn_gate_exps.weight", "blk.0.ssm_in.weight", "v.blk.0.attn_q.weight",
                                 "blk.0.time_mix_key.weight", "cls.weight", "blk.0.attn_rel_b2.weight"})
            QTest::newRow(name) << QByteArray(name) << false;
    }
    void keepsWhatLlamaCppKeeps()
    {
        QFETCH(QByteArray, name);
        QFETCH(bool, kept);
        QCOMPARE(!ww::whyKept(ww::test::tensorInfo(name.toStdString(), {256, 256})).empty(), kept);
        QVERIFY(!ww::whyKept(ww::test::tensorInfo(name.toStdString(), {256})).empty());
        QVERIFY(!ww::whyKept(ww::test::tensorInfo(name.toStdString(), {256, 1, 1})).empty());
        QVERIFY(!ww::whyKept(ww::test::tensorInfo(name.toStdString(), {256, 2, 2, 2})).empty());
        QVERIFY(!ww::whyKept(ww::test::tensorInfo(name.toStdString(), {256, 0})).empty());
        QVERIFY(!ww::whyKept(ww::test::tensorInfo(name.toStdString(), {256, 256}, TensorType::I8)).empty());
        QCOMPARE(!ww::whyKept(ww::test::tensorInfo(name.toStdString(), {256, 1, 2})).empty(), kept);
    }

    void fittingTypes_data()
    {
        QTest::addColumn<QByteArray>("wanted");
        QTest::addColumn<quint64>("columns");
        QTest::addColumn<QByteArray>("written");
        const auto row = [](const char* wanted, quint64 columns, const char* written) {
            QTest::addRow("%s in rows of %llu", wanted, static_cast<unsigned long long>(columns))
                << QByteArray(wanted) << columns << QByteArray(written);
        };
        row("Q4_K", 256, "Q4_K");
        row("Q4_K", 96, "Q5_0");
        row("Q5_K", 96, "Q5_1");
        row("Q6_K", 96, "Q8_0");
        row("Q3_K", 96, "Q4_0");
        row("Q2_K", 96, "Q4_0");
        row("TQ1_0", 96, "Q4_0");
        row("TQ2_0", 96, "Q4_0");
        row("Q2_0", 96, "Q4_0");
        row("Q2_0", 64, "Q2_0");
        row("IQ1_S", 96, "IQ4_NL");
        row("IQ4_XS", 96, "IQ4_NL");
        row("IQ3_S", 96, "IQ4_NL");
        row("Q4_K", 172, "F16");
        row("Q6_K", 1, "F16");
        row("Q4_0", 172, "F16");
        row("IQ4_NL", 172, "F16");
        row("MXFP4", 172, "F16");
        row("F16", 1, "F16");
        row("F32", 7, "F32");
        row("BF16", 7, "BF16");
        row("Q1_0", 128, "Q1_0");
        row("Q1_0", 96, "");
        row("NVFP4", 64, "NVFP4");
        row("NVFP4", 32, "");
    }
    void fittingTypes()
    {
        QFETCH(QByteArray, wanted);
        QFETCH(quint64, columns);
        QFETCH(QByteArray, written);
        const auto type = ww::fittingType(ww::tensorTypeFromName(wanted.toStdString()).value(), columns);
        QCOMPARE(type ? bytes(ww::name(*type)) : QByteArray(), written);
    }

    void factsComeFromTheFirstLayer()
    {
        ww::Metadata metadata;
        metadata.append("general.architecture", std::string("deci"));
        metadata.append("deci.block_count", std::uint32_t{80});
        metadata.append("deci.attention.head_count", ww::MetadataArray(std::vector<std::uint32_t>{64, 32}));
        metadata.append("deci.attention.head_count_kv", ww::MetadataArray(std::vector<std::int32_t>{8, 0}));
        auto facts = ww::readModelFacts(metadata, {});
        QCOMPARE(facts.queriesPerKey, 8);
        QVERIFY(facts.is70B);
        QVERIFY(facts.tiedOutput);
        metadata.set("deci.attention.head_count_kv", ww::MetadataArray(std::vector<std::int32_t>{0, 8}));
        QCOMPARE(ww::readModelFacts(metadata, {}).queriesPerKey, 0);
        metadata.set("deci.attention.head_count_kv", ww::MetadataArray(std::vector<std::int32_t>{}));
        QCOMPARE(ww::readModelFacts(metadata, {}).queriesPerKey, 1);
        metadata.set("deci.attention.head_count_kv", std::int32_t{-3});
        QCOMPARE(ww::readModelFacts(metadata, {}).queriesPerKey, 0);
        QCOMPARE(ww::readModelFacts({}, {}).queriesPerKey, 0);
        metadata.set("deci.block_count", std::numeric_limits<std::uint64_t>::max());
        QVERIFY(ww::readModelFacts(metadata, {}).blockCount >= 0);
    }
};

QTEST_APPLESS_MAIN(TestPresetRules)
#include "tst_preset_rules.moc"
