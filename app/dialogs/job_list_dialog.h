// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QAbstractTableModel>
#include <QDialog>

#include "app/job_runner.h"

class QPlainTextEdit;
class QPushButton;
class QTreeView;

namespace ww {

/// The jobs of this run, newest first. GUI thread only.
class JobListModel : public QAbstractTableModel {
    Q_OBJECT
public:
    enum Column { Title, State, Progress, TimeLeft, ColumnCount };
    enum ItemRole { IdRole = Qt::UserRole + 1 };
    explicit JobListModel(JobRunner& jobs, QObject* parent = nullptr);

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role = Qt::DisplayRole) const override;

private:
    void reload();
    void update(std::uint64_t id);
    JobRunner& m_jobs;
    std::vector<JobInfo> m_rows;  ///< newest first
};

/// Every job with its state and log; running ones can be stopped.
class JobListDialog : public QDialog {
    Q_OBJECT
public:
    explicit JobListDialog(JobRunner& jobs, QWidget* parent = nullptr);

private:
    void refresh();
    [[nodiscard]] std::uint64_t currentId() const;

    JobRunner& m_jobs;
    JobListModel* m_model = nullptr;
    QTreeView* m_view = nullptr;
    QPlainTextEdit* m_log = nullptr;
    QPushButton* m_cancel = nullptr;
    QPushButton* m_cancelAll = nullptr;
};

}  // namespace ww
