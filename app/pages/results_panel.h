// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QImage>
#include <QStringList>
#include <QWidget>

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "app/job_runner.h"
#include "app/variant.h"
#include "model/tensor_role.h"
#include "widgets/models/tensor_row.h"
#include "widgets/models/variants_model.h"

class QComboBox;
class QLabel;
class QSortFilterProxyModel;
class QTabWidget;
class QTreeView;

namespace ww {

class MetadataModel;
class ParetoPlot;
struct ParetoPoint;
class SensitivityPage;
class SizePlot;
class TryItPage;
struct Workbench;

/// Size, size against perplexity, the table of variants, the file's metadata, and a text to try.
class ResultsPanel : public QWidget {
    Q_OBJECT
public:
    explicit ResultsPanel(Workbench& workbench, QWidget* parent = nullptr);

    void setRows(const std::vector<TensorRow>& rows);
    [[nodiscard]] int currentTab() const;
    void setCurrentTab(int tab);
    void focusFirst();
    [[nodiscard]] VariantsModel* variants() const { return m_variants; }
    /// The plots that have something to show, with titles, as they would be saved.
    [[nodiscard]] std::vector<std::pair<QString, QImage>> pictures(QSize size);

Q_SIGNALS:
    void tabChanged(int tab);
    void roleClicked(ww::TensorRole role);
    void tensorClicked(int row);
    void calibrateRequested();
    void metadataRequested();
    void measureRequested();
    void measurePresetsRequested();

private:
    QWidget* buildPareto();
    QWidget* buildVariants();
    QWidget* buildMetadata();
    void compare();
    /// Hollow points for recipes whose divergence is predicted but not measured.
    void addPredictions(std::vector<ParetoPoint>& points) const;
    void refreshVariants();
    void refreshMetadata();
    void showVariant(const QString& id);
    void variantMenu(const QPoint& position);

    Workbench& m_workbench;
    QTabWidget* m_tabs = nullptr;
    SizePlot* m_size = nullptr;
    SensitivityPage* m_sensitivity = nullptr;
    ParetoPlot* m_pareto = nullptr;
    QComboBox* m_quality = nullptr;
    QLabel* m_yardstick = nullptr;
    QLabel* m_comparison = nullptr;
    QWidget* m_variantsPage = nullptr;
    JobSlot m_compareSlot;
    QStringList m_compared;  ///< files that the sentence is about
    bool m_hadDivergence = false;
    VariantsModel* m_variants = nullptr;
    QSortFilterProxyModel* m_sorted = nullptr;
    QTreeView* m_table = nullptr;
    MetadataModel* m_metadata = nullptr;
    TryItPage* m_tryIt = nullptr;
    std::map<QString, std::pair<int, int>> m_ids;  ///< id of a row → recipe of the document, index of the variant; −1: none
};

}  // namespace ww
