// SPDX-License-Identifier: MIT
#include "base/thread_pool.h"

#include <algorithm>
#include <atomic>

namespace ww {

// Lives on the caller's stack. It leaves m_loops only under m_mutex once `next` has passed the end, and the caller
// waits until no worker is inside, so a worker never touches a dead loop.
struct ThreadPool::Loop {
    std::size_t count = 0;
    const std::function<void(std::size_t)>* body = nullptr;
    std::atomic<std::size_t> next{0};
    unsigned workersInside = 0;  // guarded by m_mutex
    std::condition_variable left;

    void run()
    {
        for (;;) {
            const std::size_t i = next.fetch_add(1, std::memory_order_relaxed);
            if (i >= count) return;
            (*body)(i);
        }
    }
};

ThreadPool::ThreadPool(unsigned threads)
    : m_threadCount(threads != 0 ? threads : std::max(1U, std::thread::hardware_concurrency()))
{
    m_workers.reserve(m_threadCount - 1);
    for (unsigned i = 1; i < m_threadCount; ++i) m_workers.emplace_back([this] { workerMain(); });
}

ThreadPool::~ThreadPool()
{
    {
        const std::scoped_lock lock(m_mutex);
        m_stopping = true;
    }
    m_wake.notify_all();
    for (auto& worker : m_workers) worker.join();
}

ThreadPool::Loop* ThreadPool::findWork()
{
    for (Loop* loop : m_loops)
        if (loop->next.load(std::memory_order_relaxed) < loop->count) return loop;
    return nullptr;
}

void ThreadPool::workerMain()
{
    std::unique_lock lock(m_mutex);
    for (;;) {
        Loop* loop = nullptr;
        m_wake.wait(lock, [&] { return m_stopping || (loop = findWork()) != nullptr; });
        if (m_stopping) return;
        ++loop->workersInside;
        lock.unlock();
        loop->run();
        lock.lock();
        if (--loop->workersInside == 0) loop->left.notify_all();
    }
}

void ThreadPool::parallelFor(std::size_t count, const std::function<void(std::size_t)>& body)
{
    if (count == 0) return;
    if (count == 1 || m_workers.empty()) {
        for (std::size_t i = 0; i < count; ++i) body(i);
        return;
    }
    Loop loop;
    loop.count = count;
    loop.body = &body;
    {
        const std::scoped_lock lock(m_mutex);
        m_loops.push_back(&loop);
    }
    if (count > m_workers.size())
        m_wake.notify_all();
    else
        for (std::size_t i = 1; i < count; ++i) m_wake.notify_one();
    loop.run();
    std::unique_lock lock(m_mutex);
    std::erase(m_loops, &loop);
    loop.left.wait(lock, [&] { return loop.workersInside == 0; });
}

}  // namespace ww
