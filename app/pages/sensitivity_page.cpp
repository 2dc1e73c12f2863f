// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/pages/sensitivity_page.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>

#include "app/workbench.h"
#include "widgets/plots/damage_plot.h"

namespace ww {

SensitivityPage::SensitivityPage(Workbench& workbench, QWidget* parent) : QWidget(parent), m_workbench(workbench)
{
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 4, 0, 0);
    layout->setSpacing(4);
    auto* head = new QHBoxLayout;
    auto* label = new QLabel(tr("&Show:"));
    m_what = new QComboBox;
    m_what->setObjectName(QStringLiteral("sensitivityWhat"));
    m_what->setAccessibleName(tr("What the bars show"));
    m_what->addItems({tr("Damage of each tensor"), tr("What the next MiB buys")});
    label->setBuddy(m_what);
    head->addWidget(label);
    head->addWidget(m_what);
    head->addStretch(1);
    layout->addLayout(head);
    m_plot = new DamagePlot;
    m_plot->setObjectName(QStringLiteral("damagePlot"));
    m_plot->setFileNameHint(QStringLiteral("sensitivity"));
    m_plot->setToolTip(tr("Click a bar to select its tensor"));
    layout->addWidget(m_plot, 1);
    auto* foot = new QHBoxLayout;
    m_note = new QLabel;
    m_note->setObjectName(QStringLiteral("sensitivityNote"));
    m_note->setWordWrap(true);
    m_calibrate = new QPushButton(tr("Calibrate…"));
    foot->addWidget(m_note, 1);
    foot->addWidget(m_calibrate);
    layout->addLayout(foot);
    connect(m_what, &QComboBox::currentIndexChanged, this, &SensitivityPage::refresh);
    connect(m_plot, &DamagePlot::tensorClicked, this, &SensitivityPage::tensorClicked);
    connect(m_calibrate, &QPushButton::clicked, this, &SensitivityPage::calibrateRequested);
    connect(&workbench.budget, &BudgetController::tableChanged, this, [this] {
        if (isVisible()) refresh();
    });
    refresh();
}

void SensitivityPage::setRows(std::vector<TensorRow> rows)
{
    m_rows = std::move(rows);
    if (isVisible()) refresh();
}

void SensitivityPage::showEvent(QShowEvent* event)
{
    QWidget::showEvent(event);
    m_workbench.budget.prepare();
    refresh();
}

void SensitivityPage::refresh()
{
    const auto& table = m_workbench.budget.table();
    const bool probed = table && table->basis() == BudgetTable::Basis::Probes;
    m_plot->setEmptyText(table                      ? tr("Nothing is quantized yet, so nothing is damaged.")
                         : m_workbench.document.isOpen() ? tr("Weighing formats…")
                                                         : tr("Open a model to see which tensors hurt."));
    m_plot->setData(m_rows, m_what->currentIndex() == 1 ? DamagePlot::Measure::Gain : DamagePlot::Measure::Damage, probed);
    m_note->setText(!table  ? QString()
                    : probed ? tr("Predicted from probes: the model was run with single tensors quantized.")
                             : tr("Estimated from weight errors alone, (‖w−q‖ / ‖w‖)²: that orders formats, but not tensors. Calibrate with probes to see "
                                  "which tensors hurt the model's predictions."));
    m_calibrate->setVisible(table && !probed);
}

}  // namespace ww
