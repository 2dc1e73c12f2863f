// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/job_runner.h"

#include <QCoreApplication>
#include <QLocale>

#include <algorithm>

namespace ww {
namespace {

constexpr int kPollMs = 100;
constexpr int kBlinkMs = 300;
constexpr std::size_t kMaxHistory = 100;
constexpr qsizetype kMaxLogLines = 500;

QString stamped(const QString& line)
{
    return QStringLiteral("%1  %2").arg(QTime::currentTime().toString(QStringLiteral("HH:mm:ss")), line);
}

}  // namespace

JobRunner::JobRunner(unsigned threads, QObject* parent) : QObject(parent), m_threads(threads)
{
    makeQueue();
    m_timer.setInterval(kPollMs);
    connect(&m_timer, &QTimer::timeout, this, &JobRunner::poll);
}

JobRunner::~JobRunner()
{
    m_queue.reset();
    m_pool.reset();
}

void JobRunner::makeQueue()
{
    m_queueStale = false;
    m_queue.reset();
    m_pool = std::make_unique<ThreadPool>(m_threads);
    m_queue = std::make_unique<JobQueue>(*m_pool);
}

unsigned JobRunner::threadCount() const
{
    return m_pool->threadCount();
}

void JobRunner::setThreads(unsigned threads)
{
    if (threads == m_threads) return;
    m_threads = threads;
    // With work under way the new number waits for the next submit().
    m_queueStale = true;
    if (m_active.empty()) makeQueue();
}

std::uint64_t JobRunner::submit(const JobSpec& spec, Job::Work work, QObject* receiver, std::function<void(const Job&)> deliver)
{
    if (m_active.empty() && m_queueStale) makeQueue();
    // A replaced queue counts from one again; numbers of this class never repeat.
    static std::uint64_t s_next = 0;
    const std::uint64_t id = ++s_next;
    auto job = m_queue->submit(spec.title.toStdString(), spec.lane, std::move(work), [this, id](const Job&) {
        QMetaObject::invokeMethod(
            this, [this, id] { finish(id); }, Qt::QueuedConnection);
    });

    JobInfo info;
    info.id = id;
    info.title = spec.title;
    info.preview = spec.preview;
    info.queuedAt = QDateTime::currentDateTime();
    m_active.push_back({std::move(job), receiver, receiver != nullptr, std::move(deliver), info});
    if (!spec.preview) {
        m_infos.push_back(info);
        trimHistory();
        Q_EMIT jobAdded(id);
    }
    if (!m_timer.isActive()) m_timer.start();
    return id;
}

JobInfo* JobRunner::infoOf(Active& active)
{
    if (active.preview.preview) return &active.preview;
    const auto it = std::find_if(m_infos.begin(), m_infos.end(), [&](const JobInfo& i) { return i.id == active.preview.id; });
    return it == m_infos.end() ? &active.preview : &*it;
}

void JobRunner::refresh(Active& active)
{
    JobInfo& info = *infoOf(active);
    info.state = active.job->state();
    if (info.state == JobState::Queued) return;
    if (!info.startedAt.isValid()) {
        info.startedAt = QDateTime::currentDateTime();
        info.log.append(stamped(QCoreApplication::translate("JobRunner", "Started")));
    }
    const Progress::Snapshot now = active.job->progress();
    const QString phase = phaseText(now.phase);
    if (phase != info.phase && !phase.isEmpty()) info.log.append(stamped(phase));
    info.phase = phase;
    info.detail = QString::fromStdString(now.detail);
    info.fraction = now.total > 0 ? std::optional(std::clamp(now.fraction(), 0.0, 1.0)) : std::nullopt;
    info.secondsLeft = now.secondsLeft;
    if (info.log.size() > kMaxLogLines) info.log.remove(0, info.log.size() - kMaxLogLines);
}

void JobRunner::poll()
{
    for (Active& active : m_active) {
        refresh(active);
        if (!active.preview.preview) Q_EMIT jobChanged(active.preview.id);
    }
    Q_EMIT tick();
    if (m_active.empty()) m_timer.stop();
}

void JobRunner::finish(std::uint64_t id)
{
    const auto it = std::find_if(m_active.begin(), m_active.end(), [&](const Active& a) { return a.preview.id == id; });
    if (it == m_active.end()) return;
    refresh(*it);
    JobInfo* info = infoOf(*it);
    const std::shared_ptr<Job> job = it->job;
    info->state = job->state();
    info->finishedAt = QDateTime::currentDateTime();
    info->secondsLeft.reset();
    if (info->state == JobState::Succeeded) info->fraction = 1.0;
    info->log.append(
        stamped(job->state() == JobState::Failed ? QString::fromStdString(job->error().describe()) : jobStateText(job->state())));
    const bool preview = it->preview.preview;
    const auto deliver = std::move(it->deliver);
    const bool wanted = !it->hasReceiver || it->receiver;
    m_active.erase(it);
    if (wanted && deliver) deliver(*job);
    if (!preview) {
        Q_EMIT jobChanged(id);
        Q_EMIT jobFinished(id);
    }
    Q_EMIT tick();
}

void JobRunner::cancel(std::uint64_t id)
{
    for (Active& active : m_active) {
        if (active.preview.id != id) continue;
        infoOf(active)->cancelling = true;
        const std::shared_ptr<Job> job = active.job;
        job->cancel();
        if (!active.preview.preview) Q_EMIT jobChanged(id);
        return;
    }
}

void JobRunner::cancelAll()
{
    for (Active& active : m_active) infoOf(active)->cancelling = true;
    m_queue->cancelAll();
    Q_EMIT tick();
}

const JobInfo* JobRunner::find(std::uint64_t id) const
{
    const auto it = std::find_if(m_infos.begin(), m_infos.end(), [&](const JobInfo& i) { return i.id == id; });
    return it == m_infos.end() ? nullptr : &*it;
}

std::optional<JobInfo> JobRunner::foremost() const
{
    const QDateTime now = QDateTime::currentDateTime();
    std::optional<JobInfo> best;
    for (const Active& active : m_active) {
        const JobInfo* info = active.preview.preview ? &active.preview : find(active.preview.id);
        if (!info || info->state != JobState::Running || info->queuedAt.msecsTo(now) < kBlinkMs) continue;
        // Work that was asked for comes before previews, which come and go.
        if (!best || (best->preview && !info->preview)) best = *info;
    }
    return best;
}

int JobRunner::waitingCount() const
{
    return static_cast<int>(std::count_if(m_active.begin(), m_active.end(), [](const Active& a) {
        return !a.preview.preview && a.job->state() == JobState::Queued;
    }));
}

void JobRunner::log(std::uint64_t id, const QString& line)
{
    for (JobInfo& info : m_infos)
        if (info.id == id) {
            info.log.append(stamped(line));
            Q_EMIT jobChanged(id);
        }
}

void JobRunner::trimHistory()
{
    if (m_infos.size() <= kMaxHistory) return;
    const auto it = std::find_if(m_infos.begin(), m_infos.end(), [](const JobInfo& i) { return i.state >= JobState::Succeeded; });
    if (it == m_infos.end()) return;
    m_infos.erase(it);
    Q_EMIT jobsRemoved();
}

QString jobStateText(JobState state)
{
    switch (state) {
    case JobState::Queued: return QCoreApplication::translate("JobRunner", "Waiting");
    case JobState::Running: return QCoreApplication::translate("JobRunner", "Running");
    case JobState::Succeeded: return QCoreApplication::translate("JobRunner", "Done");
    case JobState::Failed: return QCoreApplication::translate("JobRunner", "Failed");
    case JobState::Cancelled: return QCoreApplication::translate("JobRunner", "Canceled");
    }
    return {};
}

}  // namespace ww
