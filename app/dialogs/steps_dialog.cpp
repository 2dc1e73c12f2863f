// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/dialogs/steps_dialog.h"

#include <QComboBox>
#include <QDialogButtonBox>
#include <QDoubleSpinBox>
#include <QFormLayout>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QListWidget>
#include <QLocale>
#include <QPushButton>
#include <QSignalBlocker>
#include <QSpinBox>
#include <QStackedWidget>
#include <QVBoxLayout>

#include <algorithm>
#include <memory>
#include <utility>

#include "app/choices.h"
#include "app/dialogs/buttons.h"
#include "app/dialogs/text_choice.h"
#include "app/workbench.h"
#include "formats/block_format.h"
#include "widgets/theme/format_text.h"
#include "widgets/theme/theme.h"

namespace ww {
namespace {

constexpr double kSearch = -0.05;

QString about(TransformStep::Kind kind)
{
    switch (kind) {
    case TransformStep::Kind::Rotation:
        return StepsDialog::tr("Turns the channels, so that outliers spread over all of them. For GPTQ and for 4-bit formats without offsets; K formats "
                         "with an importance matrix alone become worse.");
    case TransformStep::Kind::SmoothQuant:
        return StepsDialog::tr("Moves the range of inputs into the weights, for methods that round the inputs as well. 0 leaves the inputs alone, 1 takes "
                         "all of their range; 0.5 is the paper's choice. The step below 0 finds the best for each input, or leaves it alone.");
    case TransformStep::Kind::Awq:
        return StepsDialog::tr("Finds a scale for each input channel that keeps the most used weights exact in one format, by trying it on the text. Inputs "
                         "that gain nothing are left alone.");
    }
    return {};
}

}  // namespace

StepsDialog::StepsDialog(Workbench& workbench, QWidget* parent)
    : QDialog(parent), m_workbench(workbench), m_recipe(workbench.document.currentId())
{
    setObjectName(QStringLiteral("stepsDialog"));
    setWindowTitle(tr("Steps before Quantizing"));
    if (const DocumentRecipe* current = workbench.document.current()) m_steps = current->recipe.transform;
    auto* layout = new QVBoxLayout(this);
    layout->setSpacing(10);
    auto* intro = new QLabel(tr("Steps that change the weights so that the model computes the same and can be quantized better. They belong to the "
                                "recipe: its tables, measurements and exports show the changed model. An exported file is an ordinary one."));
    intro->setWordWrap(true);
    layout->addWidget(intro);
    layout->addWidget(buildSteps(), 1);
    m_text = new TextChoice(workbench, QStringLiteral("steps"));
    layout->addWidget(m_text);
    m_note = new QLabel;
    m_note->setObjectName(QStringLiteral("stepsNote"));
    m_note->setWordWrap(true);
    layout->addWidget(m_note);
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Cancel);
    localizeButtons(buttons);
    m_use = buttons->addButton(tr("&Use in the Recipe"), QDialogButtonBox::AcceptRole);
    m_use->setObjectName(QStringLiteral("stepsUse"));
    m_use->setDefault(true);
    buttons->button(QDialogButtonBox::Cancel)->setAutoDefault(false);
    layout->addWidget(buttons);
    connect(buttons, &QDialogButtonBox::accepted, this, &StepsDialog::use);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    connect(m_text, &TextChoice::changed, this, &StepsDialog::refresh);
    connect(&workbench.document, &Document::modelChanged, this, &QDialog::reject);
    m_text->setOptions(workbench.steps.text());
    fillList(0);
    resize(640, 600);
}

