// SPDX-License-Identifier: MIT
#include <QDir>
#include <QTemporaryDir>
#include <QtTest>

#include <chrono>
#include <cstring>
#include <filesystem>
#include <limits>
#include <thread>

#include "base/thread_pool.h"
#include "jobs/export.h"
#include "jobs/export_journal.h"
#include "tests/support/gguf_builder.h"
#include "tests/support/golden_rows.h"
#include "tests/support/paths.h"

using namespace ww;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

Plan planFor(const ModelFile& model, const char* preset)
{
    Recipe recipe;
    recipe.preset = preset;
    auto plan = resolve(recipe, model);
    return plan ? *plan : Plan{};
}

std::string randomFloats(std::size_t count, std::uint64_t seed)
{
    test::SplitMix random(seed);
    std::string bytes;
    bytes.reserve(count * sizeof(float));
    for (std::size_t i = 0; i < count; ++i) bytes += test::littleEndian(static_cast<float>(random.bell() * 0.1));
    return bytes;
}

}  // namespace

class TestExport : public QObject {
    Q_OBJECT

    std::shared_ptr<const ModelFile> m_sample;
    QTemporaryDir m_folder;

    [[nodiscard]] fs::path file(const QString& name) const { return m_folder.filePath(name).toStdString(); }
    [[nodiscard]] QStringList files() const { return QDir(m_folder.path()).entryList(QDir::Files | QDir::Hidden | QDir::System); }

private slots:
    void initTestCase()
    {
        auto model = openModel(test::sampleModel());
        QVERIFY(model.has_value());
        m_sample = *model;
    }
    void cleanup()
    {
        for (const QString& name : files()) QFile::remove(m_folder.filePath(name));
    }

    void slowMethodsAreWorthKeeping()
    {
        for (const auto& [method, slow] : {std::pair{"reference", false}, {"search", true}, {"hqq", true}}) {
            Recipe recipe;
            recipe.preset = "Q4_0";
            recipe.method = method;
            const auto plan = resolve(recipe, *m_sample);
            QVERIFY2(plan, method);
            QVERIFY2(takesLong(*plan) == slow, method);
        }
    }

    void bytesDoNotDependOnThreads_data()
    {
        QTest::addColumn<QString>("preset");
        for (const char* preset : {"Q8_0", "Q4_K_M", "F32"}) QTest::newRow(preset) << preset;
    }
    void bytesDoNotDependOnThreads()
    {
        QFETCH(QString, preset);
        const Plan plan = planFor(*m_sample, preset.toUtf8().constData());
        QVERIFY(!plan.entries.empty());
        std::string first;
        for (unsigned threads : {1U, 2U, 5U}) {
            ThreadPool pool(threads);
            Progress progress;
            const auto summary = exportGguf(*m_sample, plan, file("out.gguf"), {pool, {}, &progress});
            QVERIFY2(summary, summary ? "" : summary.error().describe().c_str());
            const std::string bytes = test::readFile(file("out.gguf"));
            QCOMPARE(std::uint64_t{bytes.size()}, plan.sizeBytes);
            QCOMPARE(summary->sizeBytes, plan.sizeBytes);
            QCOMPARE(summary->quantizedTensors + summary->copiedTensors, m_sample->tensors().size());
            QVERIFY(progress.snapshot().total > 0);
            QCOMPARE(progress.snapshot().done, progress.snapshot().total);
            if (first.empty()) first = bytes;
            QVERIFY(bytes == first);
        }
        QCOMPARE(files().size(), 1);
    }

    void severalTogetherAreTheSameFiles()
    {
        const std::vector<const char*> presets{"Q4_K_M", "COPY", "Q8_0", "F32", "IQ4_XS"};
        std::vector<Plan> plans;
        for (const char* preset : presets) plans.push_back(planFor(*m_sample, preset));
        std::vector<ExportOrder> orders;
        for (std::size_t i = 0; i < plans.size(); ++i) orders.push_back({&plans[i], file((std::string(presets[i]) + ".gguf").c_str())});
        for (unsigned threads : {1U, 3U}) {
            ThreadPool pool(threads);
            Progress progress;
            const auto together = exportTogether(*m_sample, orders, {pool, {}, &progress});
            QVERIFY2(together, together ? "" : together.error().describe().c_str());
            QCOMPARE(progress.snapshot().done, progress.snapshot().total);
            for (std::size_t i = 0; i < plans.size(); ++i) {
                const auto alone = exportGguf(*m_sample, plans[i], file("alone.gguf"), {pool});
                QVERIFY(alone);
                QVERIFY(test::readFile(file("alone.gguf")) == test::readFile(orders[i].target));
                QCOMPARE((*together)[i].sizeBytes, plans[i].sizeBytes);
                QCOMPARE((*together)[i].quantizedTensors, alone->quantizedTensors);
                QCOMPARE((*together)[i].copiedTensors, alone->copiedTensors);
            }
        }
    }

