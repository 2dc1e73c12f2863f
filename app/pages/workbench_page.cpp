// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/pages/workbench_page.h"

#include <QFileInfo>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QJsonObject>
#include <QLabel>
#include <QMenu>
#include <QSplitter>
#include <QStyle>
#include <QToolButton>
#include <QVBoxLayout>

#include <QTreeView>

#include <algorithm>
#include <numeric>

#include "app/actions.h"
#include "app/choices.h"
#include "app/pages/inspector_panel.h"
#include "app/pages/results_panel.h"
#include "app/workbench.h"
#include "widgets/delegates/format_delegate.h"
#include "widgets/models/tensor_tree_model.h"
#include "widgets/views/format_palette.h"
#include "widgets/views/layer_map.h"
#include "widgets/views/layer_map_canvas.h"
#include "widgets/views/tensor_table.h"

namespace ww {
namespace {

/// Of the method column that a column which shows up by itself leaves.
constexpr int kMethodDigits = 12;

TensorSet toTensors(const QList<int>& rows)
{
    TensorSet tensors;
    for (int row : rows)
        if (row >= 0) tensors.push_back(static_cast<std::size_t>(row));
    std::sort(tensors.begin(), tensors.end());
    return tensors;
}

QList<int> toRows(const TensorSet& tensors)
{
    QList<int> rows;
    rows.reserve(static_cast<qsizetype>(tensors.size()));
    for (std::size_t tensor : tensors) rows.append(static_cast<int>(tensor));
    return rows;
}

}  // namespace

WorkbenchPage::WorkbenchPage(Workbench& workbench, Actions& actions, QWidget* parent)
    : QWidget(parent), m_workbench(workbench), m_actions(actions)
{
    setObjectName(QStringLiteral("workbenchPage"));
    build();
    m_map->setModel(m_model);
    m_table->setModel(m_model);
    refreshFormats();
    buildColumnMenu();
    connectViews();
    refreshRows();
    showSelection();
    restoreLayout();
    refreshSteps();
}

void WorkbenchPage::build()
{
    m_model = new TensorTreeModel(this);
    m_map = new LayerMap;
    m_map->setObjectName(QStringLiteral("layerMap"));
    m_palette = new FormatPalette;
    m_palette->setObjectName(QStringLiteral("formatPalette"));
    m_table = new TensorTable;
    m_table->setObjectName(QStringLiteral("tensorTable"));
    m_inspector = new InspectorPanel(m_workbench);
    m_results = new ResultsPanel(m_workbench);

    auto* top = new QWidget;
    auto* topLayout = new QVBoxLayout(top);
    topLayout->setContentsMargins(8, 6, 8, 4);
    topLayout->setSpacing(4);
    topLayout->addWidget(buildSteps());
    topLayout->addWidget(m_map, 1);
    m_allFormats = new QToolButton;
    m_allFormats->setObjectName(QStringLiteral("allFormatsButton"));
    m_allFormats->setText(tr("All Formats"));
    m_allFormats->setToolTip(tr("Every format with its bits per weight and what it is good for"));
    m_allFormats->setPopupMode(QToolButton::InstantPopup);
    m_allFormats->setFocusPolicy(Qt::TabFocus);
    auto* menu = new QMenu(m_allFormats);
    menu->setToolTipsVisible(true);
    m_allFormats->setMenu(menu);
    connect(menu, &QMenu::aboutToShow, this, &WorkbenchPage::fillFormatMenu);
    m_palette->setTrailingWidget(m_allFormats);
    topLayout->addWidget(m_palette);
    auto* bottom = new QWidget;
    auto* bottomLayout = new QVBoxLayout(bottom);
    bottomLayout->setContentsMargins(8, 4, 8, 6);
    bottomLayout->addWidget(m_table);

    m_left = new QSplitter(Qt::Vertical);
    m_left->addWidget(top);
    m_left->addWidget(bottom);
    m_right = new QSplitter(Qt::Vertical);
    m_right->addWidget(m_inspector);
    m_right->addWidget(m_results);
    m_columns = new QSplitter(Qt::Horizontal);
    m_columns->addWidget(m_left);
    m_columns->addWidget(m_right);
    for (QSplitter* splitter : {m_left, m_right, m_columns}) splitter->setChildrenCollapsible(false);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_columns);
}

