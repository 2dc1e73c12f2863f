// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/commands/recipe_commands.h"

#include <utility>

namespace ww {

EditRecipeCommand::EditRecipeCommand(Document& document, int id, Recipe recipe, const QString& text)
    : QUndoCommand(text), m_document(document), m_id(id), m_other(std::move(recipe))
{
}

void EditRecipeCommand::swap()
{
    const DocumentRecipe* item = m_document.find(m_id);
    if (!item) return;
    const Recipe now = item->recipe;
    m_document.applyRecipe(m_id, m_other);
    m_other = now;
}

AddRecipeCommand::AddRecipeCommand(Document& document, std::size_t index, DocumentRecipe item, const QString& text)
    : QUndoCommand(text), m_document(document), m_index(index), m_item(std::move(item)), m_currentBefore(document.currentId())
{
}

void AddRecipeCommand::undo()
{
    m_document.takeRecipe(m_item.id);
    m_document.setCurrent(m_currentBefore);
}

void AddRecipeCommand::redo()
{
    m_document.insertRecipe(m_index, m_item);
}

RemoveRecipeCommand::RemoveRecipeCommand(Document& document, std::size_t index, DocumentRecipe item, const QString& text)
    : QUndoCommand(text), m_document(document), m_index(index), m_item(std::move(item))
{
}

void RemoveRecipeCommand::undo()
{
    m_document.insertRecipe(m_index, m_item);
}

void RemoveRecipeCommand::redo()
{
    m_document.takeRecipe(m_item.id);
}

}  // namespace ww
