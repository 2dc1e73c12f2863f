// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/models/tensor_tree_model.h"

#include <QApplication>
#include <QFont>
#include <QPalette>
#include <algorithm>
#include <limits>
#include <map>

#include "widgets/theme/colors.h"
#include "widgets/theme/format_text.h"
#include "widgets/theme/theme.h"

namespace ww {
namespace {

constexpr quintptr kTopLevel = 0;  // children carry their block's top-level position + 1

bool isNumeric(int column)
{
    return column == TensorTreeModel::BitsPerWeight || column == TensorTreeModel::Size || column == TensorTreeModel::Error ||
           column == TensorTreeModel::Gain;
}

}  // namespace

/// What a block shows: sums over its tensors, and whether they agree.
struct TensorTreeModel::Sums {
    std::uint64_t sizeBytes = 0;
    std::uint64_t parameters = 0;
    std::optional<TensorType> source, target;
    bool mixedSource = false, mixedTarget = false, mixedMethod = false, editable = false;
    QString method, methodText;
    std::optional<double> worstError;
    std::optional<double> bestGain;
    int warnings = 0;
    [[nodiscard]] double bitsPerWeight() const
    {
        return parameters == 0 ? 0 : 8.0 * static_cast<double>(sizeBytes) / static_cast<double>(parameters);
    }
};

TensorTreeModel::TensorTreeModel(QObject* parent) : QAbstractItemModel(parent) {}
TensorTreeModel::~TensorTreeModel() = default;

void TensorTreeModel::setRows(std::vector<TensorRow> rows)
{
    beginResetModel();
    m_rows = std::move(rows);
    rebuild();
    endResetModel();
    Q_EMIT tensorsReplaced();
}

void TensorTreeModel::rebuild()
{
    m_top.clear();
    m_place.assign(m_rows.size(), {0, -1});
    m_largestTensor = 0;
    m_largestBlock = 0;
    std::map<std::uint32_t, std::vector<int>> blocks;
    for (std::size_t i = 0; i < m_rows.size(); ++i) {
        const int row = static_cast<int>(i);
        m_largestTensor = std::max(m_largestTensor, m_rows[i].sizeBytes);
        if (m_layout == Layout::Tree && m_rows[i].identity.block) {
            blocks[*m_rows[i].identity.block].push_back(row);
            continue;
        }
        m_place[i] = {static_cast<int>(m_top.size()), -1};
        m_top.push_back(Node{row, 0, {}});
    }
    for (auto& [number, children] : blocks) {
        std::uint64_t bytes = 0;
        for (std::size_t c = 0; c < children.size(); ++c) {
            m_place[static_cast<std::size_t>(children[c])] = {static_cast<int>(m_top.size()), static_cast<int>(c)};
            bytes += m_rows[static_cast<std::size_t>(children[c])].sizeBytes;
        }
        m_largestBlock = std::max(m_largestBlock, bytes);
        m_top.push_back(Node{-1, number, std::move(children)});
    }
}

void TensorTreeModel::updateRows(const std::vector<TensorRow>& rows)
{
    const auto sameTensor = [](const TensorRow& a, const TensorRow& b) { return a.name == b.name; };
    if (!std::equal(rows.begin(), rows.end(), m_rows.begin(), m_rows.end(), sameTensor)) {
        setRows(rows);
        return;
    }
    std::vector<int> changed;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (m_rows[i] == rows[i]) continue;
        m_rows[i] = rows[i];
        changed.push_back(static_cast<int>(i));
    }
    constexpr std::size_t kMany = 64;
    if (changed.size() > kMany) {
        announceAll(changed);
        return;
    }
    for (std::size_t i = 0; i < changed.size();) {
        std::size_t end = i + 1;
        while (end < changed.size() && changed[end] == changed[end - 1] + 1) ++end;
        announce(changed[i], changed[end - 1]);
        i = end;
    }
}

void TensorTreeModel::updateRow(int row, const TensorRow& value)
{
    if (row < 0 || row >= static_cast<int>(m_rows.size())) return;
    auto& mine = m_rows[static_cast<std::size_t>(row)];
    if (mine == value) return;
    mine = value;
    announce(row, row);
}