void WorkbenchPage::connectViews()
{
    Document& document = m_workbench.document;
    connect(&document, &Document::modelChanged, this, [this] { m_newModel = true; });
    connect(&document, &Document::baseChanged, this, &WorkbenchPage::takeBase);
    connect(&document, &Document::currentRecipeChanged, this, &WorkbenchPage::refreshSteps);
    connect(m_changeSteps, &QToolButton::clicked, m_actions.recipeSteps, &QAction::trigger);
    connect(&document, &Document::importanceChanged, this, &WorkbenchPage::refreshFormats);
    connect(&document, &Document::planChanged, this, &WorkbenchPage::refreshRows);
    connect(&m_workbench.reports, &TensorReports::errorsChanged, this, &WorkbenchPage::onErrors);
    connect(&m_workbench.selection, &Selection::changed, this, &WorkbenchPage::showSelection);

    connect(m_map, &LayerMap::selectionChanged, this, [this](const QList<int>& rows) { selectRows(rows, m_map->currentRow()); });
    connect(m_map, &LayerMap::currentRowChanged, this, [this](int row) { selectRows(m_map->selectedRows(), row); });
    connect(m_table, &TensorTable::selectionChanged, this, [this](const QList<int>& rows) { selectRows(rows, -1); });
    connect(m_table, &TensorTable::currentRowChanged, this, [this](int row) { selectRows(m_table->selectedRows(), row); });

    const auto choose = [this](const QList<int>& rows, std::optional<TensorType> format) { chooseFormat(toTensors(rows), format); };
    connect(m_map, &LayerMap::formatRequested, this, choose);
    connect(m_table, &TensorTable::formatRequested, this, choose);
    connect(m_table, &TensorTable::methodRequested, this, [this](const QList<int>& rows, const QString& method) {
        m_workbench.document.choose(toTensors(rows), {{}, false, method.toStdString()});
    });
    const auto chooseSelected = [this](std::optional<TensorType> format) { chooseFormat(m_workbench.selection.tensors(), format); };
    connect(m_palette, &FormatPalette::formatChosen, this, chooseSelected);
    connect(m_inspector, &InspectorPanel::formatRequested, this, chooseSelected);
    connect(m_inspector, &InspectorPanel::methodRequested, this, [this](const QString& method) {
        m_workbench.document.choose(m_workbench.selection.tensors(), {{}, false, method.toStdString()});
    });
    connect(m_inspector, &InspectorPanel::pointRequested, this, [this](std::optional<TensorType> format, const QString& method) {
        m_workbench.document.choose(m_workbench.selection.tensors(), {format, false, method.toStdString()});
    });
    connect(m_inspector, &InspectorPanel::resetRequested, m_actions.resetTensors, &QAction::trigger);
    connect(m_map, &LayerMap::contextMenuRequested, this, [this](QMenu* menu) { extendMenu(menu); });
    connect(m_table, &TensorTable::contextMenuRequested, this, [this](QMenu* menu) { extendMenu(menu); });

    connect(m_results, &ResultsPanel::roleClicked, this, [this](TensorRole role) {
        TensorSet tensors;
        if (const auto& plan = m_workbench.document.shownPlan())
            for (const PlanEntry& entry : plan->entries)
                if (entry.identity.role == role) tensors.push_back(entry.tensorIndex);
        m_workbench.selection.set(std::move(tensors));
    });
    connect(m_results, &ResultsPanel::tensorClicked, this, [this](int row) {
        const auto tensor = static_cast<std::size_t>(row);
        m_workbench.selection.set({tensor}, tensor);
    });
    connect(m_results, &ResultsPanel::calibrateRequested, m_actions.calibrate, &QAction::trigger);
    connect(m_results, &ResultsPanel::metadataRequested, m_actions.modelFacts, &QAction::trigger);
    connect(m_results, &ResultsPanel::measureRequested, m_actions.measure, &QAction::trigger);
    connect(m_results, &ResultsPanel::measurePresetsRequested, m_actions.measurePresets, &QAction::trigger);
    connect(m_inspector, &InspectorPanel::tabChanged, this, &WorkbenchPage::viewStateChanged);
    connect(m_results, &ResultsPanel::tabChanged, this, &WorkbenchPage::viewStateChanged);
    connect(m_map, &LayerMap::colorByChanged, this, &WorkbenchPage::viewStateChanged);
    connect(m_map, &LayerMap::colorByChanged, this, [this](LayerMap::ColorBy colorBy) {
        if (colorBy == LayerMap::ColorBy::Damage) m_workbench.budget.prepare();
    });
    connect(&m_workbench.budget, &BudgetController::tableChanged, this, [this] {
        refreshRows();
        // Once there is something in it, the column shows up by itself where there is room; hiding it again is up to the person.
        if (!m_workbench.budget.table() || m_gainShown || !hasRoomForGain()) return;
        m_gainShown = true;
        m_table->view()->header()->setSectionHidden(TensorTreeModel::Gain, false);
    });
}

