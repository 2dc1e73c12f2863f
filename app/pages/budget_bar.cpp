// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/pages/budget_bar.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>

#include <vector>

#include "app/choices.h"
#include "app/workbench.h"
#include "plan/runtime_memory.h"
#include "widgets/theme/format_text.h"
#include "widgets/views/budget_slider.h"

namespace ww {

BudgetBar::BudgetBar(Workbench& workbench, QWidget* parent)
    : QWidget(parent), m_workbench(workbench), m_ticksSlot(workbench.jobs)
{
    setObjectName(QStringLiteral("budgetBar"));
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(6, 0, 6, 0);
    layout->setSpacing(6);
    auto* label = new QLabel(tr("Si&ze:"));
    m_slider = new BudgetSlider;
    m_slider->setObjectName(QStringLiteral("budgetSlider"));
    m_slider->setMinimumWidth(90);
    m_slider->setFocusPolicy(Qt::TabFocus);
    m_field = new QLineEdit;
    m_field->setObjectName(QStringLiteral("budgetField"));
    m_field->setAccessibleName(tr("Size to fit the file to"));
    m_field->setAlignment(Qt::AlignRight);
    m_field->setFixedWidth(m_field->fontMetrics().horizontalAdvance(QStringLiteral("0000.00 MiB")) + 18);
    label->setBuddy(m_field);
    layout->addWidget(label);
    layout->addWidget(m_slider, 1);
    layout->addWidget(m_field);

    BudgetController& budget = workbench.budget;
    Document& document = workbench.document;
    connect(m_slider, &BudgetSlider::moved, this, [this, &budget](quint64 bytes) {
        m_field->setText(sizeText(bytes));
        budget.move(bytes);
    });
    connect(m_slider, &BudgetSlider::settled, &budget, &BudgetController::settle);
    connect(m_field, &QLineEdit::returnPressed, this, &BudgetBar::take);
    connect(m_field, &QLineEdit::editingFinished, this, [this] {
        if (!m_field->isModified()) refresh();
    });
    connect(&document, &Document::planChanged, this, &BudgetBar::refresh);
    connect(&budget, &BudgetController::reachChanged, this, &BudgetBar::refreshReach);
    connect(&budget, &BudgetController::tableChanged, this, &BudgetBar::refreshReach);
    connect(&document, &Document::modelChanged, this, &BudgetBar::refreshTicks);
    connect(&document, &Document::importanceChanged, this, &BudgetBar::refreshTicks);
    connect(&document, &Document::baseChanged, this, &BudgetBar::refreshTicks);
    refreshReach();
    refreshTicks();
}

void BudgetBar::refreshReach()
{
    const auto [smallest, largest] = m_workbench.budget.reach();
    m_slider->setReach(smallest, largest);
    const bool any = largest > smallest;
    m_slider->setEnabled(any);
    m_field->setEnabled(any);
    const auto& table = m_workbench.budget.table();
    const QString how =
        any && table && table->basis() == BudgetTable::Basis::Probes
            ? tr("Chooses the best formats for a file from %1 to %2. A format is judged by the KL divergence it adds, predicted from "
                 "probes of single tensors.")
                  .arg(sizeText(smallest), sizeText(largest))
        : any ? tr("Chooses the best formats for a file from %1 to %2. A format is judged by the errors it makes in the weights "
                 "(estimated, without running the model).")
                  .arg(sizeText(smallest), sizeText(largest))
            : tr("Chooses the best formats for a file of the wanted size");
    m_slider->setToolTip(how);
    m_field->setToolTip(tr("Type a size such as 6 GiB, 4.5 bpw or 70 %, then Enter. Or the memory to run in, with the context: “6 GiB with 8k” "
                           "leaves room for the cache of keys and values and for buffers.") +
                        QLatin1Char('\n') + how);
    refresh();
}

void BudgetBar::refreshTicks()
{
    m_slider->setTicks({});
    m_ticksSlot.cancel();
    const Document& document = m_workbench.document;
    if (!document.isOpen()) return;
    using Ticks = std::vector<BudgetSlider::Tick>;
    m_ticksSlot.start<Ticks>(
        {tr("Sizes of presets"), JobQueue::Lane::Foreground, true},
        [model = document.model(), survey = document.survey(), options = document.planOptions()](const JobContext&) -> Result<Ticks> {
            Ticks ticks;
            for (const PresetChoice& preset : presetChoices(*survey, options))
                if (preset.common) ticks.push_back({preset.name, preset.sizeBytes});
            return ticks;
        },
        this, [this](Result<Ticks> ticks) {
            if (ticks) m_slider->setTicks(std::move(*ticks));
        });
}

void BudgetBar::refresh()
{
    const auto& plan = m_workbench.document.shownPlan();
    if (m_slider->isMoving()) return;
    if (plan) m_slider->setBytes(plan->sizeBytes);
    if (!m_field->hasFocus() || !m_field->isModified()) m_field->setText(plan ? sizeText(plan->sizeBytes) : QString());
}

void BudgetBar::take()
{
    const auto& plan = m_workbench.document.plan();
    if (!plan) return;
    // A bare number means what the field shows.
    const double unit = plan->sizeBytes >= std::uint64_t{1} << 30 ? 1073741824.0 : 1048576.0;
    const auto memory = parseMemoryTarget(m_field->text());
    const auto bytes = memory ? fileFor(*memory) : parseBudget(m_field->text(), plan->sourceSizeBytes, plan->parameters, unit);
    const QString written = m_field->text();
    m_field->setModified(false);
    if (!bytes) {
        if (!memory)
            m_workbench.messages.post(Severity::Error, tr("“%1” is no size.").arg(written),
                                      tr("Write a size such as 6 GiB, 4.5 bpw or 70 %, or memory with a context: 6 GiB with 8k."));
        refresh();
        return;
    }
    const auto [smallest, largest] = m_workbench.budget.reach();
    if (*bytes < smallest)
        m_workbench.messages.post(Severity::Warning, tr("No choice of formats makes this model as small as %1.").arg(sizeText(*bytes)),
                                  tr("The smallest file has %1.").arg(sizeText(smallest)));
    m_workbench.budget.settle(*bytes);
}

std::optional<std::uint64_t> BudgetBar::fileFor(const MemoryTarget& target)
{
    const auto need = runtimeMemory(*m_workbench.document.model(), target.contextLength, target.cacheType);
    if (!need) {
        m_workbench.messages.error(tr("What the model needs to run is not known."), need.error());
        return {};
    }
    const QString beside = tr("A context of %1 tokens needs %2 beside the weights: %3 for the cache of keys and values (%4), %5 for buffers.")
                               .arg(countText(target.contextLength), sizeText(need->total()), sizeText(need->keyValueCache),
                                    formatName(target.cacheType), sizeText(need->computeBuffers));
    if (need->total() >= target.bytes) {
        m_workbench.messages.post(Severity::Error, tr("%1 are too little for this context.").arg(sizeText(target.bytes)),
                                  beside + QLatin1Char(' ') + tr("Choose a shorter one, or write q8_0 after it for a smaller cache."));
        return {};
    }
    m_workbench.messages.post(Severity::Info,
                              tr("%1 of memory leave %2 for the weights.").arg(sizeText(target.bytes), sizeText(target.bytes - need->total())),
                              beside);
    return target.bytes - need->total();
}

}  // namespace ww
