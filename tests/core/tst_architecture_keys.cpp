// SPDX-License-Identifier: MIT
// Keys of GGUF files: which must be there, what is taken when one is not, and that nonsense ends with a sentence.
#include <QtTest>

#include <cmath>
#include <limits>

#include "io/model_file.h"
#include "model/architecture.h"
#include "model/model_tensors.h"
#include "tests/support/paths.h"
#include "tests/support/random_model.h"
#include "tests/support/verify.h"

using namespace ww;
using test::GgufBuilder;
using test::RandomModel;
Q_DECLARE_METATYPE(ww::test::RandomModel)

namespace {

std::vector<RandomModel> models()
{
    const std::vector<std::pair<std::string, MetadataValue>> granite{{"embedding_scale", 6.0F}, {"attention.scale", 0.1F}, {"residual_scale", 0.4F}, {"logit_scale", 3.0F}};
    const std::vector<std::pair<std::string, MetadataValue>> window{{"attention.sliding_window", std::uint32_t{24}}, {"final_logit_softcapping", 8.0F}};
    return {{.layers = 1},
            {.layers = 1, .experts = 4, .usedExperts = 2},
            {.architecture = "qwen2", .layers = 1},
            {.architecture = "qwen2moe", .layers = 1, .experts = 4, .usedExperts = 2, .sharedFeedForward = 48},
            {.architecture = "qwen3", .layers = 1},
            {.architecture = "qwen3moe", .layers = 1, .experts = 4, .usedExperts = 2},
            {.architecture = "gemma", .layers = 1, .tied = true},
            {.architecture = "gemma2", .layers = 2, .tied = true, .keys = window},
            {.architecture = "gemma3", .layers = 2, .tied = true, .keys = window},
            {.architecture = "phi3", .layers = 1},
            {.architecture = "gpt2", .layers = 1, .kvHeads = 4},
            {.architecture = "starcoder2", .layers = 1},
            {.architecture = "stablelm", .layers = 1, .rotary = 4},
            {.architecture = "olmo2", .layers = 1, .keys = {{"attention.sliding_window", std::uint32_t{24}}}},
            {.architecture = "granite", .layers = 1, .keys = granite},
            {.architecture = "granitemoe", .layers = 1, .experts = 4, .usedExperts = 2, .keys = granite},
            {.architecture = "smollm3", .layers = 1}};
}

RandomModel modelOf(const std::string& architecture)
{
    for (auto& model : models())
        if (model.architecture == architecture) return model;
    return {};
}

std::vector<MetadataValue> nonsense()
{
    return {std::string("text"), std::int32_t{-1}, std::uint32_t{0}, std::uint32_t{7}, std::uint32_t{4294967295U}, std::uint64_t{18446744073709551615ULL},
            std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(), -1.5F, 1e30F, true, MetadataArray(std::vector<std::string>{"a"}),
            MetadataArray(std::vector<float>{1, 2})};
}

void remove(GgufBuilder& file, const std::string& key)
{
    std::erase_if(file.pairs, [&](const auto& pair) { return pair.key == key; });
}

}  // namespace

class TestArchitectureKeys : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;

    /// Reads the architecture and looks for its tensors.
    Result<Architecture> read(const GgufBuilder& file) const
    {
        const auto path = test::pathOf(m_folder) / "model.gguf";
        if (!file.write(path)) return fail(ErrorCode::Internal, "not written", path);
        WW_TRY(const auto model, openModel(path));
        WW_TRY(Architecture architecture, readArchitecture(*model));
        WW_TRY_VOID(bindTensors(*model, architecture));
        return architecture;
    }

