// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/dialogs/job_list_dialog.h"

#include <QDialogButtonBox>
#include <QHeaderView>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QScrollBar>
#include <QSplitter>
#include <QTreeView>
#include <QVBoxLayout>

#include <algorithm>

#include "app/dialogs/buttons.h"
#include "widgets/theme/format_text.h"

namespace ww {

JobListModel::JobListModel(JobRunner& jobs, QObject* parent) : QAbstractTableModel(parent), m_jobs(jobs)
{
    connect(&m_jobs, &JobRunner::jobAdded, this, &JobListModel::reload);
    connect(&m_jobs, &JobRunner::jobsRemoved, this, &JobListModel::reload);
    connect(&m_jobs, &JobRunner::jobChanged, this, &JobListModel::update);
    reload();
}

void JobListModel::reload()
{
    beginResetModel();
    m_rows.assign(m_jobs.jobs().rbegin(), m_jobs.jobs().rend());
    endResetModel();
}

void JobListModel::update(std::uint64_t id)
{
    const JobInfo* info = m_jobs.find(id);
    const auto it = std::find_if(m_rows.begin(), m_rows.end(), [&](const JobInfo& row) { return row.id == id; });
    if (!info || it == m_rows.end()) return;
    *it = *info;
    const int row = static_cast<int>(it - m_rows.begin());
    Q_EMIT dataChanged(index(row, 0), index(row, ColumnCount - 1));
}

int JobListModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_rows.size());
}

int JobListModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : ColumnCount;
}

QVariant JobListModel::data(const QModelIndex& index, int role) const
{
    if (!index.isValid() || index.row() >= static_cast<int>(m_rows.size())) return {};
    const JobInfo& job = m_rows[static_cast<std::size_t>(index.row())];
    if (role == IdRole) return QVariant::fromValue<qulonglong>(job.id);
    if (role == Qt::ToolTipRole) return job.detail.isEmpty() ? job.title : tr("%1: %2").arg(job.title, job.detail);
    if (role == Qt::TextAlignmentRole && index.column() >= Progress) return QVariant::fromValue(Qt::AlignRight | Qt::AlignVCenter);
    if (role != Qt::DisplayRole) return {};
    switch (index.column()) {
    case Title: return job.title;
    case State:
        if (job.cancelling && job.state <= JobState::Running) return tr("Canceling");
        return job.state == JobState::Running && !job.phase.isEmpty() ? job.phase : jobStateText(job.state);
    case Progress: return job.fraction ? percentText(*job.fraction) : QString();
    case TimeLeft:
        if (job.state == JobState::Running && job.secondsLeft) return timeLeftText(*job.secondsLeft);
        if (job.startedAt.isValid() && job.finishedAt.isValid())
            return durationText(static_cast<double>(job.startedAt.msecsTo(job.finishedAt)) / 1000.0);
        return {};
    default: return {};
    }
}

QVariant JobListModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole) return {};
    switch (section) {
    case Title: return tr("Job");
    case State: return tr("State");
    case Progress: return tr("Progress");
    case TimeLeft: return tr("Time");
    default: return {};
    }
}

JobListDialog::JobListDialog(JobRunner& jobs, QWidget* parent) : QDialog(parent), m_jobs(jobs)
{
    setObjectName(QStringLiteral("jobList"));
    setWindowTitle(tr("Jobs"));
    resize(680, 440);
    auto* layout = new QVBoxLayout(this);
    m_model = new JobListModel(jobs, this);
    m_view = new QTreeView;
    m_view->setAccessibleName(tr("Jobs"));
    m_view->setModel(m_model);
    m_view->setRootIsDecorated(false);
    m_view->setUniformRowHeights(true);
    m_view->setAlternatingRowColors(true);
    m_view->header()->setStretchLastSection(false);
    m_view->header()->setSectionResizeMode(JobListModel::Title, QHeaderView::Stretch);
    m_view->header()->resizeSection(JobListModel::State, 150);
    m_log = new QPlainTextEdit;
    m_log->setReadOnly(true);
    m_log->setAccessibleName(tr("Log of the chosen job"));
    m_log->setPlaceholderText(tr("Choose a job to see its log."));
    m_log->setTabChangesFocus(true);
    auto* splitter = new QSplitter(Qt::Vertical);
    splitter->setChildrenCollapsible(false);
    splitter->addWidget(m_view);
    splitter->addWidget(m_log);
    splitter->setSizes({260, 140});
    layout->addWidget(splitter, 1);

    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Close);
    localizeButtons(buttons);
    m_cancel = buttons->addButton(tr("Cancel &Job"), QDialogButtonBox::ActionRole);
    m_cancelAll = buttons->addButton(tr("Cancel &All"), QDialogButtonBox::ActionRole);
    layout->addWidget(buttons);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::close);
    connect(m_cancel, &QPushButton::clicked, this, [this] { m_jobs.cancel(currentId()); });
    connect(m_cancelAll, &QPushButton::clicked, this, [this] { m_jobs.cancelAll(); });
    connect(m_view->selectionModel(), &QItemSelectionModel::currentChanged, this, &JobListDialog::refresh);
    connect(m_model, &QAbstractItemModel::dataChanged, this, &JobListDialog::refresh);
    connect(m_model, &QAbstractItemModel::modelReset, this, [this] {
        m_view->setCurrentIndex(m_model->index(0, 0));
        refresh();
    });
    connect(&m_jobs, &JobRunner::tick, this, &JobListDialog::refresh);
    m_view->setCurrentIndex(m_model->index(0, 0));
    refresh();
}

std::uint64_t JobListDialog::currentId() const
{
    return m_view->currentIndex().data(JobListModel::IdRole).toULongLong();
}

void JobListDialog::refresh()
{
    const JobInfo* job = m_jobs.find(currentId());
    const QString text = job ? job->log.join(QLatin1Char('\n')) : QString();
    if (m_log->toPlainText() != text) {
        m_log->setPlainText(text);
        m_log->verticalScrollBar()->setValue(m_log->verticalScrollBar()->maximum());
    }
    m_cancel->setEnabled(job && job->state <= JobState::Running && !job->cancelling);
    m_cancelAll->setEnabled(m_jobs.activeCount() > 0);
}

}  // namespace ww