void TensorTreeModel::setRelativeError(int row, std::optional<double> error)
{
    if (row < 0 || row >= static_cast<int>(m_rows.size())) return;
    auto& mine = m_rows[static_cast<std::size_t>(row)].relativeError;
    if (mine == error) return;
    mine = error;
    announce(row, row);
}

// Rows firstRow … lastRow changed. Neighbors under one parent become one signal, and each block is announced once.
void TensorTreeModel::announce(int firstRow, int lastRow)
{
    for (int row = firstRow; row <= lastRow;) {
        int end = row;
        const auto place = m_place[static_cast<std::size_t>(row)];
        while (end < lastRow) {
            const auto next = m_place[static_cast<std::size_t>(end) + 1];
            const auto here = m_place[static_cast<std::size_t>(end)];
            const bool adjacent = place.second < 0 ? (next.second < 0 && next.first == here.first + 1)
                                                   : (next.first == place.first && next.second == here.second + 1);
            if (!adjacent) break;
            ++end;
        }
        Q_EMIT dataChanged(indexOfRow(row, Format), indexOfRow(end, ColumnCount - 1));
        const bool lastOfBlock = end == lastRow || m_place[static_cast<std::size_t>(end) + 1].first != place.first;
        if (place.second >= 0 && lastOfBlock) Q_EMIT dataChanged(index(place.first, Format), index(place.first, ColumnCount - 1));
        row = end + 1;
    }
}

// Thousands of small signals cost more than a few that cover unchanged rows too: one per block with a change, one for the top.
void TensorTreeModel::announceAll(const std::vector<int>& changed)
{
    std::vector<std::pair<int, int>> span(m_top.size(), {std::numeric_limits<int>::max(), -1});
    for (const int row : changed) {
        const auto [top, child] = m_place[static_cast<std::size_t>(row)];
        if (child < 0) continue;
        auto& [first, last] = span[static_cast<std::size_t>(top)];
        first = std::min(first, child);
        last = std::max(last, child);
    }
    for (std::size_t top = 0; top < span.size(); ++top) {
        const auto [first, last] = span[top];
        if (last < 0) continue;
        const auto id = static_cast<quintptr>(top) + 1;
        Q_EMIT dataChanged(createIndex(first, Format, id), createIndex(last, ColumnCount - 1, id));
    }
    Q_EMIT dataChanged(index(0, Format), index(static_cast<int>(m_top.size()) - 1, ColumnCount - 1));
}

void TensorTreeModel::setLayout(Layout layout)
{
    if (layout == m_layout) return;
    beginResetModel();
    m_layout = layout;
    rebuild();
    endResetModel();
}

const TensorTreeModel::Node* TensorTreeModel::blockAt(const QModelIndex& index) const
{
    if (!index.isValid() || index.internalId() != kTopLevel) return nullptr;
    const auto& node = m_top[static_cast<std::size_t>(index.row())];
    return node.row < 0 ? &node : nullptr;
}

int TensorTreeModel::rowOf(const QModelIndex& index) const
{
    if (!index.isValid() || index.model() != this) return -1;
    if (index.internalId() == kTopLevel) return m_top[static_cast<std::size_t>(index.row())].row;
    return m_top[index.internalId() - 1].children[static_cast<std::size_t>(index.row())];
}

QList<int> TensorTreeModel::rowsBelow(const QModelIndex& index) const
{
    if (const Node* block = blockAt(index)) return {block->children.begin(), block->children.end()};
    const int row = rowOf(index);
    return row < 0 ? QList<int>() : QList<int>{row};
}

QModelIndex TensorTreeModel::indexOfRow(int row, int column) const
{
    if (row < 0 || row >= static_cast<int>(m_place.size())) return {};
    const auto [top, child] = m_place[static_cast<std::size_t>(row)];
    return child < 0 ? createIndex(top, column, kTopLevel) : createIndex(child, column, static_cast<quintptr>(top) + 1);
}

