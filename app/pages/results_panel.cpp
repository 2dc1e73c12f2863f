// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/pages/results_panel.h"

#include <QClipboard>
#include <QComboBox>
#include <QFileInfo>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QPushButton>
#include <QSortFilterProxyModel>
#include <QTabBar>
#include <QTabWidget>
#include <QTreeView>
#include <QVBoxLayout>

#include "app/dialogs/save_table.h"
#include "app/divergences.h"
#include "app/pages/sensitivity_page.h"
#include "app/pages/try_it_page.h"
#include "app/workbench.h"
#include "widgets/models/metadata_model.h"
#include "widgets/plots/damage_plot.h"
#include "widgets/plots/pareto_plot.h"
#include "widgets/plots/size_plot.h"
#include "widgets/theme/format_text.h"
#include "widgets/theme/theme.h"

namespace ww {
namespace {

const auto kOriginalId = QStringLiteral("original");

QString detailText(const Variant& v)
{
    QString text = ResultsPanel::tr("Measured on %1, %2 of %3 tokens, %4 tokens scored")
        .arg(QFileInfo(v.textPath).fileName(), ResultsPanel::tr("%n window(s)", nullptr, static_cast<int>(v.windows)),
             countText(v.contextLength), countText(v.scoredTokens));
    if (v.activations == Activations::LlamaCpp) text += ResultsPanel::tr(", inputs rounded as llama.cpp does");
    if (judgedOnText(v.textPath, v.stepsText))
        text += ResultsPanel::tr("; its steps read the same text, so that it looks better than it is");
    else if (!v.stepsText.isEmpty())
        text += ResultsPanel::tr("; its steps read %1", "name of a text").arg(QFileInfo(v.stepsText).fileName());
    return text;
}

/// As exported files will have it.
Metadata withEdits(Metadata metadata, const MetadataEdits& edits)
{
    (void)applyEdits(metadata, edits);
    return metadata;
}

void fill(VariantRow& row, const Variant& v)
{
    row.perplexity = v.perplexity;
    row.standardError = v.standardError;
    row.seconds = v.seconds;
    row.roundedInputs = v.activations == Activations::LlamaCpp;
    if (v.divergence) {
        row.klDivergence = v.divergence->mean;
        row.klError = v.divergence->meanError;
        row.sameTop = v.divergence->sameTop;
        row.rmsChange = v.divergence->rmsChange;
    }
    row.status = VariantRow::Status::Measured;
    row.detail = detailText(v);
}

}  // namespace

ResultsPanel::ResultsPanel(Workbench& workbench, QWidget* parent) : QWidget(parent), m_workbench(workbench), m_compareSlot(workbench.jobs)
{
    setObjectName(QStringLiteral("results"));
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(8, 6, 8, 6);
    m_tabs = new QTabWidget;
    m_tabs->setObjectName(QStringLiteral("resultsTabs"));
    m_tabs->setAccessibleName(tr("Results"));
    m_tabs->tabBar()->setAccessibleName(m_tabs->accessibleName());
    m_tabs->setDocumentMode(true);
    layout->addWidget(m_tabs);

    m_size = new SizePlot;
    m_size->setFileNameHint(QStringLiteral("size-by-role"));
    m_size->setEmptyText(tr("Open a model to see where its bytes go."));
    m_size->setToolTip(tr("Click a bar to select its tensors"));
    m_tabs->addTab(m_size, tr("Size"));
    m_tabs->addTab(buildPareto(), tr("Size–Quality"));
    m_sensitivity = new SensitivityPage(workbench);
    m_tabs->addTab(m_sensitivity, tr("Sensitivity"));
    connect(m_sensitivity, &SensitivityPage::tensorClicked, this, &ResultsPanel::tensorClicked);
    connect(m_sensitivity, &SensitivityPage::calibrateRequested, this, &ResultsPanel::calibrateRequested);
    m_tabs->addTab(buildVariants(), tr("Variants"));
    m_tabs->addTab(buildMetadata(), tr("Metadata"));
    m_tryIt = new TryItPage(workbench);
    m_tabs->addTab(m_tryIt, tr("Try It"));

    connect(m_tabs, &QTabWidget::currentChanged, this, &ResultsPanel::tabChanged);
    connect(m_size, &SizePlot::roleClicked, this, &ResultsPanel::roleClicked);
    Document& document = m_workbench.document;
    connect(&document, &Document::variantsChanged, this, &ResultsPanel::refreshVariants);
    connect(&document, &Document::recipesChanged, this, &ResultsPanel::refreshVariants);
    connect(&document, &Document::planChanged, this, &ResultsPanel::refreshVariants);
    connect(&document, &Document::modelChanged, this, &ResultsPanel::refreshMetadata);
    connect(&document, &Document::metadataChanged, this, &ResultsPanel::refreshMetadata);
    connect(&m_workbench.budget, &BudgetController::tableChanged, this, &ResultsPanel::refreshVariants);
    connect(&m_workbench.measure, &MeasureController::pendingChanged, this, &ResultsPanel::refreshVariants);
    refreshMetadata();
    refreshVariants();
}

QWidget* ResultsPanel::buildPareto()
{
    auto* page = new QWidget;
    auto* layout = new QVBoxLayout(page);
    layout->setContentsMargins(0, 4, 0, 0);
    layout->setSpacing(4);
    auto* head = new QHBoxLayout;
    auto* label = new QLabel(tr("&Quality:"));
    m_quality = new QComboBox;
    m_quality->setObjectName(QStringLiteral("qualityCombo"));
    m_quality->setAccessibleName(tr("What the plot compares"));
    m_quality->addItems({tr("Perplexity"), tr("KL divergence")});
    label->setBuddy(m_quality);
    head->addWidget(label);
    head->addWidget(m_quality);
    head->addStretch(1);
    layout->addLayout(head);
    m_pareto = new ParetoPlot;
    connect(m_quality, &QComboBox::currentIndexChanged, this, [this](int index) {
        m_pareto->setMeasure(index == 1 ? ParetoPlot::Measure::Divergence : ParetoPlot::Measure::Perplexity);
        refreshVariants();
    });
    m_pareto->setFileNameHint(QStringLiteral("size-perplexity"));
    m_pareto->setEmptyText(tr("Nothing is measured yet. Measure the current recipe, or several presets in one go."));
    connect(m_pareto, &ParetoPlot::pointClicked, this, &ResultsPanel::showVariant);
    layout->addWidget(m_pareto, 1);
    auto* row = new QHBoxLayout;
    m_yardstick = new QLabel;
    m_yardstick->setObjectName(QStringLiteral("yardstick"));
    m_yardstick->setWordWrap(true);
    row->addWidget(m_yardstick, 1);
    auto* measure = new QPushButton(tr("Measure…"));
    auto* presets = new QPushButton(tr("Measure Presets…"));
    connect(measure, &QPushButton::clicked, this, &ResultsPanel::measureRequested);
    connect(presets, &QPushButton::clicked, this, &ResultsPanel::measurePresetsRequested);
    row->addWidget(measure);
    row->addWidget(presets);
    layout->addLayout(row);
    return page;
}

QWidget* ResultsPanel::buildVariants()
{
    m_variants = new VariantsModel(this);
    m_sorted = new QSortFilterProxyModel(this);
    m_sorted->setSourceModel(m_variants);
    m_sorted->setSortRole(VariantsModel::SortRole);
    m_table = new QTreeView;
    m_table->setObjectName(QStringLiteral("variantsTable"));
    m_table->setAccessibleName(tr("Variants"));
    m_table->setModel(m_sorted);
    m_table->setRootIsDecorated(false);
    m_table->setUniformRowHeights(true);
    m_table->setAlternatingRowColors(true);
    m_table->setSortingEnabled(true);
    m_table->sortByColumn(VariantsModel::Size, Qt::DescendingOrder);
    m_table->setSelectionMode(QAbstractItemView::ExtendedSelection);
    m_table->setContextMenuPolicy(Qt::CustomContextMenu);
    m_table->header()->setStretchLastSection(true);
    // How it was measured belongs in front of what was measured, where a narrow table still shows it.
    m_table->header()->moveSection(VariantsModel::Inputs, VariantsModel::Perplexity);
    // There are few variants: every column as wide as what it says.
    m_table->header()->setSectionResizeMode(QHeaderView::ResizeToContents);
    connect(m_table, &QTreeView::activated, this, [this](const QModelIndex& index) {
        const QString id = index.siblingAtColumn(VariantsModel::Name).data(VariantsModel::IdRole).toString();
        const auto it = m_ids.find(id);
        if (it != m_ids.end() && it->second.first > 0) m_workbench.document.setCurrent(it->second.first);
    });
    connect(m_table, &QTreeView::customContextMenuRequested, this, &ResultsPanel::variantMenu);
    connect(m_table->selectionModel(), &QItemSelectionModel::selectionChanged, this, &ResultsPanel::compare);
    auto* page = new QWidget;
    auto* layout = new QVBoxLayout(page);
    layout->setContentsMargins(0, 4, 0, 0);
    layout->setSpacing(4);
    layout->addWidget(m_table, 1);
    m_comparison = new QLabel;
    m_comparison->setObjectName(QStringLiteral("comparison"));
    m_comparison->setWordWrap(true);
    layout->addWidget(m_comparison);
    m_variantsPage = page;
    return page;
}

void ResultsPanel::addPredictions(std::vector<ParetoPoint>& points) const
{
    const auto& table = m_workbench.budget.table();
    if (!table || m_pareto->measure() != ParetoPlot::Measure::Divergence) return;
    for (const DocumentRecipe& item : m_workbench.document.recipes()) {
        const QString id = QStringLiteral("recipe:%1").arg(item.id);
        const bool measured = std::ranges::any_of(points, [&](const ParetoPoint& p) { return p.id == id && p.perplexity; });
        if (measured || !item.plan) continue;
        const auto predicted = table->predict(*item.plan);
        if (!predicted) continue;
        ParetoPoint point;
        point.id = id;
        point.label = QString::fromStdString(item.recipe.name);
        point.sizeBytes = item.plan->sizeBytes;
        point.bitsPerWeight = item.plan->bitsPerWeight();
        point.perplexity = predicted->kld;
        point.standardError = (predicted->high - predicted->low) / 2;
        point.measured = false;
        point.current = item.id == m_workbench.document.currentId();
        points.push_back(std::move(point));
    }
}

void ResultsPanel::compare()
{
    const Document& document = m_workbench.document;
    std::vector<const Variant*> chosen;
    std::vector<QString> names;
    const auto take = [&](int row) {
        const VariantRow& shown = m_variants->rows()[static_cast<std::size_t>(row)];
        const auto it = m_ids.find(shown.id);
        if (it == m_ids.end() || it->second.second < 0) return;
        const Variant& variant = document.variants()[static_cast<std::size_t>(it->second.second)];
        if (!variant.divergence || std::ranges::find(chosen, &variant) != chosen.end()) return;
        chosen.push_back(&variant);
        names.push_back(shown.name);
    };
    for (const QModelIndex& index : m_table->selectionModel()->selectedRows()) take(m_sorted->mapToSource(index).row());
    // One is compared with the recipe at hand.
    if (chosen.size() == 1)
        for (int row = 0; row < m_variants->rowCount(); ++row)
            if (m_variants->rows()[static_cast<std::size_t>(row)].current) take(row);
    QString text;
    QStringList paths;
    if (chosen.size() == 2 && !sameYardstick(*chosen[0], *chosen[1]))
        text = tr("These two were measured on different texts or windows, so they cannot be compared.");
    else if (chosen.size() == 2 && document.model())
        paths = {divergencesPath(*document.model(), *chosen[0]), divergencesPath(*document.model(), *chosen[1])};
    else if (m_variants->hasKlDivergence())
        text = tr("Select two variants with KL divergence to see whether one is better.");
    if (paths.isEmpty()) {
        m_compareSlot.cancel();
        m_compared.clear();
        m_comparison->setText(text);
        m_comparison->setVisible(!text.isEmpty());
        return;
    }
    if (paths == m_compared) return;
    m_compared = paths;
    m_comparison->setVisible(true);
    m_compareSlot.start<Estimate>(
        {tr("Comparing variants"), JobQueue::Lane::Foreground, true},
        [paths](const JobContext&) { return compareDivergences(paths[0], paths[1]); }, this,
        [this, names, windows = chosen[0]->windows](Result<Estimate> difference) {
            m_comparison->setText(difference ? comparisonText(names[0], names[1], *difference, windows)
                                             : tr("The values of single tokens are not there any more; measure both again."));
        });
}

QWidget* ResultsPanel::buildMetadata()
{
    auto* page = new QWidget;
    auto* layout = new QVBoxLayout(page);
    layout->setContentsMargins(0, 4, 0, 0);
    layout->setSpacing(4);
    m_metadata = new MetadataModel(this);
    auto* filtered = new QSortFilterProxyModel(this);
    filtered->setSourceModel(m_metadata);
    filtered->setFilterKeyColumn(-1);
    filtered->setFilterCaseSensitivity(Qt::CaseInsensitive);
    auto* search = new QLineEdit;
    search->setPlaceholderText(tr("Find in keys and values"));
    search->setAccessibleName(tr("Find in the metadata"));
    search->setClearButtonEnabled(true);
    search->addAction(icon("search"), QLineEdit::LeadingPosition);
    connect(search, &QLineEdit::textChanged, filtered, &QSortFilterProxyModel::setFilterFixedString);
    auto* head = new QHBoxLayout;
    head->addWidget(search, 1);
    auto* edit = new QPushButton(tr("Edit…"));
    edit->setObjectName(QStringLiteral("editMetadata"));
    edit->setToolTip(tr("Name, license, chat template and other facts that exported files carry"));
    connect(edit, &QPushButton::clicked, this, &ResultsPanel::metadataRequested);
    head->addWidget(edit);
    layout->addLayout(head);
    auto* view = new QTreeView;
    view->setObjectName(QStringLiteral("metadataTable"));
    view->setAccessibleName(tr("Metadata of the model file"));
    view->setModel(filtered);
    view->setRootIsDecorated(false);
    view->setUniformRowHeights(true);
    view->setAlternatingRowColors(true);
    view->header()->setStretchLastSection(true);
    view->header()->resizeSection(MetadataModel::Key, 240);
    view->header()->resizeSection(MetadataModel::Type, 90);
    layout->addWidget(view, 1);
    return page;
}

std::vector<std::pair<QString, QImage>> ResultsPanel::pictures(QSize size)
{
    std::vector<std::pair<QString, QImage>> result;
    const auto add = [&](const QString& title, PlotWidget* plot) {
        if (!plot->isEmpty()) result.emplace_back(title, plot->toImage(size, 1.5));
    };
    add(tr("Size by role"), m_size);
    const int shown = m_quality->currentIndex();
    m_quality->setCurrentIndex(0);
    add(tr("Size and perplexity"), m_pareto);
    m_quality->setCurrentIndex(1);
    add(tr("Size and KL divergence"), m_pareto);
    m_quality->setCurrentIndex(shown);
    m_sensitivity->refresh();
    add(tr("Sensitivity"), m_sensitivity->plot());
    return result;
}

void ResultsPanel::setRows(const std::vector<TensorRow>& rows)
{
    m_size->setData(sizeSlices(rows));
    m_sensitivity->setRows(rows);
}

int ResultsPanel::currentTab() const
{
    return m_tabs->currentIndex();
}

void ResultsPanel::setCurrentTab(int tab)
{
    if (tab >= 0 && tab < m_tabs->count()) m_tabs->setCurrentIndex(tab);
}

void ResultsPanel::focusFirst()
{
    m_tabs->tabBar()->setFocus(Qt::ShortcutFocusReason);
}

void ResultsPanel::refreshMetadata()
{
    if (const auto& model = m_workbench.document.model())
        m_metadata->setMetadata(withEdits(model->metadata(), m_workbench.document.metadataEdits()));
    else
        m_metadata->setMetadata({});
}

void ResultsPanel::refreshVariants()
{
    const Document& document = m_workbench.document;
    const MeasureController& measure = m_workbench.measure;
    std::vector<VariantRow> rows;
    m_ids.clear();
    std::vector<const Variant*> shown;  // one per row, null where nothing is measured
    std::vector<bool> used(document.variants().size(), false);

    // The newest measurement is the yardstick: perplexities of other texts or windows say something else.
    const Variant* newest = nullptr;
    for (const Variant& v : document.variants())
        if (!newest || v.measuredAt >= newest->measuredAt) newest = &v;
    const auto variantOf = [&](const std::optional<Recipe>& recipe) {
        const Variant* v = document.variantFor(recipe, newest);
        return v ? v : document.variantFor(recipe);
    };
    const auto add = [&](const QString& id, VariantRow row, const std::optional<Recipe>& recipe, int recipeId) {
        row.id = id;
        const Variant* variant = variantOf(recipe);
        int index = -1;
        if (variant) {
            index = static_cast<int>(variant - document.variants().data());
            used[static_cast<std::size_t>(index)] = true;
            fill(row, *variant);
        }
        if (const auto* pending = measure.pendingFor(recipe)) {
            const JobInfo* job = m_workbench.jobs.find(pending->job);
            row.status = job && job->state == JobState::Running ? VariantRow::Status::Measuring : VariantRow::Status::Queued;
        }
        m_ids[id] = {recipeId, index};
        shown.push_back(variant);
        rows.push_back(std::move(row));
    };

    if (const auto& model = document.opened().model) {
        VariantRow original;
        original.name = tr("Original");
        original.original = true;
        original.sizeBytes = model->fileSizeBytes();
        original.bitsPerWeight = model->bitsPerWeight();
        add(kOriginalId, std::move(original), std::nullopt, 0);
        for (const DocumentRecipe& item : document.recipes()) {
            VariantRow row;
            row.name = QString::fromStdString(item.recipe.name);
            row.current = item.id == document.currentId();
            if (item.plan) {
                row.sizeBytes = item.plan->sizeBytes;
                row.bitsPerWeight = item.plan->bitsPerWeight();
            }
            add(QStringLiteral("recipe:%1").arg(item.id), std::move(row), item.recipe, item.id);
        }
        for (const MeasureController::Pending& pending : measure.pending()) {
            const QString id = QStringLiteral("pending:%1").arg(pending.job);
            const bool listed =
                !pending.recipe || std::any_of(document.recipes().begin(), document.recipes().end(),
                                               [&](const DocumentRecipe& r) { return sameContent(r.recipe, *pending.recipe); });
            if (listed) continue;
            VariantRow row;
            row.name = pending.name;
            if (const auto plan = resolve(*pending.recipe, *document.opened().survey, Document::planOptions(document.opened()))) {
                row.sizeBytes = plan->sizeBytes;
                row.bitsPerWeight = plan->bitsPerWeight();
            }
            add(id, std::move(row), pending.recipe, 0);
        }
        for (std::size_t i = 0; i < document.variants().size(); ++i) {
            if (used[i]) continue;
            const Variant& v = document.variants()[i];
            VariantRow row;
            row.id = QStringLiteral("variant:%1").arg(i);
            row.name = v.name;
            row.original = !v.recipe;
            row.sizeBytes = v.sizeBytes;
            row.bitsPerWeight = v.bitsPerWeight;
            fill(row, v);
            m_ids[row.id] = {0, static_cast<int>(i)};
            shown.push_back(&v);
            rows.push_back(std::move(row));
        }
    }
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (!shown[i] || rows[i].original) continue;
        if (const Variant* original = document.variantFor(std::nullopt, shown[i])) {
            rows[i].delta = shown[i]->perplexity - original->perplexity;
            rows[i].deltaError = shown[i]->deltaError;
        }
    }

