// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>

#include "model/linear.h"

namespace ww {

struct AttentionSettings {
    std::size_t heads = 0;
    std::size_t headsKv = 0;  ///< query head h uses key/value head h / (heads / headsKv)
    std::size_t keyLength = 0;
    std::size_t valueLength = 0;
    std::size_t slidingWindow = 0;  ///< 0: full; else position t sees positions > t − slidingWindow
    float scale = 1;
    float softcap = 0;  ///< 0: none
};

/// Queries, keys and values of windows that follow each other. Row r of a window's queries has the position
/// firstPosition + r; its keys and values begin at position 0, so there are firstPosition + windowRows of them.
struct AttentionRows {
    RowsView queries;  ///< heads × keyLength per row, head after head
    RowsView keys;     ///< headsKv × keyLength
    RowsView values;   ///< headsKv × valueLength
    std::size_t firstPosition = 0;
};

/// Causal attention: out[row] = Σ softmax(scale · q·k) · v per head; heads × valueLength per row. Scores of a few query rows
/// at a time are kept, never the whole square. Bits do not depend on threads or on the number of windows.
Result<void> attend(const AttentionSettings& settings, const AttentionRows& input, RowsTarget out, RowCount rows,
                    const JobContext& context);

}  // namespace ww
