// SPDX-License-Identifier: MIT
// Rows and importance vectors of many kinds, ordinary and hostile, that differential tests run through.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "tests/support/golden_rows.h"

namespace ww::test {

/// `overflows`: squares of the values exceed binary32.
struct RowKind {
    std::string_view name;
    bool overflows;
    float (*value)(SplitMix& random, std::size_t column);
};
struct ImportanceKind {
    std::string_view name;
    float (*value)(SplitMix& random, std::size_t column);
};

[[nodiscard]] std::span<const RowKind> rowKinds();
[[nodiscard]] std::span<const ImportanceKind> importanceKinds();

[[nodiscard]] std::vector<float> randomRow(const RowKind& kind, std::size_t columns, SplitMix& random);
[[nodiscard]] std::vector<float> randomImportance(const ImportanceKind& kind, std::size_t columns, SplitMix& random);

}  // namespace ww::test
