// SPDX-License-Identifier: MIT
// Models and calibrations that nobody would wish for, through every method of the real program: zeros, inputs that never occur, too
// few tokens, rows that blocks do not divide, columns alone, numbers that are none. Either a valid file comes out, or a sentence.
#include <QFile>
#include <QJsonArray>
#include <QTemporaryDir>
#include <QtTest>

#include <cmath>
#include <cstring>
#include <limits>
#include <optional>

#include "calibration/calibration_file.h"
#include "io/model_file.h"
#include "tests/support/cli_process.h"
#include "tests/support/paths.h"
#include "tests/support/tiny_llama.h"
#include "tests/support/verify.h"
#include "transform/rewritten_model.h"

using namespace ww;

namespace {

struct MethodOfList {
    QString name;
    QString format;  ///< one that it writes: the smallest of interest
    QStringList formats;
    bool needsData = false;
    bool fitsByGram = false;  ///< chooses codes of the format by Gram matrices, so that every format is a case of its own
};

std::vector<MethodOfList> methodsOfProgram()
{
    std::vector<MethodOfList> methods;
    const auto list = test::run({"methods", "--json"}).json()["methods"].toArray();
    for (const QJsonValue& value : list) {
        const QJsonObject object = value.toObject();
        MethodOfList method;
        method.name = object["name"].toString();
        for (const QJsonValue& format : object["formats"].toArray()) method.formats << format.toString();
        method.format = method.formats.contains("Q4_0") ? QStringLiteral("Q4_0") : method.formats.value(0);
        method.needsData = object["dataNeeded"].toString() != QLatin1String("none");
        method.fitsByGram = object["dataNeeded"].toString() == QLatin1String("Gram matrices") && object["exportable"].toBool();
        methods.push_back(method);
    }
    return methods;
}

test::GgufBuilder::Tensor& tensorOf(test::GgufBuilder& file, std::string_view name)
{
    for (auto& tensor : file.tensors)
        if (tensor.name == name) return tensor;
    qFatal("no tensor %s", std::string(name).c_str());
}

void setValue(test::GgufBuilder& file, std::string_view name, std::size_t index, float value)
{
    auto& data = tensorOf(file, name).data;
    std::memcpy(data.data() + index * sizeof value, &value, sizeof value);
}

}  // namespace

class TestCliBadInputs : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;
    std::vector<MethodOfList> m_methods;
    QString m_text;     ///< some hundred tokens: fewer than columns
    QString m_model;    ///< zeros and dead channels
    QString m_calibration;

    [[nodiscard]] QString write(const QString& name, const test::GgufBuilder& file) const
    {
        const QString path = m_folder.filePath(name);
        if (!file.write(path.toStdString())) qFatal("cannot write %s", qPrintable(path));
        return path;
    }

    /// Empty, or what is wrong with the file: it does not open, or holds something that is no number.
    static QString problemOf(const QString& path)
    {
        const auto model = openModel(path.toStdString());
        if (!model) return QString::fromStdString(model.error().describe());
        for (const TensorInfo& tensor : (*model)->tensors()) {
            const auto values = readTensor(**model, tensor);
            if (!values) return QString::fromStdString(values.error().describe());
            for (const float v : *values)
                if (!std::isfinite(v)) return QString::fromStdString(tensor.name + " holds a value that is not finite");
        }
        return {};
    }
    static std::vector<float> valuesOf(const QString& path, std::string_view name)
    {
        const auto model = openModel(path.toStdString());
        const TensorInfo* tensor = model ? (*model)->find(name) : nullptr;
        return tensor ? readTensor(**model, *tensor).value_or(std::vector<float>()) : std::vector<float>();
    }

