// SPDX-License-Identifier: MIT
// What a plan warns of: sentences beside their values, so that whoever shows them can say them in another language.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "model/tensor_role.h"
#include "tensor/tensor_type.h"

namespace ww {

enum class WarningKind : std::uint8_t {
    // About a tensor
    RowsDoNotFit,
    AlreadyQuantized,
    ImportanceNotGiven,
    ImportanceWithoutEntry,
    ImportanceAllZero,
    CalibrationNotGiven,
    GramNotGiven,
    InputsNotReached,
    // About the plan
    TensorsDoNotFit,
    TensorsAlreadyQuantized,
    TensorsNeedImportance,
    TensorsWithoutEntry,
    TensorsWithoutMethod,
    TensorsRoundedAgain,
    TensorsStoredAsFloats,
    TensorsInNearestFormat,
    MethodNeedsCalibration,
    EmbeddingWithoutGram,
    TensorsWithoutGram,
    TensorsNotClipped,
    ExpertsNotReached,
    TextTooShort,
    BetterWithImportance,
    OtherAlignment,
    PatternRuleUnused,
    RoleRuleUnused,
};
inline constexpr std::size_t kWarningKinds = static_cast<std::size_t>(WarningKind::RoleRuleUnused) + 1;

/// English sentences with %1, %2 … for values and %n for a number of things. Static lifetime.
struct WarningText {
    std::string_view text;
    std::string_view one{};  ///< the same for a single thing; empty where nothing is counted
};
[[nodiscard]] WarningText warningText(WarningKind kind);

struct ByteCount {
    std::uint64_t bytes = 0;
    bool operator==(const ByteCount&) const = default;
};
struct NamedMethod {
    std::string name;
    bool operator==(const NamedMethod&) const = default;
};
using WarningValue = std::variant<std::uint64_t, ByteCount, TensorType, TensorRole, NamedMethod, std::string>;

/// Plain value.
struct PlanWarning {
    WarningKind kind = WarningKind::RowsDoNotFit;
    std::vector<WarningValue> values{};  ///< %1, %2 …
    std::uint64_t count = 1;             ///< %n
    bool operator==(const PlanWarning&) const = default;
    /// In English, as the command line prints it.
    [[nodiscard]] std::string text() const;
};
/// All of them, with spaces between.
[[nodiscard]] std::string joinedText(std::span<const PlanWarning> warnings);

}  // namespace ww
