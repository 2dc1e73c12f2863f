// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/dialogs/measure_dialog.h"

#include <QDialogButtonBox>
#include <QDir>
#include <QFileDialog>
#include <QFileInfo>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QPushButton>
#include <QSpinBox>
#include <QVBoxLayout>

#include <algorithm>

#include "app/choices.h"
#include "app/dialogs/buttons.h"
#include "app/paths.h"
#include "app/workbench.h"
#include "widgets/theme/format_text.h"
#include "widgets/theme/theme.h"

namespace ww {
namespace {

constexpr int kRestMs = 250;
enum DataRole { RecipeIdRole = Qt::UserRole, PresetRole };

}  // namespace

MeasureDialog::MeasureDialog(Workbench& workbench, bool presets, QWidget* parent)
    : QDialog(parent), m_workbench(workbench), m_slot(workbench.jobs)
{
    setObjectName(QStringLiteral("measureDialog"));
    setWindowTitle(presets ? tr("Measure Presets") : tr("Measure Perplexity"));
    build();
    fillList(presets);
    const MeasureOptions options = workbench.measure.defaultOptions();
    m_text->setText(QDir::toNativeSeparators(options.textPath));
    m_context->setValue(static_cast<int>(options.contextLength));
    m_windows->setValue(static_cast<int>(options.maxWindows));
    m_rest.setSingleShot(true);
    m_rest.setInterval(kRestMs);
    connect(&m_rest, &QTimer::timeout, this, &MeasureDialog::readText);
    const auto textChanged = [this] {
        m_slot.cancel();
        m_textFacts.reset();
        m_textError.reset();
        m_rest.start();
        refresh();
    };
    connect(m_text, &QLineEdit::textChanged, this, textChanged);
    connect(m_context, &QSpinBox::valueChanged, this, textChanged);
    connect(m_windows, &QSpinBox::valueChanged, this, &MeasureDialog::refresh);
    connect(m_list, &QListWidget::itemChanged, this, &MeasureDialog::refresh);
    readText();
    resize(560, presets ? 560 : 420);
}

MeasureDialog::~MeasureDialog()
{
    m_slot.cancel();
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

    auto* form = new QFormLayout;
    form->setFieldGrowthPolicy(QFormLayout::AllNonFixedFieldsGrow);
    auto* textRow = new QWidget;
    auto* textLayout = new QHBoxLayout(textRow);
    textLayout->setContentsMargins(0, 0, 0, 0);
    m_text = new QLineEdit;
    m_text->setObjectName(QStringLiteral("measureText"));
    m_text->setClearButtonEnabled(true);
    auto* browseButton = new QPushButton(icon("folder"), tr("&Browse…"));
    browseButton->setAutoDefault(false);
    connect(browseButton, &QPushButton::clicked, this, &MeasureDialog::browse);
    textLayout->addWidget(m_text, 1);
    textLayout->addWidget(browseButton);
    auto* textLabel = new QLabel(tr("&Text:"));
    textLabel->setBuddy(m_text);
    form->addRow(textLabel, textRow);

    m_context = new QSpinBox;
    m_context->setObjectName(QStringLiteral("measureContext"));
    m_context->setRange(8, 131072);
    m_context->setSingleStep(64);
    m_context->setSuffix(tr(" tokens"));
    m_context->setGroupSeparatorShown(true);
    m_context->setToolTip(tr("Length of one window. Compare only numbers of the same length; 512 is usual"));
    form->addRow(tr("&Context length:"), m_context);
    m_windows = new QSpinBox;
    m_windows->setObjectName(QStringLiteral("measureWindows"));
    m_windows->setRange(0, 1000000);
    m_windows->setSpecialValueText(tr("all of the text"));
    m_windows->setToolTip(tr("Fewer windows are faster and less exact"));
    form->addRow(tr("Wi&ndows:"), m_windows);
    layout->addLayout(form);

    m_facts = new QLabel;
    m_facts->setObjectName(QStringLiteral("measureFacts"));
    m_facts->setWordWrap(true);
    m_facts->setMinimumHeight(m_facts->fontMetrics().lineSpacing() * 2);
    layout->addWidget(m_facts);

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
    MeasureOptions options;
    options.textPath = QDir::fromNativeSeparators(m_text->text().trimmed());
    options.contextLength = static_cast<std::uint32_t>(m_context->value());
    options.maxWindows = static_cast<std::uint32_t>(m_windows->value());
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

void MeasureDialog::readText()
{
    m_rest.stop();
    m_textFacts.reset();
    m_textError.reset();
    const MeasureOptions wanted = options();
    if (wanted.textPath.isEmpty() || !m_workbench.document.model()) {
        refresh();
        return;
    }
    m_slot.start<TextFacts>(
        {tr("Reading %1").arg(QFileInfo(wanted.textPath).fileName()), JobQueue::Lane::Foreground, true},
        [model = m_workbench.document.model(), wanted](const JobContext&) {
            return readTextFacts(*model, wanted.textPath, wanted.contextLength);
        },
        this,
        [this](Result<TextFacts> result) {
            if (result)
                m_textFacts = std::move(*result);
            else if (result.error().code != ErrorCode::Cancelled)
                m_textError = result.error();
            refresh();
        });
    refresh();
}

void MeasureDialog::refresh()
{
    QString text;
    if (m_textError) {
        text = QString::fromStdString(m_textError->describe());
    } else if (!m_textFacts) {
        text = options().textPath.isEmpty() ? tr("Choose a text file.") : tr("Reading the text…");
    } else {
        const std::uint32_t asked = static_cast<std::uint32_t>(m_windows->value());
        const std::uint32_t windows = asked == 0 ? m_textFacts->windows : std::min(asked, m_textFacts->windows);
        const auto estimate = m_workbench.measure.estimate(static_cast<std::uint32_t>(m_context->value()), windows, modelCount());
        text = tr("The text has %n window(s) of this length.", nullptr, static_cast<int>(m_textFacts->windows));
        text += QLatin1Char(' ');
        text += estimate.measured
                    ? tr("Estimated time for %n model(s): about %1, judged by the last measurement.", nullptr, modelCount())
                          .arg(durationText(estimate.seconds))
                    : tr("Estimated time for %n model(s): roughly %1, a guess until something was measured here.", nullptr,
                         modelCount())
                          .arg(durationText(estimate.seconds));
    }
    m_facts->setText(text);
    QPalette colors = palette();
    if (m_textError) colors.setColor(QPalette::WindowText, themeColors(colors).error);
    m_facts->setPalette(colors);
    m_start->setEnabled(m_textFacts.has_value());
}

void MeasureDialog::browse()
{
    auto* dialog = new QFileDialog(this, tr("Choose a Text"), QFileInfo(options().textPath).absolutePath(),
                                   tr("Texts (*.txt *.md *.raw);;All files (*)"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::ExistingFile);
    connect(dialog, &QFileDialog::fileSelected, this,
            [this](const QString& path) { m_text->setText(QDir::toNativeSeparators(path)); });
    dialog->open();
}

}  // namespace ww