    std::vector<ParetoPoint> points;
    std::optional<ParetoReference> reference;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (!shown[i] || !newest || !sameYardstick(*shown[i], *newest)) continue;
        if (rows[i].original) {
            reference = ParetoReference{rows[i].name, rows[i].sizeBytes, shown[i]->perplexity, shown[i]->standardError};
            continue;
        }
        ParetoPoint point;
        point.id = rows[i].id;
        point.label = rows[i].name;
        point.sizeBytes = rows[i].sizeBytes;
        point.bitsPerWeight = rows[i].bitsPerWeight;
        if (m_pareto->measure() == ParetoPlot::Measure::Perplexity) {
            point.perplexity = shown[i]->perplexity;
            point.standardError = shown[i]->standardError;
            point.deltaError = shown[i]->deltaError;
        } else if (const auto& divergence = shown[i]->divergence) {
            point.perplexity = divergence->mean;
            point.standardError = divergence->meanError;
        }
        point.current = rows[i].current;
        points.push_back(std::move(point));
    }
    addPredictions(points);
    m_pareto->setEmptyText(m_pareto->measure() == ParetoPlot::Measure::Perplexity || document.variants().empty()
                               ? tr("Nothing is measured yet. Measure the current recipe, or several presets in one go.")
                               : tr("No KL divergence is measured yet. Choose it in Measure."));
    const bool paired = m_pareto->measure() == ParetoPlot::Measure::Perplexity &&
        reference && !points.empty() && std::ranges::all_of(points, [](const ParetoPoint& p) { return p.deltaError.has_value(); });
    m_pareto->setData(std::move(points), reference);
    QString yardstick = newest ? detailText(*newest) + QLatin1Char('.') : QString();
    if (paired) yardstick += QLatin1Char(' ') + tr("Error bars: of the difference to the original.");
    m_yardstick->setText(yardstick);

    const bool wasEmpty = m_variants->rowCount() == 0;
    m_variants->setRows(std::move(rows));
    for (const int column : {VariantsModel::KlDivergence, VariantsModel::SameTop, VariantsModel::RmsChange})
        m_table->setColumnHidden(column, !m_variants->hasKlDivergence());
    m_table->setColumnHidden(VariantsModel::Inputs, !m_variants->hasRoundedInputs());
    if (m_variants->hasKlDivergence() && !m_hadDivergence) m_table->resizeColumnToContents(VariantsModel::KlDivergence);
    m_hadDivergence = m_variants->hasKlDivergence();
    compare();
    // Widths follow the content until somebody measures: later they belong to the person.
    if (wasEmpty || document.variants().empty())
        for (int column = 0; column < m_variants->columnCount(); ++column) m_table->resizeColumnToContents(column);
}