QWidget* StepsDialog::buildSteps()
{
    auto* box = new QWidget;
    auto* grid = new QGridLayout(box);
    grid->setContentsMargins(0, 0, 0, 0);
    auto* label = new QLabel(tr("&Steps, in their order:"));
    m_list = new QListWidget;
    m_list->setObjectName(QStringLiteral("stepsSteps"));
    m_list->setMinimumHeight(90);
    label->setBuddy(m_list);
    grid->addWidget(label, 0, 0);
    grid->addWidget(m_list, 1, 0);
    auto* column = new QVBoxLayout;
    const auto button = [&](const QString& text, const char* name, auto slot) {
        auto* made = new QPushButton(text);
        made->setObjectName(QLatin1String(name));
        made->setAutoDefault(false);
        connect(made, &QPushButton::clicked, this, slot);
        column->addWidget(made);
        return made;
    };
    button(tr("Add R&otation"), "stepsRotation", [this] { add(TransformStep::Kind::Rotation); });
    button(tr("Add S&moothQuant"), "stepsSmoothQuant", [this] { add(TransformStep::Kind::SmoothQuant); });
    button(tr("Add &AWQ"), "stepsAwq", [this] { add(TransformStep::Kind::Awq); });
    m_up = button(tr("&Up"), "stepsUp", [this] { move(-1); });
    m_down = button(tr("&Down"), "stepsDown", [this] { move(1); });
    m_remove = button(tr("Remo&ve"), "stepsRemove", [this] { removeCurrent(); });
    column->addStretch(1);
    grid->addLayout(column, 1, 1);
    grid->addWidget(buildOptions(), 2, 0, 1, 2);
    connect(m_list, &QListWidget::currentRowChanged, this, &StepsDialog::showStep);
    return box;
}

QWidget* StepsDialog::buildOptions()
{
    auto* box = new QWidget;
    auto* layout = new QVBoxLayout(box);
    layout->setContentsMargins(0, 0, 0, 0);
    m_options = new QStackedWidget;
    const auto page = [this](const QString& title, QWidget* field) {
        auto* inner = new QWidget;
        auto* form = new QFormLayout(inner);
        form->setContentsMargins(0, 0, 0, 0);
        auto* label = new QLabel(title);
        label->setBuddy(field);
        form->addRow(label, field);
        m_options->addWidget(inner);
    };
    m_seed = new QSpinBox;
    m_seed->setObjectName(QStringLiteral("stepsSeed"));
    m_seed->setRange(0, 1000000000);
    page(tr("S&eed:"), m_seed);
    m_alpha = new QDoubleSpinBox;
    m_alpha->setObjectName(QStringLiteral("stepsAlpha"));
    m_alpha->setSingleStep(0.05);
    // Below the smallest: the search.
    m_alpha->setRange(kSearch, 1);
    m_alpha->setSpecialValueText(tr("the best for each input"));
    page(tr("Stren&gth:"), m_alpha);
    m_format = new QComboBox;
    m_format->setObjectName(QStringLiteral("stepsFormat"));
    for (const TensorType type : {TensorType::Q4_0, TensorType::Q4_1, TensorType::Q4_K, TensorType::Q3_K, TensorType::Q2_K, TensorType::Q5_K,
                                  TensorType::Q5_0, TensorType::Q6_K, TensorType::Q8_0, TensorType::IQ4_NL, TensorType::IQ4_XS})
        if (findBlockFormat(type)) m_format->addItem(formatName(type), QString::fromUtf8(name(type)));
    for (const char* method : {"affine:group=128", "affine:bits=3,group=128", "nf4"}) m_format->addItem(scalingTargetTitle(method), QLatin1String(method));
    page(tr("Forma&t:"), m_format);
    m_options->addWidget(new QWidget);  // no step
    layout->addWidget(m_options);
    m_about = new QLabel;
    m_about->setWordWrap(true);
    m_about->setMinimumHeight(m_about->fontMetrics().lineSpacing() * 2);
    layout->addWidget(m_about);
    connect(m_seed, &QSpinBox::valueChanged, this, &StepsDialog::takeOptions);
    connect(m_alpha, &QDoubleSpinBox::valueChanged, this, &StepsDialog::takeOptions);
    connect(m_format, &QComboBox::currentIndexChanged, this, &StepsDialog::takeOptions);
    return box;
}

void StepsDialog::add(TransformStep::Kind kind)
{
    TransformStep step;
    step.kind = kind;
    m_steps.push_back(step);
    fillList(static_cast<int>(m_steps.size()) - 1);
}

