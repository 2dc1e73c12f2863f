// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/views/job_indicator.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QProgressBar>
#include <QToolButton>
#include <cmath>

#include "widgets/theme/format_text.h"
#include "widgets/theme/theme.h"

namespace ww {

JobIndicator::JobIndicator(QWidget* parent) : QWidget(parent)
{
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(6);
    m_title = new QToolButton;
    m_title->setAutoRaise(true);
    m_title->setFocusPolicy(Qt::TabFocus);
    m_title->setToolTip(tr("Show all jobs"));
    m_bar = new QProgressBar;
    m_bar->setFixedWidth(140);
    m_bar->setMaximumHeight(fontMetrics().height() + 2);
    m_bar->setAlignment(Qt::AlignCenter);
    m_time = new QLabel;
    m_cancel = new QToolButton;
    m_cancel->setAutoRaise(true);
    m_cancel->setFocusPolicy(Qt::TabFocus);
    m_cancel->setIcon(icon("cancel"));
    m_cancel->setToolTip(tr("Cancel this job"));
    m_cancel->setAccessibleName(tr("Cancel job"));
    layout->addWidget(m_title);
    layout->addWidget(m_bar);
    layout->addWidget(m_time);
    layout->addWidget(m_cancel);
    connect(m_title, &QToolButton::clicked, this, &JobIndicator::activated);
    connect(m_cancel, &QToolButton::clicked, this, &JobIndicator::cancelRequested);
    clear();
}

void JobIndicator::showJob(const JobDisplay& job)
{
    const QString title = job.cancelling ? tr("%1, canceling").arg(job.title) : job.title;
    m_title->setText(job.waiting > 0 ? tr("%1 (+%n waiting)", nullptr, job.waiting).arg(title) : title);
    m_title->setToolTip(job.detail.isEmpty() ? tr("Show all jobs") : job.detail);
    if (job.fraction) {
        const int percent = static_cast<int>(std::floor(std::min(1.0, std::max(0.0, *job.fraction)) * 100));
        m_bar->setRange(0, 100);
        m_bar->setValue(percent);
        m_bar->setFormat(percentText(percent / 100.0));
    } else {
        m_bar->setRange(0, 0);
    }
    const QString left = job.secondsLeft ? timeLeftText(*job.secondsLeft) : QString();
    m_time->setText(left);
    m_cancel->setEnabled(!job.cancelling);
    QStringList parts{title};
    if (job.fraction) parts << m_bar->format();
    if (!left.isEmpty()) parts << left;
    m_text = parts.join(QStringLiteral(", "));
    m_bar->setAccessibleName(m_text);
    setVisible(true);
}

void JobIndicator::clear()
{
    m_text.clear();
    setVisible(false);
}

}  // namespace ww