QWidget* WorkbenchPage::buildSteps()
{
    m_stepsRow = new QWidget;
    m_stepsRow->setObjectName(QStringLiteral("stepsRow"));
    auto* layout = new QHBoxLayout(m_stepsRow);
    layout->setContentsMargins(0, 0, 0, 0);
    m_steps = new QLabel;
    m_steps->setObjectName(QStringLiteral("stepsLabel"));
    m_steps->setWordWrap(true);
    layout->addWidget(m_steps, 1);
    m_changeSteps = new QToolButton;
    m_changeSteps->setObjectName(QStringLiteral("changeStepsButton"));
    m_changeSteps->setText(tr("Change…"));
    m_changeSteps->setToolTip(tr("Choose and order the steps that change the model before it is quantized"));
    m_changeSteps->setFocusPolicy(Qt::TabFocus);
    layout->addWidget(m_changeSteps);
    m_stepsRow->hide();
    return m_stepsRow;
}

void WorkbenchPage::refreshSteps()
{
    const DocumentRecipe* current = m_workbench.document.current();
    m_stepsRow->setVisible(current && !current->recipe.transform.empty());
    if (!current || current->recipe.transform.empty()) return;
    QString steps = transformStepsTitle(current->recipe.transform);
    if (const QString text = m_workbench.steps.textPathOf(*current); !text.isEmpty())
        steps = tr("%1 (read: %2)", "steps, text that they read").arg(steps, QFileInfo(text).fileName());
    m_steps->setText(current->stepsPending ? tr("Before quantizing: %1. Being run; until then everything shows the model as it is.").arg(steps)
                                           : tr("Before quantizing: %1", "steps").arg(steps));
}

void WorkbenchPage::takeBase()
{
    const auto& model = m_workbench.document.model();
    if (!model || model->tensors().size() == m_model->rows().size()) return;
    // A step may have given the model an output matrix of its own, or it is gone again.
    m_newModel = true;
    TensorSet there;
    for (const std::size_t tensor : m_workbench.selection.tensors())
        if (tensor < model->tensors().size()) there.push_back(tensor);
    m_workbench.selection.set(std::move(there), m_workbench.selection.current().value_or(0) < model->tensors().size() ? m_workbench.selection.current() : std::nullopt);
}

const std::vector<TensorRow>& WorkbenchPage::rows() const
{
    return m_model->rows();
}

void WorkbenchPage::refreshRows()
{
    const Document& document = m_workbench.document;
    std::vector<TensorRow> rows;
    if (document.model() && document.shownPlan())
        rows = tensorRows(
            *document.model(), *document.shownPlan(), document.current()->recipe,
            [this](const PlanEntry& entry) { return m_workbench.reports.relativeError(entry); },
            m_newModel ? std::vector<TensorRow>() : m_model->rows());
    // What a draft lacks is said once, above; a mark on every tensor would hide the others.
    if (!document.plan())
        for (TensorRow& row : rows) row.warning.clear();
    if (const auto& table = m_workbench.budget.table(); table && document.shownPlan()) {
        const auto values = table->values(*document.shownPlan());
        for (std::size_t i = 0; i < rows.size() && i < values.size(); ++i) {
            if (!values[i]) continue;
            rows[i].damage = values[i]->damage;
            rows[i].gain = values[i]->gainPerMiB;
        }
    }
    m_results->setRows(rows);
    if (m_newModel || rows.empty()) {
        m_model->setRows(std::move(rows));
        m_newModel = false;
    } else {
        m_model->updateRows(rows);
    }
    showSelection();
}

