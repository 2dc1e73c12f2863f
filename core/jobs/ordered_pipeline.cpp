// SPDX-License-Identifier: MIT
#include "jobs/ordered_pipeline.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <new>
#include <optional>
#include <vector>

#include "base/thread_pool.h"

namespace ww {
namespace {

// Each thread repeats: deliver the next piece if it is ready and nobody delivers, else begin a new piece if the window
// has room, else wait. Whoever completes the piece that is due delivers it and what follows, so there is no writer
// thread that would take a core from the encoders, and the end needs no hand-over.
class OrderedPipeline {
public:
    OrderedPipeline(std::size_t count, std::size_t window, const MakePiece& make, const DeliverPiece& deliver,
                    const JobContext& context)
        : m_limit(count), m_make(make), m_deliver(deliver), m_context(context), m_slots(window)
    {
    }

    void runLane()
    {
        std::unique_lock lock(m_mutex);
        for (;;) {
            Slot& due = m_slots[m_next % m_slots.size()];
            if (m_next < m_limit && due.ready && !m_delivering)
                deliverDue(lock, due);
            else if (m_begun >= m_limit)
                return;  // the lanes that still work deliver what they make
            else if (m_begun < m_next + m_slots.size())
                makeNext(lock);
            else
                m_changed.wait(lock);
        }
    }

    Result<void> takeResult()
    {
        if (m_error) return fail(std::move(*m_error));
        return {};
    }

private:
    struct Slot {
        PieceBuffers buffers;
        Result<std::span<const std::byte>> bytes;
        bool ready = false;
    };

    void makeNext(std::unique_lock<std::mutex>& lock)
    {
        const std::size_t index = m_begun++;
        Slot& slot = m_slots[index % m_slots.size()];
        lock.unlock();
        auto bytes = guarded([&]() -> Result<std::span<const std::byte>> {
            if (m_context.stopRequested()) return cancelled();
            return m_make(index, slot.buffers);
        });
        lock.lock();
        slot.bytes = std::move(bytes);
        slot.ready = true;
        if (!slot.bytes) m_limit = std::min(m_limit, index + 1);  // pieces before this one may still fail first
    }

    void deliverDue(std::unique_lock<std::mutex>& lock, Slot& slot)
    {
        m_delivering = true;
        const std::size_t index = m_next;
        lock.unlock();
        auto delivered = guarded([&]() -> Result<void> {
            if (!slot.bytes) return fail(slot.bytes.error());
            if (m_context.stopRequested()) return cancelled();
            return m_deliver(index, *slot.bytes);
        });
        lock.lock();
        m_delivering = false;
        slot.ready = false;
        ++m_next;
        if (!delivered) {
            m_error = std::move(delivered.error());
            m_limit = m_next;
        }
        m_changed.notify_all();
    }

    template <class F>
    static auto guarded(F&& work) -> decltype(work())
    {
        try {
            return work();
        } catch (const std::bad_alloc&) {
            return fail(ErrorCode::OutOfMemory,
                        "There is not enough memory to work on this tensor. Close other programs and try again.");
        }
    }

    std::mutex m_mutex;
    std::condition_variable m_changed;
    std::size_t m_begun = 0;
    std::size_t m_next = 0;  ///< the piece that is due
    std::size_t m_limit;     ///< pieces from here on are not begun
    bool m_delivering = false;
    std::optional<Error> m_error;
    const MakePiece& m_make;
    const DeliverPiece& m_deliver;
    const JobContext& m_context;
    std::vector<Slot> m_slots;
};

}  // namespace

Result<void> runOrdered(std::size_t count, std::size_t window, const MakePiece& make, const DeliverPiece& deliver,
                        const JobContext& context)
{
    if (count == 0) return {};
    window = std::clamp<std::size_t>(window, 1, count);
    OrderedPipeline pipeline(count, window, make, deliver, context);
    context.pool.parallelFor(std::min<std::size_t>(context.pool.threadCount(), window), [&](std::size_t) { pipeline.runLane(); });
    return pipeline.takeResult();
}

}  // namespace ww