private slots:
    void required_data()
    {
        QTest::addColumn<QString>("architecture");
        QTest::addColumn<QString>("key");
        for (const auto& model : models()) {
            const QString name = QString::fromStdString(model.architecture);
            const auto row = [&](const char* key) { QTest::newRow(qPrintable(QString("%1.%2 %3").arg(name, key).arg(model.experts))) << name << QString(key); };
            for (const char* key : {"context_length", "embedding_length", "block_count", "attention.head_count", "feed_forward_length"}) row(key);
            row(name == "gpt2" || name == "starcoder2" || name == "stablelm" ? "attention.layer_norm_epsilon" : "attention.layer_norm_rms_epsilon");
            if (name.startsWith("granite")) row("logit_scale");
            if (name == "qwen3moe") row("expert_feed_forward_length");
            if (name.endsWith("moe")) row("expert_count");
        }
    }
    void required()
    {
        QFETCH(QString, architecture);
        QFETCH(QString, key);
        GgufBuilder file = test::randomModel(modelOf(architecture.toStdString()));
        WW_VERIFY(read(file));
        remove(file, (architecture + "." + key).toStdString());
        const auto result = read(file);
        QVERIFY(!result);
        QVERIFY2(result.error().message.find(key.toStdString()) != std::string::npos, result.error().message.c_str());
    }

    void defaults()
    {
        const auto without = [this](const char* architecture, const char* key) {
            GgufBuilder file = test::randomModel(modelOf(architecture));
            remove(file, std::string(architecture) + "." + key);
            return read(file);
        };
        const auto llama = without("llama", "rope.freq_base");
        WW_VERIFY(llama);
        QCOMPARE(llama->facts.ropeBase, 10000.0F);
        QCOMPARE(llama->facts.ropeScale, 1.0F);
        QCOMPARE(llama->facts.ropeAttnFactor, 1.0F);
        QCOMPARE(llama->facts.ropeOriginalContext, llama->facts.contextLength);
        const auto rotated = without("llama", "rope.dimension_count");
        WW_VERIFY(rotated);
        QCOMPARE(rotated->facts.ropeDimensions, rotated->facts.keyLength);
        const auto length = without("llama", "attention.key_length");
        WW_VERIFY(length);
        QCOMPARE(length->facts.keyLength, length->facts.embeddingLength / length->facts.headCount);
        const auto keyHeads = without("gpt2", "attention.head_count_kv");
        WW_VERIFY(keyHeads);
        QCOMPARE(keyHeads->facts.headCountKv, keyHeads->facts.headCount);
        const auto gemma2 = without("gemma2", "attention.sliding_window");
        WW_VERIFY(gemma2);
        QCOMPARE(gemma2->blocks[0].slidingWindow, 4096U);
        QCOMPARE(gemma2->blocks[1].slidingWindow, 0U);
        QCOMPARE(gemma2->attentionSoftcap, 50.0F);
        const auto capped = without("gemma2", "final_logit_softcapping");
        WW_VERIFY(capped);
        QCOMPARE(capped->finalSoftcap, 30.0F);
        const auto gemma3 = without("gemma3", "final_logit_softcapping");
        WW_VERIFY(gemma3);
        QCOMPARE(gemma3->finalSoftcap, 0.0F);
        QCOMPARE(gemma3->ropes.size(), std::size_t{2});
        QCOMPARE(gemma3->ropes[1].base, 10000.0F);
        const auto granite = without("granite", "attention.scale");
        WW_VERIFY(granite);
        QVERIFY(granite->attentionScale == 0.0F || std::abs(granite->attentionScale - 0.25F) < 1e-6F);
    }

    void nonsenseEndsWithASentence_data()
    {
        QTest::addColumn<RandomModel>("options");
        for (const auto& model : models()) QTest::newRow(qPrintable(QString("%1 %2").arg(model.architecture.c_str()).arg(model.experts))) << model;
    }
    void nonsenseEndsWithASentence()
    {
        QFETCH(RandomModel, options);
        const GgufBuilder good = test::randomModel(options);
        WW_VERIFY(read(good));
        int refused = 0;
        for (const auto& pair : good.pairs) {
            if (!pair.key.starts_with(options.architecture + ".")) continue;
            for (const MetadataValue& bad : nonsense()) {
                GgufBuilder file = good;
                file.set(pair.key, bad);
                const auto result = read(file);
                if (result) continue;
                ++refused;
                const std::string& message = result.error().message;
                QVERIFY2(message.size() < 300 && message.ends_with('.') && message.find('\n') == std::string::npos, message.c_str());
                QVERIFY2(result.error().code == ErrorCode::Corrupt || result.error().code == ErrorCode::Unsupported, message.c_str());
            }
        }
        QVERIFY(refused > 50);
    }

    void factorsAndCapsThatMakeNoSense()
    {
        for (const auto& [architecture, key] :
             {std::pair{"gemma2", "attn_logit_softcapping"}, std::pair{"gemma2", "final_logit_softcapping"}, std::pair{"gemma3", "final_logit_softcapping"},
              std::pair{"granite", "logit_scale"}, std::pair{"granite", "embedding_scale"}, std::pair{"granite", "residual_scale"},
              std::pair{"granite", "attention.scale"}, std::pair{"llama", "rope.freq_base"}, std::pair{"llama", "rope.scaling.factor"},
              std::pair{"llama", "attention.layer_norm_rms_epsilon"}}) {
            GgufBuilder file = test::randomModel(modelOf(architecture));
            file.set(std::string(architecture) + "." + key, -2.0F);
            const auto result = read(file);
            QVERIFY2(!result, key);
            QVERIFY2(result.error().message.find(key) != std::string::npos, result.error().message.c_str());
        }
    }
};

QTEST_APPLESS_MAIN(TestArchitectureKeys)
#include "tst_architecture_keys.moc"
