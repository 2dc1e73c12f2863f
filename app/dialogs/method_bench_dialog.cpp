// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/dialogs/method_bench_dialog.h"

#include <QCheckBox>
#include <QComboBox>
#include <QDialogButtonBox>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QPushButton>
#include <QRegularExpression>
#include <QSignalBlocker>
#include <QSplitter>
#include <QTreeWidget>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>

#include "app/choices.h"
#include "app/dialogs/buttons.h"
#include "app/dialogs/save_table.h"
#include "app/dialogs/text_choice.h"
#include "app/method_title.h"
#include "app/paths.h"
#include "app/workbench.h"
#include "base/atomic_file.h"
#include "methods/method_stages.h"
#include "widgets/plots/rate_distortion_plot.h"
#include "widgets/theme/format_text.h"

namespace ww {
namespace {

enum Column { FormatColumn, MethodColumn, Bits, Weights, Outputs, HeldOut, Kld, Perplexity, Time, ColumnCount };
/// Formats that are checked at first: one per size that people use.
constexpr TensorType kUsual[] = {TensorType::Q3_K, TensorType::Q4_K};

QString figure(const std::optional<double>& value)
{
    return value ? errorText(*value) : QStringLiteral("–");
}

}  // namespace

MethodBenchDialog::MethodBenchDialog(Workbench& workbench, QWidget* parent)
    : QDialog(parent), m_workbench(workbench), m_slot(workbench.jobs)
{
    setObjectName(QStringLiteral("methodBenchDialog"));
    setWindowTitle(tr("Compare Methods"));
    resize(1180, 740);
    auto* layout = new QVBoxLayout(this);
    auto* intro = new QLabel(tr("Every chosen method writes every chosen format; what that costs is measured on the same weights and the same text."));
    intro->setWordWrap(true);
    layout->addWidget(intro);
    auto* columns = new QSplitter(Qt::Horizontal);
    columns->setChildrenCollapsible(false);
    columns->addWidget(buildChoices());
    columns->addWidget(buildResults());
    columns->setStretchFactor(1, 1);
    columns->setSizes({420, 740});
    layout->addWidget(columns, 1);
    m_note = new QLabel;
    m_note->setObjectName(QStringLiteral("benchNote"));
    m_note->setWordWrap(true);
    layout->addWidget(m_note);
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Close);
    localizeButtons(buttons);
    m_start = buttons->addButton(tr("&Compare"), QDialogButtonBox::ActionRole);
    m_start->setObjectName(QStringLiteral("benchStart"));
    m_start->setDefault(true);
    m_stop = buttons->addButton(tr("&Stop"), QDialogButtonBox::ActionRole);
    m_stop->setObjectName(QStringLiteral("benchStop"));
    m_save = buttons->addButton(tr("Save &Table…"), QDialogButtonBox::ActionRole);
    for (QPushButton* button : {m_stop, m_save, buttons->button(QDialogButtonBox::Close)}) button->setAutoDefault(false);
    layout->addWidget(buttons);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    connect(m_start, &QPushButton::clicked, this, &MethodBenchDialog::start);
    connect(m_stop, &QPushButton::clicked, this, [this] {
        m_slot.cancel();
        refresh();
    });
    connect(m_save, &QPushButton::clicked, this, &MethodBenchDialog::save);
    connect(&m_workbench.jobs, &JobRunner::tick, this, &MethodBenchDialog::drain);
    connect(&m_workbench.document, &Document::modelChanged, this, &QDialog::reject);
    connect(&m_workbench.document, &Document::importanceChanged, this, [this] {
        fillLists();
        refresh();
    });
    MeasureOptions options = workbench.measure.defaultOptions();
    if (options.maxWindows == 0) options.maxWindows = 8;
    m_text->setOptions(options);
    m_inputs->setCurrentIndex(options.activations == Activations::LlamaCpp ? 1 : 0);
    for (int c = 0; c < ColumnCount; ++c) m_table->resizeColumnToContents(c);
    refreshPlot();
    refresh();
}

MethodBenchDialog::~MethodBenchDialog()
{
    m_slot.cancel();
}

