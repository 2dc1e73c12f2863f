// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/dialogs/calibrate_dialog.h"

#include <QCheckBox>
#include <QDialogButtonBox>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QSpinBox>
#include <QVBoxLayout>

#include "app/dialogs/buttons.h"
#include "app/dialogs/text_choice.h"
#include "app/workbench.h"
#include "calibration/calibration.h"
#include "widgets/theme/format_text.h"

namespace ww {
namespace {

/// Below this the means of single columns are mostly chance.
constexpr std::uint64_t kFewTokens = 10000;
/// Gram matrices up to this size are collected unless somebody says no; larger ones only when somebody says yes.
constexpr std::uint64_t kEasyGramBytes = std::uint64_t{1} << 30;

}  // namespace

CalibrateDialog::CalibrateDialog(Workbench& workbench, QWidget* parent) : QDialog(parent), m_workbench(workbench)
{
    setObjectName(QStringLiteral("calibrateDialog"));
    setWindowTitle(tr("Calibrate"));
    auto* layout = new QVBoxLayout(this);
    layout->setSpacing(10);
    auto* intro = new QLabel(
        tr("The model reads a text once, and the program notes how strongly each column of each weight matrix is used. Quantizing "
           "then keeps those columns most exact. It costs time once and improves every format below 8 bits; some of the smallest "
           "formats cannot be made without it."));
    intro->setWordWrap(true);
    layout->addWidget(intro);
    m_text = new TextChoice(workbench, QStringLiteral("calibrate"));
    layout->addWidget(m_text);
    const std::uint64_t bytes = workbench.document.model() ? gramBytes(*workbench.document.model()) : 0;
    m_grams = new QCheckBox(tr("Also for &GPTQ: note how the inputs of each layer go together (%1 of memory)").arg(sizeText(bytes)));
    m_grams->setObjectName(QStringLiteral("calibrateGrams"));
    m_grams->setToolTip(tr("Gram matrices: the products of all pairs of inputs. GPTQ chooses codes by them so that errors of single "
                           "weights cancel out in the output of the layer"));
    m_grams->setChecked(workbench.settings.calibrateGrams() && bytes <= kEasyGramBytes);
    m_grams->setEnabled(bytes <= gramBudgetBytes());
    layout->addWidget(m_grams);
    auto* row = new QHBoxLayout;
    m_probe = new QCheckBox(tr("&Probe after that which tensors hurt most, for at most"));
    m_probe->setObjectName(QStringLiteral("calibrateProbe"));
    m_probe->setToolTip(tr("Runs the model with one tensor quantized at a time. The size slider then knows what each choice costs, and "
                           "predicts the KL divergence of every recipe"));
    m_minutes = new QSpinBox;
    m_minutes->setObjectName(QStringLiteral("calibrateMinutes"));
    m_minutes->setAccessibleName(tr("Longest time for probes"));
    m_minutes->setRange(1, 10000);
    m_minutes->setSuffix(tr(" min"));
    const int minutes = workbench.settings.probeMinutes();
    m_probe->setChecked(minutes > 0);
    m_minutes->setValue(minutes > 0 ? minutes : 5);
    m_minutes->setEnabled(minutes > 0);
    connect(m_probe, &QCheckBox::toggled, m_minutes, &QWidget::setEnabled);
    row->addWidget(m_probe);
    row->addWidget(m_minutes);
    row->addStretch(1);
    layout->addLayout(row);
    layout->addStretch(1);
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Cancel);
    localizeButtons(buttons);
    m_start = buttons->addButton(tr("&Calibrate"), QDialogButtonBox::AcceptRole);
    m_start->setObjectName(QStringLiteral("calibrateStart"));
    buttons->button(QDialogButtonBox::Cancel)->setAutoDefault(false);
    m_start->setDefault(true);
    layout->addWidget(buttons);
    connect(m_text, &TextChoice::changed, this, [this] { m_start->setEnabled(m_text->facts().has_value()); });
    connect(buttons, &QDialogButtonBox::accepted, this, [this] {
        const int probeMinutes = m_probe->isChecked() ? m_minutes->value() : 0;
        m_workbench.settings.setProbeMinutes(probeMinutes);
        m_workbench.settings.setCalibrateGrams(m_grams->isChecked());
        m_workbench.calibrate.start(m_text->options(), probeMinutes, m_grams->isChecked());
        accept();
    });
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    m_text->setNote([this](std::uint32_t windows) { return note(windows); });
    m_text->setOptions(workbench.calibrate.defaultOptions());
    resize(600, 430);
}

QString CalibrateDialog::note(std::uint32_t windows) const
{
    const MeasureOptions wanted = m_text->options();
    const auto estimate = m_workbench.measure.estimate(wanted.contextLength, windows, 1);
    QString text = estimate.measured ? tr("Estimated time: about %1, judged by the last measurement.").arg(durationText(estimate.seconds))
                                     : tr("Estimated time: roughly %1, a guess until something was measured here.")
                                           .arg(durationText(estimate.seconds));
    if (std::uint64_t{windows} * wanted.contextLength < kFewTokens)
        text += QLatin1Char(' ') + tr("That is little text; %1 tokens or more give a firm result.").arg(countText(kFewTokens));
    const QString judged = m_workbench.measure.defaultOptions().textPath;
    if (QFileInfo(judged).fileName() == QFileInfo(wanted.textPath).fileName())
        text += QLatin1Char(' ') + tr("This is also the text for measuring: choose another one, or results look better than they are.");
    return text;
}

}  // namespace ww
