// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <new>
#include <span>

namespace ww {

/// Uninitialised array of trivially copyable values, aligned to 64 bytes (a cache line, an AVX-512 register).
/// Movable, not copyable. Throws std::bad_alloc, which the job layer turns into ErrorCode::OutOfMemory.
template <class T>
class AlignedBuffer {
public:
    AlignedBuffer() = default;
    explicit AlignedBuffer(std::size_t count) { reset(count); }

    /// Grows to at least `count` elements; the content is lost when it has to grow.
    void ensure(std::size_t count)
    {
        if (count > m_size) reset(count);
    }
    void reset(std::size_t count)
    {
        m_data.reset();
        m_size = 0;
        if (count == 0) return;
        if (count > static_cast<std::size_t>(-1) / sizeof(T) - 64) throw std::bad_alloc();
        const std::size_t bytes = (count * sizeof(T) + 63) / 64 * 64;
        void* p = std::aligned_alloc(64, bytes);
        if (!p) throw std::bad_alloc();
        m_data.reset(static_cast<T*>(p));
        m_size = count;
    }
    [[nodiscard]] T* data() { return m_data.get(); }
    [[nodiscard]] const T* data() const { return m_data.get(); }
    [[nodiscard]] std::size_t size() const { return m_size; }
    T& operator[](std::size_t i) { return m_data[i]; }
    const T& operator[](std::size_t i) const { return m_data[i]; }
    [[nodiscard]] std::span<T> span() { return {m_data.get(), m_size}; }
    [[nodiscard]] std::span<const T> span() const { return {m_data.get(), m_size}; }

private:
    struct Free {
        void operator()(T* p) const { std::free(p); }
    };
    std::unique_ptr<T[], Free> m_data;
    std::size_t m_size = 0;
};

}  // namespace ww
