// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/dialogs/transform_dialog.h"

#include <QComboBox>
#include <QDialogButtonBox>
#include <QDir>
#include <QDoubleSpinBox>
#include <QFileDialog>
#include <QFileInfo>
#include <QFormLayout>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
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

#include "app/dialogs/buttons.h"
#include "app/dialogs/text_choice.h"
#include "app/paths.h"
#include "app/workbench.h"
#include "base/atomic_file.h"
#include "calibration/calibration.h"
#include "formats/block_format.h"
#include "jobs/export.h"
#include "jobs/transformed_model.h"
#include "widgets/theme/format_text.h"
#include "widgets/theme/theme.h"

namespace ww {
namespace {

QString about(TransformStep::Kind kind)
{
    switch (kind) {
    case TransformStep::Kind::Rotation:
        return TransformDialog::tr("Turns the channels, so that outliers spread over all of them. For GPTQ and for 4-bit formats without offsets; K formats "
                         "with an importance matrix alone become worse.");
    case TransformStep::Kind::SmoothQuant:
        return TransformDialog::tr("Moves the range of inputs into the weights, for methods that round the inputs as well. 0 leaves the inputs alone, 1 takes "
                         "all of their range; 0.5 is the paper's choice.");
    case TransformStep::Kind::Awq:
        return TransformDialog::tr("Finds a scale for each input channel that keeps the most used weights exact in one format, by trying it on the text.");
    }
    return {};
}

/// Writes the changed model; everything that takes time.
Result<ExportSummary> writeChanged(const std::shared_ptr<const ModelFile>& model, const std::vector<TransformStep>& steps,
                                   const MeasureOptions& text, const std::string& type, const QString& target, const JobContext& context)
{
    std::string content;
    if (std::ranges::any_of(steps, &TransformStep::readsText)) {
        WW_TRY(content, readTextFile(toPath(text.textPath)));
    }
    WW_TRY(const auto changed, transformedModel(model, steps, content, text.contextLength, gramBudgetBytes(), context));
    Recipe recipe;
    recipe.preset = type;
    WW_TRY(const Plan plan, resolve(recipe, *changed));
    return exportGguf(*changed, plan, toPath(target), context);
}

}  // namespace

QString transformStepTitle(const TransformStep& step)
{
    switch (step.kind) {
    case TransformStep::Kind::Rotation: return TransformDialog::tr("Rotation, seed %1").arg(step.seed);
    case TransformStep::Kind::SmoothQuant: return TransformDialog::tr("SmoothQuant, strength %1").arg(QLocale().toString(step.alpha, 'g', 3));
    case TransformStep::Kind::Awq: return TransformDialog::tr("AWQ for %1").arg(formatName(step.format));
    }
    return {};
}

TransformDialog::TransformDialog(Workbench& workbench, std::optional<Recipe> recipe, QWidget* parent)
    : QDialog(parent), m_workbench(workbench), m_recipe(std::move(recipe))
{
    setObjectName(QStringLiteral("transformDialog"));
    setWindowTitle(tr("Change the Model"));
    if (m_recipe) m_steps = std::exchange(m_recipe->transform, {});
    auto* layout = new QVBoxLayout(this);
    layout->setSpacing(10);
    auto* intro = new QLabel(tr("Steps that change the weights so that the model computes the same and can be quantized better. They are written as "
                                "an ordinary model file, which then is opened here."));
    intro->setWordWrap(true);
    layout->addWidget(intro);
    layout->addWidget(buildSteps(), 1);
    m_text = new TextChoice(workbench, QStringLiteral("transform"));
    layout->addWidget(m_text);
    auto* form = new QFormLayout;
    form->setFieldGrowthPolicy(QFormLayout::AllNonFixedFieldsGrow);
    auto* row = new QWidget;
    auto* rowLayout = new QHBoxLayout(row);
    rowLayout->setContentsMargins(0, 0, 0, 0);
    m_target = new QLineEdit;
    m_target->setObjectName(QStringLiteral("transformTarget"));
    m_type = new QComboBox;
    m_type->setObjectName(QStringLiteral("transformType"));
    m_type->addItems({QStringLiteral("F16"), QStringLiteral("BF16"), QStringLiteral("F32")});
    m_type->setAccessibleName(tr("Type of the matrices in the file"));
    m_type->setToolTip(m_type->accessibleName());
    auto* browseButton = new QPushButton(icon("folder"), tr("B&rowse…"));
    browseButton->setAutoDefault(false);
    connect(browseButton, &QPushButton::clicked, this, &TransformDialog::browse);
    rowLayout->addWidget(m_target, 1);
    rowLayout->addWidget(browseButton);
    rowLayout->addWidget(m_type);
    auto* label = new QLabel(tr("&File:"));
    label->setBuddy(m_target);
    form->addRow(label, row);
    layout->addLayout(form);
    m_note = new QLabel;
    m_note->setObjectName(QStringLiteral("transformNote"));
    m_note->setWordWrap(true);
    layout->addWidget(m_note);
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Cancel);
    localizeButtons(buttons);
    m_start = buttons->addButton(tr("&Write and Open"), QDialogButtonBox::AcceptRole);
    m_start->setObjectName(QStringLiteral("transformStart"));
    m_start->setDefault(true);
    buttons->button(QDialogButtonBox::Cancel)->setAutoDefault(false);
    layout->addWidget(buttons);
    connect(buttons, &QDialogButtonBox::accepted, this, &TransformDialog::start);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    connect(m_text, &TextChoice::changed, this, &TransformDialog::refresh);
    connect(m_target, &QLineEdit::textChanged, this, &TransformDialog::refresh);
    connect(&workbench.document, &Document::modelChanged, this, &QDialog::reject);
    m_text->setOptions(workbench.calibrate.defaultOptions());
    if (const auto& model = workbench.document.model()) {
        const QFileInfo source(fromPath(model->path()));
        m_target->setText(QDir::toNativeSeparators(source.absoluteDir().filePath(source.completeBaseName() + QStringLiteral("-changed.gguf"))));
    }
    fillList(0);
    resize(640, 640);
}

