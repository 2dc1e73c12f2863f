// SPDX-License-Identifier: MIT
// The generated inputs behind tests/golden, and checksums.
#pragma once

#include <QByteArray>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace ww::test {

/// splitmix64: the same numbers on every machine.
class SplitMix {
public:
    explicit SplitMix(std::uint64_t seed) : m_state(seed) {}
    std::uint64_t next();
    /// 0 … 1, 24 bits.
    double uniform() { return static_cast<double>(next() >> 40) * 0x1p-24; }
    /// Bell-shaped in −2 … 2: the sum of four uniform numbers less 2.
    double bell();

private:
    std::uint64_t m_state;
};

inline constexpr std::size_t kGoldenRows = 8;
inline constexpr std::size_t kGoldenColumns = 1024;

/// Row 0…7 of the golden inputs.
std::vector<float> goldenRow(std::size_t row);
/// The golden importance, one value per column.
std::vector<float> goldenImportance();

/// SHA-256 in lower-case hexadecimal.
QByteArray sha256(std::span<const std::byte> bytes);
template <class T>
QByteArray sha256Of(const std::vector<T>& values)
{
    return sha256(std::as_bytes(std::span(values)));
}

}  // namespace ww::test
