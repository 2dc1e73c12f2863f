// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QAbstractTableModel>
#include <QString>
#include <cstdint>
#include <optional>
#include <vector>

namespace ww {

/// One recipe (or the original model) in the comparison table. Plain value.
struct VariantRow {
    enum class Status { NotMeasured, Queued, Measuring, Measured, Outdated, Failed };
    QString id;  ///< the caller's key
    QString name;
    bool original = false;  ///< the source model itself
    bool current = false;   ///< the recipe that is being edited; shown bold
    std::uint64_t sizeBytes = 0;
    double bitsPerWeight = 0;
    std::optional<double> perplexity;
    std::optional<double> standardError;
    std::optional<double> delta;  ///< perplexity minus the original's
    std::optional<double> klDivergence;
    std::optional<double> seconds;  ///< what measuring took
    Status status = Status::NotMeasured;
    QString detail;                      ///< tooltip: text, windows, what failed; translated
    std::optional<double> deltaError{};  ///< standard error of delta, from the same tokens of both
    std::optional<double> klError{};     ///< standard error of klDivergence
    std::optional<double> sameTop{};     ///< share of tokens with the same most probable continuation
    std::optional<double> rmsChange{};   ///< root mean square change of the right token's probability
    bool roundedInputs = false;          ///< inputs of layers rounded as llama.cpp does; false: as floats
    bool operator==(const VariantRow&) const = default;
};

/// Table of variants. The columns of the divergence have values once a row has a value. GUI thread only.
class VariantsModel : public QAbstractTableModel {
    Q_OBJECT
public:
    enum Column { Name, Size, BitsPerWeight, Perplexity, Delta, KlDivergence, SameTop, RmsChange, Inputs, Time, State, ColumnCount };
    enum ItemRole { SortRole = Qt::UserRole + 1, IdRole, OriginalRole };

    explicit VariantsModel(QObject* parent = nullptr);
    /// Same ids in the same order: announces changed rows only. Otherwise one reset.
    void setRows(std::vector<VariantRow> rows);
    [[nodiscard]] const std::vector<VariantRow>& rows() const { return m_rows; }
    [[nodiscard]] int rowOfId(const QString& id) const;
    [[nodiscard]] bool hasKlDivergence() const;
    /// Some row was measured with rounded inputs; without one their column says nothing.
    [[nodiscard]] bool hasRoundedInputs() const;
    /// The table as CSV with a header line; plain numbers.
    [[nodiscard]] QString csv() const;
    [[nodiscard]] static QString statusText(VariantRow::Status status);

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role = Qt::DisplayRole) const override;

private:
    [[nodiscard]] QString text(const VariantRow& row, int column) const;
    [[nodiscard]] QVariant sortValue(const VariantRow& row, int column) const;

    std::vector<VariantRow> m_rows;
};

}  // namespace ww
