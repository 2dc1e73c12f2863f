// SPDX-License-Identifier: MIT
#include <QtTest>

#include <atomic>
#include <chrono>
#include <new>
#include <thread>
#include <vector>

#include "base/thread_pool.h"
#include "jobs/ordered_pipeline.h"

using namespace ww;

namespace {

/// Writes the index into the piece, so that a buffer that is reused too early shows.
Result<std::span<const std::byte>> indexAsBytes(std::size_t index, PieceBuffers& buffers)
{
    buffers.bytes.ensure(64);
    for (std::size_t i = 0; i < 64; ++i) buffers.bytes[i] = static_cast<std::byte>(index % 251);
    return std::span<const std::byte>(buffers.bytes.span());
}

}  // namespace

class TestOrderedPipeline : public QObject {
    Q_OBJECT
private slots:
    void deliversEveryPieceInOrder_data()
    {
        QTest::addColumn<unsigned>("threads");
        QTest::addColumn<int>("window");
        QTest::addColumn<int>("count");
        for (unsigned threads : {1U, 2U, 5U})
            for (int window : {1, 2, 7})
                for (int count : {0, 1, 3, 500})
                    QTest::addRow("%u threads, window %d, %d pieces", threads, window, count) << threads << window << count;
    }
    void deliversEveryPieceInOrder()
    {
        QFETCH(unsigned, threads);
        QFETCH(int, window);
        QFETCH(int, count);
        ThreadPool pool(threads);
        std::atomic<int> begun{0};
        std::atomic<int> mostAhead{0};
        int delivered = 0;
        bool rightBytes = true;
        const auto result = runOrdered(
            static_cast<std::size_t>(count), static_cast<std::size_t>(window),
            [&](std::size_t index, PieceBuffers& buffers) {
                ++begun;
                if (index % 5 == 0) std::this_thread::yield();
                return indexAsBytes(index, buffers);
            },
            [&](std::size_t index, std::span<const std::byte> bytes) -> Result<void> {
                mostAhead = std::max(mostAhead.load(), begun.load() - delivered);
                if (static_cast<int>(index) != delivered) rightBytes = false;
                for (const std::byte b : bytes) rightBytes = rightBytes && b == static_cast<std::byte>(index % 251);
                ++delivered;
                return {};
            },
            {pool});
        QVERIFY(result.has_value());
        QCOMPARE(delivered, count);
        QVERIFY(rightBytes);
        QVERIFY(mostAhead <= window);
    }

    void theFirstFailingPieceIsReported_data()
    {
        QTest::addColumn<unsigned>("threads");
        QTest::addColumn<bool>("delivering");
        for (unsigned threads : {1U, 2U, 5U}) {
            QTest::addRow("%u threads, while making", threads) << threads << false;
            QTest::addRow("%u threads, while delivering", threads) << threads << true;
        }
    }
    void theFirstFailingPieceIsReported()
    {
        QFETCH(unsigned, threads);
        QFETCH(bool, delivering);
        ThreadPool pool(threads);
        std::atomic<int> made{0};
        int delivered = 0;
        const auto failAt = [](std::size_t index) { return fail(ErrorCode::Corrupt, std::to_string(index)); };
        const auto result = runOrdered(
            10000, 8,
            [&](std::size_t index, PieceBuffers& buffers) -> Result<std::span<const std::byte>> {
                ++made;
                if (index == 20) std::this_thread::sleep_for(std::chrono::milliseconds(5));
                if (!delivering && index >= 20) return failAt(index);
                return indexAsBytes(index, buffers);
            },
            [&](std::size_t index, std::span<const std::byte>) -> Result<void> {
                if (delivering && index == 20) return failAt(index);
                ++delivered;
                return {};
            },
            {pool});
        QVERIFY(!result);
        QCOMPARE(result.error().message, std::string("20"));
        QCOMPARE(delivered, 20);
        QVERIFY(made <= 20 + 8 + 1);
    }

    void cancelEndsSoon()
    {
        ThreadPool pool(2);
        std::stop_source stop;
        int delivered = 0;
        const auto result = runOrdered(
            1000000, 8, [](std::size_t index, PieceBuffers& buffers) { return indexAsBytes(index, buffers); },
            [&](std::size_t index, std::span<const std::byte>) -> Result<void> {
                ++delivered;
                if (index == 50) stop.request_stop();
                return {};
            },
            {pool, stop.get_token()});
        QVERIFY(!result);
        QCOMPARE(static_cast<int>(result.error().code), static_cast<int>(ErrorCode::Cancelled));
        QCOMPARE(delivered, 51);
    }

    void memoryThatIsNotThereIsAnError()
    {
        ThreadPool pool(2);
        const auto result = runOrdered(
            10, 4,
            [](std::size_t index, PieceBuffers& buffers) -> Result<std::span<const std::byte>> {
                if (index == 3) throw std::bad_alloc();
                return indexAsBytes(index, buffers);
            },
            [](std::size_t, std::span<const std::byte>) { return Result<void>{}; }, {pool});
        QVERIFY(!result);
        QCOMPARE(static_cast<int>(result.error().code), static_cast<int>(ErrorCode::OutOfMemory));
    }
};

QTEST_APPLESS_MAIN(TestOrderedPipeline)
#include "tst_ordered_pipeline.moc"
