// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/dialogs/recipe_dialog.h"

#include <QCheckBox>
#include <QComboBox>
#include <QDialogButtonBox>
#include <QFormLayout>
#include <QGroupBox>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QTreeWidget>
#include <QVBoxLayout>

#include <algorithm>

#include "app/choices.h"
#include "app/dialogs/buttons.h"
#include "app/dialogs/method_dialog.h"
#include "app/method_title.h"
#include "methods/quantizer.h"
#include "plan/plan.h"
#include "widgets/delegates/format_delegate.h"
#include "widgets/theme/colors.h"
#include "widgets/theme/format_text.h"

namespace ww {
namespace {

/// Item data of a combo box entry that stands for "let the preset decide".
constexpr int kPresetDecides = -2;

void fillOptionCombo(QComboBox* combo, const std::optional<TensorType>& chosen, bool haveImportance)
{
    std::vector<FormatChoice> formats = formatChoices(haveImportance);
    std::erase_if(formats, [](const FormatChoice& f) { return !f.type; });
    fillFormatCombo(combo, formats);
    combo->insertItem(0, RecipeDialog::tr("as the preset says"), kPresetDecides);
    combo->setCurrentIndex(chosen ? std::max(0, combo->findData(formatToData(chosen))) : 0);
}

std::optional<TensorType> optionOf(const QComboBox* combo)
{
    const int data = combo->currentData().toInt();
    return data == kPresetDecides ? std::nullopt : formatFromData(data);
}

}  // namespace

RecipeDialog::RecipeDialog(std::shared_ptr<const ModelFile> model, std::shared_ptr<const ModelSurvey> survey, Recipe recipe,
                           PlanOptions options, QWidget* parent)
    : QDialog(parent), m_model(std::move(model)), m_survey(std::move(survey)), m_recipe(std::move(recipe)),
      m_options(std::move(options))
{
    setObjectName(QStringLiteral("recipeDialog"));
    setWindowTitle(tr("Rules and Options of “%1”").arg(QString::fromStdString(m_recipe.name)));
    build();
    fillRules(0);
    refreshAdder();
    resize(740, 560);
}

void RecipeDialog::build()
{
    auto* layout = new QVBoxLayout(this);
    layout->setSpacing(8);
    auto* intro = new QLabel(tr("Rules overrule the preset. For each tensor the first rule that fits decides."));
    intro->setWordWrap(true);
    layout->addWidget(intro);

    auto* row = new QHBoxLayout;
    m_rules = new QTreeWidget;
    m_rules->setObjectName(QStringLiteral("ruleList"));
    m_rules->setAccessibleName(tr("Rules"));
    m_rules->setHeaderLabels({tr("Tensors"), tr("Format"), tr("Decides for")});
    m_rules->setRootIsDecorated(false);
    m_rules->setUniformRowHeights(true);
    m_rules->setSelectionMode(QAbstractItemView::ExtendedSelection);
    m_rules->header()->setStretchLastSection(false);
    m_rules->header()->setSectionResizeMode(0, QHeaderView::Stretch);
    row->addWidget(m_rules, 1);
    auto* side = new QVBoxLayout;
    m_up = new QPushButton(tr("Move &Up"));
    m_down = new QPushButton(tr("Move Do&wn"));
    m_remove = new QPushButton(tr("&Remove"));
    m_remove->setObjectName(QStringLiteral("removeRule"));
    for (QPushButton* button : {m_up, m_down, m_remove}) {
        button->setAutoDefault(false);
        side->addWidget(button);
    }
    side->addStretch(1);
    row->addLayout(side);
    layout->addLayout(row, 1);
    layout->addWidget(buildAdder());
    layout->addWidget(buildOptions());
    m_result = new QLabel;
    m_result->setObjectName(QStringLiteral("recipeResult"));
    m_result->setWordWrap(true);
    layout->addWidget(m_result);
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Ok | QDialogButtonBox::Cancel);
    localizeButtons(buttons);
    m_ok = buttons->button(QDialogButtonBox::Ok);
    layout->addWidget(buttons);
    connect(buttons, &QDialogButtonBox::accepted, this, &QDialog::accept);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    connect(m_remove, &QPushButton::clicked, this, &RecipeDialog::removeRules);
    connect(m_up, &QPushButton::clicked, this, [this] { moveRule(-1); });
    connect(m_down, &QPushButton::clicked, this, [this] { moveRule(1); });
    connect(m_rules, &QTreeWidget::itemSelectionChanged, this, [this] {
        const int count = static_cast<int>(m_rules->selectedItems().size());
        const int current = m_rules->indexOfTopLevelItem(m_rules->currentItem());
        m_remove->setEnabled(count > 0);
        m_up->setEnabled(count == 1 && current > 0);
        m_down->setEnabled(count == 1 && current >= 0 && current + 1 < m_rules->topLevelItemCount());
    });
}