QModelIndex TensorTreeModel::index(int row, int column, const QModelIndex& parent) const
{
    if (!hasIndex(row, column, parent)) return {};
    return createIndex(row, column, parent.isValid() ? static_cast<quintptr>(parent.row()) + 1 : kTopLevel);
}

QModelIndex TensorTreeModel::parent(const QModelIndex& child) const
{
    if (!child.isValid() || child.internalId() == kTopLevel) return {};
    return createIndex(static_cast<int>(child.internalId()) - 1, 0, kTopLevel);
}

int TensorTreeModel::rowCount(const QModelIndex& parent) const
{
    if (!parent.isValid()) return static_cast<int>(m_top.size());
    const Node* block = parent.column() == 0 ? blockAt(parent) : nullptr;
    return block ? static_cast<int>(block->children.size()) : 0;
}

int TensorTreeModel::columnCount(const QModelIndex&) const
{
    return ColumnCount;
}

TensorTreeModel::Sums TensorTreeModel::sumsOf(const Node& block) const
{
    Sums s;
    bool first = true;
    for (const int child : block.children) {
        const auto& r = m_rows[static_cast<std::size_t>(child)];
        s.sizeBytes += r.sizeBytes;
        s.parameters += r.parameters;
        s.warnings += r.warning.isEmpty() ? 0 : 1;
        if (r.gain) s.bestGain = std::max(s.bestGain.value_or(0), *r.gain);
        // Norms and biases are copied whatever the recipe says; only tensors that can be changed decide about "mixed", and a
        // block of which nothing else is measured has no error yet.
        if (!r.editable) continue;
        if (r.relativeError) s.worstError = std::max(s.worstError.value_or(0), *r.relativeError);
        s.editable = true;
        s.mixedSource = s.mixedSource || (!first && *s.source != r.source);
        s.mixedTarget = s.mixedTarget || (!first && *s.target != r.target);
        s.mixedMethod = s.mixedMethod || (!first && s.method != r.method);
        s.source = r.source;
        s.target = r.target;
        s.method = r.method;
        s.methodText = r.methodText;
        first = false;
    }
    return s;
}

QVariant TensorTreeModel::data(const QModelIndex& index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
    if (role == RowRole) return rowOf(index);
    if (role == Qt::TextAlignmentRole && isNumeric(index.column())) return QVariant::fromValue(Qt::AlignRight | Qt::AlignVCenter);
    if (const Node* block = blockAt(index)) return blockData(*block, index.column(), role);
    return tensorData(m_rows[static_cast<std::size_t>(rowOf(index))], index.column(), role);
}

QVariant TensorTreeModel::tensorData(const TensorRow& r, int column, int role) const
{
    const auto display = [&]() -> QString {
        switch (column) {
        case Name: return r.name;
        case Role: return roleText(r.identity.role);
        case Shape: return r.shapeText;
        case Source: return formatName(r.source);
        case Format: return formatName(r.target);
        case Method: return r.method.isEmpty() ? tr("copied") : r.methodText;
        case BitsPerWeight: return bitsPerWeightText(r.bitsPerWeight, false);
        case Size: return sizeText(r.sizeBytes);
        case Error: return r.relativeError ? errorText(*r.relativeError) : QStringLiteral("–");
        case Gain: return r.gain ? errorText(*r.gain) : QStringLiteral("–");
        case State: return !r.warning.isEmpty() ? tr("warning") : r.editable ? QString() : tr("kept as is");
        default: return {};
        }
    };
    switch (role) {
    case Qt::DisplayRole: return display();
    case Qt::EditRole:
        return column == Format   ? QVariant(static_cast<int>(r.target))
               : column == Method ? QVariant(r.method)
                                  : QVariant(display());
    case Qt::ToolTipRole: return toolTip(r);
    case Qt::DecorationRole: return column == State && !r.warning.isEmpty() ? QVariant(icon("warning")) : QVariant();
    case Qt::ForegroundRole:
        if (column == State && !r.warning.isEmpty()) return themeColors(QApplication::palette()).warning;
        if (!r.editable) return themeColors(QApplication::palette()).mutedText;
        return {};
    case Qt::AccessibleTextRole: {
        const QString title = headerData(column, Qt::Horizontal, Qt::DisplayRole).toString();
        const QString value = column == State && !r.warning.isEmpty() ? r.warning : display();
        return tr("%1: %2", "column title: value").arg(title, value.isEmpty() ? tr("none") : value);
    }
    case SortRole:
        switch (column) {
        case Shape: return static_cast<qulonglong>(r.parameters);
        case Source: return traits(r.source).bitsPerWeight();
        case Format:
        case BitsPerWeight: return r.bitsPerWeight;
        case Size: return static_cast<qulonglong>(r.sizeBytes);
        case Error: return r.relativeError.value_or(-1.0);
        case Gain: return r.gain.value_or(-1.0);
        case Role: return static_cast<int>(r.identity.role);
        case State: return r.warning.isEmpty() ? (r.editable ? 1 : 2) : 0;
        default: return display();
        }
    case FractionRole: return m_largestTensor == 0 ? 0.0 : static_cast<double>(r.sizeBytes) / static_cast<double>(m_largestTensor);
    case TensorTypeRole:
        return column == Source   ? QVariant(static_cast<int>(r.source))
               : column == Format ? QVariant(static_cast<int>(r.target))
                                  : QVariant();
    default: return {};
    }
}

