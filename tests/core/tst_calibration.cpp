// SPDX-License-Identifier: MIT
// Statistics of the inputs of every linear map: against llama.cpp's importance matrix, and independent of threads.
#include <QtTest>

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/atomic_file.h"
#include "base/thread_pool.h"
#include "calibration/calibration.h"
#include "calibration/imatrix_file.h"
#include "io/model_file.h"
#include "tests/support/forward.h"
#include "tests/support/gguf_builder.h"
#include "tests/support/paths.h"
#include "tests/support/tiny_llama.h"
#include "tests/support/verify.h"

using namespace ww;

class TestCalibration : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;

    Result<Calibration> tiny(unsigned threads, std::uint64_t budget, std::size_t sampledRows = 20) const
    {
        const auto path = test::pathOf(m_folder) / "tiny.gguf";
        if (!test::tinyLlama().write(path)) qFatal("cannot write %s", path.c_str());
        WW_TRY(const auto file, openModel(path));
        WW_TRY(const auto tokenizer, Tokenizer::create(file->metadata()));
        WW_TRY(const auto model, test::loadLanguageModel(path));
        std::string text;
        for (int i = 0; i < 500; ++i) text += static_cast<char>('a' + (i * i + i / 7) % 26);
        CalibrationOptions options;
        options.contextLength = 64;
        options.collectGram = true;
        options.wantsGram = [](std::string_view name) { return name.find("ffn_up") != std::string_view::npos; };
        options.sampledRows = sampledRows;
        options.activationBudgetBytes = budget;
        ThreadPool pool(threads);
        return calibrate(*model, *tokenizer, text, options, JobContext{pool});
    }

