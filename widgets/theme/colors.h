// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QColor>
#include <QPalette>

#include "tensor/tensor_type.h"

namespace ww {

/// The colors of one appearance beyond the palette's. Plain value; every text color keeps WCAG AA contrast (4.5 : 1)
/// on the background it is meant for, every line and marker 3 : 1.
struct ThemeColors {
    bool dark = false;
    QColor plotBackground;  ///< same as the palette's Base
    QColor plotAxis;
    QColor plotGrid;  ///< decorative, so exempt from the contrast rule
    QColor plotText;
    QColor mutedText;  ///< second-rank text on Window and Base
    QColor accent;     ///< focus rings, chosen points, links
    QColor warning;
    QColor error;
    QColor success;

    /// Six categorical colors safe for color-blind readers (Okabe and Ito 2008), picked for this background; wraps around.
    [[nodiscard]] QColor okabeIto(int index) const;
    /// Stable color of a storage type: from warm (few bits) to cool (many bits), neighbors alternating in lightness; float types
    /// are neutral. Never the only cue: formats are also named.
    [[nodiscard]] QColor formatColor(TensorType type) const;
};

/// Colors that fit a palette (light or dark, judged by its Window color). Widgets call this from their own palette and again when
/// it changes, so they need no global state.
[[nodiscard]] const ThemeColors& themeColors(const QPalette& palette);
[[nodiscard]] const ThemeColors& themeColors(bool dark);
[[nodiscard]] bool isDark(const QPalette& palette);

/// Viridis (van der Walt and Smith 2015), t in [0, 1], clamped; NaN is the color of 0. For magnitudes.
[[nodiscard]] QColor viridis(double t);
/// Blue – neutral – vermilion, t in [−1, 1], clamped; the neutral zero is the background's. For signed values.
[[nodiscard]] QColor diverging(double t, bool dark);

/// WCAG 2 contrast ratio, 1 … 21, of opaque colors.
[[nodiscard]] double contrastRatio(const QColor& a, const QColor& b);
/// Black or white, whichever reads better on `background`.
[[nodiscard]] QColor readableOn(const QColor& background);

}  // namespace ww
