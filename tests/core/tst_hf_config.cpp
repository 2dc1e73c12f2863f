// SPDX-License-Identifier: MIT
// Nonsense in config.json: every member of every architecture in turn gets values that make no sense. Opening ends with a model
// whose rows can be read, or with a sentence; never with anything else.
#include <QtTest>

#include <nlohmann/json.hpp>

#include "import/open_model.h"
#include "tests/support/hf_folder.h"
#include "tests/support/memory_file.h"
#include "tests/support/verify.h"

using namespace ww;
using Json = nlohmann::json;
Q_DECLARE_METATYPE(ww::test::HfCase)

namespace {

std::vector<Json> nonsense()
{
    return {nullptr, -1, 0, 1, 3, 65, 4294967295U, 4294967296U, 18446744073709551615U, 1e308, -0.5, 0.3, true, "text", "", Json::array(), Json::array({1, "a"}), Json::object()};
}

}  // namespace

class TestHfConfig : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;
    test::MemoryFile m_config;  ///< config.json leads to it: thousands of files on a disk would take minutes
    int m_opened = 0;
    int m_refused = 0;

    void open(const Json& config)
    {
        const std::filesystem::path folder = test::pathOf(m_folder);
        QVERIFY(m_config.fill(config.dump()));
        const auto model = openAnyModel(folder);
        if (!model) {
            ++m_refused;
            const std::string& message = model.error().message;
            QVERIFY2(!message.empty() && message.size() < 400 && message.find('\n') == std::string::npos, message.c_str());
            QVERIFY(model.error().code != ErrorCode::Internal && model.error().code != ErrorCode::OutOfMemory);
            return;
        }
        ++m_opened;
        std::vector<std::byte> bytes;
        for (const TensorInfo& tensor : (*model)->tensors()) {
            bytes.resize(tensor.sizeBytes);
            WW_VERIFY((*model)->readRows(tensor, 0, tensor.shape.rows(), bytes.data()));
        }
    }

    /// Replaces every value below `place`, which is a part of `whole`.
    void vary(Json& whole, Json& place)
    {
        for (auto& [key, value] : place.items()) {
            const Json good = value;
            for (const Json& bad : nonsense()) {
                value = bad;
                open(whole);
                if (QTest::currentTestFailed()) {
                    qWarning("%s = %s", key.c_str(), bad.dump().c_str());
                    return;
                }
            }
            value = good;
            if (value.is_object()) vary(whole, value);
        }
        for (const std::string& key : keysOf(place)) {
            Json without = place;
            without.erase(key);
            std::swap(place, without);
            open(whole);
            std::swap(place, without);
        }
    }
    static std::vector<std::string> keysOf(const Json& object)
    {
        std::vector<std::string> keys;
        for (const auto& [key, value] : object.items()) keys.push_back(key);
        return keys;
    }

private slots:
    void initTestCase() { std::filesystem::create_symlink(m_config.path(), test::pathOf(m_folder) / "config.json"); }

    void everyMember_data()
    {
        QTest::addColumn<test::HfCase>("model");
        for (const auto& model : test::hfCases()) QTest::newRow(model.name.c_str()) << model;
    }
    void everyMember()
    {
        QFETCH(test::HfCase, model);
        model.options.embedding = 32;
        model.options.feedForward = 32;
        if (model.options.layers == 3) model.options.layers = 1;
        QVERIFY(test::writeFile(test::pathOf(m_folder) / "model.safetensors",
                                test::safetensorsFile(test::hfTensors(model.options, test::randomModel(model.options)))));
        Json config = Json::parse(test::hfConfig(model));
        m_opened = m_refused = 0;
        open(config);
        QCOMPARE(m_opened, 1);
        vary(config, config);
        QVERIFY(m_refused > 50);
    }

    void vocabularyAndScaling()
    {
        const test::HfCase model = test::hfCases().front();
        const std::filesystem::path folder = test::pathOf(m_folder);
        QVERIFY(test::writeFile(folder / "model.safetensors",
                                test::safetensorsFile(test::hfTensors(model.options, test::randomModel(model.options)))));
        Json config = Json::parse(test::hfConfig(model));
        QVERIFY(m_config.fill(config.dump()));
        const auto opened = openAnyModel(folder);
        QVERIFY(opened);
        const std::uint64_t rows = (*opened)->find("token_embd.weight")->shape.rows();
        const auto isRefused = [&](const char* member, const Json& value) {
            Json changed = config;
            changed[member] = value;
            return m_config.fill(changed.dump()) && !openAnyModel(folder);
        };
        QVERIFY(!isRefused("vocab_size", rows));
        for (const Json& bad : {Json(rows + 1), Json(3), Json(0), Json(-1), Json("many"), Json(1e30), Json::array()})
            QVERIFY2(isRefused("vocab_size", bad), bad.dump().c_str());
        for (const Json& bad : {Json(1), Json("yarn"), Json::array(), Json(true)}) QVERIFY2(isRefused("rope_scaling", bad), bad.dump().c_str());
    }

    void otherKindsOfFile()
    {
        const std::filesystem::path folder = test::pathOf(m_folder);
        const std::string deep = "{\"a\":" + std::string(100000, '[');
        for (const std::string& text : {std::string(), std::string("7"), std::string("[]"), std::string("null"), std::string("{}"), std::string("\"x\""),
                                        std::string("{\"architectures\":"), std::string(1000, '\xFF'), deep}) {
            QVERIFY(m_config.fill(text));
            const auto model = openAnyModel(folder);
            QVERIFY(!model);
            QVERIFY(!model.error().message.empty());
        }
    }
};

QTEST_GUILESS_MAIN(TestHfConfig)
#include "tst_hf_config.moc"
