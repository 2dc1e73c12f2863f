// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/dialogs/measure_dialog.h"

#include <QCheckBox>
#include <QComboBox>
#include <QDialogButtonBox>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QLabel>
#include <QListWidget>
#include <QPushButton>
#include <QVBoxLayout>

#include "app/choices.h"
#include "app/dialogs/buttons.h"
#include "app/dialogs/text_choice.h"
#include "app/workbench.h"
#include "widgets/theme/format_text.h"

namespace ww {
namespace {

enum DataRole { RecipeIdRole = Qt::UserRole, PresetRole };

}  // namespace

MeasureDialog::MeasureDialog(Workbench& workbench, bool presets, QWidget* parent)
    : QDialog(parent), m_workbench(workbench)
{
    setObjectName(QStringLiteral("measureDialog"));
    setWindowTitle(presets ? tr("Measure Presets") : tr("Measure"));
    build();
    fillList(presets);
    m_text->setNote([this](std::uint32_t windows) { return note(windows); });
    connect(m_text, &TextChoice::changed, this, &MeasureDialog::refresh);
    connect(m_list, &QListWidget::itemChanged, this, &MeasureDialog::refresh);
    m_text->setOptions(workbench.measure.defaultOptions());
    refresh();
    resize(600, presets ? 640 : 500);
}

void MeasureDialog::build()
{
    auto* layout = new QVBoxLayout(this);
    layout->setSpacing(10);
    auto* intro = new QLabel(
        tr("Perplexity tells how well a model predicts a text; lower is better. The original is measured as well, so that the "
           "loss can be seen."));
    intro->setWordWrap(true);
    layout->addWidget(intro);

    auto* what = new QLabel(tr("&What to measure:"));
    m_list = new QListWidget;
    m_list->setObjectName(QStringLiteral("measureList"));
    m_list->setMinimumHeight(80);
    what->setBuddy(m_list);
    layout->addWidget(what);
    layout->addWidget(m_list, 1);

    m_text = new TextChoice(m_workbench, QStringLiteral("measure"));
    layout->addWidget(m_text);
    m_divergence = new QCheckBox(tr("&KL divergence as well: how far predictions move away from the original’s"));
    m_divergence->setObjectName(QStringLiteral("measureDivergence"));
    m_divergence->setToolTip(tr("Finer than perplexity: it needs far less text to tell two variants apart. Takes about twice as long, "
                                "because the original reads along"));
    m_divergence->setChecked(m_workbench.measure.defaultOptions().divergence);
    connect(m_divergence, &QCheckBox::toggled, this, &MeasureDialog::refresh);
    layout->addWidget(m_divergence);
    auto* inputsRow = new QHBoxLayout;
    auto* inputsLabel = new QLabel(tr("&Inputs of layers:"));
    m_inputs = new QComboBox;
    m_inputs->setObjectName(QStringLiteral("measureInputs"));
    m_inputs->addItem(tr("exact, so that only the weights differ"));
    m_inputs->addItem(tr("rounded, as llama.cpp computes on processors"));
    m_inputs->setToolTip(tr("llama.cpp rounds the inputs of a layer to 8 bits before it multiplies them with quantized weights. With rounded inputs the "
                            "figures come closer to what its users see; the original is measured in the same way. Takes longer"));
    m_inputs->setCurrentIndex(m_workbench.measure.defaultOptions().activations == Activations::LlamaCpp ? 1 : 0);
    inputsLabel->setBuddy(m_inputs);
    inputsRow->addWidget(inputsLabel);
    inputsRow->addWidget(m_inputs, 1);
    layout->addLayout(inputsRow);

    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Cancel);
    localizeButtons(buttons);
    m_start = buttons->addButton(tr("&Measure"), QDialogButtonBox::AcceptRole);
    m_start->setObjectName(QStringLiteral("measureStart"));
    buttons->button(QDialogButtonBox::Cancel)->setAutoDefault(false);
    m_start->setDefault(true);
    layout->addWidget(buttons);
    connect(buttons, &QDialogButtonBox::accepted, this, [this] {
        m_workbench.measure.measure(options(), chosenRecipes(), chosenPresets());
        accept();
    });
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
}