QWidget* TransformDialog::buildSteps()
{
    auto* box = new QWidget;
    auto* grid = new QGridLayout(box);
    grid->setContentsMargins(0, 0, 0, 0);
    auto* label = new QLabel(tr("&Steps, in their order:"));
    m_list = new QListWidget;
    m_list->setObjectName(QStringLiteral("transformSteps"));
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
    button(tr("Add R&otation"), "transformRotation", [this] { add(TransformStep::Kind::Rotation); });
    button(tr("Add S&moothQuant"), "transformSmoothQuant", [this] { add(TransformStep::Kind::SmoothQuant); });
    button(tr("Add &AWQ"), "transformAwq", [this] { add(TransformStep::Kind::Awq); });
    m_up = button(tr("&Up"), "transformUp", [this] { move(-1); });
    m_down = button(tr("&Down"), "transformDown", [this] { move(1); });
    m_remove = button(tr("Remo&ve"), "transformRemove", [this] { removeCurrent(); });
    column->addStretch(1);
    grid->addLayout(column, 1, 1);
    grid->addWidget(buildOptions(), 2, 0, 1, 2);
    connect(m_list, &QListWidget::currentRowChanged, this, &TransformDialog::showStep);
    return box;
}

QWidget* TransformDialog::buildOptions()
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
    m_seed->setObjectName(QStringLiteral("transformSeed"));
    m_seed->setRange(0, 1000000000);
    page(tr("S&eed:"), m_seed);
    m_alpha = new QDoubleSpinBox;
    m_alpha->setObjectName(QStringLiteral("transformAlpha"));
    m_alpha->setRange(0, 1);
    m_alpha->setSingleStep(0.05);
    page(tr("Stren&gth:"), m_alpha);
    m_format = new QComboBox;
    m_format->setObjectName(QStringLiteral("transformFormat"));
    for (const TensorType type : {TensorType::Q4_0, TensorType::Q4_1, TensorType::Q4_K, TensorType::Q3_K, TensorType::Q2_K, TensorType::Q5_K,
                                  TensorType::Q5_0, TensorType::Q6_K, TensorType::Q8_0, TensorType::IQ4_NL, TensorType::IQ4_XS})
        if (findBlockFormat(type)) m_format->addItem(formatName(type), static_cast<int>(type));
    page(tr("Forma&t:"), m_format);
    m_options->addWidget(new QWidget);  // no step
    layout->addWidget(m_options);
    m_about = new QLabel;
    m_about->setWordWrap(true);
    m_about->setMinimumHeight(m_about->fontMetrics().lineSpacing() * 2);
    layout->addWidget(m_about);
    connect(m_seed, &QSpinBox::valueChanged, this, &TransformDialog::takeOptions);
    connect(m_alpha, &QDoubleSpinBox::valueChanged, this, &TransformDialog::takeOptions);
    connect(m_format, &QComboBox::currentIndexChanged, this, &TransformDialog::takeOptions);
    return box;
}

void TransformDialog::add(TransformStep::Kind kind)
{
    TransformStep step;
    step.kind = kind;
    m_steps.push_back(step);
    fillList(static_cast<int>(m_steps.size()) - 1);
}

void TransformDialog::removeCurrent()
{
    const int row = m_list->currentRow();
    if (row < 0) return;
    m_steps.erase(m_steps.begin() + row);
    fillList(std::min(row, static_cast<int>(m_steps.size()) - 1));
}

void TransformDialog::move(int by)
{
    const int row = m_list->currentRow();
    const int target = row + by;
    if (row < 0 || target < 0 || target >= static_cast<int>(m_steps.size())) return;
    std::swap(m_steps[static_cast<std::size_t>(row)], m_steps[static_cast<std::size_t>(target)]);
    fillList(target);
}

void TransformDialog::fillList(int current)
{
    {
        const QSignalBlocker quiet(m_list);
        m_list->clear();
        for (const TransformStep& step : m_steps) m_list->addItem(transformStepTitle(step));
        m_list->setCurrentRow(m_steps.empty() ? -1 : current);
    }
    showStep();
}

