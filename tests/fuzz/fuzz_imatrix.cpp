// SPDX-License-Identifier: MIT
// Reads arbitrary bytes as an importance matrix of either form; what is accepted must be usable and survive being saved.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "calibration/imatrix_file.h"
#include "tests/support/memory_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    static ww::test::MemoryFile file;
    if (!file.fill({reinterpret_cast<const char*>(data), size})) std::abort();
    const auto matrix = ww::loadImportance(file.path());
    if (!matrix) {
        if (matrix.error().message.empty() || matrix.error().code == ww::ErrorCode::Internal) std::abort();
        return 0;
    }
    for (const auto& entry : matrix->entries) {
        std::vector<float> values(entry.sums.size());
        entry.meanSquares(0, values);
        for (const float value : values)
            if (!std::isfinite(value) || value < 0) std::abort();
        if (matrix->find(entry.tensor) != &entry) std::abort();
    }
    for (const auto& s : ww::statistics(*matrix))
        if (!std::isfinite(s.entropyBits) || !std::isfinite(s.standardDeviation)) std::abort();
    auto twice = *matrix;
    if (!ww::merge(twice, *matrix) || twice.entries.size() != matrix->entries.size()) std::abort();
    return 0;
}
