// SPDX-License-Identifier: MIT
// Background work for the window: jobs run one after another on a thread of their own, each spreading over the pool.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "base/progress.h"
#include "base/result.h"
#include "base/thread_pool.h"

namespace ww {

enum class JobState : std::uint8_t { Queued, Running, Succeeded, Failed, Cancelled };

/// One queued or running piece of work. Shared between the queue and its observers; all members are thread-safe.
class Job {
public:
    using Work = std::function<Result<void>(const JobContext&)>;

    [[nodiscard]] std::uint64_t id() const { return m_id; }
    [[nodiscard]] const std::string& title() const { return m_title; }
    [[nodiscard]] JobState state() const { return m_state.load(std::memory_order_acquire); }
    [[nodiscard]] bool isFinished() const { return state() >= JobState::Succeeded; }
    [[nodiscard]] Progress::Snapshot progress() const { return m_progress.snapshot(); }
    /// Set once the state is Failed.
    [[nodiscard]] Error error() const;
    void cancel() { m_stop.request_stop(); }

private:
    friend class JobQueue;
    std::uint64_t m_id = 0;
    std::string m_title;
    Work m_work;
    Progress m_progress;
    std::stop_source m_stop;
    std::atomic<JobState> m_state{JobState::Queued};
    mutable std::mutex m_mutex;
    Error m_error;
};

/// Two lanes, each with a thread of its own: foreground for short jobs that a person waits for (previews), background for
/// long ones; inside a lane one job after another. All members are thread-safe.
/// The destructor cancels everything and waits (at most about 100 ms of work).
class JobQueue {
public:
    enum class Lane : std::uint8_t { Foreground, Background };
    explicit JobQueue(ThreadPool& pool);
    ~JobQueue();
    JobQueue(const JobQueue&) = delete;
    JobQueue& operator=(const JobQueue&) = delete;

    /// `onFinished` is called once, after the state is final and without any lock held: on the lane's thread, or on the
    /// cancelling thread for a job that is cancelled while it waits in the queue. It must be quick (the window posts an
    /// event) and must not throw. Exceptions thrown by `work` (std::bad_alloc) become errors.
    std::shared_ptr<Job> submit(std::string title, Lane lane, Job::Work work, std::function<void(const Job&)> onFinished = {});
    void cancelAll();
    /// Queued and running jobs, oldest first.
    [[nodiscard]] std::vector<std::shared_ptr<Job>> active() const;

private:
    struct LaneState;
    struct RemoveQueued {
        JobQueue* queue;
        LaneState* lane;
        std::uint64_t id;
        void operator()() const { queue->cancelQueued(*lane, id); }
    };
    struct Item {
        std::shared_ptr<Job> job;
        std::function<void(const Job&)> onFinished;
        std::unique_ptr<std::stop_callback<RemoveQueued>> onCancel;  ///< only while the job is queued
    };
    struct LaneState {
        std::deque<Item> items;
        std::shared_ptr<Job> running;
        std::condition_variable wake;
        std::thread thread;
    };
    void run(LaneState& lane);
    void cancelQueued(LaneState& lane, std::uint64_t id);
    static void runJob(Job& job, ThreadPool& pool);
    static void settle(Job& job, JobState state, Error error = {});

    ThreadPool& m_pool;
    mutable std::mutex m_mutex;
    std::uint64_t m_nextId = 1;
    bool m_stopping = false;
    LaneState m_foreground;
    LaneState m_background;
};

}  // namespace ww
