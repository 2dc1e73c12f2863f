// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/pages/inspector_panel.h"

#include <QCheckBox>
#include <QComboBox>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QLocale>
#include <QScrollArea>
#include <QSignalBlocker>
#include <QSpinBox>
#include <QStandardItemModel>
#include <QTabBar>
#include <QTabWidget>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>
#include <limits>

#include "app/choices.h"
#include "app/dialogs/method_dialog.h"
#include "app/method_title.h"
#include "app/pages/inputs_page.h"
#include "app/plan_warnings.h"
#include "app/workbench.h"
#include "methods/quantizer.h"
#include "widgets/delegates/format_delegate.h"
#include "widgets/plots/histogram_plot.h"
#include "widgets/plots/rate_distortion_plot.h"
#include "widgets/theme/format_text.h"
#include "widgets/theme/theme.h"
#include "widgets/views/block_map.h"
#include "widgets/views/labelled_value.h"

namespace ww {
namespace {

enum Tab { HistogramTab, ErrorTab, CurveTab, NumbersTab, BlocksTab, InputsTab };

/// A weight with a few digits, small ones in powers of ten, and a true minus sign.
QString valueText(double value)
{
    return value < 0 ? QChar(0x2212) + errorText(-value) : errorText(value);
}

/// Of an analysis method for any number of them; 0: it has its own.
int bitsOf(const std::string& spec)
{
    const auto method = parseMethod(spec);
    if (!method || method->quantizer->exportable()) return 0;
    const bool any = std::ranges::any_of(method->quantizer->options(), [](const MethodOption& option) { return option.name == "bits"; });
    return any ? method->values.integer("bits") : 0;
}

}  // namespace

InspectorPanel::InspectorPanel(Workbench& workbench, QWidget* parent) : QWidget(parent), m_workbench(workbench)
{
    setObjectName(QStringLiteral("inspector"));
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(8, 6, 8, 6);
    layout->setSpacing(6);
    buildHead();
    buildTabs();

    connect(&m_workbench.selection, &Selection::changed, this, &InspectorPanel::refresh);
    connect(&m_workbench.document, &Document::planChanged, this, &InspectorPanel::refresh);
    connect(&m_workbench.budget, &BudgetController::tableChanged, this, &InspectorPanel::refreshFacts);
    connect(&m_workbench.reports, &TensorReports::reportChanged, this, [this] {
        refreshPlots();
        refreshFacts();
    });
    connect(&m_workbench.reports, &TensorReports::blocksChanged, this, &InspectorPanel::refreshBlocks);
    connect(&m_workbench.reports, &TensorReports::curveChanged, this, &InspectorPanel::refreshCurve);
    refresh();
}

void InspectorPanel::buildHead()
{
    auto* layout = static_cast<QVBoxLayout*>(this->layout());
    m_title = new QLabel;
    m_title->setObjectName(QStringLiteral("inspectorTitle"));
    QFont bold = m_title->font();
    bold.setBold(true);
    bold.setPointSizeF(bold.pointSizeF() * 1.1);
    m_title->setFont(bold);
    m_title->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_title->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    layout->addWidget(m_title);
    m_subtitle = new QLabel;
    m_subtitle->setObjectName(QStringLiteral("inspectorSubtitle"));
    m_subtitle->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    layout->addWidget(m_subtitle);

    auto* row = new QHBoxLayout;
    row->setSpacing(6);
    auto* formatLabel = new QLabel(tr("F&ormat:"));
    m_format = new QComboBox;
    m_format->setObjectName(QStringLiteral("formatCombo"));
    m_format->setAccessibleName(tr("Format of the selected tensors"));
    m_format->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    m_format->setMinimumContentsLength(18);  // "IQ3_XXS — 3.06 bpw"
    formatLabel->setBuddy(m_format);
    auto* methodLabel = new QLabel(tr("Met&hod:"));
    m_method = new QComboBox;
    m_method->setObjectName(QStringLiteral("methodCombo"));
    m_method->setAccessibleName(tr("Method of the selected tensors"));
    m_method->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    m_method->setMinimumContentsLength(8);
    methodLabel->setBuddy(m_method);
    m_methodOptions = new QToolButton;
    m_methodOptions->setObjectName(QStringLiteral("methodOptions"));
    m_methodOptions->setIcon(icon("settings"));
    m_methodOptions->setAccessibleName(tr("Options of the method"));
    m_methodOptions->setToolTip(tr("Options of the method"));
    m_reset = new QToolButton;
    m_reset->setText(tr("Reset"));
    m_reset->setToolTip(tr("Let the preset decide about the selected tensors again"));
    m_reset->setObjectName(QStringLiteral("resetButton"));
    row->addWidget(formatLabel);
    row->addWidget(m_format);
    row->addWidget(methodLabel);
    row->addWidget(m_method, 1);
    row->addWidget(m_methodOptions);
    row->addWidget(m_reset);
    layout->addLayout(row);

    connect(m_format, &QComboBox::activated, this, [this](int index) {
        const QVariant chosen = m_format->itemData(index);
        if (chosen.isValid()) Q_EMIT formatRequested(formatFromData(chosen.toInt()));
    });
    connect(m_method, &QComboBox::activated, this, [this](int index) {
        const QVariant chosen = m_method->itemData(index);
        if (chosen.isValid()) Q_EMIT methodRequested(chosen.toString());
    });
    connect(m_methodOptions, &QToolButton::clicked, this, &InspectorPanel::editMethodOptions);
    connect(m_reset, &QToolButton::clicked, this, &InspectorPanel::resetRequested);
}

void InspectorPanel::buildTabs()
{
    m_tabs = new QTabWidget;
    m_tabs->setObjectName(QStringLiteral("inspectorTabs"));
    m_tabs->setAccessibleName(tr("Views of the selected tensor"));
    m_tabs->tabBar()->setAccessibleName(m_tabs->accessibleName());
    m_tabs->setDocumentMode(true);
    m_histogram = new HistogramPlot;
    m_histogram->setFileNameHint(QStringLiteral("histogram"));
    m_errorPlot = new HistogramPlot;
    m_errorPlot->setFileNameHint(QStringLiteral("error-histogram"));
    buildCurve();
    m_tabs->addTab(m_histogram, tr("Histogram"));
    m_tabs->addTab(m_errorPlot, tr("Error"));
    m_tabs->addTab(m_curvePage, tr("Rate–Distortion"));
    buildFacts();
    m_tabs->addTab(m_numbers, tr("Numbers"));
    buildBlocks();
    m_tabs->addTab(m_blocksPage, tr("Blocks"));
    m_inputs = new InputsPage(m_workbench);
    m_tabs->addTab(m_inputs, tr("Inputs"));
    static_cast<QVBoxLayout*>(layout())->addWidget(m_tabs, 1);
    m_note = new QLabel;
    m_note->setObjectName(QStringLiteral("inspectorNote"));
    m_note->setWordWrap(true);
    static_cast<QVBoxLayout*>(layout())->addWidget(m_note);

    connect(m_tabs, &QTabWidget::currentChanged, this, [this](int tab) {
        m_workbench.reports.setCurveWanted(tab == CurveTab);
        m_workbench.reports.setBlocksWanted(tab == BlocksTab);
        refreshFacts();
        Q_EMIT tabChanged(tab);
    });
    connect(m_curve, &RateDistortionPlot::pointClicked, this, [this](int index) {
        const auto& points = m_curve->data();
        const auto i = static_cast<std::size_t>(index);
        if (index < 0 || i >= points.size() || i >= m_curveMethods.size()) return;
        const Quantizer* method = findQuantizer(m_curveMethods[i]);
        const bool analysis = method && !method->exportable();
        Q_EMIT pointRequested(analysis ? std::nullopt : std::optional(points[i].format), QString::fromStdString(m_curveMethods[i]));
    });
}

void InspectorPanel::buildCurve()
{
    m_curvePage = new QWidget;
    auto* layout = new QVBoxLayout(m_curvePage);
    layout->setContentsMargins(0, 2, 0, 0);
    layout->setSpacing(0);
    auto* row = new QHBoxLayout;
    row->setContentsMargins(4, 0, 4, 0);
    m_curveError = new QComboBox;
    m_curveError->setObjectName(QStringLiteral("curveError"));
    m_curveError->addItems({tr("Error of the outputs"), tr("Error of the weights")});
    m_curveError->setToolTip(tr("Outputs: what reaches the next layer on the calibration text, which is what GPTQ looks at. Weights: every weight counts alike."));
    m_curveError->setAccessibleName(tr("What the curves show"));
    m_curveAnalysis = new QCheckBox(tr("Analysis methods"));
    m_curveAnalysis->setObjectName(QStringLiteral("curveAnalysis"));
    m_curveAnalysis->setToolTip(tr("Also what no GGUF file holds: uniform quantization with 2 to 8 bits, NF4, FP4, FP8, INT8"));
    row->addWidget(m_curveError);
    row->addWidget(m_curveAnalysis);
    row->addStretch(1);
    m_compare = new QToolButton;
    m_compare->setObjectName(QStringLiteral("compareOnTensor"));
    m_compare->setText(tr("Compare Methods…"));
    m_compare->setToolTip(tr("Compare methods with options of your choice on this tensor or on the whole model"));
    m_compare->setToolButtonStyle(Qt::ToolButtonTextOnly);
    connect(m_compare, &QToolButton::clicked, this, &InspectorPanel::compareRequested);
    row->addWidget(m_compare);
    layout->addLayout(row);
    m_curve = new RateDistortionPlot;
    m_curve->setFileNameHint(QStringLiteral("rate-distortion"));
    m_curve->setToolTip(tr("Click a point to take its format and method"));
    layout->addWidget(m_curve, 1);
    connect(m_curveError, &QComboBox::currentIndexChanged, this, &InspectorPanel::refreshCurve);
    connect(m_curveAnalysis, &QCheckBox::toggled, this, [this](bool on) { m_workbench.reports.setAnalysisCurves(on); });
}

void InspectorPanel::buildFacts()
{
    auto* inner = new QWidget;
    auto* grid = new QGridLayout(inner);
    grid->setContentsMargins(4, 8, 4, 4);
    grid->setHorizontalSpacing(12);
    grid->setVerticalSpacing(8);
    const auto add = [&](int row, int column, const QString& caption, const QString& tip) {
        auto* value = new LabelledValue(caption);
        value->setToolTip(tip);
        grid->addWidget(value, row, column);
        return value;
    };
    m_shape = add(0, 0, tr("Shape"), tr("Columns × rows: a row is what one output of the matrix is made of"));
    m_size = add(0, 1, tr("Size"), tr("Bytes in the exported file"));
    m_bits = add(0, 2, tr("Bits per weight"), tr("Size over the number of weights"));
    m_error = add(1, 0, tr("Relative error"), tr("‖w−q‖ / ‖w‖: how far the quantized weights are from the original ones"));
    m_rmse = add(1, 1, tr("RMS error"), tr("Root of the mean squared difference"));
    m_maxError = add(1, 2, tr("Largest error"), tr("Largest absolute difference of a single weight"));
    m_cosine = add(2, 0, tr("Cosine similarity"), tr("1 when quantized and original weights point in the same direction"));
    m_sqnr = add(2, 1, tr("Signal to noise"), tr("10·log₁₀(Σw² / Σ(w−q)²)"));
    m_kurtosis = add(2, 2, tr("Excess kurtosis"),
                     tr("0 for a normal distribution; large values mean many outliers, which are hard to quantize"));
    m_mean = add(0, 3, tr("Mean"), tr("Of the original weights"));
    m_deviation = add(1, 3, tr("Standard deviation"), tr("Of the original weights"));
    m_range = add(2, 3, tr("Range"), tr("Smallest and largest original weight"));
    grid->setRowStretch(3, 1);
    for (int column = 0; column < 4; ++column) grid->setColumnStretch(column, 1);
    auto* area = new QScrollArea;
    area->setWidget(inner);
    area->setWidgetResizable(true);
    area->setFrameShape(QFrame::NoFrame);
    m_numbers = area;
}

void InspectorPanel::buildBlocks()
{
    m_blocksPage = new QWidget;
    auto* layout = new QVBoxLayout(m_blocksPage);
    layout->setContentsMargins(4, 6, 4, 0);
    layout->setSpacing(4);
    auto* row = new QHBoxLayout;
    auto* label = new QLabel(tr("From &row:"));
    m_blocksRow = new QSpinBox;
    m_blocksRow->setObjectName(QStringLiteral("blocksRow"));
    m_blocksRow->setAccessibleName(tr("First row of the block map"));
    m_blocksRow->setKeyboardTracking(false);
    m_blocksRow->setSingleStep(64);
    label->setBuddy(m_blocksRow);
    auto* hint = new QLabel;
    m_blocksHint = hint;
    hint->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    hint->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
    hint->setToolTip(tr("Each square is a group of weights that share one scale; the bars are the whole numbers stored for the "
                        "chosen group. Choose with a click or the arrow keys."));
    row->addWidget(label);
    row->addWidget(m_blocksRow);
    row->addWidget(hint, 1);
    layout->addLayout(row);
    m_blocks = new BlockMap;
    m_blocks->setObjectName(QStringLiteral("blockMap"));
    layout->addWidget(m_blocks, 1);
    connect(m_blocksRow, &QSpinBox::valueChanged, this,
            [this](int value) { m_workbench.reports.setBlocksRow(static_cast<std::uint64_t>(value)); });
}

void InspectorPanel::refreshBlocks()
{
    const PlanEntry* entry = currentEntry();
    const TensorReports& reports = m_workbench.reports;
    const auto view = reports.blocks();
    {
        const QSignalBlocker block(m_blocksRow);
        const std::uint64_t rows = entry ? m_workbench.document.model()->tensors()[entry->tensorIndex].shape.rows() : 1;
        m_blocksRow->setRange(0, static_cast<int>(std::clamp<std::uint64_t>(rows, 1, std::numeric_limits<int>::max()) - 1));
        m_blocksRow->setValue(static_cast<int>(reports.blocksRow()));
        m_blocksRow->setEnabled(entry && !reports.blocksError() && rows > 1);
    }
    m_blocks->setEmptyText(!entry                  ? tr("Select a tensor to see its blocks.")
                           : reports.blocksError() ? QString::fromStdString(reports.blocksError()->message)
                                                   : busyText(tr("Making the blocks…")));
    BlockMapData shown;
    if (entry && view) {
        shown.rows = static_cast<int>(view->rows);
        shown.blocksPerRow = static_cast<int>(view->groupsPerRow);
        shown.blockLength = static_cast<int>(view->groupLength);
        shown.scales = view->scales;
        shown.offsets = view->offsets;
        shown.codes = view->codes;
        shown.firstRow = view->firstRow;
    }
    const int length = shown.blockLength;
    m_blocks->setData(std::move(shown));
    m_blocksHint->setText(m_blocks->isEmpty() ? QString()
                                              : tr("One scale for %1 weights. Color: 0 (dark) to %2", "group length, largest scale")
                                                    .arg(QLocale().toString(length), errorText(m_blocks->largestScale())));
}

void InspectorPanel::setFormats(const std::vector<FormatChoice>& formats)
{
    m_formats = formats;
    const QSignalBlocker block(m_format);
    m_format->clear();
    fillFormatCombo(m_format, formats);
    refreshChoice();
}

void InspectorPanel::setMethods(const std::vector<MethodChoice>& methods)
{
    const QSignalBlocker block(m_method);
    m_method->clear();
    m_methods = methods;
    fillMethodCombo(m_method, methods);
    refreshChoice();
}

int InspectorPanel::currentTab() const
{
    return m_tabs->currentIndex();
}

void InspectorPanel::setCurrentTab(int tab)
{
    if (tab >= 0 && tab < m_tabs->count()) m_tabs->setCurrentIndex(tab);
}

void InspectorPanel::focusFirst()
{
    if (m_format->isEnabled())
        m_format->setFocus(Qt::ShortcutFocusReason);
    else
        m_tabs->tabBar()->setFocus(Qt::ShortcutFocusReason);
}

QString InspectorPanel::busyText(const QString& text) const
{
    return m_workbench.document.plan() ? text : tr("Shown as soon as the recipe can be used; see the message above.");
}

std::vector<const PlanEntry*> InspectorPanel::selectedEntries() const
{
    std::vector<const PlanEntry*> entries;
    if (const auto& plan = m_workbench.document.shownPlan())
        for (const PlanEntry& entry : plan->entries)
            if (m_workbench.selection.contains(entry.tensorIndex)) entries.push_back(&entry);
    return entries;
}

const PlanEntry* InspectorPanel::currentEntry() const
{
    const auto& plan = m_workbench.document.shownPlan();
    const auto current = m_workbench.selection.current();
    if (!plan || !current) return nullptr;
    const auto it =
        std::find_if(plan->entries.begin(), plan->entries.end(), [&](const PlanEntry& e) { return e.tensorIndex == *current; });
    return it == plan->entries.end() ? nullptr : &*it;
}

void InspectorPanel::refresh()
{
    refreshChoice();
    refreshPlots();
    refreshCurve();
    refreshBlocks();
    refreshFacts();
}

void InspectorPanel::refreshChoice()
{
    const auto entries = selectedEntries();
    const auto& model = m_workbench.document.model();
    if (entries.empty() || !model) {
        m_title->setText(tr("Nothing selected"));
        m_subtitle->setText(tr("Select tensors on the layer map or in the table."));
    } else if (entries.size() == 1) {
        const PlanEntry& entry = *entries.front();
        m_title->setText(QString::fromStdString(model->tensors()[entry.tensorIndex].name));
        m_subtitle->setText(
            entry.source == entry.target
                ? tr("%1, stays %2", "role, format").arg(roleDescription(entry.identity.role), formatName(entry.target))
                : tr("%1, %2 → %3", "role, format in the file, format chosen")
                      .arg(roleDescription(entry.identity.role), formatName(entry.source), formatName(entry.target)));
    } else {
        std::uint64_t bytes = 0;
        for (const PlanEntry* entry : entries) bytes += entry->sizeBytes;
        m_title->setText(tr("%n tensor(s) selected", nullptr, static_cast<int>(entries.size())));
        m_subtitle->setText(
            tr("%1 together; the plots show %2", "size, tensor name")
                .arg(sizeText(bytes), QString::fromStdString(model->tensors()[*m_workbench.selection.current()].name)));
    }
    m_title->setToolTip(m_title->text());
    m_subtitle->setToolTip(m_subtitle->text());

    std::vector<const PlanEntry*> editable;
    std::copy_if(entries.begin(), entries.end(), std::back_inserter(editable), [](const PlanEntry* e) { return e->editable; });
    const bool any = !editable.empty();
    m_format->setEnabled(any);
    m_method->setEnabled(any && m_method->count() > 0);
    m_reset->setEnabled(
        std::any_of(editable.begin(), editable.end(), [](const PlanEntry* e) { return e->decision == Decision::Rule; }));
    const QString why =
        !entries.empty() && !any ? tr("Only weight matrices can be quantized; this stays as it is in the file.") : QString();
    m_format->setToolTip(why);

    const QSignalBlocker blockFormat(m_format);
    const QSignalBlocker blockMethod(m_method);
    const bool sameFormat = any && std::all_of(editable.begin(), editable.end(),
                                               [&](const PlanEntry* e) { return e->target == editable.front()->target; });
    const bool sameMethod = any && std::all_of(editable.begin(), editable.end(),
                                               [&](const PlanEntry* e) { return e->method == editable.front()->method; });
    m_format->setPlaceholderText(any ? tr("mixed") : !entries.empty() ? formatName(entries.front()->target) : QString());
    m_format->setCurrentIndex(sameFormat ? m_format->findData(formatToData(editable.front()->target)) : -1);
    m_method->setPlaceholderText(!any ? QString() : sameMethod ? tr("copied") : tr("mixed"));
    m_method->setCurrentIndex(sameMethod ? m_method->findData(QString::fromStdString(std::string(methodName(editable.front()->method)))) : -1);
    refreshMethods(editable);
}

void InspectorPanel::refreshMethods(const std::vector<const PlanEntry*>& editable)
{
    auto* items = qobject_cast<QStandardItemModel*>(m_method->model());
    for (std::size_t i = 0; items && i < m_methods.size(); ++i) {
        const MethodChoice& choice = m_methods[i];
        const Quantizer* quantizer = findQuantizer(choice.id.toStdString());
        const auto unable = std::ranges::find_if(editable, [&](const PlanEntry* e) { return quantizer && !quantizer->supports(e->target); });
        QString tip = choice.description;
        if (!choice.enabled) tip += QLatin1Char('\n') + choice.disabledReason;
        if (unable != editable.end()) tip += QLatin1Char('\n') + tr("It cannot make %1.", "method, format").arg(formatName((*unable)->target));
        items->item(static_cast<int>(i))->setEnabled(choice.enabled && unable == editable.end());
        items->item(static_cast<int>(i))->setToolTip(tip);
    }
    const QString chosen = m_method->currentData().toString();
    m_method->setToolTip(m_method->currentIndex() < 0 ? QString() : m_method->currentData(Qt::ToolTipRole).toString());
    m_methodOptions->setEnabled(m_method->isEnabled() && MethodDialog::hasOptions(chosen));
}

void InspectorPanel::editMethodOptions()
{
    const auto entries = selectedEntries();
    const auto it = std::ranges::find_if(entries, [](const PlanEntry* e) { return e->editable; });
    if (it == entries.end()) return;
    auto* dialog = new MethodDialog(QString::fromStdString((*it)->method), this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(dialog, &QDialog::accepted, this, [this, dialog] { Q_EMIT methodRequested(dialog->spec()); });
    dialog->open();
}

void InspectorPanel::refreshPlots()
{
    const PlanEntry* entry = currentEntry();
    const auto report = m_workbench.reports.report();
    const QString waiting = !entry                              ? tr("Select a tensor to see its weights.")
                            : m_workbench.reports.reportError() ? QString::fromStdString(m_workbench.reports.reportError()->message)
                                                                : busyText(tr("Looking at the weights…"));
    m_histogram->setEmptyText(waiting);
    m_errorPlot->setEmptyText(waiting);
    if (!entry || !report) {
        m_histogram->setData({});
        m_errorPlot->setData({});
        return;
    }
    HistogramPlotData weights;
    weights.xTitle = tr("weight");
    weights.series.push_back({tr("original (%1)").arg(formatName(entry->source)), report->originalHistogram});
    if (entry->quantized) weights.series.push_back({formatName(entry->target), report->quantizedHistogram});
    m_histogram->setData(std::move(weights));
    if (!entry->quantized) {
        m_errorPlot->setEmptyText(tr("This tensor is copied bit by bit: no error."));
        m_errorPlot->setData({});
        return;
    }
    HistogramPlotData errors;
    errors.xTitle = tr("quantized minus original");
    errors.series.push_back({formatName(entry->target), report->errorHistogram});
    m_errorPlot->setData(std::move(errors));
}

void InspectorPanel::refreshCurve()
{
    const PlanEntry* entry = currentEntry();
    const TensorReports& reports = m_workbench.reports;
    m_curve->setEmptyText(!entry                 ? tr("Select a tensor to see what each format would do to it.")
                          : reports.curveError() ? QString::fromStdString(reports.curveError()->message)
                                                 : busyText(tr("Trying every format…")));
    const bool seen = std::ranges::any_of(reports.curve(), [](const RateDistortionPoint& p) { return p.outputError.has_value(); });
    m_curveError->setVisible(seen);
    const bool outputs = seen && m_curveError->currentIndex() == 0;
    m_curve->setErrorTitle(outputs ? tr("output error") : tr("relative error"));
    std::vector<RatePoint> points;
    m_curveMethods.clear();
    const std::string own = entry ? (entry->method.empty() ? std::string(kDefaultMethod) : entry->method) : std::string();
    for (const RateDistortionPoint& point : reports.curve()) {
        if (!entry || (outputs && !point.outputError)) continue;
        const Quantizer* method = findQuantizer(point.method);
        // Half of the axes would go to formats that every tensor takes without much error.
        const bool isFloat = point.format == TensorType::F32 || point.format == TensorType::F16 || point.format == TensorType::BF16;
        if (!method || (isFloat && !point.analysis)) continue;
        RatePoint shown{point.format, methodTitle(point.method), point.bitsPerWeight, outputs ? *point.outputError : point.relativeError};
        shown.chosen = point.method == own && (point.analysis || point.format == entry->target);
        if (point.analysis) {
            const int bits = bitsOf(point.method);
            const QString title = translatedCoreText(std::string(method->title()).c_str());
            shown.alone = bits == 0;
            shown.label = bits > 0 ? tr("%n bit(s)", nullptr, bits) : title;
            shown.method = bits > 0 ? title : QString();
        }
        points.push_back(std::move(shown));
        m_curveMethods.push_back(point.method);
    }
    m_curve->setData(std::move(points));
    refreshFacts();
}

QString InspectorPanel::whyText() const
{
    const PlanEntry* entry = currentEntry();
    if (!entry || !entry->editable) return {};
    QString text = reasonText(*entry, m_workbench.document.current()->recipe);
    const auto& table = m_workbench.budget.table();
    if (!table) return text;
    const auto value = table->values(*m_workbench.document.shownPlan())[entry->tensorIndex];
    if (!value || !value->gainPerMiB) return text;
    return text + QLatin1Char(' ') +
           (table->basis() == BudgetTable::Basis::Probes
                ? tr("Another MiB here would lower the KL divergence by %1 (predicted).").arg(errorText(*value->gainPerMiB))
                : tr("Another MiB here would lower the damage by %1 (estimated from weight errors).").arg(errorText(*value->gainPerMiB)));
}

void InspectorPanel::refreshFacts()
{
    const PlanEntry* entry = currentEntry();
    const auto report = m_workbench.reports.report();
    const auto& model = m_workbench.document.model();
    QString note;
    if (entry && m_tabs->currentIndex() == CurveTab) {
        const std::uint64_t rows = model->tensors()[entry->tensorIndex].shape.rows();
        const std::uint64_t used = m_workbench.reports.curveRows();
        note = used != 0 && used < rows
                   ? tr("Estimated from %1 of %2 rows. Click a point to take its format and method.").arg(countText(used), countText(rows))
                   : tr("Measured on all rows. Click a point to take its format and method.");
        const bool guessed = std::ranges::any_of(m_workbench.reports.curve(), [](const RateDistortionPoint& p) {
            return traits(p.format).importance == ImportanceUse::Required;
        });
        const ImportanceMatrix* matrix = m_workbench.document.importance().get();
        if (guessed && !(matrix && matrix->find(model->tensors()[entry->tensorIndex].name)))
            note += QLatin1Char(' ') + tr("Formats that need an importance matrix were tried with equal importance.");
        if (!m_workbench.document.grams()) note += QLatin1Char(' ') + tr("GPTQ and errors of the outputs need Gram matrices: use Calibrate.");
        if (!m_workbench.reports.isCurveComplete()) note.clear();
    } else if (entry && report && entry->quantized) {
        note = tr("Relative error %1, measured on all weights.").arg(errorText(report->error.relativeError()));
        const Quantizer* quantizer = findQuantizer(entry->method);
        if (quantizer && !quantizer->exportable())
            note += QLatin1Char(' ') + tr("Analysis: the values of %1, stored as %2.")
                                           .arg(m_method->currentText(), formatName(entry->target));
    }
    if (const QString why = whyText(); !why.isEmpty() && m_tabs->currentIndex() != CurveTab)
        note += (note.isEmpty() ? QString() : QStringLiteral(" ")) + why;
    if (entry && m_workbench.document.plan() && !entry->warnings.empty())
        note = planWarningsText(entry->warnings) + (note.isEmpty() ? QString() : QStringLiteral(" ") + note);
    m_note->setText(note);
    m_compare->setEnabled(entry);
    // The page of the inputs has words of its own.
    m_note->setVisible(!note.isEmpty() && m_tabs->currentIndex() != InputsTab);

    LabelledValue* const all[] = {m_shape,  m_size, m_bits, m_error,     m_rmse,  m_maxError,
                                  m_cosine, m_sqnr, m_mean, m_deviation, m_range, m_kurtosis};
    for (LabelledValue* value : all) value->clearValue();
    if (!entry || !model) return;
    const TensorInfo& tensor = model->tensors()[entry->tensorIndex];
    m_shape->setValue(shapeText(tensor.shape), Origin::Exact);
    m_size->setValue(sizeText(entry->sizeBytes), Origin::Exact);
    if (tensor.shape.elements() > 0)
        m_bits->setValue(
            bitsPerWeightText(8.0 * static_cast<double>(entry->sizeBytes) / static_cast<double>(tensor.shape.elements())),
            Origin::Exact);
    if (!report) return;
    const TensorError& e = report->error;
    const ValueStatistics& o = report->original;
    const QString source = tr("Computed from all weights of the tensor");
    m_error->setValue(errorText(e.relativeError()), Origin::Measured, source);
    m_rmse->setValue(errorText(e.rmse()), Origin::Measured, source);
    m_maxError->setValue(errorText(e.maxError()), Origin::Measured, source);
    m_cosine->setValue(QLocale().toString(e.cosine(), 'f', 6), Origin::Measured, source);
    m_sqnr->setValue(std::isfinite(e.sqnrDb()) ? tr("%1 dB").arg(QLocale().toString(e.sqnrDb(), 'f', 1)) : tr("no error"),
                     Origin::Measured, source);
    m_mean->setValue(valueText(o.mean()), Origin::Measured, source);
    m_deviation->setValue(valueText(o.standardDeviation()), Origin::Measured, source);
    m_range->setValue(tr("%1 to %2", "smallest, largest").arg(valueText(o.minimum), valueText(o.maximum)), Origin::Measured,
                      source);
    m_kurtosis->setValue(valueText(o.excessKurtosis()), Origin::Measured, source);
}

}  // namespace ww