void ResultsPanel::showVariant(const QString& id)
{
    const auto it = m_ids.find(id);
    if (it == m_ids.end()) return;
    if (it->second.first > 0) {
        m_workbench.document.setCurrent(it->second.first);
        return;
    }
    const int row = m_variants->rowOfId(id);
    if (row < 0) return;
    m_tabs->setCurrentWidget(m_variantsPage);
    m_table->setCurrentIndex(m_sorted->mapFromSource(m_variants->index(row, VariantsModel::Name)));
}

void ResultsPanel::variantMenu(const QPoint& position)
{
    std::vector<std::size_t> measured;
    std::optional<std::size_t> asRecipe;
    const QModelIndexList chosen = m_table->selectionModel()->selectedRows(VariantsModel::Name);
    for (const QModelIndex& index : chosen) {
        const auto it = m_ids.find(index.data(VariantsModel::IdRole).toString());
        if (it == m_ids.end() || it->second.second < 0) continue;
        measured.push_back(static_cast<std::size_t>(it->second.second));
        if (it->second.first == 0 && m_workbench.document.variants()[measured.back()].recipe) asRecipe = measured.back();
    }
    auto* menu = new QMenu(this);
    menu->setAttribute(Qt::WA_DeleteOnClose);
    if (asRecipe && chosen.size() == 1)
        menu->addAction(tr("Use as &Recipe"), this, [this, index = *asRecipe] {
            if (index >= m_workbench.document.variants().size()) return;
            const Variant& variant = m_workbench.document.variants()[index];
            Recipe recipe = *variant.recipe;
            recipe.name = variant.name.toStdString();
            m_workbench.document.addRecipe(std::move(recipe), tr("Add recipe “%1”").arg(variant.name));
        });
    if (!measured.empty())
        menu->addAction(icon("delete"), tr("Remove %n Measurement(s)", nullptr, static_cast<int>(measured.size())), this,
                        [this, measured] { m_workbench.document.removeVariants(measured); });
    if (!menu->isEmpty()) menu->addSeparator();
    menu->addAction(tr("&Copy Table"), this, [this] { QGuiApplication::clipboard()->setText(m_variants->csv()); });
    menu->addAction(icon("save"), tr("&Save Table…"), this, [this] {
        SaveTable::ask(this, m_workbench, QStringLiteral("variants.csv"), [this] { return m_variants->csv(); });
    });
    menu->popup(m_table->viewport()->mapToGlobal(position));
}

}  // namespace ww
