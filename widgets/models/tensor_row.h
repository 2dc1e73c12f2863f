// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QList>
#include <QMetaType>
#include <QString>
#include <cstdint>
#include <optional>
#include <vector>

#include "model/tensor_role.h"
#include "tensor/tensor_type.h"

namespace ww {

/// What the tensor views show of one tensor under the current plan. Plain value. Everywhere in the views a "row" is an
/// index into the vector of these.
struct TensorRow {
    QString name;
    TensorIdentity identity;
    QString shapeText;  ///< "4096 × 11008"
    TensorType source = TensorType::F32;
    TensorType target = TensorType::F32;
    QString method;               ///< registry name, with its options; empty when the bytes are copied
    QString methodText{};         ///< the method and its options for people, translated
    double bitsPerWeight = 0;     ///< of the target
    std::uint64_t sizeBytes = 0;  ///< of the target
    std::uint64_t parameters = 0;
    std::optional<double> relativeError;  ///< measured; empty: not computed yet
    std::optional<double> damage{};  ///< estimated part of the loss; empty: not known
    std::optional<double> gain{};    ///< how much of the loss the next mebibyte for this tensor saves; empty: nothing or not known
    bool editable = false;
    QString reason;   ///< why this format: one sentence, translated
    QString warning;  ///< translated; empty: none
    bool operator==(const TensorRow& other) const;
};

/// A format that may be chosen. Empty type: keep the source type ("as is").
struct FormatChoice {
    std::optional<TensorType> type;
    QString description;  ///< one sentence, translated
    bool enabled = true;
    QString disabledReason;  ///< shown instead of the description when disabled
    bool needsImportance = false;  ///< cannot be made without an importance matrix
};

/// A method that may be chosen.
struct MethodChoice {
    QString id;           ///< registry name
    QString title;        ///< translated
    QString description;  ///< translated
    bool analysis = false;  ///< simulates a format that GGUF cannot hold
    bool enabled = true;
    QString disabledReason{};  ///< what is lacking, and how to get it
};

/// "Q4_K", or the translated "as is" for the empty type.
[[nodiscard]] QString formatChoiceName(const std::optional<TensorType>& type);

}  // namespace ww

Q_DECLARE_METATYPE(std::optional<ww::TensorType>)
