// SPDX-License-Identifier: MIT
// Every architecture on its way from a Hugging Face folder: random GGUF models are turned into such folders by the inverse of
// the rules, written down once more in tests/support, and must come back as they were.
#include <QtTest>

#include <cmath>
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include "base/thread_pool.h"
#include "import/open_model.h"
#include "jobs/export.h"
#include "plan/plan.h"
#include "tensor/float_convert.h"
#include "tests/support/gguf_builder.h"
#include "tests/support/hf_folder.h"
#include "tests/support/verify.h"

using namespace ww;
using Floats = std::vector<float>;
Q_DECLARE_METATYPE(ww::test::HfCase)

namespace {

Floats floatsOf(const std::string& data)
{
    Floats values(data.size() / sizeof(float));
    std::memcpy(values.data(), data.data(), data.size());
    return values;
}

Result<ExportSummary> quantize(const std::filesystem::path& from, const char* preset, const std::filesystem::path& out)
{
    WW_TRY(const auto model, openAnyModel(from));
    Recipe recipe;
    recipe.preset = preset;
    WW_TRY(const Plan plan, resolve(recipe, *model));
    ThreadPool pool(2);
    return exportGguf(*model, plan, out, JobContext{pool});
}

}  // namespace

class TestHfArchitectures : public QObject {
    Q_OBJECT

private slots:
    void comesBack_data()
    {
        QTest::addColumn<test::HfCase>("model");
        for (const auto& model : test::hfCases()) QTest::newRow(model.name.c_str()) << model;
    }
    void comesBack()
    {
        QFETCH(test::HfCase, model);
        const test::RandomModel& options = model.options;
        QTemporaryDir folder;
        const std::filesystem::path path = folder.path().toStdString();
        const test::GgufBuilder file = test::randomModel(options);
        QVERIFY(test::writeFile(path / "config.json", test::hfConfig(model)));
        QVERIFY(test::writeFile(path / "model.safetensors", test::safetensorsFile(test::hfTensors(options, file))));
        const auto opened = openAnyModel(path);
        WW_VERIFY(opened);
        const ModelFile& imported = **opened;
        QCOMPARE(imported.architecture(), std::string_view(options.architecture));
        for (const auto& pair : file.pairs) {
            if (pair.key.starts_with("tokenizer.")) continue;
            const auto* ours = imported.metadata().find(pair.key);
            if (options.architecture == "gpt2" && (!ours || pair.key.find("rope") != std::string::npos)) continue;
            QVERIFY2(ours && *ours == std::get<MetadataValue>(pair.value), pair.key.c_str());
        }
        QCOMPARE(imported.tensors().size(), file.tensors.size());
        for (const auto& tensor : file.tensors) {
            const TensorInfo* ours = imported.find(tensor.name);
            QVERIFY2(ours, tensor.name.c_str());
            QCOMPARE(ours->type, TensorType::F32);
            for (std::size_t i = 0; i < 4; ++i) QCOMPARE(ours->shape.ne[i], i < tensor.ne.size() ? tensor.ne[i] : 1);
            const Floats expected = floatsOf(tensor.data);
            Floats actual(expected.size());
            // In pieces that do not fit the parts a tensor may be made of.
            const std::uint64_t rows = ours->shape.rows();
            const std::uint64_t columns = ours->shape.columns();
            for (std::uint64_t first = 0; first < rows; first += 7)
                WW_VERIFY(imported.readRows(*ours, first, std::min<std::uint64_t>(7, rows - first),
                                         reinterpret_cast<std::byte*>(actual.data() + first * columns)));
            for (std::size_t i = 0; i < expected.size(); ++i)
                QVERIFY2(std::abs(actual[i] - expected[i]) <= 1e-6F, tensor.name.c_str());
        }
    }

    void oneStepEqualsTwo_data() { comesBack_data(); }
    // Straight from the folder to the final file, or by a file in between of the type the folder has: the same bytes.
    void oneStepEqualsTwo()
    {
        QFETCH(test::HfCase, model);
        model.options.embedding = model.options.feedForward = 256;
        model.options.layers = std::min(model.options.layers, 4U);
        QTemporaryDir folder;
        const std::filesystem::path path = folder.path().toStdString();
        const auto tensors = test::hfTensors(model.options, test::randomModel(model.options));
        QVERIFY(test::writeHfTokenizer(path, model.tokenizer));
        std::string config = test::hfConfig(model);
        for (const char* list : {"layer_types", "no_rope_layers"})  // they name every layer
            if (const auto at = config.find(list); at != std::string::npos) config.replace(at, 1, "x");
        QVERIFY(test::writeFile(path / "config.json", config));
        for (const std::string type : {"F16", "BF16"}) {
            auto stored = tensors;
            for (auto& entry : stored) {
                const Floats values = floatsOf(entry.data);
                entry.data.clear();
                entry.type = type;
                for (const float value : values) {
                    const std::uint16_t bits = type == "F16" ? toHalf(value) : toBf16(value);
                    entry.data.append(reinterpret_cast<const char*>(&bits), 2);
                }
            }
            QVERIFY(test::writeFile(path / "model.safetensors", test::safetensorsFile(stored)));
            WW_VERIFY(quantize(path, type.c_str(), path / "between.gguf"));
            WW_VERIFY(quantize(path / "between.gguf", "Q4_K_M", path / "two.gguf"));
            WW_VERIFY(quantize(path, "Q4_K_M", path / "one.gguf"));
            QVERIFY(test::readFile(path / "one.gguf") == test::readFile(path / "two.gguf"));
            for (const auto& entry : std::filesystem::directory_iterator(path))
                QVERIFY2(entry.path().filename().string().find(".part") == std::string::npos, entry.path().c_str());
        }
    }
};

QTEST_GUILESS_MAIN(TestHfArchitectures)
#include "tst_hf_architectures.moc"
