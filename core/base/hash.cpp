// SPDX-License-Identifier: MIT
#include "base/hash.h"

#include <bit>
#include <charconv>
#include <cstring>

#include <fmt/format.h>

namespace ww {
namespace {

constexpr std::uint64_t kFirst = 0x9e3779b97f4a7c15;   // odd, from the golden ratio
constexpr std::uint64_t kSecond = 0xd1342543de82ef95;  // odd, a multiplier of good linear generators

std::uint64_t spread(std::uint64_t x)
{
    x ^= x >> 32U;
    x *= kSecond;
    x ^= x >> 29U;
    x *= kFirst;
    return x ^ (x >> 32U);
}

}  // namespace

std::string Hash::text() const
{
    return fmt::format("{:016x}{:016x}", high, low);
}

std::optional<Hash> Hash::fromText(std::string_view text)
{
    constexpr std::size_t kDigits = 16;
    constexpr int kBase = 16;
    if (text.size() != 2 * kDigits) return std::nullopt;
    Hash hash;
    for (auto [part, begin] : {std::pair{&hash.high, text.data()}, std::pair{&hash.low, text.data() + kDigits}}) {
        const auto [end, error] = std::from_chars(begin, begin + kDigits, *part, kBase);
        if (error != std::errc() || end != begin + kDigits) return std::nullopt;
    }
    return hash;
}

void Hasher::word(std::uint64_t value)
{
    m_a = std::rotl((m_a ^ value) * kFirst, 29);
    m_b = std::rotl((m_b + value) * kSecond, 37) ^ (m_a >> 7U);
}

Hasher& Hasher::bytes(std::span<const std::byte> data)
{
    while (data.size() >= sizeof(std::uint64_t)) {
        std::uint64_t value = 0;
        std::memcpy(&value, data.data(), sizeof value);
        word(value);
        data = data.subspan(sizeof value);
    }
    if (!data.empty()) {
        std::uint64_t value = 0;
        std::memcpy(&value, data.data(), data.size());
        word(value);
        word(data.size());
    }
    return *this;
}

Hasher& Hasher::text(std::string_view value)
{
    number(value.size());
    return bytes(std::as_bytes(std::span(value)));
}

Hasher& Hasher::number(std::uint64_t value)
{
    word(value);
    return *this;
}

Hasher& Hasher::hash(const Hash& value)
{
    word(value.high);
    word(value.low);
    return *this;
}

Hash Hasher::finish() const
{
    return {spread(m_a + std::rotl(m_b, 17)), spread(m_b ^ spread(m_a))};
}

}  // namespace ww
