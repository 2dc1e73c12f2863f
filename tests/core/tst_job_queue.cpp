// SPDX-License-Identifier: MIT
#include <QtTest>

#include <atomic>
#include <chrono>
#include <new>
#include <semaphore>
#include <stdexcept>
#include <thread>

#include "jobs/job_queue.h"

using namespace ww;
using namespace std::chrono_literals;

namespace {

using Lane = JobQueue::Lane;

/// Works until it is stopped, as a long quantization does.
Result<void> workUntilStopped(const JobContext& context)
{
    while (!context.stopRequested()) std::this_thread::sleep_for(2ms);
    return cancelled();
}

bool waitFor(const Job& job, std::chrono::milliseconds limit = 5s)
{
    const auto end = std::chrono::steady_clock::now() + limit;
    while (!job.isFinished() && std::chrono::steady_clock::now() < end) std::this_thread::sleep_for(1ms);
    return job.isFinished();
}

double millisecondsUntilFinished(const Job& job)
{
    const auto start = std::chrono::steady_clock::now();
    waitFor(job);
    return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

class TestJobQueue : public QObject {
    Q_OBJECT
private slots:
    void oneLaneKeepsTheOrder()
    {
        ThreadPool pool(2);
        JobQueue queue(pool);
        std::vector<int> order;
        std::shared_ptr<Job> last;
        for (int i = 0; i < 20; ++i)
            last = queue.submit("count", Lane::Background, [&order, i](const JobContext&) -> Result<void> {
                order.push_back(i);
                return {};
            });
        QVERIFY(waitFor(*last));
        QCOMPARE(order.size(), std::size_t{20});
        for (int i = 0; i < 20; ++i) QCOMPARE(order[static_cast<std::size_t>(i)], i);
    }

    void foregroundOvertakesBackground()
    {
        ThreadPool pool(2);
        JobQueue queue(pool);
        const auto slow = queue.submit("slow", Lane::Background, workUntilStopped);
        const auto quick = queue.submit("quick", Lane::Foreground, [](const JobContext&) { return Result<void>{}; });
        QVERIFY(waitFor(*quick));
        QCOMPARE(quick->state(), JobState::Succeeded);
        QVERIFY(!slow->isFinished());
        QCOMPARE(queue.active().size(), std::size_t{1});
        QCOMPARE(queue.active().front()->id(), slow->id());
        slow->cancel();
        QVERIFY(waitFor(*slow));
    }

    void cancelTakesEffectSoon_data()
    {
        QTest::addColumn<bool>("queued");
        QTest::newRow("running job") << false;
        QTest::newRow("queued job") << true;
    }
    void cancelTakesEffectSoon()
    {
        QFETCH(bool, queued);
        ThreadPool pool(2);
        JobQueue queue(pool);
        std::atomic<int> finishedCalls{0};
        std::atomic<bool> secondRan{false};
        const auto count = [&](const Job&) { ++finishedCalls; };
        const auto first = queue.submit("first", Lane::Background, workUntilStopped, count);
        const auto second = queue.submit(
            "second", Lane::Background,
            [&](const JobContext& context) {
                secondRan = true;
                return workUntilStopped(context);
            },
            count);
        while (first->state() != JobState::Running) std::this_thread::sleep_for(1ms);
        Job& job = queued ? *second : *first;
        job.cancel();
        const double elapsedMs = millisecondsUntilFinished(job);
        QVERIFY2(elapsedMs < 100, qPrintable(QString::number(elapsedMs)));
        QCOMPARE(job.state(), JobState::Cancelled);
        if (queued) {
            QVERIFY(!first->isFinished());
            QVERIFY(!secondRan);
            QCOMPARE(finishedCalls.load(), 1);
            first->cancel();
            QVERIFY(waitFor(*first));
        }
    }

    void cancelAllEmptiesTheQueue()
    {
        ThreadPool pool(1);
        std::atomic<int> finishedCalls{0};
        JobQueue queue(pool);
        std::vector<std::shared_ptr<Job>> jobs;
        for (int i = 0; i < 6; ++i)
            jobs.push_back(queue.submit("job", i % 2 ? Lane::Foreground : Lane::Background, workUntilStopped,
                                        [&](const Job&) { ++finishedCalls; }));
        const auto active = queue.active();
        for (std::size_t i = 1; i < active.size(); ++i) QVERIFY(active[i - 1]->id() < active[i]->id());
        queue.cancelAll();
        for (const auto& job : jobs) {
            QVERIFY(waitFor(*job));
            QCOMPARE(job->state(), JobState::Cancelled);
        }
        QTRY_COMPARE(finishedCalls.load(), 6);
        QTRY_VERIFY(queue.active().empty());
    }

    void failuresBecomeErrors_data()
    {
        QTest::addColumn<int>("kind");
        QTest::addColumn<int>("code");
        QTest::newRow("error value") << 0 << static_cast<int>(ErrorCode::Corrupt);
        QTest::newRow("out of memory") << 1 << static_cast<int>(ErrorCode::OutOfMemory);
        QTest::newRow("other exception") << 2 << static_cast<int>(ErrorCode::Internal);
        QTest::newRow("not even an exception type") << 3 << static_cast<int>(ErrorCode::Internal);
    }
    void failuresBecomeErrors()
    {
        QFETCH(int, kind);
        QFETCH(int, code);
        ThreadPool pool(1);
        JobQueue queue(pool);
        const auto job = queue.submit("fails", Lane::Foreground, [kind](const JobContext&) -> Result<void> {
            if (kind == 1) throw std::bad_alloc();
            if (kind == 2) throw std::runtime_error("odd");
            if (kind == 3) throw 3;
            return fail(ErrorCode::Corrupt, "The file is damaged.");
        });
        QVERIFY(waitFor(*job));
        QCOMPARE(job->state(), JobState::Failed);
        QCOMPARE(static_cast<int>(job->error().code), code);
        QVERIFY(!job->error().message.empty());
        const auto next = queue.submit("next", Lane::Foreground, [](const JobContext&) { return Result<void>{}; });
        QVERIFY(waitFor(*next));
        QCOMPARE(next->state(), JobState::Succeeded);
    }

    void progressIsReadableWhileWorking()
    {
        ThreadPool pool(2);
        JobQueue queue(pool);
        std::binary_semaphore reported{0};
        const auto job = queue.submit("progress", Lane::Background, [&](const JobContext& context) {
            context.begin("Quantizing", 100, ProgressUnit::Bytes);
            context.advance(40);
            reported.release();
            return workUntilStopped(context);
        });
        reported.acquire();
        QCOMPARE(job->progress().phase, std::string("Quantizing"));
        QCOMPARE(job->progress().fraction(), 0.4);
        job->cancel();
        QVERIFY(waitFor(*job));
    }

    void finishedWorkReleasesWhatItHeld()
    {
        ThreadPool pool(1);
        JobQueue queue(pool);
        auto held = std::make_shared<int>(1);
        const auto job = queue.submit("holds", Lane::Foreground, [held](const JobContext&) { return Result<void>{}; });
        QVERIFY(waitFor(*job));
        QCOMPARE(held.use_count(), 1L);
    }

    void destroyedWhileWorking()
    {
        ThreadPool pool(2);
        std::atomic<int> finishedCalls{0};
        std::vector<std::shared_ptr<Job>> jobs;
        const auto start = std::chrono::steady_clock::now();
        {
            JobQueue queue(pool);
            for (int i = 0; i < 8; ++i)
                jobs.push_back(queue.submit("job", i % 2 ? Lane::Foreground : Lane::Background, workUntilStopped, [&](const Job&) {
                    ++finishedCalls;
                    // More work from a callback is refused politely while the queue goes away.
                    if (finishedCalls < 4) queue.submit("late", Lane::Foreground, workUntilStopped);
                }));
            std::this_thread::sleep_for(10ms);
        }
        QVERIFY(std::chrono::steady_clock::now() - start < 500ms);
        for (const auto& job : jobs) QCOMPARE(job->state(), JobState::Cancelled);
        QCOMPARE(finishedCalls.load(), 8);
        jobs.front()->cancel();  // a job outlives its queue
    }

    void manyThreadsSubmitAndCancel()
    {
        ThreadPool pool(2);
        JobQueue queue(pool);
        std::atomic<int> finishedCalls{0};
        std::vector<std::thread> threads;
        for (int t = 0; t < 4; ++t)
            threads.emplace_back([&, t] {
                for (int i = 0; i < 50; ++i) {
                    const auto job = queue.submit(
                        "job", t % 2 ? Lane::Foreground : Lane::Background, [](const JobContext&) { return Result<void>{}; },
                        [&](const Job&) { ++finishedCalls; });
                    if (i % 3 == 0) job->cancel();
                }
            });
        for (auto& thread : threads) thread.join();
        QTRY_COMPARE(finishedCalls.load(), 200);
    }
};

QTEST_APPLESS_MAIN(TestJobQueue)
#include "tst_job_queue.moc"