QWidget* MethodBenchDialog::buildChoices()
{
    auto* box = new QWidget;
    auto* layout = new QVBoxLayout(box);
    layout->setContentsMargins(0, 0, 0, 0);
    // Side by side, so that most of both can be seen.
    auto* lists = new QHBoxLayout;
    layout->addLayout(lists, 1);
    const auto addList = [&](const QString& title, const char* name, int stretch) {
        auto* column = new QVBoxLayout;
        lists->addLayout(column, stretch);
        auto* label = new QLabel(title);
        auto* list = new QListWidget;
        list->setObjectName(QLatin1String(name));
        label->setBuddy(list);
        column->addWidget(label);
        column->addWidget(list, 1);
        connect(list, &QListWidget::itemChanged, this, &MethodBenchDialog::refresh);
        return list;
    };
    m_methods = addList(tr("&Methods:"), "benchMethods", 5);
    m_formats = addList(tr("&Formats:"), "benchFormats", 3);
    fillLists();
    auto* tensors = new QLabel(tr("Only &tensors with:"));
    m_tensors = new QLineEdit;
    m_tensors->setObjectName(QStringLiteral("benchTensors"));
    m_tensors->setPlaceholderText(tr("all; or a pattern such as ffn_down"));
    tensors->setBuddy(m_tensors);
    layout->addWidget(tensors);
    layout->addWidget(m_tensors);
    m_text = new TextChoice(m_workbench, QStringLiteral("bench"));
    layout->addWidget(m_text);
    connect(m_text, &TextChoice::changed, this, &MethodBenchDialog::refresh);
    m_stages = new QCheckBox(tr("After &each step: scales, codes, polish"));
    m_stages->setObjectName(QStringLiteral("benchStages"));
    m_stages->setToolTip(tr("Methods that work in steps are also measured after each of them, so that one sees which step helped."));
    connect(m_stages, &QCheckBox::toggled, this, &MethodBenchDialog::refresh);
    layout->addWidget(m_stages);
    m_model = new QCheckBox(tr("Run the &whole model: KL divergence and perplexity"));
    m_model->setObjectName(QStringLiteral("benchModel"));
    m_model->setChecked(true);
    layout->addWidget(m_model);
    auto* inputsRow = new QHBoxLayout;
    auto* inputsLabel = new QLabel(tr("&Inputs of layers:"));
    m_inputs = new QComboBox;
    m_inputs->setObjectName(QStringLiteral("benchInputs"));
    m_inputs->addItem(tr("exact"));
    m_inputs->addItem(tr("rounded, as llama.cpp does"));
    m_inputs->setToolTip(tr("KL divergence and perplexity with the inputs of each layer as they are, or rounded to 8 bits as llama.cpp does on processors. "
                            "Takes effect when the whole model is run; errors of weights and outputs are always of the weights alone"));
    inputsLabel->setBuddy(m_inputs);
    inputsRow->addWidget(inputsLabel);
    inputsRow->addWidget(m_inputs, 1);
    layout->addLayout(inputsRow);
    connect(m_model, &QCheckBox::toggled, this, &MethodBenchDialog::refresh);
    return box;
}

void MethodBenchDialog::fillLists()
{
    const Document& document = m_workbench.document;
    const QSignalBlocker quietMethods(m_methods);
    const QSignalBlocker quietFormats(m_formats);
    m_methods->clear();
    m_formats->clear();
    const auto add = [](QListWidget* list, const QString& text, const QVariant& key, bool enabled, bool checked) {
        auto* item = new QListWidgetItem(text, list);
        item->setData(Qt::UserRole, key);
        item->setFlags(enabled ? Qt::ItemIsEnabled | Qt::ItemIsSelectable | Qt::ItemIsUserCheckable : Qt::NoItemFlags);
        item->setCheckState(enabled && checked ? Qt::Checked : Qt::Unchecked);
        return item;
    };
    for (const MethodChoice& choice : methodChoices(document.importance() != nullptr, document.grams() != nullptr))
        add(m_methods, choice.title, choice.id, choice.enabled, !choice.analysis && choice.id != QLatin1String("corrected"))
            ->setToolTip(choice.enabled ? choice.description : choice.description + QLatin1Char('\n') + choice.disabledReason);
    for (const FormatChoice& choice : uniformChoices(document.importance() != nullptr))
        add(m_formats, formatName(*choice.type), static_cast<int>(*choice.type), choice.enabled,
            std::ranges::find(kUsual, *choice.type) != std::end(kUsual))
            ->setToolTip(choice.enabled ? choice.description : choice.disabledReason);
}

