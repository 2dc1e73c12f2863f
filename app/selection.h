// SPDX-License-Identifier: GPL-3.0-or-later
// The one selection that layer map, table and inspector share.
#pragma once

#include <QObject>

#include <cstddef>
#include <optional>

#include "app/recipe_edits.h"

namespace ww {

/// Selected tensors (indices into ModelFile::tensors()) and the current one, which the inspector draws. GUI thread only.
class Selection : public QObject {
    Q_OBJECT
public:
    using QObject::QObject;

    [[nodiscard]] const TensorSet& tensors() const { return m_tensors; }
    [[nodiscard]] bool contains(std::size_t tensor) const;
    /// Always a member of tensors(); empty when nothing is selected.
    [[nodiscard]] std::optional<std::size_t> current() const { return m_current; }

    /// Any order, duplicates allowed. A current tensor outside the set is replaced by the set's first.
    void set(TensorSet tensors, std::optional<std::size_t> current = {});
    void clear() { set({}); }

Q_SIGNALS:
    void changed();

private:
    TensorSet m_tensors;
    std::optional<std::size_t> m_current;
};

}  // namespace ww
