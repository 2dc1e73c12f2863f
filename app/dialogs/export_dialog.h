// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QDialog>

#include <map>
#include <memory>

#include "plan/plan.h"

class QCheckBox;
class QComboBox;
class QDoubleSpinBox;
class QLabel;
class QLineEdit;
class QPushButton;
class QTreeWidget;
class QTreeWidgetItem;

namespace ww {

struct ModelBase;
struct Workbench;

/// Which recipes become files, under which names; whether they fit; how far they are. Closing it leaves the work running.
class ExportDialog : public QDialog {
    Q_OBJECT
public:
    explicit ExportDialog(Workbench& workbench, QWidget* parent = nullptr);

private:
    void build();
    [[nodiscard]] QWidget* buildExtras();
    [[nodiscard]] QWidget* buildAnalysis();
    /// Plans again, as the choice for analysis methods says.
    void planAgain();
    void fillList();
    void refresh();
    void updateJobs();
    void browse();
    void start();
    [[nodiscard]] QString targetOf(const QTreeWidgetItem* item) const;
    [[nodiscard]] bool isBusy() const;

    Workbench& m_workbench;
    QTreeWidget* m_list = nullptr;
    QLineEdit* m_folder = nullptr;
    QWidget* m_analysisRow = nullptr;  ///< hidden unless a checked recipe has an analysis method
    QComboBox* m_analysis = nullptr;
    QCheckBox* m_card = nullptr;
    QCheckBox* m_recipe = nullptr;
    QCheckBox* m_importance = nullptr;
    QDoubleSpinBox* m_parts = nullptr;
    QLabel* m_space = nullptr;
    QLabel* m_warnings = nullptr;
    QPushButton* m_start = nullptr;
    QPushButton* m_cancel = nullptr;
    QPushButton* m_show = nullptr;
    std::map<int, std::shared_ptr<const ModelBase>> m_bases;  ///< what the plans are of
    std::map<int, std::shared_ptr<const Plan>> m_plans;  ///< by recipe; those that cannot be planned are missing
    std::map<std::uint64_t, QTreeWidgetItem*> m_jobs;
    QString m_lastExported;
};

}  // namespace ww
