// SPDX-License-Identifier: GPL-3.0-or-later
// The steps of the undo stack. Each swaps old and new, so that undo and redo are the same operation, and brings the recipe
// it changes into view.
#pragma once

#include <QUndoCommand>

#include "app/document.h"

namespace ww {

/// Content or name of one recipe.
class EditRecipeCommand : public QUndoCommand {
public:
    EditRecipeCommand(Document& document, int id, Recipe recipe, const QString& text);
    void undo() override { swap(); }
    void redo() override { swap(); }

private:
    void swap();
    Document& m_document;
    int m_id;
    Recipe m_other;
};

class AddRecipeCommand : public QUndoCommand {
public:
    AddRecipeCommand(Document& document, std::size_t index, DocumentRecipe item, const QString& text);
    void undo() override;
    void redo() override;

private:
    Document& m_document;
    std::size_t m_index;
    DocumentRecipe m_item;
    int m_currentBefore;
};

class RemoveRecipeCommand : public QUndoCommand {
public:
    RemoveRecipeCommand(Document& document, std::size_t index, DocumentRecipe item, const QString& text);
    void undo() override;
    void redo() override;

private:
    Document& m_document;
    std::size_t m_index;
    DocumentRecipe m_item;
};

}  // namespace ww
