// SPDX-License-Identifier: MIT
// Every architecture on its way from a Hugging Face folder: random GGUF models are turned into such folders by the inverse of
// the rules, written down once more in tests/support, and must come back as they were.
#include <QtTest>

#include <cmath>
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include "import/open_model.h"
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
};

QTEST_GUILESS_MAIN(TestHfArchitectures)
#include "tst_hf_architectures.moc"