void MeasureDialog::fillList(bool presets)
{
    const Document& document = m_workbench.document;
    const auto measuredText = [&](const std::optional<Recipe>& recipe) {
        const Variant* v = document.variantFor(recipe);
        return v ? tr(", measured: %1").arg(perplexityText(v->perplexity, v->standardError)) : QString();
    };
    auto* original = new QListWidgetItem(tr("Original%1", "followed by: , measured: 6.2").arg(measuredText(std::nullopt)), m_list);
    original->setFlags(Qt::ItemIsEnabled);
    original->setCheckState(Qt::Checked);
    for (const DocumentRecipe& item : document.recipes()) {
        auto* row = new QListWidgetItem(tr("Recipe %1%2", "name, followed by: , measured: 6.2")
                                            .arg(QString::fromStdString(item.recipe.name), measuredText(item.recipe)),
                                        m_list);
        row->setData(RecipeIdRole, item.id);
        row->setFlags(Qt::ItemIsEnabled | Qt::ItemIsSelectable | Qt::ItemIsUserCheckable);
        row->setCheckState(item.id == document.currentId() ? Qt::Checked : Qt::Unchecked);
    }
    if (!document.survey() || !presets) return;
    for (const PresetChoice& preset : presetChoices(*document.survey(), document.planOptions())) {
        Recipe recipe;
        recipe.preset = preset.name.toStdString();
        auto* row = new QListWidgetItem(tr("Preset %1, %2%3", "name, size, followed by: , measured: 6.2")
                                            .arg(preset.name, sizeText(preset.sizeBytes), measuredText(recipe)),
                                        m_list);
        row->setData(PresetRole, preset.name);
        row->setToolTip(preset.description);
        row->setFlags(Qt::ItemIsEnabled | Qt::ItemIsSelectable | Qt::ItemIsUserCheckable);
        row->setCheckState(preset.common ? Qt::Checked : Qt::Unchecked);
    }
}

MeasureOptions MeasureDialog::options() const
{
    MeasureOptions options = m_text->options();
    options.divergence = m_divergence->isChecked();
    options.activations = m_inputs->currentIndex() == 1 ? Activations::LlamaCpp : Activations::Float;
    return options;
}

std::vector<int> MeasureDialog::chosenRecipes() const
{
    std::vector<int> ids;
    for (int i = 0; i < m_list->count(); ++i) {
        const QListWidgetItem* item = m_list->item(i);
        const int id = item->data(RecipeIdRole).toInt();
        if (id > 0 && item->checkState() == Qt::Checked) ids.push_back(id);
    }
    return ids;
}

QStringList MeasureDialog::chosenPresets() const
{
    QStringList names;
    for (int i = 0; i < m_list->count(); ++i) {
        const QListWidgetItem* item = m_list->item(i);
        const QString name = item->data(PresetRole).toString();
        if (!name.isEmpty() && item->checkState() == Qt::Checked) names.append(name);
    }
    return names;
}

int MeasureDialog::modelCount() const
{
    return 1 + static_cast<int>(chosenRecipes().size()) + static_cast<int>(chosenPresets().size());
}

QString MeasureDialog::note(std::uint32_t windows) const
{
    const MeasureOptions wanted = options();
    const auto estimate = m_workbench.measure.estimate(wanted.contextLength, windows, 1 + (modelCount() - 1) * (wanted.divergence ? 2 : 1));
    QString text = estimate.measured
                       ? tr("Estimated time for %n model(s): about %1, judged by the last measurement.", nullptr, modelCount())
                             .arg(durationText(estimate.seconds))
                       : tr("Estimated time for %n model(s): roughly %1, a guess until something was measured here.", nullptr,
                            modelCount())
                             .arg(durationText(estimate.seconds));
    if (m_workbench.calibrate.wasCalibratedOn(wanted.textPath))
        text += QLatin1Char(' ') + tr("The model was calibrated on this text: choose another one, or the result looks better than it is.");
    if (const QString steps = stepsNote(wanted.textPath); !steps.isEmpty()) text += QLatin1Char(' ') + steps;
    return text;
}

QString MeasureDialog::stepsNote(const QString& textPath) const
{
    QStringList notes;
    for (const int id : chosenRecipes()) {
        const DocumentRecipe* item = m_workbench.document.find(id);
        const QString read = item ? m_workbench.steps.textPathOf(*item) : QString();
        if (read.isEmpty()) continue;
        const QString name = QString::fromStdString(item->recipe.name);
        notes << (judgedOnText(textPath, read)
                      ? tr("The steps of %1 read this text, too: choose another one, or the result looks better than it is.").arg(name)
                      : tr("The steps of %1 read another text, %2.", "recipe, text").arg(name, QFileInfo(read).fileName()));
    }
    return notes.join(QLatin1Char(' '));
}

void MeasureDialog::refresh()
{
    m_text->refresh();
    m_start->setEnabled(m_text->facts().has_value());
}

}  // namespace ww
