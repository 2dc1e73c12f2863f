// SPDX-License-Identifier: MIT
// Calibrations on disk: bit for bit, damaged files, going on after a stop, and agreement of the halves of a text.
#include <QTemporaryDir>
#include <QtTest>

#include <cmath>
#include <filesystem>
#include <thread>

#include "base/atomic_file.h"
#include "base/thread_pool.h"
#include "calibration/calibration_file.h"
#include "import/open_model.h"
#include "model/weight_source.h"
#include "tests/support/paths.h"
#include "tests/support/tiny_llama.h"
#include "tests/support/verify.h"

using namespace ww;

class TestCalibrationFile : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;
    std::shared_ptr<const LanguageModel> m_model;
    std::shared_ptr<const Tokenizer> m_tokenizer;
    std::string m_text;
    CalibrationOptions m_options;

private slots:
    void initTestCase()
    {
        const std::filesystem::path path = m_folder.filePath("tiny.gguf").toStdString();
        QVERIFY(test::tinyLlama().write(path));
        auto file = openAnyModel(path);
        WW_VERIFY(file);
        auto tokenizer = Tokenizer::create((*file)->metadata());
        WW_VERIFY(tokenizer);
        m_tokenizer = std::move(*tokenizer);
        auto model = LanguageModel::create(fileWeights(*file));
        WW_VERIFY(model);
        m_model = *model;
        auto text = readTextFile(test::sampleEvaluationText());
        WW_VERIFY(text);
        m_text = text->substr(0, 3000);
        m_options.contextLength = 32;
        m_options.maxWindows = 12;
        m_options.collectGram = true;
        m_options.textName = "text";
    }

    void roundTrip()
    {
        ThreadPool pool(2);
        auto calibration = calibrate(*m_model, *m_tokenizer, m_text, m_options, {pool});
        WW_VERIFY(calibration);
        const StoredCalibration stored{std::move(*calibration), {1, 2}, {3, 4}};
        const std::filesystem::path path = m_folder.filePath("a.calibration").toStdString();
        WW_VERIFY(saveCalibration(stored, path));
        const auto loaded = loadCalibration(path);
        WW_VERIFY(loaded);
        QVERIFY(*loaded == stored);
        for (const InputStatistics& input : stored.calibration.inputs) {
            QCOMPARE(input.halfCount, input.count / 2);
            QVERIFY(input.splitHalfAgreement() > 0.5 && input.splitHalfAgreement() <= 1);
        }

        const auto bytes = readTextFile(path);
        WW_VERIFY(bytes);
        for (const std::string& bad : {bytes->substr(0, bytes->size() / 2), "x" + *bytes, std::string(), *bytes + "0"}) {
            WW_VERIFY(writeTextFile(path, bad));
            const auto refused = loadCalibration(path);
            QVERIFY(!refused && refused.error().code == ErrorCode::Corrupt);
        }
        std::string changed = *bytes;
        changed[changed.size() / 2] = static_cast<char>(changed[changed.size() / 2] ^ 1);
        WW_VERIFY(writeTextFile(path, changed));
        QVERIFY(!loadCalibration(path));
    }

    void goesOn()
    {
        m_options.sampledRows = 50;  // of 384
        const auto whole = [&](unsigned threads) {
            ThreadPool pool(threads);
            return calibrate(*m_model, *m_tokenizer, m_text, m_options, {pool});
        };
        const auto expected = whole(1);
        WW_VERIFY(expected);
        m_options.checkpoint = m_folder.filePath("state").toStdString();
        m_options.identity = {5, 6};
        m_options.windowsPerUnit = 2;
        m_options.checkpointSeconds = 0;
        // The stop comes in the third unit: the model is asked for its progress there.
        ThreadPool pool(1);
        std::stop_source stop;
        Progress progress;
        std::jthread watcher([&] {
            while (progress.snapshot().done < 5 * 32 * 2) std::this_thread::yield();
            stop.request_stop();
        });
        const auto stopped = calibrate(*m_model, *m_tokenizer, m_text, m_options, {pool, stop.get_token(), &progress});
        watcher.join();
        if (!stopped) QVERIFY(std::filesystem::exists(m_options.checkpoint));
        const auto resumed = whole(2);
        WW_VERIFY(resumed);
        QVERIFY(*resumed == *expected);
        // Now all units are in the file: nothing is left to do, and the result is the same.
        const auto again = whole(1);
        WW_VERIFY(again);
        QVERIFY(*again == *expected);
        // A state of something else, or a damaged one, is not used.
        m_options.identity = {7, 8};
        const auto other = whole(1);
        WW_VERIFY(other);
        QVERIFY(*other == *expected);
        WW_VERIFY(writeTextFile(m_options.checkpoint, "WWCALPT3 nonsense"));
        const auto damaged = whole(1);
        WW_VERIFY(damaged);
        QVERIFY(*damaged == *expected);
    }

    void agreement()
    {
        InputStatistics input;
        input.columns = 2;
        input.count = 8;
        input.halfCount = 4;
        input.sumSquares = {8, 4};
        input.halfSquares = {4, 2};
        QCOMPARE(input.splitHalfAgreement(), 1.0);
        input.halfSquares = {0, 4};
        // A = {2, 0}, B = {0, 1}
        QVERIFY(std::fabs(input.splitHalfAgreement()) < 1e-12);
        input.halfCount = 0;
        QCOMPARE(input.splitHalfAgreement(), 0.0);
    }
};

QTEST_GUILESS_MAIN(TestCalibrationFile)
#include "tst_calibration_file.moc"
