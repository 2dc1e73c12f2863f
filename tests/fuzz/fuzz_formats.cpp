// SPDX-License-Identifier: MIT
// Decodes arbitrary bytes as every type, and encodes what comes out again: nothing is read or written out of bounds, and every
// instruction set that this processor has gives the results of the scalar definition.
#include <hwy/targets.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <vector>

#include "formats/block_format.h"

namespace {

using namespace ww;

/// Exactly this many bytes of the heap, so that a byte too far is noticed.
template <class T>
std::unique_ptr<T[]> exactly(std::size_t count)
{
    return std::unique_ptr<T[]>(new T[count]());
}

bool same(const float* a, const float* b, std::size_t count)
{
    for (std::size_t i = 0; i < count; ++i)
        if (std::bit_cast<std::uint32_t>(a[i]) != std::bit_cast<std::uint32_t>(b[i]) && !(std::isnan(a[i]) && std::isnan(b[i])))
            return false;
    return true;
}

template <class Work>
void onEveryTarget(Work work)
{
    hwy::SetSupportedTargetsForTest(0);
    for (std::int64_t targets = hwy::SupportedTargets(); targets != 0; targets &= targets - 1) {
        hwy::SetSupportedTargetsForTest(targets & -targets);
        work();
        hwy::SetSupportedTargetsForTest(0);
    }
}

/// Blocks of finite values, with and without importance.
void encode(const BlockFormat& format, const float* values, std::size_t rows, std::size_t columns, const std::uint8_t* noise,
            std::size_t noiseBytes)
{
    const auto bytes = static_cast<std::size_t>(rowBytes(format.type, columns).value_or(0));
    const auto importance = exactly<float>(columns);
    for (std::size_t i = 0; i < columns; ++i) {
        const unsigned byte = noise[i % noiseBytes];
        importance[i] = byte < 8 ? 0.0F : static_cast<float>(byte * byte) / 256.0F;
    }
    for (const float* given : {static_cast<const float*>(nullptr), static_cast<const float*>(importance.get())}) {
        if (!given && traits(format.type).importance == ImportanceUse::Required) continue;
        const auto expected = exactly<std::byte>(rows * bytes);
        for (std::size_t r = 0; r < rows; ++r) format.encodeRow(values + r * columns, expected.get() + r * bytes, columns, given);
        onEveryTarget([&] {
            const auto actual = exactly<std::byte>(rows * bytes);
            format.encodeRows(values, actual.get(), rows, columns, given);
            for (std::size_t r = 0; r < rows; ++r) {
                // Values too large for the format are refused after encoding; what they become then does not matter.
                if (format.findInvalid(expected.get() + r * bytes, columns)) continue;
                if (std::memcmp(expected.get() + r * bytes, actual.get() + r * bytes, bytes) != 0) std::abort();
            }
        });
    }
}

}  // namespace

/// The first byte chooses the type, the second how many blocks a row has; rows follow.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    if (size < 3) return 0;
    std::vector<const BlockFormat*> formats;
    for (const auto& t : allTensorTypes())
        if (const BlockFormat* format = findBlockFormat(t.type)) formats.push_back(format);
    const BlockFormat& format = *formats[data[0] % formats.size()];
    const auto& t = traits(format.type);
    const std::size_t blocks = 1 + data[1] % 5;
    const std::size_t columns = blocks * t.blockLength;
    const std::size_t bytes = blocks * t.blockBytes;
    const std::size_t rows = std::min<std::size_t>((size - 2) / bytes, 24);
    if (rows == 0) return 0;

    const auto stored = exactly<std::byte>(rows * bytes);
    std::memcpy(stored.get(), data + 2, rows * bytes);
    const auto expected = exactly<float>(rows * columns);
    for (std::size_t r = 0; r < rows; ++r) {
        format.decodeRowScalar(stored.get() + r * bytes, expected.get() + r * columns, columns);
        (void)format.findInvalid(stored.get() + r * bytes, columns);
    }
    onEveryTarget([&] {
        for (std::size_t r = 0; r < rows; ++r) {
            const auto row = exactly<std::byte>(bytes);
            std::memcpy(row.get(), stored.get() + r * bytes, bytes);
            const auto actual = exactly<float>(columns);
            format.decodeRow(row.get(), actual.get(), columns);
            if (!same(actual.get(), expected.get() + r * columns, columns)) std::abort();
        }
    });
    // The values again as a type that the last byte chooses.
    const BlockFormat& other = *formats[data[size - 1] % formats.size()];
    if (columns % traits(other.type).blockLength != 0) return 0;
    for (std::size_t i = 0; i < rows * columns; ++i)
        if (!std::isfinite(expected[i])) return 0;
    encode(other, expected.get(), rows, columns, data, size);
    return 0;
}