void StepsDialog::removeCurrent()
{
    const int row = m_list->currentRow();
    if (row < 0) return;
    m_steps.erase(m_steps.begin() + row);
    fillList(std::min(row, static_cast<int>(m_steps.size()) - 1));
}

void StepsDialog::move(int by)
{
    const int row = m_list->currentRow();
    const int target = row + by;
    if (row < 0 || target < 0 || target >= static_cast<int>(m_steps.size())) return;
    std::swap(m_steps[static_cast<std::size_t>(row)], m_steps[static_cast<std::size_t>(target)]);
    fillList(target);
}

void StepsDialog::fillList(int current)
{
    {
        const QSignalBlocker quiet(m_list);
        m_list->clear();
        for (const TransformStep& step : m_steps) m_list->addItem(transformStepTitle(step));
        m_list->setCurrentRow(m_steps.empty() ? -1 : current);
    }
    showStep();
}

void StepsDialog::showStep()
{
    const int row = m_list->currentRow();
    if (row < 0) {
        m_options->setCurrentIndex(m_options->count() - 1);
        m_about->setText(tr("Without a step the model is quantized as it is."));
    } else {
        const TransformStep& step = m_steps[static_cast<std::size_t>(row)];
        const QSignalBlocker quietSeed(m_seed);
        const QSignalBlocker quietAlpha(m_alpha);
        const QSignalBlocker quietFormat(m_format);
        m_seed->setValue(static_cast<int>(std::min<std::uint64_t>(step.seed, 1000000000)));
        m_alpha->setValue(step.searchAlpha ? kSearch : step.alpha);
        const QString target = QString::fromStdString(step.target);
        if (m_format->findData(target) < 0) m_format->addItem(scalingTargetTitle(step.target), target);  // of a recipe file
        m_format->setCurrentIndex(m_format->findData(target));
        m_format->setEnabled(step.usesTarget());
        m_format->setToolTip(step.usesTarget() ? QString() : tr("Takes effect only when the best strength is searched; the recipe gives one."));
        m_options->setCurrentIndex(static_cast<int>(step.kind));
        m_about->setText(about(step.kind));
    }
    refresh();
}

void StepsDialog::takeOptions()
{
    const int row = m_list->currentRow();
    if (row < 0) return;
    TransformStep& step = m_steps[static_cast<std::size_t>(row)];
    switch (step.kind) {
    case TransformStep::Kind::Rotation: step.seed = static_cast<std::uint64_t>(m_seed->value()); break;
    case TransformStep::Kind::SmoothQuant:
        step.searchAlpha = m_alpha->value() < 0;
        if (!step.searchAlpha) step.alpha = m_alpha->value();
        break;
    case TransformStep::Kind::Awq: step.target = m_format->currentData().toString().toStdString(); break;
    }
    m_list->item(row)->setText(transformStepTitle(step));
}

void StepsDialog::refresh()
{
    if (!m_use) return;
    const ModelBase& opened = m_workbench.document.opened();
    const bool calibrated = opened.importance || opened.grams;
    const bool reads = !m_steps.empty() && (calibrated || std::ranges::any_of(m_steps, &TransformStep::readsText));
    m_text->setVisible(reads);
    const int row = m_list->currentRow();
    m_remove->setEnabled(row >= 0);
    m_up->setEnabled(row > 0);
    m_down->setEnabled(row >= 0 && row + 1 < m_list->count());
    m_use->setEnabled(!reads || m_text->facts());
    m_note->setText(calibrated && !m_steps.empty()
                        ? tr("The weights of the changed model see other inputs: it is calibrated anew with this text, in the background.")
                        : QString());
    m_note->setVisible(!m_note->text().isEmpty());
}

void StepsDialog::use()
{
    Document& document = m_workbench.document;
    if (document.currentId() == m_recipe) {
        const bool otherText = m_text->isVisibleTo(this) && m_text->options() != m_workbench.steps.text();
        if (otherText) m_workbench.steps.setText(m_text->options());
        document.setSteps(m_steps);
        document.rerunSteps(m_steps, otherText);
    }
    accept();
}

}  // namespace ww