QVariant TensorTreeModel::blockData(const Node& block, int column, int role) const
{
    if (role == Qt::ToolTipRole && column == Name) return tr("%n tensor(s)", nullptr, static_cast<int>(block.children.size()));
    if (role == Qt::FontRole && column == Name) {
        QFont bold = QApplication::font();
        bold.setWeight(QFont::DemiBold);
        return bold;
    }
    if (role == SortRole && column == Name) return block.block;
    const bool wanted = role == Qt::DisplayRole || role == Qt::EditRole || role == SortRole || role == FractionRole ||
                        role == TensorTypeRole || role == Qt::AccessibleTextRole;
    if (!wanted) return {};
    const Sums s = sumsOf(block);
    const auto display = [&]() -> QString {
        switch (column) {
        case Name: return tr("Block %1").arg(block.block);
        case Role: return tr("%n tensor(s)", nullptr, static_cast<int>(block.children.size()));
        case Source: return s.mixedSource ? tr("mixed") : s.source ? formatName(*s.source) : QString();
        case Format: return s.mixedTarget ? tr("mixed") : s.target ? formatName(*s.target) : QString();
        case Method: return s.mixedMethod ? tr("mixed") : s.methodText;
        case BitsPerWeight: return bitsPerWeightText(s.bitsPerWeight(), false);
        case Size: return sizeText(s.sizeBytes);
        case Error:
            return s.worstError ? tr("≤ %1", "largest error of a block").arg(errorText(*s.worstError)) : QStringLiteral("–");
        case Gain: return s.bestGain ? tr("≤ %1", "largest error of a block").arg(errorText(*s.bestGain)) : QStringLiteral("–");
        case State: return s.warnings > 0 ? tr("%n warning(s)", nullptr, s.warnings) : QString();
        default: return {};
        }
    };
    switch (role) {
    case Qt::DisplayRole: return display();
    case Qt::EditRole:
        return column == Format ? QVariant(s.target && !s.mixedTarget ? static_cast<int>(*s.target) : -2) : QVariant(display());
    case Qt::AccessibleTextRole:
        return column == Name ? display()
                              : tr("%1: %2", "column title: value").arg(headerData(column, Qt::Horizontal).toString(), display());
    case SortRole:
        switch (column) {
        case BitsPerWeight:
        case Format: return s.bitsPerWeight();
        case Size: return static_cast<qulonglong>(s.sizeBytes);
        case Error: return s.worstError.value_or(-1.0);
        case Gain: return s.bestGain.value_or(-1.0);
        case State: return -s.warnings;
        default: return block.block;
        }
    case FractionRole: return m_largestBlock == 0 ? 0.0 : static_cast<double>(s.sizeBytes) / static_cast<double>(m_largestBlock);
    case TensorTypeRole:
        if (column == Source && s.source && !s.mixedSource) return static_cast<int>(*s.source);
        if (column == Format && s.target && !s.mixedTarget) return static_cast<int>(*s.target);
        return {};
    default: return {};
    }
}

