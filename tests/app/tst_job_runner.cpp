// SPDX-License-Identifier: GPL-3.0-or-later
#include <QAbstractItemModelTester>
#include <QElapsedTimer>
#include <QSignalSpy>
#include <QtTest>

#include "app/dialogs/job_list_dialog.h"
#include "app/job_runner.h"

using namespace ww;

class TestJobRunner : public QObject {
    Q_OBJECT

    /// Work that runs until it is stopped.
    static Result<int> untilStopped(const JobContext& context)
    {
        while (!context.stopRequested()) std::this_thread::sleep_for(std::chrono::milliseconds(2));
        return cancelled();
    }

private Q_SLOTS:
    void deliversOnTheGuiThread()
    {
        JobRunner runner(2);
        QThread* seen = nullptr;
        int value = 0;
        runner.start<int>(
            {QStringLiteral("answer")}, [](const JobContext&) -> Result<int> { return 42; }, this,
            [&](Result<int> result) {
                seen = QThread::currentThread();
                value = result.value_or(-1);
            });
        QTRY_COMPARE(value, 42);
        QCOMPARE(seen, QThread::currentThread());
        QTRY_COMPARE(runner.activeCount(), 0);
        QCOMPARE(runner.jobs().back().state, JobState::Succeeded);
    }

    void errorsAreLogged()
    {
        JobRunner runner(1);
        QString message;
        runner.start<int>(
            {QStringLiteral("bad")},
            [](const JobContext&) -> Result<int> { return fail(ErrorCode::NotFound, "There is no such thing."); }, this,
            [&](Result<int> result) { message = QString::fromStdString(result.error().message); });
        QTRY_COMPARE(message, QStringLiteral("There is no such thing."));
        QCOMPARE(runner.jobs().back().state, JobState::Failed);
        QVERIFY(runner.jobs().back().log.last().contains(QStringLiteral("no such thing")));
    }

    void exceptionsBecomeErrors()
    {
        JobRunner runner(1);
        ErrorCode code = ErrorCode::Internal;
        runner.start<int>(
            {QStringLiteral("memory")}, [](const JobContext&) -> Result<int> { throw std::bad_alloc(); }, this,
            [&](Result<int> result) { code = result.error().code; });
        QTRY_COMPARE(code, ErrorCode::OutOfMemory);
    }

    void cancelStopsRunningAndWaiting()
    {
        JobRunner runner(1);
        int cancelledCount = 0;
        const auto done = [&](Result<int> result) {
            if (!result && result.error().code == ErrorCode::Cancelled) ++cancelledCount;
        };
        const auto first = runner.start<int>({QStringLiteral("first")}, untilStopped, this, done);
        const auto second = runner.start<int>({QStringLiteral("second")}, untilStopped, this, done);
        QTRY_COMPARE(runner.find(first)->state, JobState::Running);
        QCOMPARE(runner.waitingCount(), 1);
        runner.cancel(second);
        QTRY_COMPARE(cancelledCount, 1);
        runner.cancel(first);
        QTRY_COMPARE(cancelledCount, 2);
        QCOMPARE(runner.find(first)->state, JobState::Cancelled);
    }

    void aReceiverThatIsGoneIsNotCalled()
    {
        JobRunner runner(1);
        auto receiver = std::make_unique<QObject>();
        bool called = false;
        std::atomic<bool> go = false;
        runner.start<int>(
            {QStringLiteral("late")},
            [&](const JobContext&) -> Result<int> {
                while (!go) std::this_thread::sleep_for(std::chrono::milliseconds(1));
                return 1;
            },
            receiver.get(), [&](Result<int>) { called = true; });
        receiver.reset();
        go = true;
        QTRY_COMPARE(runner.activeCount(), 0);
        QVERIFY(!called);
    }

    void theLastRequestWins()
    {
        JobRunner runner(1);
        JobSlot slot(runner);
        QList<int> results;
        for (int i = 0; i < 20; ++i)
            slot.start<int>(
                {QStringLiteral("preview"), JobQueue::Lane::Foreground, true}, [i](const JobContext&) -> Result<int> { return i; },
                this, [&](Result<int> result) { results.append(result.value_or(-1)); });
        QTRY_COMPARE(runner.activeCount(), 0);
        QCOMPARE(results, QList<int>{19});
        QVERIFY2(runner.jobs().empty(), "previews are not listed");
    }

