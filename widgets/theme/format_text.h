// SPDX-License-Identifier: GPL-3.0-or-later
// Values as people read them: localized numbers with units. Only for display; files and CSV use their own plain writing.
#pragma once

#include <QString>
#include <cstdint>
#include <optional>

#include "model/tensor_role.h"
#include "tensor/tensor_info.h"
#include "tensor/tensor_type.h"

namespace ww {

/// "3.92 GiB", "16.1 MiB", "512 B": binary units, three significant digits.
[[nodiscard]] QString sizeText(std::uint64_t bytes);
/// "4.83 bpw"; without unit "4.83".
[[nodiscard]] QString bitsPerWeightText(double bitsPerWeight, bool withUnit = true);
/// fraction 0.62 → "62 %"; digits after the decimal point.
[[nodiscard]] QString percentText(double fraction, int digits = 0);
/// Signed: −0.7 → "−70 %", 0.05 → "+5 %".
[[nodiscard]] QString signedPercentText(double fraction, int digits = 0);
/// Grouped digits: "1,234,567".
[[nodiscard]] QString countText(std::uint64_t count);
/// "8.03 B", "124 M", "512": the way models are named.
[[nodiscard]] QString parameterCountText(std::uint64_t parameters);
/// "0.8 s", "42 s", "2 min 5 s", "1 h 12 min".
[[nodiscard]] QString durationText(double seconds);
/// "0:41 left", "1:02:10 left".
[[nodiscard]] QString timeLeftText(double seconds);
/// Relative errors and the like: three significant digits, "0.0712"; below 0.001 "1.2×10⁻⁵". Not finite: "–".
[[nodiscard]] QString errorText(double value);
/// "6.21"; with an error the digits follow it: "6.21 ± 0.04".
[[nodiscard]] QString perplexityText(double perplexity, std::optional<double> standardError = std::nullopt);
/// Signed with three digits after the point: "+0.042".
[[nodiscard]] QString deltaText(double delta, int digits = 3);
/// With its error; the digits follow it: "+0.79 ± 0.05".
[[nodiscard]] QString deltaErrorText(double delta, std::optional<double> standardError);
/// "4096 × 11008"
[[nodiscard]] QString shapeText(const Shape& shape);
/// The field's name of a storage type: "Q4_K".
[[nodiscard]] QString formatName(TensorType type);
/// The field's name of a role: "attn_q".
[[nodiscard]] QString roleText(TensorRole role);
/// What a role is, in words: "Query projection". Translated.
[[nodiscard]] QString roleDescription(TensorRole role);

/// A number for CSV and other files: shortest text that reads back the same, '.' as decimal point.
[[nodiscard]] QString plainNumber(double value);
/// One CSV field, quoted when it needs to be (RFC 4180).
[[nodiscard]] QString csvField(const QString& text);

}  // namespace ww