private slots:
    void independentOfThreadsAndPasses()
    {
        const auto one = tiny(1, std::uint64_t{1} << 30);
        WW_VERIFY(one);
        const auto two = tiny(3, 1);
        WW_VERIFY(two);
        QVERIFY(*one == *two);
        QCOMPARE(one->tokens, std::uint64_t{one->windows} * 64);

        const InputStatistics* up = one->find("blk.1.ffn_up.weight");
        QVERIFY(up);
        QVERIFY(up == one->find("blk.1.ffn_gate.weight"));
        QCOMPARE(up->count, one->tokens);
        QCOMPARE(up->gram.size(), up->columns * up->columns);
        for (std::size_t c = 0; c < up->columns; ++c) {
            const double meanSquare = up->sumSquares[c] / static_cast<double>(up->count);
            QVERIFY(std::fabs(up->gram[c * up->columns + c] - meanSquare) <= 1e-5 * meanSquare);
            QVERIFY(up->gram[c] == up->gram[c * up->columns]);
            QVERIFY(std::fabs(up->sum[c]) <= up->sumAbs[c]);
            QVERIFY(meanSquare <= double{up->absMax[c]} * up->absMax[c]);
        }
        QVERIFY(one->find("blk.0.attn_v.weight")->gram.empty());
        QVERIFY(one->find("output.weight"));
        QVERIFY(!one->find("blk.0.attn_norm.weight"));
    }

    // A sample has so many rows of the text, each once, from all over it; the whole text if there is room.
    void samplesComeFromAllOverTheText()
    {
        const auto whole = tiny(2, std::uint64_t{1} << 30, 10000);
        const auto some = tiny(2, std::uint64_t{1} << 30, 100);
        WW_VERIFY(whole);
        WW_VERIFY(some);
        const InputStatistics& all = *whole->find("blk.1.ffn_up.weight");
        const InputStatistics& few = *some->find("blk.1.ffn_up.weight");
        const std::size_t n = all.columns;
        QCOMPARE(all.sample.size(), all.count * n);
        for (std::size_t c = 0; c < n; ++c) {
            double sum = 0;
            for (std::size_t i = c; i < all.sample.size(); i += n) sum += static_cast<double>(all.sample[i]);
            QVERIFY(sum == all.sum[c]);
        }
        QCOMPARE(few.sample.size(), 100 * n);
        QVERIFY(all.count > 300);
        std::vector<bool> taken(all.count);
        double middle = 0;
        for (std::size_t r = 0; r < 100; ++r) {
            const auto row = few.sample.begin() + static_cast<std::ptrdiff_t>(r * n);
            std::size_t t = 0;
            while (t < all.count && (taken[t] || !std::equal(row, row + static_cast<std::ptrdiff_t>(n), all.sample.begin() + static_cast<std::ptrdiff_t>(t * n)))) ++t;
            QVERIFY(t < all.count);
            taken[t] = true;
            middle += static_cast<double>(t) / 100;
        }
        // Of a row with equal chances the middle is one half, ± 0.03.
        QVERIFY(std::fabs(middle / static_cast<double>(all.count) - 0.5) < 0.1);
        QVERIFY(whole->find("blk.0.attn_v.weight")->sample.empty());
    }

    void equalsLlamaCpp()
    {
        if (test::fixturesDir().empty()) QSKIP("No fixtures (WW_FIXTURES): importance was not compared with llama.cpp's");
        const auto path = test::fixturesDir() / "fixture-llama-8M-F16.gguf";
        const auto reference = loadImportance(test::fixturesDir() / "fixture-llama-8M.imatrix.gguf");
        WW_VERIFY(reference);
        const auto file = openModel(path);
        WW_VERIFY(file);
        const auto tokenizer = Tokenizer::create((*file)->metadata());
        WW_VERIFY(tokenizer);
        const auto model = test::loadLanguageModel(path);
        WW_VERIFY(model);
        const auto text = readTextFile(test::fixturesDir() / "text" / "calib-train.txt");
        WW_VERIFY(text);
        CalibrationOptions options;
        options.maxWindows = 100;
        ThreadPool pool(2);
        const auto calibration = calibrate(**model, **tokenizer, *text, options, JobContext{pool});
        WW_VERIFY(calibration);
        const ImportanceMatrix ours = importanceOf(*calibration);
        QCOMPARE(ours.chunkCount, reference->chunkCount);
        QCOMPARE(ours.entries.size(), reference->entries.size());
        double worst = 0;
        std::size_t compared = 0;
        for (std::size_t i = 0; i < ours.entries.size(); ++i) {
            const ImportanceEntry& a = ours.entries[i];
            const ImportanceEntry& b = reference->entries[i];
            QCOMPARE(a.tensor, b.tensor);
            // In the last block, behind the attention, llama.cpp only computed the positions whose logits were asked for.
            if (b.counts == std::vector<std::uint64_t>{100}) continue;
            QCOMPARE(a.counts, b.counts);
            ++compared;
            double difference = 0;
            double size = 0;
            for (std::size_t c = 0; c < a.sums.size(); ++c) {
                difference += std::pow(double{a.sums[c]} - b.sums[c], 2);
                size += std::pow(double{b.sums[c]}, 2);
            }
            worst = std::max(worst, std::sqrt(difference / size));
        }
        // llama.cpp rounds inputs to half precision before products with F16 weights.
        qInfo("largest relative difference of a tensor: %.2g", worst);
        QVERIFY(worst < 2e-3);
        QCOMPARE(compared, ours.entries.size() - 3);
    }

    void tooShort()
    {
        const auto path = test::pathOf(m_folder) / "short.gguf";
        QVERIFY(test::tinyLlama().write(path));
        const auto file = openModel(path);
        WW_VERIFY(file);
        const auto tokenizer = Tokenizer::create((*file)->metadata());
        WW_VERIFY(tokenizer);
        const auto model = test::loadLanguageModel(path);
        WW_VERIFY(model);
        ThreadPool pool(1);
        const auto result = calibrate(**model, **tokenizer, "short", {}, JobContext{pool});
        QVERIFY(!result);
        QCOMPARE(result.error().code, ErrorCode::TooShort);
    }
};

QTEST_GUILESS_MAIN(TestCalibration)
#include "tst_calibration.moc"