void WorkbenchPage::onErrors(const QList<int>& tensors)
{
    const auto& plan = m_workbench.document.plan();
    if (!plan) return;
    const QSet<int> changed(tensors.begin(), tensors.end());
    for (const PlanEntry& entry : plan->entries)
        if (entry.quantized && changed.contains(static_cast<int>(entry.tensorIndex)))
            m_model->setRelativeError(static_cast<int>(entry.tensorIndex), m_workbench.reports.relativeError(entry));
}

void WorkbenchPage::selectRows(const QList<int>& rows, int current)
{
    m_workbench.selection.set(toTensors(rows), current >= 0 ? std::optional(static_cast<std::size_t>(current)) : std::nullopt);
}

void WorkbenchPage::showSelection()
{
    const Selection& selection = m_workbench.selection;
    const QList<int> rows = toRows(selection.tensors());
    m_map->setSelectedRows(rows);
    m_table->setSelectedRows(rows);
    if (selection.current() && !rows.contains(m_map->currentRow())) m_map->setCurrentRow(static_cast<int>(*selection.current()));
    if (selection.current() && !m_table->view()->hasFocus()) m_table->showRow(static_cast<int>(*selection.current()));

    QSet<TensorType> formats;
    int editable = 0;
    if (const auto& plan = m_workbench.document.shownPlan())
        for (const PlanEntry& entry : plan->entries)
            if (entry.editable && selection.contains(entry.tensorIndex)) {
                ++editable;
                formats.insert(entry.target);
            }
    m_palette->setTargetCount(editable);
    m_allFormats->setEnabled(editable > 0);
    m_palette->setCurrentFormats(formats);
}

void WorkbenchPage::refreshFormats()
{
    const bool haveImportance = m_workbench.document.importance() != nullptr;
    const auto formats = formatChoices(haveImportance);
    m_map->setFormats(formats);
    m_palette->setFormats(commonFormatChoices(haveImportance));
    m_table->setFormats(formats);
    m_inspector->setFormats(formats);
    const auto methods = methodChoices(haveImportance, m_workbench.document.grams() != nullptr);
    m_table->setMethods(methods);
    m_inspector->setMethods(methods);
}

void WorkbenchPage::fillFormatMenu()
{
    QMenu* menu = m_allFormats->menu();
    menu->clear();
    for (const FormatChoice& choice : formatChoices(m_workbench.document.importance() != nullptr)) {
        auto* action = menu->addAction(formatMenuText(choice), this, [this, format = choice.type] {
            chooseFormat(m_workbench.selection.tensors(), format);
        });
        if (choice.type) action->setIcon(formatSwatch(*choice.type, palette()));
        action->setEnabled(choice.enabled);
        if (!choice.enabled) action->setToolTip(choice.disabledReason);
    }
}

void WorkbenchPage::selectAll()
{
    if (!m_workbench.document.model()) return;
    TensorSet all(m_workbench.document.model()->tensors().size());
    std::iota(all.begin(), all.end(), std::size_t{0});
    m_workbench.selection.set(std::move(all), m_workbench.selection.current());
}

void WorkbenchPage::extendMenu(QMenu* menu)
{
    menu->addSeparator();
    menu->addAction(m_actions.resetTensors);
    menu->addAction(m_actions.selectAll);
}

void WorkbenchPage::chooseFormat(const TensorSet& tensors, std::optional<TensorType> format)
{
    m_workbench.document.choose(tensors, {format, !format.has_value(), {}});
}

void WorkbenchPage::restoreLayout()
{
    const Settings& settings = m_workbench.settings;
    const bool known = m_columns->restoreState(settings.splitterState(QStringLiteral("columns"))) &&
                       m_left->restoreState(settings.splitterState(QStringLiteral("left"))) &&
                       m_right->restoreState(settings.splitterState(QStringLiteral("right")));
    if (!known) resetLayout();
    m_table->restoreState(settings.splitterState(QStringLiteral("table")));
}

void WorkbenchPage::resetLayout()
{
    m_columns->setSizes({595, 405});
    resetColumns();
    m_left->setSizes({500, 500});
    m_right->setSizes({560, 440});  // the curves need the height
    m_columns->setStretchFactor(0, 59);
    m_columns->setStretchFactor(1, 41);
}

