// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QDialog>

#include <functional>
#include <vector>

#include "methods/method_spec.h"

class QLabel;

namespace ww {

/// The options of one method, with what they mean and their defaults. The caller takes spec() when it is accepted.
class MethodDialog : public QDialog {
    Q_OBJECT
public:
    /// `spec` must name a method that there is; options that it does not have are ignored.
    explicit MethodDialog(const QString& spec, QWidget* parent = nullptr);
    /// As recipes store it.
    [[nodiscard]] QString spec() const;
    /// False for methods without options.
    [[nodiscard]] static bool hasOptions(const QString& spec);

private:
    struct Field {
        const MethodOption* option = nullptr;
        QWidget* editor = nullptr;
        QWidget* label = nullptr;
        std::function<QString()> value;
        std::function<void(const QString&)> setValue;
    };
    QWidget* makeEditor(const MethodOption& option);
    [[nodiscard]] Method method() const;
    /// Shows which options take effect, and the size of what is chosen.
    void refresh();

    Method m_method;
    std::vector<Field> m_fields;
    QLabel* m_bits = nullptr;
};

}  // namespace ww
