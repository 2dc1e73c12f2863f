// SPDX-License-Identifier: MIT
// Values as little-endian bytes behind a mark and before a checksum, for files that only this program reads.
#pragma once

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash.h"
#include "base/result.h"

namespace ww {

class ByteWriter {
public:
    void number(std::uint64_t value) { raw(&value, sizeof value); }
    void text(std::string_view value)
    {
        number(value.size());
        raw(value.data(), value.size());
    }
    void hash(const Hash& value)
    {
        number(value.high);
        number(value.low);
    }
    template <class T>
    void values(const std::vector<T>& list)
    {
        number(list.size());
        raw(list.data(), list.size() * sizeof(T));
    }
    /// Atomic: complete or not at all.
    [[nodiscard]] Result<void> save(const std::filesystem::path& path, std::string_view magic) const;

private:
    void raw(const void* data, std::size_t bytes) { m_bytes.append(static_cast<const char*>(data), bytes); }
    std::string m_bytes;
};

/// Never reads beyond the end: after the first value that is not there good() is false and everything reads as empty.
class ByteReader {
public:
    /// Checks mark and checksum. `bytes` is borrowed.
    static Result<ByteReader> open(std::string_view bytes, std::string_view magic, const std::filesystem::path& path);
    [[nodiscard]] std::uint64_t number()
    {
        std::uint64_t value = 0;
        raw(&value, sizeof value);
        return value;
    }
    [[nodiscard]] std::string text()
    {
        const std::uint64_t size = number();
        if (size > m_bytes.size()) m_good = false;
        if (!m_good) return {};
        std::string value(m_bytes.substr(0, size));
        m_bytes.remove_prefix(size);
        return value;
    }
    [[nodiscard]] Hash hash()
    {
        const std::uint64_t high = number();
        return {high, number()};
    }
    template <class T>
    void values(std::vector<T>& out)
    {
        const std::uint64_t count = number();
        if (count > m_bytes.size() / sizeof(T)) m_good = false;
        if (!m_good) return;
        out.resize(count);
        raw(out.data(), count * sizeof(T));
    }
    [[nodiscard]] bool good() const { return m_good; }
    [[nodiscard]] bool finished() const { return m_good && m_bytes.empty(); }

private:
    explicit ByteReader(std::string_view bytes) : m_bytes(bytes) {}
    void raw(void* out, std::size_t bytes)
    {
        if (bytes > m_bytes.size()) m_good = false;
        if (!m_good || bytes == 0) return;
        std::memcpy(out, m_bytes.data(), bytes);
        m_bytes.remove_prefix(bytes);
    }
    std::string_view m_bytes;
    bool m_good = true;
};

}  // namespace ww
