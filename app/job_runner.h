// SPDX-License-Identifier: GPL-3.0-or-later
// Brings core's job queue to the window: results arrive as events on the GUI thread, progress is read ten times a second, and
// nobody waits.
#pragma once

#include <QDateTime>
#include <QObject>
#include <QPointer>
#include <QString>
#include <QStringList>
#include <QTimer>

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "jobs/job_queue.h"

namespace ww {

/// What the window knows of one job. Plain value.
struct JobInfo {
    std::uint64_t id = 0;
    QString title;  ///< translated
    JobState state = JobState::Queued;
    bool preview = false;  ///< short work for the inspector: not in the list
    bool cancelling = false;
    QString phase;  ///< translated
    QString detail;
    std::optional<double> fraction;  ///< empty: unknown
    std::optional<double> secondsLeft;
    QDateTime queuedAt;
    QDateTime startedAt;
    QDateTime finishedAt;
    QStringList log;  ///< lines with times, oldest first
};

/// How a job appears and where it runs.
struct JobSpec {
    QString title;
    JobQueue::Lane lane = JobQueue::Lane::Background;
    bool preview = false;
};

/// GUI thread only. The destructor cancels everything and returns within a fraction of a second; results that are
/// still under way are dropped.
class JobRunner : public QObject {
    Q_OBJECT
public:
    /// threads = 0: one per processor.
    explicit JobRunner(unsigned threads = 0, QObject* parent = nullptr);
    ~JobRunner() override;

    /// Runs `work` in the background and hands its result to `done` on the GUI thread, unless `receiver` is gone by then.
    /// A cancelled job delivers ErrorCode::Cancelled. Returns the job's number.
    template <class T>
    std::uint64_t start(const JobSpec& spec, std::function<Result<T>(const JobContext&)> work, QObject* receiver,
                        std::function<void(Result<T>)> done)
    {
        auto box = std::make_shared<std::optional<Result<T>>>();
        auto wrapped = [work = std::move(work), box](const JobContext& context) -> Result<void> {
            box->emplace(work(context));
            if (!**box) return tl::make_unexpected((**box).error());
            return {};
        };
        auto deliver = [box, done = std::move(done)](const Job& job) {
            if (job.state() == JobState::Succeeded && box->has_value())
                done(std::move(**box));
            else if (job.state() == JobState::Cancelled)
                done(cancelled());
            else
                done(tl::make_unexpected(job.error()));
        };
        return submit(spec, std::move(wrapped), receiver, std::move(deliver));
    }

    void cancel(std::uint64_t id);
    void cancelAll();
    /// Takes effect when no job is running or waiting.
    void setThreads(unsigned threads);
    [[nodiscard]] unsigned threadCount() const;

    /// Jobs of this run of the program, newest last, without previews; finished ones are kept up to a limit.
    [[nodiscard]] const std::vector<JobInfo>& jobs() const { return m_infos; }
    [[nodiscard]] const JobInfo* find(std::uint64_t id) const;
    /// The running job that is shown in the status bar: none while a job is younger than a blink.
    [[nodiscard]] std::optional<JobInfo> foremost() const;
    /// Jobs that wait or run, previews included.
    [[nodiscard]] int activeCount() const { return static_cast<int>(m_active.size()); }
    [[nodiscard]] int waitingCount() const;
    /// Adds a line to a job's log.
    void log(std::uint64_t id, const QString& line);

Q_SIGNALS:
    void jobAdded(std::uint64_t id);
    void jobChanged(std::uint64_t id);
    void jobFinished(std::uint64_t id);
    void jobsRemoved();
    /// Ten times a second while something runs, and once when everything is done.
    void tick();

private:
    struct Active {
        std::shared_ptr<Job> job;
        QPointer<QObject> receiver;
        bool hasReceiver = false;
        std::function<void(const Job&)> deliver;
        JobInfo preview;  ///< used when the job is a preview
    };
    std::uint64_t submit(const JobSpec& spec, Job::Work work, QObject* receiver, std::function<void(const Job&)> deliver);
    void finish(std::uint64_t id);
    void poll();
    void refresh(Active& active);
    [[nodiscard]] JobInfo* infoOf(Active& active);
    void makeQueue();
    void trimHistory();

    unsigned m_threads;
    bool m_queueStale = false;
    std::unique_ptr<ThreadPool> m_pool;
    std::unique_ptr<JobQueue> m_queue;
    std::vector<Active> m_active;
    std::vector<JobInfo> m_infos;
    QTimer m_timer;
};

/// Holds at most one job: starting a new one cancels the old one, whose result is then dropped by its number. For
/// previews of a changing selection.
class JobSlot {
public:
    explicit JobSlot(JobRunner& runner) : m_runner(runner), m_number(std::make_shared<std::uint64_t>(0)) {}
    ~JobSlot() { ++*m_number; }
    JobSlot(const JobSlot&) = delete;
    JobSlot& operator=(const JobSlot&) = delete;

    template <class T>
    void start(const JobSpec& spec, std::function<Result<T>(const JobContext&)> work, QObject* receiver,
               std::function<void(Result<T>)> done)
    {
        cancel();
        const std::uint64_t mine = ++*m_number;
        m_job = m_runner.start<T>(spec, std::move(work), receiver,
                                  [this, mine, number = m_number, done = std::move(done)](Result<T> result) {
                                      if (*number != mine) return;
                                      m_job = 0;
                                      done(std::move(result));
                                  });
    }
    void cancel()
    {
        ++*m_number;
        if (m_job != 0) m_runner.cancel(std::exchange(m_job, 0));
    }
    [[nodiscard]] bool isActive() const { return m_job != 0; }
    [[nodiscard]] std::uint64_t job() const { return m_job; }

private:
    JobRunner& m_runner;
    std::shared_ptr<std::uint64_t> m_number;
    std::uint64_t m_job = 0;
};

/// The translated words for a phase that core names ("Quantizing"), and for a state.
[[nodiscard]] QString phaseText(const std::string& phase);
[[nodiscard]] QString jobStateText(JobState state);

}  // namespace ww
