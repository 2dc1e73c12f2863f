// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/views/tensor_table.h"

#include <QAction>
#include <QClipboard>
#include <QComboBox>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QToolButton>
#include <QTreeView>
#include <QVBoxLayout>
#include <algorithm>
#include <array>

#include "widgets/delegates/bar_delegate.h"
#include "widgets/delegates/format_delegate.h"
#include "widgets/models/tensor_filter_model.h"
#include "widgets/models/tensor_tree_model.h"
#include "widgets/theme/format_text.h"
#include "widgets/theme/theme.h"
#include "widgets/views/row_selection_model.h"

namespace ww {
namespace {

/// Before it paints it tells Qt's selection about the rows in sight; see RowSelectionModel.
class TensorTreeView : public QTreeView {
public:
    explicit TensorTreeView(RowSelectionModel* selection) : m_selection(selection) {}

protected:
    void paintEvent(QPaintEvent* event) override
    {
        QModelIndexList shown;
        const int bottom = viewport()->height();
        for (QModelIndex i = indexAt(QPoint(0, 0)); i.isValid() && visualRect(i).top() < bottom; i = indexBelow(i))
            shown << i.siblingAtColumn(0);
        m_selection->mirror(shown);
        QTreeView::paintEvent(event);
    }

private:
    RowSelectionModel* m_selection;
};

}  // namespace

TensorTable::TensorTable(QWidget* parent) : QWidget(parent)
{
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(4);
    m_filter = new TensorFilterModel(this);
    buildFilterBar();
    buildView();
    setFocusProxy(m_view);
}

TensorTable::~TensorTable() = default;

void TensorTable::buildFilterBar()
{
    auto* bar = new QHBoxLayout;
    bar->setSpacing(6);
    m_filterEdit = new QLineEdit;
    m_filterEdit->setPlaceholderText(tr("Filter by name or pattern, such as ffn_.*down"));
    m_filterEdit->setAccessibleName(tr("Filter tensors"));
    m_filterEdit->setClearButtonEnabled(true);
    m_filterEdit->addAction(icon("search"), QLineEdit::LeadingPosition);
    m_roleBox = new QComboBox;
    m_roleBox->setAccessibleName(tr("Role"));
    m_roleBox->setToolTip(tr("Show tensors of one role"));
    m_roleBox->setSizeAdjustPolicy(QComboBox::AdjustToContents);
    m_flatButton = new QToolButton;
    m_flatButton->setCheckable(true);
    m_flatButton->setIcon(icon("table"));
    m_flatButton->setText(tr("Flat list"));
    m_flatButton->setToolTip(tr("Show all tensors in one list instead of by block"));
    m_flatButton->setAccessibleName(m_flatButton->text());
    m_flatButton->setFocusPolicy(Qt::TabFocus);
    m_count = new QLabel;
    bar->addWidget(m_filterEdit, 1);
    bar->addWidget(m_roleBox);
    bar->addWidget(m_flatButton);
    bar->addWidget(m_count);
    static_cast<QVBoxLayout*>(layout())->addLayout(bar);

    connect(m_filterEdit, &QLineEdit::textChanged, this, [this](const QString& text) {
        m_filter->setFilterText(text.trimmed());
        expandIfFew();
        updateCount();
    });
    connect(m_roleBox, &QComboBox::currentIndexChanged, this, [this] {
        const QVariant role = m_roleBox->currentData();
        m_filter->setRoleFilter(role.isValid() ? std::optional(static_cast<TensorRole>(role.toInt())) : std::nullopt);
        expandIfFew();
        updateCount();
    });
    connect(m_flatButton, &QToolButton::toggled, this, [this](bool flat) {
        if (!m_model) return;
        m_model->setLayout(flat ? TensorTreeModel::Layout::Flat : TensorTreeModel::Layout::Tree);
    });
}

void TensorTable::buildView()
{
    m_selection = new RowSelectionModel(m_filter, this);
    m_view = new TensorTreeView(m_selection);
    m_view->setModel(m_filter);
    delete m_view->selectionModel();
    m_view->setSelectionModel(m_selection);
    m_view->setAccessibleName(tr("Tensors"));
    m_view->setUniformRowHeights(true);
    m_view->setAlternatingRowColors(true);
    m_view->setAllColumnsShowFocus(false);
    m_view->setSelectionMode(QAbstractItemView::ExtendedSelection);
    m_view->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_view->setEditTriggers(QAbstractItemView::EditKeyPressed | QAbstractItemView::DoubleClicked);
    m_view->setExpandsOnDoubleClick(false);
    m_view->setSortingEnabled(true);
    m_view->setContextMenuPolicy(Qt::CustomContextMenu);
    m_view->setIconSize(QSize(14, 14));
    m_view->header()->setStretchLastSection(true);
    m_formatDelegate = new FormatDelegate(this);
    m_methodDelegate = new MethodDelegate(this);
    m_view->setItemDelegateForColumn(TensorTreeModel::Source, m_formatDelegate);
    m_view->setItemDelegateForColumn(TensorTreeModel::Format, m_formatDelegate);
    m_view->setItemDelegateForColumn(TensorTreeModel::Method, m_methodDelegate);
    m_view->setItemDelegateForColumn(TensorTreeModel::Size, new BarDelegate(TensorTreeModel::FractionRole, this));
    layout()->addWidget(m_view);

    auto* copy = new QAction(tr("Copy"), m_view);
    copy->setShortcut(QKeySequence::Copy);
    copy->setShortcutContext(Qt::WidgetWithChildrenShortcut);
    connect(copy, &QAction::triggered, this, &TensorTable::copySelection);
    m_view->addAction(copy);
    connect(m_selection, &RowSelectionModel::rowsChanged, this, [this] {
        m_view->viewport()->update();
        updateCount();
        Q_EMIT selectionChanged(selectedRows());
    });
    connect(m_selection, &QItemSelectionModel::currentChanged, this, [this](const QModelIndex& current) {
        if (m_model) Q_EMIT currentRowChanged(m_model->rowOf(m_filter->mapToSource(current)));
    });
    connect(m_view, &QTreeView::customContextMenuRequested, this, &TensorTable::showContextMenu);
    connect(m_view, &QTreeView::doubleClicked, this, [this](const QModelIndex& index) {
        if (index.column() == 0 && m_filter->hasChildren(index)) m_view->setExpanded(index, !m_view->isExpanded(index));
    });
}

void TensorTable::setColumnWidths()
{
    // In digits of the font, so that it scales with the text.
    const int digit = fontMetrics().horizontalAdvance(QLatin1Char('0'));
    const std::array widths = {32, 13, 15, 10, 12, 18, 8, 11, 11, 12};
    for (int c = 0; c < static_cast<int>(widths.size()); ++c)
        m_view->setColumnWidth(c, widths[static_cast<std::size_t>(c)] * digit);
    m_view->sortByColumn(TensorTreeModel::Name, Qt::AscendingOrder);
}

void TensorTable::setModel(TensorTreeModel* model)
{
    if (m_model) disconnect(m_model, nullptr, this, nullptr);
    m_model = model;
    const bool first = m_filter->columnCount() == 0;
    m_filter->setSourceModel(model);
    if (!model) return;
    if (first) setColumnWidths();
    connect(model, &QAbstractItemModel::modelReset, this, &TensorTable::onReset);
    connect(model, &TensorTreeModel::tensorsReplaced, this, [this] {
        m_selection->forget();
        updateRoles();
        updateCount();
    });
    connect(model, &TensorTreeModel::formatRequested, this,
            [this](const QList<int>& rows, std::optional<TensorType> format) { Q_EMIT formatRequested(widened(rows), format); });
    connect(model, &TensorTreeModel::methodRequested, this,
            [this](const QList<int>& rows, const QString& method) { Q_EMIT methodRequested(widened(rows), method); });
    m_selection->forget();
    updateRoles();
    onReset();
}

void TensorTable::onReset()
{
    const bool flat = m_model->layout() == TensorTreeModel::Layout::Flat;
    m_view->setRootIsDecorated(!flat);
    m_flatButton->setChecked(flat);
    expandIfFew();
    updateCount();
}

void TensorTable::setFormats(std::vector<FormatChoice> choices)
{
    m_formats = choices;
    m_formatDelegate->setChoices(std::move(choices));
}

void TensorTable::setMethods(std::vector<MethodChoice> choices)
{
    m_methodDelegate->setChoices(std::move(choices));
}

QList<int> TensorTable::selectedRows() const
{
    return m_selection->rows();
}

void TensorTable::setSelectedRows(const QList<int>& rows)
{
    if (!m_selection->setRows(rows)) return;
    m_view->viewport()->update();
    updateCount();
}

void TensorTable::showRow(int row)
{
    if (!m_model) return;
    const QModelIndex index = m_filter->mapFromSource(m_model->indexOfRow(row));
    if (!index.isValid()) return;
    m_view->selectionModel()->setCurrentIndex(index, QItemSelectionModel::NoUpdate);
    m_view->scrollTo(index);
}

void TensorTable::setFilterText(const QString& text)
{
    m_filterEdit->setText(text);
}

void TensorTable::focusFilter()
{
    m_filterEdit->setFocus(Qt::ShortcutFocusReason);
    m_filterEdit->selectAll();
}

QString TensorTable::selectionAsText() const
{
    if (!m_model) return {};
    QList<int> rows = selectedRows();
    if (rows.isEmpty()) rows = m_filter->shownRows();
    QString out;
    QStringList cells;
    for (int c = 0; c < TensorTreeModel::ColumnCount; ++c) cells << m_model->headerData(c, Qt::Horizontal).toString();
    out += cells.join(QLatin1Char('\t')) + QLatin1Char('\n');
    for (const int row : rows) {
        cells.clear();
        for (int c = 0; c < TensorTreeModel::ColumnCount; ++c) cells << m_model->indexOfRow(row, c).data().toString();
        out += cells.join(QLatin1Char('\t')) + QLatin1Char('\n');
    }
    return out;
}

void TensorTable::copySelection() const
{
    QGuiApplication::clipboard()->setText(selectionAsText());
}

QByteArray TensorTable::saveState() const
{
    return m_view->header()->saveState();
}

bool TensorTable::restoreState(const QByteArray& state)
{
    return m_view->header()->restoreState(state);
}

void TensorTable::updateRoles()
{
    const QVariant before = m_roleBox->currentData();
    m_roleBox->blockSignals(true);
    m_roleBox->clear();
    m_roleBox->addItem(tr("All roles"));
    for (const TensorRole role : allRoles()) {
        const bool present = std::ranges::any_of(m_model->rows(), [role](const TensorRow& r) { return r.identity.role == role; });
        if (!present) continue;
        m_roleBox->addItem(roleText(role), static_cast<int>(role));
        m_roleBox->setItemData(m_roleBox->count() - 1, roleDescription(role), Qt::ToolTipRole);
    }
    m_roleBox->setCurrentIndex(std::max(0, m_roleBox->findData(before)));
    m_roleBox->blockSignals(false);
    const QVariant now = m_roleBox->currentData();
    m_filter->setRoleFilter(now.isValid() ? std::optional(static_cast<TensorRole>(now.toInt())) : std::nullopt);
}

void TensorTable::updateCount()
{
    const int all = m_model ? static_cast<int>(m_model->rows().size()) : 0;
    const int shown = m_filter->shownTensorCount();
    const int selected = m_selection->count();
    QString text = shown == all ? tr("%n tensor(s)", nullptr, all) : tr("%1 of %n tensor(s)", nullptr, all).arg(shown);
    if (selected > 0) text = tr("%1, %n selected", "count of tensors, how many are selected", selected).arg(text);
    m_count->setText(text);
}

QList<int> TensorTable::widened(const QList<int>& rows) const
{
    const bool partOfSelection = std::ranges::any_of(rows, [this](int r) { return m_selection->contains(r); });
    if (!partOfSelection) return rows;
    QList<int> all;
    for (const int r : m_selection->rows())
        if (m_model->rows()[static_cast<std::size_t>(r)].editable) all << r;
    return all;
}

void TensorTable::expandIfFew()
{
    // Few enough to see at a glance: no need to open each block by hand.
    if (m_filter->shownTensorCount() <= 200) m_view->expandAll();
}

void TensorTable::showContextMenu(const QPoint& position)
{
    QMenu menu(this);
    auto* copy = menu.addAction(tr("Copy"), this, &TensorTable::copySelection);
    copy->setShortcut(QKeySequence::Copy);
    menu.addAction(tr("Select all shown"), m_view, &QTreeView::selectAll);
    menu.addSeparator();
    menu.addAction(tr("Expand all"), m_view, &QTreeView::expandAll);
    menu.addAction(tr("Collapse all"), m_view, &QTreeView::collapseAll);
    Q_EMIT contextMenuRequested(&menu, selectedRows());
    menu.exec(m_view->viewport()->mapToGlobal(position));
}

}  // namespace ww