void MethodBenchDialog::setTensor(const QString& name)
{
    m_tensors->setText(QLatin1Char('^') + QRegularExpression::escape(name) + QLatin1Char('$'));
    m_model->setChecked(false);
    m_quality->setCurrentIndex(m_workbench.document.grams() ? 2 : 1);
    static constexpr TensorType kCurve[] = {TensorType::Q2_K, TensorType::Q3_K, TensorType::Q4_K, TensorType::Q5_K, TensorType::Q6_K, TensorType::Q4_0, TensorType::Q8_0};
    for (int i = 0; i < m_formats->count(); ++i) {
        QListWidgetItem* item = m_formats->item(i);
        const auto type = static_cast<TensorType>(item->data(Qt::UserRole).toInt());
        if (item->flags().testFlag(Qt::ItemIsEnabled))
            item->setCheckState(std::ranges::find(kCurve, type) != std::end(kCurve) ? Qt::Checked : Qt::Unchecked);
    }
    refresh();
}

QWidget* MethodBenchDialog::buildResults()
{
    auto* split = new QSplitter(Qt::Vertical);
    split->setChildrenCollapsible(false);
    m_table = new QTreeWidget;
    m_table->setObjectName(QStringLiteral("benchTable"));
    m_table->setAccessibleName(tr("Results"));
    m_table->setHeaderLabels({tr("Format"), tr("Method"), tr("bpw"), tr("Weights"), tr("Outputs"), tr("Held out"), tr("KLD"), tr("PPL"), tr("Time")});
    const QStringList tips = {{},
                              {},
                              tr("Bits per weight of the tensors that changed"),
                              tr("Relative error of the weights"),
                              tr("Relative error of the layers' outputs on the calibration text; needs Gram matrices from Calibrate"),
                              tr("The same on the text for measuring, which no method has seen"),
                              tr("KL divergence of the whole model from the original"),
                              tr("Perplexity of the whole model"),
                              tr("To quantize and decode")};
    for (int c = 0; c < ColumnCount; ++c) m_table->headerItem()->setToolTip(c, tips[c]);
    m_table->header()->setStretchLastSection(false);
    m_table->setRootIsDecorated(false);
    m_table->setAlternatingRowColors(true);
    m_table->setUniformRowHeights(true);
    split->addWidget(m_table);
    auto* box = new QWidget;
    auto* layout = new QVBoxLayout(box);
    layout->setContentsMargins(0, 0, 0, 0);
    auto* head = new QHBoxLayout;
    auto* label = new QLabel(tr("&Plot:"));
    m_quality = new QComboBox;
    m_quality->addItems({tr("KL divergence"), tr("Error of the weights"), tr("Error of the outputs"), tr("Error of the outputs, held out")});
    label->setBuddy(m_quality);
    head->addWidget(label);
    head->addWidget(m_quality);
    head->addStretch(1);
    layout->addLayout(head);
    m_plot = new RateDistortionPlot;
    m_plot->setFileNameHint(QStringLiteral("methods"));
    layout->addWidget(m_plot, 1);
    split->addWidget(box);
    split->setSizes({280, 320});
    connect(m_quality, &QComboBox::currentIndexChanged, this, &MethodBenchDialog::refreshPlot);
    return split;
}

MethodBenchOptions MethodBenchDialog::options() const
{
    MethodBenchOptions options;
    for (int i = 0; i < m_formats->count(); ++i)
        if (m_formats->item(i)->checkState() == Qt::Checked)
            options.formats.push_back(static_cast<TensorType>(m_formats->item(i)->data(Qt::UserRole).toInt()));
    for (int i = 0; i < m_methods->count(); ++i)
        if (m_methods->item(i)->checkState() == Qt::Checked && m_methods->item(i)->flags().testFlag(Qt::ItemIsEnabled)) {
            const std::string method = m_methods->item(i)->data(Qt::UserRole).toString().toStdString();
            for (std::string& stage : m_stages->isChecked() ? methodStages(method) : std::vector{method})
                if (std::ranges::find(options.methods, stage) == options.methods.end()) options.methods.push_back(std::move(stage));
        }
    options.tensors = m_tensors->text().trimmed().toStdString();
    options.importance = m_workbench.document.importance();
    options.grams = m_workbench.document.grams();
    options.measureModel = m_model->isChecked();
    options.activations = m_inputs->currentIndex() == 1 ? Activations::LlamaCpp : Activations::Float;
    const MeasureOptions text = m_text->options();
    options.divergence.contextLength = text.contextLength;
    options.divergence.maxWindows = text.maxWindows;
    return options;
}

