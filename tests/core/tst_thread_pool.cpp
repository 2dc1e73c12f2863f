// SPDX-License-Identifier: MIT
#include <QtTest>

#include <atomic>
#include <thread>
#include <vector>

#include "base/thread_pool.h"

class TestThreadPool : public QObject {
    Q_OBJECT
private slots:
    void everyIndexRunsOnce_data()
    {
        QTest::addColumn<unsigned>("threads");
        QTest::addColumn<int>("count");
        for (unsigned threads : {1U, 2U, 5U})
            for (int count : {0, 1, 2, 3, 1000}) QTest::addRow("%u threads, %d indices", threads, count) << threads << count;
    }
    void everyIndexRunsOnce()
    {
        QFETCH(unsigned, threads);
        QFETCH(int, count);
        ww::ThreadPool pool(threads);
        QCOMPARE(pool.threadCount(), threads);
        std::vector<std::atomic<int>> hits(static_cast<std::size_t>(count));
        pool.parallelFor(hits.size(), [&](std::size_t i) { ++hits[i]; });
        for (const auto& h : hits) QCOMPARE(h.load(), 1);
    }
    void nestedLoopsFinish()
    {
        ww::ThreadPool pool(3);
        std::atomic<int> sum{0};
        pool.parallelFor(8, [&](std::size_t) { pool.parallelFor(8, [&](std::size_t) { ++sum; }); });
        QCOMPARE(sum.load(), 64);
    }
    void severalCallersShareOnePool()
    {
        ww::ThreadPool pool(3);
        std::atomic<int> sum{0};
        std::vector<std::thread> callers;
        for (int t = 0; t < 4; ++t)
            callers.emplace_back([&] {
                for (int i = 0; i < 50; ++i) pool.parallelFor(20, [&](std::size_t) { ++sum; });
            });
        for (auto& c : callers) c.join();
        QCOMPARE(sum.load(), 4 * 50 * 20);
    }
};

QTEST_APPLESS_MAIN(TestThreadPool)
#include "tst_thread_pool.moc"
