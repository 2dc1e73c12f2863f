// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/views/layer_map.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QMenu>
#include <QVBoxLayout>
#include <algorithm>

#include "widgets/delegates/format_delegate.h"
#include "widgets/models/tensor_tree_model.h"
#include "widgets/theme/format_text.h"
#include "widgets/views/layer_map_canvas.h"
#include "widgets/views/layer_map_legend.h"

namespace ww {

LayerMap::LayerMap(QWidget* parent) : QWidget(parent)
{
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(4);
    auto* bar = new QHBoxLayout;
    bar->setSpacing(8);
    auto* label = new QLabel(tr("Color by:"));
    m_colorBox = new QComboBox;
    m_colorBox->addItem(tr("Format"), static_cast<int>(ColorBy::Format));
    m_colorBox->addItem(tr("Bits per weight"), static_cast<int>(ColorBy::BitsPerWeight));
    m_colorBox->addItem(tr("Size"), static_cast<int>(ColorBy::Size));
    m_colorBox->addItem(tr("Error"), static_cast<int>(ColorBy::Error));
    m_colorBox->addItem(tr("Damage"), static_cast<int>(ColorBy::Damage));
    m_colorBox->setItemData(m_colorBox->count() - 1,
                            tr("Estimated part of the whole loss: the squared relative error of the weights"), Qt::ToolTipRole);
    m_colorBox->setAccessibleName(tr("Color by"));
    label->setBuddy(m_colorBox);
    m_legend = new LayerMapLegend;
    bar->addWidget(label);
    bar->addWidget(m_colorBox);
    bar->addSpacing(8);
    bar->addWidget(m_legend, 1);
    layout->addLayout(bar);
    m_canvas = new LayerMapCanvas;
    layout->addWidget(m_canvas, 1);
    setFocusProxy(m_canvas);

    connect(m_canvas, &LayerMapCanvas::coloringChanged, this, [this] { m_legend->setColoring(m_canvas->coloring()); });
    connect(m_canvas, &LayerMapCanvas::selectionChanged, this, &LayerMap::selectionChanged);
    connect(m_canvas, &LayerMapCanvas::currentCellChanged, this, [this] { Q_EMIT currentRowChanged(currentRow()); });
    connect(m_canvas, &LayerMapCanvas::menuRequested, this, &LayerMap::showContextMenu);
    connect(m_colorBox, &QComboBox::currentIndexChanged, this, [this] {
        m_canvas->setColorBy(colorBy());
        Q_EMIT colorByChanged(colorBy());
    });
}

LayerMap::~LayerMap() = default;

void LayerMap::setModel(TensorTreeModel* model)
{
    m_canvas->setModel(model);
}

void LayerMap::setFormats(std::vector<FormatChoice> choices)
{
    m_formats = std::move(choices);
}

void LayerMap::setColorBy(ColorBy colorBy)
{
    m_colorBox->setCurrentIndex(m_colorBox->findData(static_cast<int>(colorBy)));
}

LayerMap::ColorBy LayerMap::colorBy() const
{
    return static_cast<ColorBy>(m_colorBox->currentData().toInt());
}

QList<int> LayerMap::selectedRows() const
{
    return m_canvas->selectedRows();
}

void LayerMap::setSelectedRows(const QList<int>& rows)
{
    m_canvas->setSelectedRows(rows);
}

int LayerMap::currentRow() const
{
    const int cell = m_canvas->currentCell();
    return cell < 0 ? -1 : m_canvas->grid().cells()[static_cast<std::size_t>(cell)].rows.front();
}

void LayerMap::setCurrentRow(int row)
{
    m_canvas->setCurrentCell(m_canvas->grid().cellOfRow(row));
}

void LayerMap::showContextMenu(const QPoint& globalPosition)
{
    const auto* model = m_canvas->model();
    if (!model || m_canvas->currentCell() < 0) return;
    const auto& rows = model->rows();
    const auto& cell = m_canvas->grid().cells()[static_cast<std::size_t>(m_canvas->currentCell())];
    const TensorRow& row = rows[static_cast<std::size_t>(cell.rows.front())];
    QMenu menu(this);
    QList<int> editable;
    for (const int r : selectedRows())
        if (rows[static_cast<std::size_t>(r)].editable) editable << r;
    if (!m_formats.empty()) {
        auto* formats = menu.addMenu(tr("Format"));
        formats->setEnabled(!editable.isEmpty());
        for (const auto& choice : m_formats) {
            auto* action = formats->addAction(formatChoiceName(choice.type), this,
                                              [this, editable, choice] { Q_EMIT formatRequested(editable, choice.type); });
            if (choice.type) action->setIcon(formatSwatch(*choice.type, palette()));
            action->setEnabled(choice.enabled);
        }
        menu.addSeparator();
    }
    menu.addAction(tr("Select role %1").arg(roleText(cell.role)), this, [this, model, role = cell.role] {
        m_canvas->selectWhere([&](int r) { return model->rows()[static_cast<std::size_t>(r)].identity.role == role; });
    });
    if (cell.block)
        menu.addAction(tr("Select block %1").arg(*cell.block), this, [this, model, block = *cell.block] {
            m_canvas->selectWhere([&](int r) { return model->rows()[static_cast<std::size_t>(r)].identity.block == block; });
        });
    menu.addAction(tr("Select all in %1").arg(formatName(row.target)), this, [this, model, target = row.target] {
        m_canvas->selectWhere([&](int r) { return model->rows()[static_cast<std::size_t>(r)].target == target; });
    });
    menu.addAction(tr("Select all"), m_canvas, &LayerMapCanvas::selectAll)->setShortcut(QKeySequence::SelectAll);
    Q_EMIT contextMenuRequested(&menu, selectedRows());
    menu.exec(globalPosition);
}

}  // namespace ww