    void severalTogetherFailTogether()
    {
        ThreadPool pool(2);
        const Plan plan = planFor(*m_sample, "Q8_0");
        Plan shorter = plan;
        shorter.entries.pop_back();
        const std::vector<ExportOrder> others{{&plan, file("a.gguf")}, {&shorter, file("b.gguf")}};
        QVERIFY(!exportTogether(*m_sample, others, {pool}));
        const std::vector<ExportOrder> twice{{&plan, file("a.gguf")}, {&plan, file("a.gguf")}};
        QVERIFY(!exportTogether(*m_sample, twice, {pool}));
        const std::vector<ExportOrder> good{{&plan, file("a.gguf")}, {&plan, file("b.gguf")}};
        std::stop_source stop;
        stop.request_stop();
        const auto cancelled = exportTogether(*m_sample, good, {pool, stop.get_token()});
        QVERIFY(!cancelled);
        QCOMPARE(static_cast<int>(cancelled.error().code), static_cast<int>(ErrorCode::Cancelled));
        QVERIFY(files().isEmpty());
    }

    void unchangedTensorsAreCopied()
    {
        ThreadPool pool(2);
        QVERIFY(exportGguf(*m_sample, planFor(*m_sample, "Q4_K_M"), file("out.gguf"), {pool}).has_value());
        const auto out = openModel(file("out.gguf"));
        QVERIFY(out.has_value());
        std::size_t copied = 0;
        for (const TensorInfo& tensor : m_sample->tensors()) {
            const TensorInfo* written = (*out)->find(tensor.name);
            QVERIFY(written);
            QVERIFY(written->shape.ne == tensor.shape.ne);
            if (written->type != tensor.type) continue;
            const auto a = m_sample->view(tensor).bytes;
            const auto b = (*out)->view(*written).bytes;
            QVERIFY(std::equal(a.begin(), a.end(), b.begin(), b.end()));
            ++copied;
        }
        QCOMPARE(copied, std::size_t{17});  // the norms
    }

    void unusualShapes()
    {
        test::GgufBuilder builder;
        builder.pair("general.architecture", std::string("llama"));
        builder.tensor("blk.0.ffn_up_exps.weight", TensorType::F32, {256, 33, 5}, randomFloats(std::size_t{256} * 33 * 5, 1));
        builder.tensor("blk.0.ffn_down.weight", TensorType::F32, {172, 64}, randomFloats(std::size_t{172} * 64, 2));
        builder.tensor("blk.0.attn_norm.weight", TensorType::F32, {3}, randomFloats(3, 3));
        builder.tensor("blk.0.nothing.weight", TensorType::F32, {256, 0});
        builder.tensor("counts", TensorType::I32, {7}, std::string(28, '\1'));
        QVERIFY(builder.write(file("in.gguf")));
        const auto model = openModel(file("in.gguf"));
        QVERIFY(model.has_value());
        ThreadPool pool(3);
        const Plan plan = planFor(**model, "Q4_K_S");
        const auto summary = exportGguf(**model, plan, file("out.gguf"), {pool});
        QVERIFY2(summary, summary ? "" : summary.error().describe().c_str());
        const auto out = openModel(file("out.gguf"));
        QVERIFY(out.has_value());
        QCOMPARE((*out)->tensors().size(), std::size_t{5});
        QCOMPARE((*out)->fileSizeBytes(), plan.sizeBytes);
        for (const PlanEntry& entry : plan.entries)
            QVERIFY((*out)->find((*model)->tensors()[entry.tensorIndex].name)->type == entry.target);
    }