void WorkbenchPage::resetColumns()
{
    QHeaderView* header = m_table->view()->header();
    const int digit = fontMetrics().horizontalAdvance(QLatin1Char('0'));
    static constexpr std::pair<int, int> kWidths[] = {
        {TensorTreeModel::Name, 26},         {TensorTreeModel::Role, 12},   {TensorTreeModel::Shape, 11},
        {TensorTreeModel::Source, 8},        {TensorTreeModel::Format, 9},  {TensorTreeModel::BitsPerWeight, 6},
        {TensorTreeModel::Size, 9},          {TensorTreeModel::Error, 8},
    };
    for (const auto& [column, digits] : kWidths) header->resizeSection(column, digits * digit);
    header->resizeSection(TensorTreeModel::Gain, gainWidth());
    // States are read whole in every language; what is left goes to the method, whose names are long.
    const int margins = 2 * style()->pixelMetric(QStyle::PM_FocusFrameHMargin, nullptr, m_table->view()) + digit;
    const int warning = m_table->view()->iconSize().width() + digit + fontMetrics().horizontalAdvance(TensorTreeModel::tr("warning"));
    header->resizeSection(TensorTreeModel::State, margins + std::max(warning, fontMetrics().horizontalAdvance(TensorTreeModel::tr("kept as is"))));
    header->setMinimumSectionSize(5 * digit);
    header->setStretchLastSection(false);
    header->setSectionResizeMode(TensorTreeModel::Method, QHeaderView::Stretch);
    // The name says the role already, the inspector the format in the file; the header's menu shows them all.
    for (int column = 0; column < header->count(); ++column)
        header->setSectionHidden(column, column == TensorTreeModel::Role || column == TensorTreeModel::Source || column == TensorTreeModel::Gain);
}

bool WorkbenchPage::hasRoomForGain() const
{
    const QHeaderView* header = m_table->view()->header();
    const int digit = fontMetrics().horizontalAdvance(QLatin1Char('0'));
    const int spare = header->viewport()->width() - header->length() + header->sectionSize(TensorTreeModel::Method) - kMethodDigits * digit;
    return spare >= gainWidth();
}

int WorkbenchPage::gainWidth() const
{
    const int digit = fontMetrics().horizontalAdvance(QLatin1Char('0'));
    return std::max(10 * digit, fontMetrics().horizontalAdvance(m_model->headerData(TensorTreeModel::Gain, Qt::Horizontal).toString()) + 2 * digit);
}

void WorkbenchPage::buildColumnMenu()
{
    QHeaderView* header = m_table->view()->header();
    header->setContextMenuPolicy(Qt::CustomContextMenu);
    connect(header, &QWidget::customContextMenuRequested, this, [this, header](const QPoint& position) {
        auto* menu = new QMenu(this);
        menu->setAttribute(Qt::WA_DeleteOnClose);
        for (int column = 1; column < header->count(); ++column) {
            auto* action = menu->addAction(m_model->headerData(column, Qt::Horizontal).toString());
            action->setCheckable(true);
            action->setChecked(!header->isSectionHidden(column));
            connect(action, &QAction::toggled, header, [header, column](bool on) { header->setSectionHidden(column, !on); });
        }
        menu->popup(header->mapToGlobal(position));
    });
}

void WorkbenchPage::saveLayout() const
{
    Settings& settings = m_workbench.settings;
    settings.setSplitterState(QStringLiteral("columns"), m_columns->saveState());
    settings.setSplitterState(QStringLiteral("left"), m_left->saveState());
    settings.setSplitterState(QStringLiteral("right"), m_right->saveState());
    settings.setSplitterState(QStringLiteral("table"), m_table->saveState());
}

QJsonObject WorkbenchPage::viewState() const
{
    QJsonObject state;
    state[QStringLiteral("inspectorTab")] = m_inspector->currentTab();
    state[QStringLiteral("resultsTab")] = m_results->currentTab();
    state[QStringLiteral("mapColors")] = static_cast<int>(m_map->colorBy());
    return state;
}

void WorkbenchPage::setViewState(const QJsonObject& state)
{
    m_inspector->setCurrentTab(state.value(QStringLiteral("inspectorTab")).toInt(0));
    m_results->setCurrentTab(state.value(QStringLiteral("resultsTab")).toInt(0));
    const int colors = state.value(QStringLiteral("mapColors")).toInt(0);
    if (colors >= 0 && colors <= static_cast<int>(LayerMap::ColorBy::Damage))
        m_map->setColorBy(static_cast<LayerMap::ColorBy>(colors));
}

}  // namespace ww
