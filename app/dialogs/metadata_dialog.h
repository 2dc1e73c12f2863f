// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QDialog>

#include <string>
#include <vector>

#include "app/metadata_edits.h"

class QComboBox;
class QLabel;
class QLineEdit;
class QPlainTextEdit;
class QPushButton;

namespace ww {

struct Workbench;

/// What exported files say about the model: name, author, licence and so on, the chat template, flags of the tokenizer. The model
/// that is open stays as it is.
class MetadataDialog : public QDialog {
    Q_OBJECT
public:
    explicit MetadataDialog(Workbench& workbench, QWidget* parent = nullptr);
    /// What differs from the model's own metadata.
    [[nodiscard]] MetadataEdits edits() const;

private:
    void build();
    void fill(const Metadata& metadata);
    void refresh();

    struct TextField {
        const char* key;
        QLineEdit* edit;
    };
    struct FlagField {
        const char* key;
        QComboBox* combo;
    };
    Workbench& m_workbench;
    MetadataEdits m_others;  ///< edits of keys that have no field here
    std::vector<TextField> m_texts;
    std::vector<FlagField> m_flags;
    QPlainTextEdit* m_template = nullptr;
    QLabel* m_problem = nullptr;
    QPushButton* m_ok = nullptr;
};

}  // namespace ww
