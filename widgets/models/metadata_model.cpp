// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/models/metadata_model.h"

namespace ww {
namespace {

// The format's own words, the same in every language.
QString typeWord(MetadataType type)
{
    switch (type) {
    case MetadataType::U8: return QStringLiteral("u8");
    case MetadataType::I8: return QStringLiteral("i8");
    case MetadataType::U16: return QStringLiteral("u16");
    case MetadataType::I16: return QStringLiteral("i16");
    case MetadataType::U32: return QStringLiteral("u32");
    case MetadataType::I32: return QStringLiteral("i32");
    case MetadataType::F32: return QStringLiteral("f32");
    case MetadataType::Bool: return QStringLiteral("bool");
    case MetadataType::String: return QStringLiteral("string");
    case MetadataType::Array: return QStringLiteral("array");
    case MetadataType::U64: return QStringLiteral("u64");
    case MetadataType::I64: return QStringLiteral("i64");
    case MetadataType::F64: return QStringLiteral("f64");
    }
    return {};
}

}  // namespace

MetadataModel::MetadataModel(QObject* parent) : QAbstractTableModel(parent) {}

void MetadataModel::setMetadata(const Metadata& metadata)
{
    beginResetModel();
    m_lines.clear();
    m_lines.reserve(metadata.size());
    for (const auto& entry : metadata.entries()) {
        QString type = typeWord(typeOf(entry.value));
        if (const auto* array = std::get_if<MetadataArray>(&entry.value))
            type = typeWord(elementTypeOf(*array)) + QStringLiteral("[]");
        m_lines.push_back({QString::fromStdString(entry.key), type, QString::fromStdString(displayText(entry.value, 300))});
    }
    endResetModel();
}

int MetadataModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_lines.size());
}

int MetadataModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : ColumnCount;
}

QVariant MetadataModel::data(const QModelIndex& index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid | CheckIndexOption::ParentIsInvalid)) return {};
    const Line& line = m_lines[static_cast<std::size_t>(index.row())];
    const QString& text = index.column() == Key ? line.key : index.column() == Type ? line.type : line.value;
    if (role == Qt::DisplayRole) return index.column() == Value ? QString(text).replace(QLatin1Char('\n'), QChar(0x23CE)) : text;
    if (role == Qt::ToolTipRole && index.column() != Type) return text;
    return {};
}

QVariant MetadataModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole) return {};
    switch (section) {
    case Key: return tr("Key");
    case Type: return tr("Type");
    case Value: return tr("Value");
    default: return {};
    }
}

}  // namespace ww