void MethodBenchDialog::start()
{
    const MethodBenchOptions wanted = options();
    if (wanted.methods.empty() || wanted.formats.empty() || !m_text->facts()) return;
    const MeasureOptions text = m_text->options();
    // A divergence that is not measured leaves the plot empty.
    if (!wanted.measureModel && m_quality->currentIndex() == 0) m_quality->setCurrentIndex(wanted.grams ? 2 : 1);
    m_rows.clear();
    m_table->clear();
    m_activations = wanted.activations;
    m_queue = std::make_shared<Queue>();
    using Rows = std::vector<MethodBenchRow>;
    m_slot.start<Rows>(
        {tr("Comparing methods"), JobQueue::Lane::Background, false},
        [model = m_workbench.document.model(), wanted, path = text.textPath, queue = m_queue](const JobContext& context) -> Result<Rows> {
            MethodBenchOptions options = wanted;
            WW_TRY(const std::string content, readTextFile(toPath(path)));
            if (options.grams) {
                WW_TRY(options.heldOut, gramsOnText(model, content, options.divergence.contextLength, options.divergence.maxWindows, context));
            }
            return benchMethods(model, options, content, context, [queue](const MethodBenchRow& row) {
                const std::scoped_lock lock(queue->mutex);
                queue->rows.push_back(row);
            });
        },
        this,
        [this](Result<Rows> rows) {
            drain();
            if (!rows) m_workbench.messages.error(tr("The methods could not be compared."), rows.error());
            refresh();
            if (!rows && rows.error().code != ErrorCode::Cancelled) m_note->setText(QString::fromStdString(rows.error().message));
        });
    refreshPlot();
    refresh();
}

void MethodBenchDialog::drain()
{
    if (!m_queue) return;
    std::vector<MethodBenchRow> rows;
    {
        const std::scoped_lock lock(m_queue->mutex);
        rows.swap(m_queue->rows);
    }
    if (rows.empty()) return;
    for (MethodBenchRow& row : rows) {
        addRow(row);
        m_rows.push_back(std::move(row));
    }
    for (int c = 0; c < ColumnCount; ++c) m_table->resizeColumnToContents(c);
    refreshPlot();
    refresh();
}

void MethodBenchDialog::addRow(const MethodBenchRow& row)
{
    auto* item = new QTreeWidgetItem(m_table);
    item->setText(FormatColumn, formatName(row.format));
    item->setText(MethodColumn, methodTitle(row.method));
    item->setToolTip(MethodColumn, QString::fromStdString(row.method));
    if (!row.problem.empty()) {
        const QString problem = QString::fromStdString(row.problem);
        item->setText(FormatColumn, tr("%1, %2: %3", "format, method, why there are no figures").arg(formatName(row.format), methodTitle(row.method), problem));
        item->setFirstColumnSpanned(true);
        item->setToolTip(FormatColumn, problem);
        return;
    }
    const auto root = [](const std::optional<double>& square) { return square ? std::optional(std::sqrt(*square)) : std::nullopt; };
    item->setText(Bits, bitsPerWeightText(row.bitsPerWeight, false));
    item->setText(Weights, errorText(std::sqrt(row.weightError)));
    item->setText(Outputs, figure(root(row.outputError)));
    item->setText(HeldOut, figure(root(row.heldOutOutputError)));
    item->setText(Kld, row.kld ? tr("%1 ± %2", "figure, standard error").arg(errorText(row.kld->value), errorText(row.kld->error)) : QStringLiteral("–"));
    item->setText(Perplexity, row.perplexity ? perplexityText(row.perplexity->value, row.perplexity->error) : QStringLiteral("–"));
    item->setText(Time, durationText(row.seconds));
    for (int c = Bits; c < ColumnCount; ++c) item->setTextAlignment(c, Qt::AlignRight | Qt::AlignVCenter);
}