    void destroyedWhileWorking()
    {
        QElapsedTimer clock;
        bool called = false;
        {
            JobRunner runner(2);
            for (int i = 0; i < 5; ++i)
                runner.start<int>({QStringLiteral("work")}, untilStopped, this, [&](Result<int>) { called = true; });
            QTRY_COMPARE(runner.find(runner.jobs().front().id)->state, JobState::Running);
            clock.start();
        }
        QVERIFY2(clock.elapsed() < 1000, qPrintable(QString::number(clock.elapsed())));
        QCoreApplication::processEvents();
        QVERIFY(!called);
    }

    void progressIsPolled()
    {
        JobRunner runner(1);
        std::atomic<bool> go = false;
        const auto id = runner.start<int>(
            {QStringLiteral("counting")},
            [&](const JobContext& context) -> Result<int> {
                context.begin("Quantizing", 10, ProgressUnit::Steps);
                context.detail("blk.0");
                context.advance(5);
                while (!go) std::this_thread::sleep_for(std::chrono::milliseconds(1));
                return 0;
            },
            this, [](Result<int>) {});
        QTRY_VERIFY(runner.find(id)->fraction.has_value());
        QCOMPARE(*runner.find(id)->fraction, 0.5);
        QCOMPARE(runner.find(id)->detail, QStringLiteral("blk.0"));
        QTRY_VERIFY(runner.foremost().has_value());
        QCOMPARE(runner.foremost()->id, id);
        go = true;
        QTRY_COMPARE(runner.activeCount(), 0);
        QVERIFY(!runner.foremost());
    }

    void threadsChangeWhenIdle()
    {
        JobRunner runner(1);
        runner.setThreads(3);
        QCOMPARE(runner.threadCount(), 3U);
        bool stopped = false;
        const auto id = runner.start<int>({QStringLiteral("work")}, untilStopped, this, [&](Result<int>) { stopped = true; });
        runner.setThreads(2);
        QCOMPARE(runner.threadCount(), 3U);
        runner.cancel(id);
        QTRY_VERIFY(stopped);
        bool done = false;
        runner.start<int>(
            {QStringLiteral("next")}, [](const JobContext&) -> Result<int> { return 0; }, this, [&](Result<int>) { done = true; });
        QTRY_VERIFY(done);
        QCOMPARE(runner.threadCount(), 2U);
    }

    void listModel()
    {
        JobRunner runner(1);
        JobListModel model(runner);
        QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        const auto id = runner.start<int>({QStringLiteral("one")}, untilStopped, this, [](Result<int>) {});
        QCOMPARE(model.rowCount(), 1);
        QTRY_COMPARE(runner.find(id)->state, JobState::Running);
        JobListDialog dialog(runner);
        dialog.show();
        runner.start<int>({QStringLiteral("two")}, untilStopped, this, [](Result<int>) {});
        QCOMPARE(model.index(0, JobListModel::Title).data().toString(), QStringLiteral("two"));
        runner.cancelAll();
        QTRY_COMPARE(runner.activeCount(), 0);
        QCOMPARE(model.index(1, JobListModel::State).data().toString(), jobStateText(JobState::Cancelled));
    }

    void historyIsLimited()
    {
        JobRunner runner(1);
        JobListModel model(runner);
        QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        int done = 0;
        for (int i = 0; i < 130; ++i) {
            runner.start<int>(
                {QString::number(i)}, [](const JobContext&) -> Result<int> { return 0; }, this, [&](Result<int>) { ++done; });
            if (i % 20 == 0) QTRY_COMPARE(done, i + 1);
        }
        QTRY_COMPARE(done, 130);
        QVERIFY(runner.jobs().size() <= 130 && runner.jobs().size() >= 100);
        QCOMPARE(model.rowCount(), static_cast<int>(runner.jobs().size()));
    }
};

QTEST_MAIN(TestJobRunner)
#include "tst_job_runner.moc"