    void cancelLeavesNothing_data()
    {
        QTest::addColumn<bool>("existing");
        QTest::addColumn<int>("delayMs");
        for (int delay : {0, 5, 40}) {
            QTest::addRow("new file, after %d ms", delay) << false << delay;
            QTest::addRow("existing file, after %d ms", delay) << true << delay;
        }
    }
    void cancelLeavesNothing()
    {
        QFETCH(bool, existing);
        QFETCH(int, delayMs);
        // Enough work to be in the middle of it: 64 MiB to the slowest K format.
        test::GgufBuilder builder;
        for (int i = 0; i < 16; ++i)
            builder.tensor("blk." + std::to_string(i) + ".ffn_up.weight", TensorType::F32, {1024, 1024},
                           randomFloats(std::size_t{16} * 1024, static_cast<std::uint64_t>(i)));
        QVERIFY(builder.write(file("in.gguf")));
        const auto model = openModel(file("in.gguf"));
        QVERIFY(model.has_value());
        if (existing) QVERIFY(test::writeFile(file("out.gguf"), "what was there before"));

        ThreadPool pool(2);
        std::stop_source stop;
        std::thread canceller([&] {
            std::this_thread::sleep_for(std::chrono::milliseconds(delayMs));
            stop.request_stop();
        });
        const auto summary = exportGguf(**model, planFor(**model, "Q2_K"), file("out.gguf"), {pool, stop.get_token()});
        canceller.join();
        QVERIFY(!summary);
        QCOMPARE(static_cast<int>(summary.error().code), static_cast<int>(ErrorCode::Cancelled));
        if (existing) {
            QCOMPARE(files(), (QStringList{"in.gguf", "out.gguf"}));
            QCOMPARE(test::readFile(file("out.gguf")), std::string("what was there before"));
        } else {
            QCOMPARE(files(), QStringList{"in.gguf"});
        }
    }

    void failureLeavesNothing()
    {
        test::GgufBuilder builder;
        std::string values = randomFloats(std::size_t{1024} * 1024, 1);
        const float nan = std::numeric_limits<float>::quiet_NaN();
        std::memcpy(values.data() + 4 * (std::size_t{1024} * 700 + 5), &nan, sizeof nan);
        builder.tensor("blk.0.attn_q.weight", TensorType::F32, {1024, 1024}, randomFloats(std::size_t{1024} * 1024, 2));
        builder.tensor("blk.0.ffn_up.weight", TensorType::F32, {1024, 1024}, values);
        QVERIFY(builder.write(file("in.gguf")));
        const auto model = openModel(file("in.gguf"));
        QVERIFY(model.has_value());
        QVERIFY(test::writeFile(file("out.gguf"), "what was there before"));
        ThreadPool pool(2);
        const auto summary = exportGguf(**model, planFor(**model, "Q8_0"), file("out.gguf"), {pool});
        QVERIFY(!summary);
        QCOMPARE(summary.error().tensor, std::string("blk.0.ffn_up.weight"));
        QVERIFY2(summary.error().message.find("row 700, column 5") != std::string::npos, summary.error().message.c_str());
        QCOMPARE(files(), (QStringList{"in.gguf", "out.gguf"}));
        QCOMPARE(test::readFile(file("out.gguf")), std::string("what was there before"));
    }

    void theSourceIsNotOverwritten_data()
    {
        QTest::addColumn<QString>("way");
        for (const char* way : {"same path", "other spelling", "symbolic link", "hard link", "link to a link"})
            QTest::newRow(way) << way;
    }
    void theSourceIsNotOverwritten()
    {
        QFETCH(QString, way);
        fs::copy_file(test::sampleModel(), file("in.gguf"));
        const auto model = openModel(file("in.gguf"));
        QVERIFY(model.has_value());
        fs::path target = file("link.gguf");
        if (way == "same path") target = file("in.gguf");
        if (way == "other spelling")
            target = m_folder.filePath("./../" + QDir(m_folder.path()).dirName() + "/in.gguf").toStdString();
        if (way == "symbolic link") fs::create_symlink("in.gguf", target);
        if (way == "hard link") fs::create_hard_link(file("in.gguf"), target);
        if (way == "link to a link") {
            fs::create_symlink("in.gguf", file("between.gguf"));
            fs::create_symlink("between.gguf", target);
        }
        ThreadPool pool(1);
        const auto before = files();
        const auto summary = exportGguf(**model, planFor(**model, "Q8_0"), target, {pool});
        QVERIFY(!summary);
        QCOMPARE(static_cast<int>(summary.error().code), static_cast<int>(ErrorCode::Unwritable));
        QCOMPARE(files(), before);
        QVERIFY(test::readFile(file("in.gguf")) == test::readFile(test::sampleModel()));
    }

    void aSourceThatChangesIsNoticed()
    {
        fs::copy_file(test::sampleModel(), file("in.gguf"));
        const auto model = openModel(file("in.gguf"));
        QVERIFY(model.has_value());
        const Plan plan = planFor(**model, "Q8_0");
        fs::resize_file(file("in.gguf"), 1 << 20);
        ThreadPool pool(1);
        const auto summary = exportGguf(**model, plan, file("out.gguf"), {pool});
        QVERIFY(!summary);
        QCOMPARE(static_cast<int>(summary.error().code), static_cast<int>(ErrorCode::Unreadable));
        QCOMPARE(files(), QStringList{"in.gguf"});
    }
};

QTEST_APPLESS_MAIN(TestExport)
#include "tst_export.moc"