void MethodBenchDialog::refreshPlot()
{
    std::vector<RatePoint> points;
    for (const MethodBenchRow& row : m_rows) {
        if (!row.problem.empty()) continue;
        std::optional<double> value;
        switch (m_quality->currentIndex()) {
        case 0: value = row.kld ? std::optional(std::max(0.0, row.kld->value)) : std::nullopt; break;
        case 1: value = std::sqrt(row.weightError); break;
        case 2: value = row.outputError ? std::optional(std::sqrt(*row.outputError)) : std::nullopt; break;
        default: value = row.heldOutOutputError ? std::optional(std::sqrt(*row.heldOutOutputError)) : std::nullopt; break;
        }
        if (value) points.push_back({row.format, methodTitle(row.method), row.bitsPerWeight, *value, false});
    }
    m_plot->setEmptyText(m_rows.empty() ? tr("Choose methods and formats, then Compare.")
                                        : tr("This figure was not measured. Choose another one above."));
    // In the middle of a text, but not "kl divergence".
    QString title = m_quality->currentText();
    if (title.size() > 1 && !title.at(1).isUpper()) title[0] = title.at(0).toLower();
    m_plot->setErrorTitle(title);
    m_plot->setData(std::move(points));
}

void MethodBenchDialog::refresh()
{
    const auto checked = [](const QListWidget* list) {
        int count = 0;
        for (int i = 0; i < list->count(); ++i) count += list->item(i)->checkState() == Qt::Checked;
        return count;
    };
    if (!m_start) return;
    const int combinations = static_cast<int>(options().methods.size()) * checked(m_formats);
    const bool busy = m_slot.isActive();
    m_inputs->setEnabled(m_model->isChecked());
    m_start->setEnabled(!busy && combinations > 0 && m_text->facts().has_value());
    m_stop->setEnabled(busy);
    m_save->setEnabled(!m_rows.empty());
    QString note = busy                ? tr("%1 of %n combination(s) done.", nullptr, combinations).arg(m_rows.size())
                   : combinations == 0 ? tr("Choose at least one method and one format.")
                                       : tr("%n combination(s).", nullptr, combinations);
    if (!busy && !m_workbench.document.grams())
        note += QLatin1Char(' ') + tr("Methods that are grey, and the errors of the outputs, need Calibrate with “Also for GPTQ” first.");
    if (m_workbench.calibrate.wasCalibratedOn(m_text->options().textPath))
        note += QLatin1Char(' ') + tr("The model was calibrated on this text: choose another one, or the result looks better than it is.");
    m_note->setText(note);
}

QString MethodBenchDialog::csv() const
{
    QString out = QStringLiteral("method,format,bits_per_weight,weight_error,output_error,held_out_output_error,kld,kld_standard_error,perplexity,seconds,problem,activations\n");
    const auto number = [](const std::optional<double>& value) { return value ? plainNumber(*value) : QString(); };
    for (const MethodBenchRow& row : m_rows) {
        QStringList cells{csvField(QString::fromStdString(row.method)), formatName(row.format)};
        if (row.problem.empty())
            cells << plainNumber(row.bitsPerWeight) << plainNumber(row.weightError) << number(row.outputError) << number(row.heldOutOutputError)
                  << (row.kld ? plainNumber(row.kld->value) : QString()) << (row.kld ? plainNumber(row.kld->error) : QString())
                  << (row.perplexity ? plainNumber(row.perplexity->value) : QString()) << plainNumber(row.seconds) << QString();
        else
            cells << QStringList(8, QString()) << csvField(QString::fromStdString(row.problem));
        // Of the model as a whole; nothing where it was not run.
        cells << (!row.kld ? QString() : m_activations == Activations::LlamaCpp ? QStringLiteral("llama.cpp") : QStringLiteral("float"));
        out += cells.join(QLatin1Char(',')) + QLatin1Char('\n');
    }
    return out;
}

void MethodBenchDialog::save()
{
    SaveTable::ask(this, m_workbench, QStringLiteral("methods.csv"), [this] { return csv(); });
}

}  // namespace ww