QWidget* RecipeDialog::buildAdder()
{
    auto* group = new QGroupBox(tr("New rule"));
    auto* layout = new QVBoxLayout(group);
    auto* row = new QHBoxLayout;
    m_pattern = new QLineEdit;
    m_pattern->setObjectName(QStringLiteral("rulePattern"));
    m_pattern->setPlaceholderText(tr("Names, such as ffn_down or blk\\.[0-3]\\."));
    m_pattern->setAccessibleName(tr("Names of the tensors"));
    m_format = new QComboBox;
    m_format->setObjectName(QStringLiteral("ruleFormat"));
    m_format->setAccessibleName(tr("Format of the new rule"));
    fillFormatCombo(m_format, formatChoices(m_options.importance != nullptr));
    m_format->setCurrentIndex(std::max(0, m_format->findData(formatToData(TensorType::Q6_K))));
    m_add = new QPushButton(tr("&Add"));
    m_add->setObjectName(QStringLiteral("addRule"));
    m_add->setAutoDefault(false);
    row->addWidget(m_pattern, 2);
    row->addWidget(m_format, 1);
    m_ruleMethod = new QComboBox;
    m_ruleMethod->setObjectName(QStringLiteral("ruleMethod"));
    m_ruleMethod->setAccessibleName(tr("Method of the new rule"));
    m_ruleMethod->addItem(tr("Method of the recipe"), QString());
    fillMethodCombo(m_ruleMethod, methodChoices(m_options.importance != nullptr, m_options.grams != nullptr));
    row->addWidget(m_ruleMethod, 1);
    row->addWidget(m_add);
    m_pattern->setMinimumWidth(180);
    for (QComboBox* box : {m_format, m_ruleMethod}) {
        box->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
        box->setMinimumContentsLength(box == m_ruleMethod ? 18 : 16);
    }
    layout->addLayout(row);
    m_matches = new QLabel;
    m_matches->setObjectName(QStringLiteral("ruleMatches"));
    m_matches->setWordWrap(true);
    layout->addWidget(m_matches);
    connect(m_pattern, &QLineEdit::textChanged, this, &RecipeDialog::refreshAdder);
    connect(m_pattern, &QLineEdit::returnPressed, this, &RecipeDialog::addRule);
    connect(m_add, &QPushButton::clicked, this, &RecipeDialog::addRule);
    return group;
}

QWidget* RecipeDialog::buildOptions()
{
    auto* box = new QGroupBox(tr("Options"));
    auto* form = new QFormLayout(box);
    m_output = new QComboBox;
    fillOptionCombo(m_output, m_recipe.outputType, m_options.importance != nullptr);
    m_embedding = new QComboBox;
    fillOptionCombo(m_embedding, m_recipe.tokenEmbeddingType, m_options.importance != nullptr);
    m_leaveOutput = new QCheckBox(tr("&Keep the output matrix as it is in the file"));
    m_leaveOutput->setChecked(m_recipe.leaveOutput);
    m_pure = new QCheckBox(tr("One format &everywhere: leave out what the preset does for single tensors"));
    m_pure->setObjectName(QStringLiteral("pureCheck"));
    m_pure->setChecked(m_recipe.pure);
    auto* methodRow = new QHBoxLayout;
    m_method = new QComboBox;
    m_method->setObjectName(QStringLiteral("recipeMethod"));
    m_method->setAccessibleName(tr("Method"));
    fillMethodCombo(m_method, methodChoices(m_options.importance != nullptr, m_options.grams != nullptr));
    m_method->setCurrentIndex(std::max(0, m_method->findData(QString::fromStdString(std::string(methodName(m_recipe.method))))));
    m_methodOptions = new QPushButton(tr("Op&tions…"));
    m_methodOptions->setAutoDefault(false);
    methodRow->addWidget(m_method, 1);
    methodRow->addWidget(m_methodOptions);
    auto* methodLabel = new QLabel(tr("&Method:"));
    methodLabel->setBuddy(m_method);
    form->addRow(methodLabel, methodRow);
    connect(m_method, &QComboBox::activated, this, [this] {
        const std::string name = m_method->currentData().toString().toStdString();
        m_recipe.method = name == kDefaultMethod ? std::string() : name;
        refresh();
    });
    connect(m_methodOptions, &QPushButton::clicked, this, [this] {
        auto* dialog = new MethodDialog(QString::fromStdString(m_recipe.method.empty() ? std::string(kDefaultMethod) : m_recipe.method), this);
        dialog->setAttribute(Qt::WA_DeleteOnClose);
        connect(dialog, &QDialog::accepted, this, [this, dialog] {
            m_recipe.method = dialog->spec().toStdString();
            refresh();
        });
        dialog->open();
    });
    form->addRow(tr("&Output matrix:"), m_output);
    form->addRow(tr("&Token embedding:"), m_embedding);
    form->addRow(m_leaveOutput);
    form->addRow(m_pure);
    for (QComboBox* combo : {m_output, m_embedding}) connect(combo, &QComboBox::activated, this, &RecipeDialog::refresh);
    for (QCheckBox* check : {m_leaveOutput, m_pure}) connect(check, &QCheckBox::toggled, this, &RecipeDialog::refresh);
    return box;
}

