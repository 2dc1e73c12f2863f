// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/models/variants_model.h"

#include <QFont>
#include <QGuiApplication>
#include <algorithm>
#include <cmath>
#include <limits>

#include "widgets/theme/colors.h"
#include "widgets/theme/format_text.h"

namespace ww {

VariantsModel::VariantsModel(QObject* parent) : QAbstractTableModel(parent) {}

void VariantsModel::setRows(std::vector<VariantRow> rows)
{
    const auto sameId = [](const VariantRow& a, const VariantRow& b) { return a.id == b.id; };
    if (!std::equal(rows.begin(), rows.end(), m_rows.begin(), m_rows.end(), sameId)) {
        beginResetModel();
        m_rows = std::move(rows);
        endResetModel();
        return;
    }
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (m_rows[i] == rows[i]) continue;
        m_rows[i] = std::move(rows[i]);
        const int row = static_cast<int>(i);
        Q_EMIT dataChanged(index(row, 0), index(row, ColumnCount - 1));
    }
}

int VariantsModel::rowOfId(const QString& id) const
{
    const auto found = std::ranges::find(m_rows, id, &VariantRow::id);
    return found == m_rows.end() ? -1 : static_cast<int>(found - m_rows.begin());
}

bool VariantsModel::hasKlDivergence() const
{
    return std::ranges::any_of(m_rows, [](const VariantRow& r) { return r.klDivergence.has_value(); });
}

bool VariantsModel::hasRoundedInputs() const
{
    return std::ranges::any_of(m_rows, &VariantRow::roundedInputs);
}

int VariantsModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_rows.size());
}

int VariantsModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : ColumnCount;
}

QString VariantsModel::statusText(VariantRow::Status status)
{
    switch (status) {
    case VariantRow::Status::NotMeasured: return tr("not measured");
    case VariantRow::Status::Queued: return tr("waiting");
    case VariantRow::Status::Measuring: return tr("measuring");
    case VariantRow::Status::Measured: return tr("measured");
    case VariantRow::Status::Outdated: return tr("outdated");
    case VariantRow::Status::Failed: return tr("failed");
    }
    return {};
}

QString VariantsModel::text(const VariantRow& r, int column) const
{
    const QString none = QStringLiteral("–");
    switch (column) {
    case Name: return r.name;
    case Size: return sizeText(r.sizeBytes);
    case BitsPerWeight: return bitsPerWeightText(r.bitsPerWeight, false);
    case Perplexity: return r.perplexity ? perplexityText(*r.perplexity, r.standardError) : none;
    case Delta: return r.delta && !r.original ? deltaErrorText(*r.delta, r.deltaError) : none;
    case KlDivergence:
        if (!r.klDivergence) return none;
        // Divergences span decades: the error reads best as a share.
        return r.klError && *r.klDivergence > 0
                   ? tr("%1 ± %2", "value, standard error").arg(errorText(*r.klDivergence), percentText(*r.klError / *r.klDivergence))
                   : errorText(*r.klDivergence);
    case SameTop: return r.sameTop ? percentText(*r.sameTop, 1) : none;
    case RmsChange: return r.rmsChange ? percentText(*r.rmsChange, 2) : none;
    case Inputs: return !r.perplexity ? none : r.roundedInputs ? tr("rounded", "inputs of layers") : tr("exact", "inputs of layers");
    case Time: return r.seconds ? durationText(*r.seconds) : none;
    case State: return statusText(r.status);
    default: return {};
    }
}

QVariant VariantsModel::sortValue(const VariantRow& r, int column) const
{
    // Rows without a value sort behind those with one.
    const auto orLast = [](const std::optional<double>& v) { return v.value_or(std::numeric_limits<double>::infinity()); };
    switch (column) {
    case Size: return static_cast<qulonglong>(r.sizeBytes);
    case BitsPerWeight: return r.bitsPerWeight;
    case Perplexity: return orLast(r.perplexity);
    case Delta: return orLast(r.delta);
    case KlDivergence: return orLast(r.klDivergence);
    case SameTop: return orLast(r.sameTop);
    case RmsChange: return orLast(r.rmsChange);
    case Time: return orLast(r.seconds);
    case State: return static_cast<int>(r.status);
    default: return text(r, column);
    }
}

