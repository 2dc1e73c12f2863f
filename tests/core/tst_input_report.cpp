// SPDX-License-Identifier: MIT
// What goes into a matrix, before and after methods that round inputs.
#include <QtTest>

#include <cmath>

#include "base/thread_pool.h"
#include "import/open_model.h"
#include "jobs/input_report.h"
#include "tests/support/paths.h"

using namespace ww;

class TestInputReport : public QObject {
    Q_OBJECT

    std::shared_ptr<const ModelFile> m_model;
    const std::string m_text = "The history of the city begins long before the first stone was laid, and nobody wrote down who came first.";

    Result<InputReport> report(const char* tensor, const char* method, unsigned threads = 2)
    {
        ThreadPool pool(threads);
        return reportInputs(m_model, *m_model->find(tensor), method, nullptr, m_text, 128, 101, {pool});
    }

private Q_SLOTS:
    void initTestCase()
    {
        auto model = openAnyModel(test::sampleModel());
        QVERIFY(model.has_value());
        m_model = *model;
    }

    void weightMethodsLeaveInputsAlone()
    {
        const auto r = report("blk.3.ffn_down.weight", "reference");
        QVERIFY2(r, r ? "" : r.error().message.c_str());
        QVERIFY(!r->changed);
        QVERIFY(r->rows > 8);
        QCOMPARE(r->original.count, r->rows * m_model->find("blk.3.ffn_down.weight")->shape.columns());
        QCOMPARE(r->originalHistogram.total(), r->original.count);
        QCOMPARE(r->originalHistogram.below + r->originalHistogram.above, std::uint64_t{0});
    }

    void coarserInputsAreFartherAway()
    {
        const auto eight = report("blk.3.attn_q.weight", "w8a8-dynamic");
        const auto four = report("blk.3.attn_q.weight", "atom");
        QVERIFY2(eight, eight ? "" : eight.error().message.c_str());
        QVERIFY2(four, four ? "" : four.error().message.c_str());
        QVERIFY(eight->changed && four->changed);
        QVERIFY2(eight->relativeError > 0 && eight->relativeError < 0.05, qPrintable(QString::number(eight->relativeError)));
        QVERIFY2(four->relativeError > 2 * eight->relativeError, qPrintable(QString::number(four->relativeError)));
        QCOMPARE(four->changedHistogram.total(), four->original.count);
        QVERIFY(four->changedHistogram.counts != four->originalHistogram.counts);
    }

    void doesNotDependOnThreads()
    {
        const auto one = report("blk.7.attn_output.weight", "w8a8-dynamic", 1);
        const auto five = report("blk.7.attn_output.weight", "w8a8-dynamic", 5);
        QVERIFY(one && five);
        QCOMPARE(one->relativeError, five->relativeError);
        QVERIFY(one->changedHistogram.counts == five->changedHistogram.counts);
    }

    void theOutputMatrixIsReached()
    {
        const auto r = report("output.weight", "reference");
        QVERIFY2(r, r ? "" : r.error().message.c_str());
        QVERIFY(r->rows > 8);
    }

    void refusals()
    {
        for (const char* tensor : {"token_embd.weight", "blk.0.attn_norm.weight"}) {
            const auto r = report(tensor, "reference");
            QVERIFY(!r);
            QCOMPARE(r.error().code, ErrorCode::Unsupported);
        }
        ThreadPool pool(1);
        const auto r = reportInputs(m_model, *m_model->find("output.weight"), "reference", nullptr, "", 128, 100, {pool});
        QVERIFY(!r);
        QCOMPARE(r.error().code, ErrorCode::TooShort);
    }
};

QTEST_GUILESS_MAIN(TestInputReport)
#include "tst_input_report.moc"