void RecipeDialog::fillRules(int current)
{
    m_rules->clear();
    for (const RecipeRule& rule : m_recipe.rules) {
        auto* item = new QTreeWidgetItem(m_rules);
        item->setText(0, ruleTarget(rule));
        item->setText(1, rule.method.empty() ? formatChoiceName(rule.format)
                                             : tr("%1, %2", "format, method").arg(formatChoiceName(rule.format), methodTitle(rule.method)));
        item->setTextAlignment(2, Qt::AlignRight | Qt::AlignVCenter);
        item->setToolTip(0, item->text(0));
    }
    if (m_rules->topLevelItemCount() > 0)
        m_rules->setCurrentItem(m_rules->topLevelItem(std::clamp(current, 0, m_rules->topLevelItemCount() - 1)));
    Q_EMIT m_rules->itemSelectionChanged();
    refresh();
}

void RecipeDialog::addRule()
{
    if (!m_add->isEnabled()) return;
    RecipeRule rule;
    rule.match = RecipeRule::Match::Pattern;
    rule.pattern = m_pattern->text().trimmed().toStdString();
    rule.format = formatFromData(m_format->currentData().toInt());
    rule.method = m_ruleMethod->currentData().toString().toStdString();
    m_recipe.rules.insert(m_recipe.rules.begin(), std::move(rule));
    m_pattern->clear();
    fillRules(0);
}

void RecipeDialog::removeRules()
{
    std::vector<int> indices;
    for (QTreeWidgetItem* item : m_rules->selectedItems()) indices.push_back(m_rules->indexOfTopLevelItem(item));
    std::sort(indices.rbegin(), indices.rend());
    for (int index : indices) m_recipe.rules.erase(m_recipe.rules.begin() + index);
    fillRules(indices.empty() ? 0 : indices.back());
}

void RecipeDialog::moveRule(int by)
{
    const int from = m_rules->indexOfTopLevelItem(m_rules->currentItem());
    const int to = from + by;
    if (from < 0 || to < 0 || to >= static_cast<int>(m_recipe.rules.size())) return;
    std::swap(m_recipe.rules[static_cast<std::size_t>(from)], m_recipe.rules[static_cast<std::size_t>(to)]);
    fillRules(to);
}

void RecipeDialog::refreshAdder()
{
    const std::string pattern = m_pattern->text().trimmed().toStdString();
    m_add->setEnabled(false);
    if (pattern.empty()) {
        m_matches->setText(tr("Write a part of the names or a regular expression. The new rule is put in front of the others."));
        return;
    }
    Recipe probe;
    RecipeRule rule;
    rule.match = RecipeRule::Match::Pattern;
    rule.pattern = pattern;
    rule.format = TensorType::Q8_0;
    probe.rules.push_back(std::move(rule));
    const auto plan = resolve(probe, *m_survey);
    if (!plan) {
        m_matches->setText(QString::fromStdString(plan.error().message));
        return;
    }
    const auto count = std::count_if(plan->entries.begin(), plan->entries.end(), [](const PlanEntry& e) { return e.rule == 0; });
    m_matches->setText(tr("Fits %n tensor(s).", nullptr, static_cast<int>(count)));
    m_add->setEnabled(true);
}

void RecipeDialog::refresh()
{
    m_recipe.outputType = optionOf(m_output);
    m_recipe.tokenEmbeddingType = optionOf(m_embedding);
    m_recipe.leaveOutput = m_leaveOutput->isChecked();
    m_recipe.pure = m_pure->isChecked();
    m_methodOptions->setEnabled(MethodDialog::hasOptions(m_method->currentData().toString()));
    const auto plan = resolve(m_recipe, *m_survey, m_options);
    QPalette colors = palette();
    if (plan) {
        std::vector<int> counts(m_recipe.rules.size(), 0);
        for (const PlanEntry& entry : plan->entries)
            if (entry.rule >= 0 && static_cast<std::size_t>(entry.rule) < counts.size())
                ++counts[static_cast<std::size_t>(entry.rule)];
        for (int i = 0; i < m_rules->topLevelItemCount(); ++i)
            m_rules->topLevelItem(i)->setText(2, tr("%n tensor(s)", nullptr, counts[static_cast<std::size_t>(i)]));
        m_result->setText(tr("Result: %1, %2.", "size, bits per weight")
                              .arg(sizeText(plan->sizeBytes), bitsPerWeightText(plan->bitsPerWeight())));
    } else {
        m_result->setText(QString::fromStdString(plan.error().message));
        colors.setColor(QPalette::WindowText, themeColors(colors).error);
    }
    m_result->setPalette(colors);
    m_ok->setEnabled(plan.has_value());
}

}  // namespace ww