QVariant VariantsModel::data(const QModelIndex& index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid | CheckIndexOption::ParentIsInvalid)) return {};
    const VariantRow& r = m_rows[static_cast<std::size_t>(index.row())];
    const int column = index.column();
    switch (role) {
    case Qt::DisplayRole: return text(r, column);
    case Qt::ToolTipRole: return r.detail.isEmpty() ? QVariant() : QVariant(r.detail);
    case Qt::AccessibleTextRole:
        return tr("%1: %2", "column title: value")
            .arg(headerData(column, Qt::Horizontal, Qt::DisplayRole).toString(), text(r, column));
    case Qt::TextAlignmentRole:
        return QVariant::fromValue((column == Name || column == Inputs || column == State ? Qt::AlignLeft : Qt::AlignRight) | Qt::AlignVCenter);
    case Qt::FontRole:
        if (r.current) {
            QFont bold = QGuiApplication::font();
            bold.setWeight(QFont::DemiBold);
            return bold;
        }
        return {};
    case Qt::ForegroundRole: {
        const ThemeColors& colors = themeColors(QGuiApplication::palette());
        if (column == State && r.status == VariantRow::Status::Failed) return colors.error;
        if (column == State && r.status != VariantRow::Status::Measured) return colors.mutedText;
        if (r.status == VariantRow::Status::Outdated && (column == Perplexity || column == Delta || column == KlDivergence))
            return colors.mutedText;
        return {};
    }
    case SortRole: return sortValue(r, column);
    case IdRole: return r.id;
    case OriginalRole: return r.original;
    default: return {};
    }
}

QVariant VariantsModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || section < 0 || section >= ColumnCount) return {};
    if (role == Qt::TextAlignmentRole)
        return QVariant::fromValue((section == Name || section == Inputs || section == State ? Qt::AlignLeft : Qt::AlignRight) | Qt::AlignVCenter);
    if (role == Qt::ToolTipRole) {
        switch (section) {
        case BitsPerWeight: return tr("Bits per weight");
        case Perplexity: return tr("Perplexity ± standard error; lower is better");
        case Delta: return tr("Perplexity minus that of the original model");
        case KlDivergence: return tr("Mean Kullback–Leibler divergence from the original model, in nats per token");
        case SameTop: return tr("Share of tokens for which the most probable continuation is the original’s");
        case RmsChange: return tr("How much the probability of the right token changes: root of the mean square, in percentage points");
        case Inputs: return tr("How the inputs of layers were computed: exact, or rounded to 8 bits as llama.cpp does on processors");
        case Time: return tr("How long measuring took");
        default: return {};
        }
    }
    if (role != Qt::DisplayRole) return {};
    switch (section) {
    case Name: return tr("Variant");
    case Size: return tr("Size");
    case BitsPerWeight: return tr("bpw", "bits per weight, column title");
    case Perplexity: return tr("PPL");
    case Delta: return tr("Δ PPL");
    case KlDivergence: return tr("KLD");
    case SameTop: return tr("Same top");
    case RmsChange: return tr("RMS Δp");
    case Inputs: return tr("Inputs");
    case Time: return tr("Time");
    default: return tr("State");
    }
}

QString VariantsModel::csv() const
{
    QString out = QStringLiteral(
        "name,size_bytes,bits_per_weight,perplexity,standard_error,delta_to_original,delta_error,kl_divergence,kl_divergence_error,same_top,rms_probability_change,activations,seconds,state\n");
    const auto number = [](const std::optional<double>& v) { return v ? plainNumber(*v) : QString(); };
    // The file's words stay English whatever the language of the window.
    const auto state = [](VariantRow::Status s) -> QString {
        switch (s) {
        case VariantRow::Status::Measured: return QStringLiteral("measured");
        case VariantRow::Status::Outdated: return QStringLiteral("outdated");
        case VariantRow::Status::Failed: return QStringLiteral("failed");
        default: return QStringLiteral("not measured");
        }
    };
    for (const auto& r : m_rows) {
        const QStringList fields{csvField(r.name),     QString::number(r.sizeBytes), plainNumber(r.bitsPerWeight),
                                 number(r.perplexity), number(r.standardError),      number(r.delta),
                                 number(r.deltaError), number(r.klDivergence),       number(r.klError),
                                 number(r.sameTop),    number(r.rmsChange),
                                 !r.perplexity ? QString() : r.roundedInputs ? QStringLiteral("llama.cpp") : QStringLiteral("float"),
                                 number(r.seconds),
                                 state(r.status)};
        out += fields.join(QLatin1Char(',')) + QLatin1Char('\n');
    }
    return out;
}

}  // namespace ww