private slots:
    void initTestCase()
    {
        m_methods = methodsOfProgram();
        QVERIFY(m_methods.size() > 10);
        m_text = m_folder.filePath("text.txt");
        QFile text(m_text);
        QFile sample(QString::fromStdString(test::sampleCalibrationText().string()));
        QVERIFY(text.open(QIODevice::WriteOnly) && sample.open(QIODevice::ReadOnly));
        text.write(sample.read(400));
        text.close();

        test::TinyLlama options;
        options.layers = 1;
        options.type = TensorType::F32;
        auto file = test::tinyLlama(options);
        for (const char* name : {"blk.0.attn_k.weight", "blk.0.ffn_gate.weight"}) {
            auto& tensor = tensorOf(file, name);
            tensor.data.assign(tensor.data.size(), '\0');
        }
        // Three channels that no token ever activates; and, as the gate is all zeros, all inputs of ffn_down.
        for (const std::size_t channel : {0U, 77U, 255U}) {
            setValue(file, "blk.0.attn_norm.weight", channel, 0);
            setValue(file, "blk.0.ffn_norm.weight", channel, 0);
        }
        m_model = write("poor.gguf", file);
        m_calibration = m_folder.filePath("poor.wwcalib");
        const auto calibrated = test::run({"calibrate", m_model, "--text", m_text, "-o", m_calibration, "--ctx", "64", "--gram"});
        QVERIFY2(calibrated.exitCode == 0, calibrated.err);
    }

    void zerosDeadChannelsAndFewTokens_data()
    {
        QTest::addColumn<QString>("method");
        QTest::addColumn<QString>("format");
        for (const MethodOfList& method : m_methods) {
            for (const QString& format : method.formats) {
                // Analysis methods put their values into all formats in the same way.
                const bool every = method.fitsByGram || method.name == QLatin1String("hqq") || method.name == QLatin1String("search");
                if (format != method.format && !every) continue;
                QTest::newRow(qPrintable(method.name + " " + format)) << method.name << format;
            }
        }
    }
    void zerosDeadChannelsAndFewTokens()
    {
        QFETCH(QString, method);
        QFETCH(QString, format);
        const QString output = m_folder.filePath("out.gguf");
        const auto outcome =
            test::run({"quantize", m_model, "-o", output, "--pure", "--type", format, "--method", method, "--calibration", m_calibration,
                       "--token-embedding-type", method == QLatin1String("corrected") ? "IQ3_S" : "Q8_0", "--output-tensor-type", method == QLatin1String("corrected") ? "IQ3_S" : "Q8_0"});
        QVERIFY2(outcome.exitCode == 0, outcome.err);
        QCOMPARE(problemOf(output), QString());
        for (const char* name : {"blk.0.attn_k.weight", "blk.0.ffn_gate.weight"}) {
            const auto values = valuesOf(output, name);
            QVERIFY(!values.empty());
            QVERIFY2(std::ranges::all_of(values, [](float v) { return v == 0; }), name);
        }
        // The rest still stands: no matrix was lost to the dead channels.
        // (llama.cpp's own search gives up tensors whose inputs were all zero, and says so.)
        QStringList kept{"blk.0.attn_q.weight", "blk.0.ffn_up.weight", "blk.0.ffn_down.weight"};
        const bool reference = method == QLatin1String("reference");
        if (reference) kept.removeLast();
        QCOMPARE(outcome.err.contains("all inputs of this tensor were zero"), reference);
        for (const QString& tensor : kept) {
            const std::string name = tensor.toStdString();
            const auto before = valuesOf(m_model, name);
            const auto after = valuesOf(output, name);
            QCOMPARE(after.size(), before.size());
            double difference = 0;
            double whole = 0;
            for (std::size_t i = 0; i < before.size(); ++i) {
                difference += std::pow(static_cast<double>(after[i] - before[i]), 2);
                whole += std::pow(static_cast<double>(before[i]), 2);
            }
            QVERIFY2(difference < 0.4 * whole, qPrintable(QStringLiteral("%1: %2").arg(tensor).arg(difference / whole)));
        }
        // The number of tokens that would do is named where the method needs so many.
        const bool warns = outcome.err.contains("at least 1024 tokens");
        QCOMPARE(warns, QStringList({"gptq", "clip", "atom"}).contains(method));
    }

    void methodsRunInTheModel()
    {
        for (const MethodOfList& method : m_methods) {
            QStringList arguments{"kld", m_model, "--pure", "--type", method.format, "--method", method.name, "--calibration", m_calibration,
                                  "--text", m_text, "--ctx", "64", "--json"};
            const auto outcome = test::run(arguments);
            QVERIFY2(outcome.exitCode == 0, method.name.toUtf8() + ": " + outcome.err);
            const double value = outcome.json()["meanKld"].toObject()["value"].toDouble(-1);
            QVERIFY2(value >= 0 && std::isfinite(value), qPrintable(method.name));
        }
    }

    // 96 columns are no multiple of 256, 100 none of 32; one column is none of anything.
    void rowsThatBlocksDoNotDivide()
    {
        test::TinyLlama options;
        options.layers = 1;
        options.embedding = 96;
        options.feedForward = 100;
        options.type = TensorType::F32;
        auto file = test::tinyLlama(options);
        const QString model = write("odd.gguf", file);
        file.tensor("blk.0.column.weight", TensorType::F32, {1, 96}, test::randomWeights(96, TensorType::F32, 0, 1, 3));
        const QString withColumn = write("column.gguf", file);
        const QString calibration = m_folder.filePath("odd.wwcalib");
        const auto calibrated = test::run({"calibrate", model, "--text", m_text, "-o", calibration, "--ctx", "32", "--gram"});
        QVERIFY2(calibrated.exitCode == 0, calibrated.err);
        const auto column = valuesOf(withColumn, "blk.0.column.weight");
        float largest = 0;
        for (const float v : column) largest = std::max(largest, std::fabs(v));
        const QString output = m_folder.filePath("odd-out.gguf");
        for (const MethodOfList& method : m_methods)
            for (const char* format : {"Q4_K", "Q4_0", "IQ3_S", "F16"}) {
                if (!method.formats.contains(QString::fromLatin1(format))) continue;
                QStringList arguments{"quantize", method.needsData ? model : withColumn, "-o", output, "--pure", "--type", format, "--method", method.name};
                if (method.needsData) arguments << "--calibration" << calibration;
                const auto outcome = test::run(arguments);
                const QByteArray what = method.name.toUtf8() + " " + format + ": " + outcome.err;
                QVERIFY2(outcome.exitCode == 0, what);
                QVERIFY2(problemOf(output).isEmpty(), what + problemOf(output).toUtf8());
                // What could not be stored as wished is said.
                if (qstrcmp(format, "F16") != 0) QVERIFY2(!outcome.err.isEmpty(), what);
                if (method.needsData) continue;
                const auto after = valuesOf(output, "blk.0.column.weight");
                QCOMPARE(after.size(), column.size());
                // 4 bits for all of it at the least.
                for (std::size_t i = 0; i < column.size(); ++i) QVERIFY2(std::fabs(after[i] - column[i]) <= 0.2F * largest, what);
            }
    }

    void numbersThatAreNone()
    {
        test::TinyLlama options;
        options.layers = 1;
        options.type = TensorType::F32;
        auto file = test::tinyLlama(options);
        setValue(file, "blk.0.ffn_up.weight", 256 * 5 + 9, std::numeric_limits<float>::quiet_NaN());
        const QString model = write("nan.gguf", file);
        const QString output = m_folder.filePath("nan-out.gguf");
        for (const MethodOfList& method : m_methods) {
            if (method.needsData) continue;
            const auto outcome = test::run({"quantize", model, "-o", output, "--pure", "--type", method.format, "--method", method.name});
            QVERIFY2(outcome.exitCode == 1, qPrintable(method.name));
            QVERIFY2(outcome.err.contains("blk.0.ffn_up.weight") && outcome.err.contains("row 5, column 9 is not a number"), outcome.err);
            QVERIFY2(!QFile::exists(output), qPrintable(method.name));
        }
        const auto calibrated = test::run({"calibrate", model, "--text", m_text, "-o", m_folder.filePath("nan.wwcalib"), "--ctx", "64"});
        QVERIFY(calibrated.exitCode == 1 && !calibrated.err.isEmpty());
        QVERIFY(!QFile::exists(m_folder.filePath("nan.wwcalib")));
    }

    // A calibration file whose matrices are damaged, not positive, or of no rank at all.
    void matricesThatAreNone()
    {
        const QString output = m_folder.filePath("gram-out.gguf");
        const auto with = [&](const auto& change) {
            auto stored = loadCalibration(m_calibration.toStdString());
            if (!stored) qFatal("cannot read the calibration");
            for (InputStatistics& input : stored->calibration.inputs)
                if (!input.gram.empty()) change(input);
            const QString path = m_folder.filePath("changed.wwcalib");
            if (!saveCalibration(*stored, path.toStdString())) qFatal("cannot write the calibration");
            return test::run({"quantize", m_model, "-o", output, "--pure", "--type", "Q4_0", "--method", "gptq", "--calibration", path});
        };
        const auto nan = with([](InputStatistics& input) { input.gram[3] = std::numeric_limits<float>::quiet_NaN(); });
        QVERIFY2(nan.exitCode == 1 && nan.err.contains("Gram matrix") && !QFile::exists(output), nan.err);
        const auto infinite = with([](InputStatistics& input) { input.gram[0] = std::numeric_limits<float>::infinity(); });
        QVERIFY2(infinite.exitCode == 1 && infinite.err.contains("Gram matrix") && !QFile::exists(output), infinite.err);
        const auto indefinite = with([](InputStatistics& input) {
            for (std::size_t i = 0; i < input.columns; ++i)
                for (std::size_t j = 0; j < input.columns; ++j) input.gram[i * input.columns + j] = i == j ? 1.0F : 50.0F;
        });
        QVERIFY2(indefinite.exitCode == 1 && indefinite.err.contains("positive definite") && !QFile::exists(output), indefinite.err);
        // Of rank one and of rank zero: damping makes up for it.
        const auto one = with([](InputStatistics& input) { std::ranges::fill(input.gram, 1.0F); });
        QVERIFY2(one.exitCode == 0, one.err);
        QCOMPARE(problemOf(output), QString());
        const auto zero = with([](InputStatistics& input) { std::ranges::fill(input.gram, 0.0F); });
        QVERIFY2(zero.exitCode == 0, zero.err);
        QCOMPARE(problemOf(output), QString());
    }
};

QTEST_GUILESS_MAIN(TestCliBadInputs)
#include "tst_cli_bad_inputs.moc"