QString TensorTreeModel::toolTip(const TensorRow& r) const
{
    QStringList lines{r.name};
    lines << tr("%1: %2", "role: description").arg(roleText(r.identity.role), roleDescription(r.identity.role));
    lines << tr("%1 → %2, %3, %4", "source format → target format, bits per weight, size")
                 .arg(formatName(r.source), formatName(r.target), bitsPerWeightText(r.bitsPerWeight), sizeText(r.sizeBytes));
    // The spec as well: the command line and recipe files take it.
    if (r.method.contains(QLatin1Char(':'))) lines << tr("Method: %1, written %2", "method in words, spec").arg(r.methodText, r.method);
    if (r.relativeError) lines << tr("Relative error %1 (measured)").arg(errorText(*r.relativeError));
    if (r.damage) lines << tr("Damage %1 (estimated)").arg(errorText(*r.damage));
    if (!r.reason.isEmpty()) lines << r.reason;
    if (!r.warning.isEmpty()) lines << r.warning;
    return lines.join(QLatin1Char('\n'));
}

QVariant TensorTreeModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || section < 0 || section >= ColumnCount) return {};
    if (role == Qt::TextAlignmentRole)
        return QVariant::fromValue((isNumeric(section) ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
    if (role == Qt::ToolTipRole) {
        switch (section) {
        case Source: return tr("Format in the opened file");
        case Format: return tr("Format under the current recipe");
        case BitsPerWeight: return tr("Bits per weight under the current recipe");
        case Size: return tr("Size under the current recipe");
        case Error: return tr("Relative error of the weights, measured: root of Σ(w−q)² / Σw²");
        case Gain: return tr("Next MiB: by how much another mebibyte for this tensor would lower the damage (estimated from weight errors)");
        default: return {};
        }
    }
    if (role != Qt::DisplayRole) return {};
    switch (section) {
    case Name: return tr("Name");
    case Role: return tr("Role");
    case Shape: return tr("Shape");
    case Source: return tr("Source");
    case Format: return tr("Format");
    case Method: return tr("Method");
    case BitsPerWeight: return tr("bpw", "bits per weight, column title");
    case Size: return tr("Size");
    case Error: return tr("Error");
    case Gain: return tr("Next MiB");
    default: return tr("State");
    }
}

Qt::ItemFlags TensorTreeModel::flags(const QModelIndex& index) const
{
    if (!index.isValid()) return Qt::NoItemFlags;
    Qt::ItemFlags flags = Qt::ItemIsEnabled | Qt::ItemIsSelectable;
    const Node* block = blockAt(index);
    if (!block) flags |= Qt::ItemNeverHasChildren;
    if (index.column() != Format && index.column() != Method) return flags;
    const bool editable =
        block ? std::ranges::any_of(block->children, [&](int r) { return m_rows[static_cast<std::size_t>(r)].editable; })
              : m_rows[static_cast<std::size_t>(rowOf(index))].editable;
    return editable ? flags | Qt::ItemIsEditable : flags;
}

bool TensorTreeModel::setData(const QModelIndex& index, const QVariant& value, int role)
{
    if (role != Qt::EditRole || !(flags(index) & Qt::ItemIsEditable)) return false;
    QList<int> rows = rowsBelow(index);
    rows.removeIf([this](int r) { return !m_rows[static_cast<std::size_t>(r)].editable; });
    if (index.column() == Format) {
        bool ok = false;
        const int id = value.toInt(&ok);
        if (!ok) return false;
        if (id < 0)
            Q_EMIT formatRequested(rows, std::nullopt);
        else if (const auto* known = traitsForId(static_cast<std::uint32_t>(id)))
            Q_EMIT formatRequested(rows, known->type);
    } else {
        Q_EMIT methodRequested(rows, value.toString());
    }
    return false;
}

}  // namespace ww
