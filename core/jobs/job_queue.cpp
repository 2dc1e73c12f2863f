// SPDX-License-Identifier: MIT
#include "jobs/job_queue.h"

#include <algorithm>
#include <exception>
#include <new>
#include <utility>

namespace ww {

Error Job::error() const
{
    const std::scoped_lock lock(m_mutex);
    return m_error;
}

JobQueue::JobQueue(ThreadPool& pool) : m_pool(pool)
{
    m_foreground.thread = std::thread([this] { run(m_foreground); });
    m_background.thread = std::thread([this] { run(m_background); });
}

JobQueue::~JobQueue()
{
    {
        const std::scoped_lock lock(m_mutex);
        m_stopping = true;
    }
    cancelAll();
    m_foreground.wake.notify_all();
    m_background.wake.notify_all();
    m_foreground.thread.join();
    m_background.thread.join();
}

std::shared_ptr<Job> JobQueue::submit(std::string title, Lane lane, Job::Work work, std::function<void(const Job&)> onFinished)
{
    LaneState& state = lane == Lane::Foreground ? m_foreground : m_background;
    auto job = std::make_shared<Job>();
    job->m_title = std::move(title);
    job->m_work = std::move(work);
    Item item{job, std::move(onFinished), nullptr};
    {
        std::unique_lock lock(m_mutex);
        job->m_id = m_nextId++;
        if (m_stopping) {  // somebody queues more work from a callback while the queue goes away
            lock.unlock();
            job->cancel();
            settle(*job, JobState::Cancelled);
            if (item.onFinished) item.onFinished(*job);
            return job;
        }
        item.onCancel =
            std::make_unique<std::stop_callback<RemoveQueued>>(job->m_stop.get_token(), RemoveQueued{this, &state, job->m_id});
        state.items.push_back(std::move(item));
    }
    state.wake.notify_one();
    return job;
}

void JobQueue::cancelAll()
{
    for (const auto& job : active()) job->cancel();
}

std::vector<std::shared_ptr<Job>> JobQueue::active() const
{
    std::vector<std::shared_ptr<Job>> jobs;
    {
        const std::scoped_lock lock(m_mutex);
        for (const LaneState* lane : {&m_foreground, &m_background}) {
            if (lane->running) jobs.push_back(lane->running);
            for (const Item& item : lane->items) jobs.push_back(item.job);
        }
    }
    std::ranges::sort(jobs, {}, [](const auto& job) { return job->id(); });
    return jobs;
}

void JobQueue::run(LaneState& lane)
{
    for (;;) {
        Item item;
        {
            std::unique_lock lock(m_mutex);
            lane.wake.wait(lock, [&] { return m_stopping || !lane.items.empty(); });
            if (lane.items.empty()) return;
            item = std::move(lane.items.front());
            lane.items.pop_front();
            lane.running = item.job;
        }
        // Outside the lock: this waits for a cancelQueued() that is just running and wants the lock.
        item.onCancel.reset();
        runJob(*item.job, m_pool);
        {
            const std::scoped_lock lock(m_mutex);
            lane.running.reset();
        }
        if (item.onFinished) item.onFinished(*item.job);
    }
}

// Runs inside Job::cancel() of a job that has not started.
void JobQueue::cancelQueued(LaneState& lane, std::uint64_t id)
{
    Item item;
    {
        const std::scoped_lock lock(m_mutex);
        const auto found = std::ranges::find_if(lane.items, [id](const Item& i) { return i.job->id() == id; });
        if (found == lane.items.end()) return;  // the lane has just taken it and will see the stop request
        item = std::move(*found);
        lane.items.erase(found);
    }
    settle(*item.job, JobState::Cancelled);
    if (item.onFinished) item.onFinished(*item.job);
}

void JobQueue::runJob(Job& job, ThreadPool& pool)
{
    const JobContext context{pool, job.m_stop.get_token(), &job.m_progress};
    if (context.stopRequested()) return settle(job, JobState::Cancelled);
    job.m_state.store(JobState::Running, std::memory_order_release);

    Result<void> result;
    try {
        result = job.m_work(context);
    } catch (const std::bad_alloc&) {
        result = fail(ErrorCode::OutOfMemory,
                      "There is not enough memory for this. Close other programs or choose a smaller piece of work.");
    } catch (const std::exception& e) {
        result = fail(ErrorCode::Internal,
                      std::string("Something went wrong inside Weightwright (") + e.what() + "). This is a bug; a report helps.");
    } catch (...) {
        result = fail(ErrorCode::Internal, "Something went wrong inside Weightwright. This is a bug; a report helps.");
    }

    if (result)
        settle(job, JobState::Succeeded);
    else if (result.error().code == ErrorCode::Cancelled)
        settle(job, JobState::Cancelled);
    else
        settle(job, JobState::Failed, std::move(result.error()));
}

void JobQueue::settle(Job& job, JobState state, Error error)
{
    job.m_work = nullptr;  // lets go of the models and texts it holds
    {
        const std::scoped_lock lock(job.m_mutex);
        job.m_error = std::move(error);
    }
    job.m_state.store(state, std::memory_order_release);
}

}  // namespace ww