void TransformDialog::showStep()
{
    const int row = m_list->currentRow();
    if (row < 0) {
        m_options->setCurrentIndex(m_options->count() - 1);
        m_about->setText(tr("Add a step."));
    } else {
        const TransformStep& step = m_steps[static_cast<std::size_t>(row)];
        const QSignalBlocker quietSeed(m_seed);
        const QSignalBlocker quietAlpha(m_alpha);
        const QSignalBlocker quietFormat(m_format);
        m_seed->setValue(static_cast<int>(std::min<std::uint64_t>(step.seed, 1000000000)));
        m_alpha->setValue(step.alpha);
        m_format->setCurrentIndex(m_format->findData(static_cast<int>(step.format)));
        m_options->setCurrentIndex(static_cast<int>(step.kind));
        m_about->setText(about(step.kind));
    }
    refresh();
}

void TransformDialog::takeOptions()
{
    const int row = m_list->currentRow();
    if (row < 0) return;
    TransformStep& step = m_steps[static_cast<std::size_t>(row)];
    switch (step.kind) {
    case TransformStep::Kind::Rotation: step.seed = static_cast<std::uint64_t>(m_seed->value()); break;
    case TransformStep::Kind::SmoothQuant: step.alpha = m_alpha->value(); break;
    case TransformStep::Kind::Awq: step.format = static_cast<TensorType>(m_format->currentData().toInt()); break;
    }
    m_list->item(row)->setText(transformStepTitle(step));
}

void TransformDialog::refresh()
{
    if (!m_start) return;
    const bool reads = std::ranges::any_of(m_steps, &TransformStep::readsText);
    m_text->setVisible(reads);
    const int row = m_list->currentRow();
    m_remove->setEnabled(row >= 0);
    m_up->setEnabled(row > 0);
    m_down->setEnabled(row >= 0 && row + 1 < m_list->count());
    m_start->setEnabled(!m_steps.empty() && !m_target->text().trimmed().isEmpty() && (!reads || m_text->facts()));
    const QString target = QDir::fromNativeSeparators(m_target->text().trimmed());
    QString note = QFileInfo(target).isFile() ? tr("%1 is there already and will be replaced.").arg(QFileInfo(target).fileName()) + QLatin1Char(' ') : QString();
    note += m_recipe ? tr("The recipe “%1” is added to the changed model. Importance matrices of this model do not fit it: calibrate it anew.")
                           .arg(QString::fromStdString(m_recipe->name))
                     : tr("Importance matrices of this model do not fit the changed one: calibrate it anew.");
    m_note->setText(note);
}

void TransformDialog::browse()
{
    auto* dialog = new QFileDialog(this, tr("Write the Changed Model"), QFileInfo(m_target->text()).absoluteFilePath(), tr("Models (*.gguf)"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->setDefaultSuffix(QStringLiteral("gguf"));
    connect(dialog, &QFileDialog::fileSelected, this, [this](const QString& path) { m_target->setText(QDir::toNativeSeparators(path)); });
    dialog->open();
}

void TransformDialog::start()
{
    const auto& model = m_workbench.document.model();
    if (!model) return;
    const QString target = QFileInfo(QDir::fromNativeSeparators(m_target->text().trimmed())).absoluteFilePath();
    Workbench& bench = m_workbench;
    bench.jobs.start<ExportSummary>(
        {tr("Changing the model: %1").arg(QFileInfo(target).fileName()), JobQueue::Lane::Background, false},
        [model, steps = m_steps, text = m_text->options(), type = m_type->currentText().toStdString(), target](const JobContext& context) {
            return writeChanged(model, steps, text, type, target, context);
        },
        &bench.document,
        [&bench, model, recipe = m_recipe, target](Result<ExportSummary> written) {
            if (!written) {
                if (written.error().code != ErrorCode::Cancelled)
                    bench.messages.error(TransformDialog::tr("The model was not changed."), written.error());
                return;
            }
            bench.messages.post(Severity::Info, TransformDialog::tr("%1 is written.").arg(QFileInfo(target).fileName()), TransformDialog::tr("It computes the same as the model before."));
            if (bench.document.model() != model) return;  // somebody works on another one by now
            if (recipe) {
                // Once, when the changed model is there.
                auto connection = std::make_shared<QMetaObject::Connection>();
                *connection = QObject::connect(&bench.document, &Document::modelChanged, &bench.document, [&bench, recipe, target, connection] {
                    const auto& opened = bench.document.model();
                    if (!opened) return;
                    QObject::disconnect(*connection);
                    if (QFileInfo(fromPath(opened->path())) != QFileInfo(target)) return;
                    bench.document.addRecipe(*recipe, TransformDialog::tr("Add recipe %1").arg(QString::fromStdString(recipe->name)));
                }, Qt::QueuedConnection);
            }
            bench.projects.open(target);
        });
    accept();
}

}  // namespace ww
