// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/dialogs/metadata_dialog.h"

#include <QComboBox>
#include <QDialogButtonBox>
#include <QFontDatabase>
#include <QFormLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QVBoxLayout>

#include <algorithm>

#include "app/dialogs/buttons.h"
#include "app/workbench.h"
#include "widgets/theme/colors.h"

namespace ww {
namespace {

constexpr const char* kTemplateKey = "tokenizer.chat_template";

QString textOf(const Metadata& metadata, const char* key)
{
    const MetadataValue* value = metadata.find(key);
    if (!value) return {};
    const auto text = metadata.string(key);
    return text ? QString::fromUtf8(text->data(), static_cast<qsizetype>(text->size())) : QString::fromStdString(displayText(*value, 4000));
}

}  // namespace

MetadataDialog::MetadataDialog(Workbench& workbench, QWidget* parent) : QDialog(parent), m_workbench(workbench)
{
    setObjectName(QStringLiteral("metadataDialog"));
    setWindowTitle(tr("About the Model"));
    resize(620, 620);
    build();
    m_others = workbench.document.metadataEdits();
    Metadata metadata = workbench.document.model()->metadata();
    (void)applyEdits(metadata, m_others);
    fill(metadata);
    for (const TextField& field : m_texts) m_others.erase(field.key);
    for (const FlagField& field : m_flags) m_others.erase(field.key);
    m_others.erase(kTemplateKey);
    refresh();
}

void MetadataDialog::build()
{
    auto* layout = new QVBoxLayout(this);
    layout->setSpacing(8);
    auto* intro = new QLabel(tr("Exported files carry these facts. The model that is open is not changed."));
    intro->setWordWrap(true);
    layout->addWidget(intro);
    auto* form = new QFormLayout;
    form->setFieldGrowthPolicy(QFormLayout::AllNonFixedFieldsGrow);
    const auto addText = [&](const char* key, const QString& label, const QString& hint) {
        auto* edit = new QLineEdit;
        edit->setObjectName(QLatin1String(key));
        edit->setPlaceholderText(hint);
        edit->setToolTip(QLatin1String(key));
        connect(edit, &QLineEdit::textChanged, this, &MetadataDialog::refresh);
        form->addRow(label, edit);
        m_texts.push_back({key, edit});
    };
    addText("general.name", tr("&Name:"), tr("Name of the model"));
    addText("general.author", tr("&Author:"), tr("Who made it"));
    addText("general.organization", tr("Or&ganization:"), {});
    addText("general.version", tr("&Version:"), {});
    addText("general.license", tr("&License:"), tr("Such as apache-2.0"));
    addText("general.url", tr("&Home page:"), QStringLiteral("https://"));
    addText("general.description", tr("&Description:"), tr("One sentence"));
    const auto addFlag = [&](const char* key, const QString& label, const QString& tip) {
        auto* combo = new QComboBox;
        combo->setObjectName(QLatin1String(key));
        combo->addItem(tr("not stated"), QString());
        combo->addItem(tr("yes"), QStringLiteral("true"));
        combo->addItem(tr("no"), QStringLiteral("false"));
        combo->setToolTip(tip);
        connect(combo, &QComboBox::currentIndexChanged, this, &MetadataDialog::refresh);
        form->addRow(label, combo);
        m_flags.push_back({key, combo});
    };
    addFlag("tokenizer.ggml.add_bos_token", tr("&Begin token:"), tr("Whether programs put the begin token before a text"));
    addFlag("tokenizer.ggml.add_eos_token", tr("&End token:"), tr("Whether programs put the end token behind a text"));
    layout->addLayout(form);
    auto* label = new QLabel(tr("&Chat template:"));
    m_template = new QPlainTextEdit;
    m_template->setObjectName(QLatin1String(kTemplateKey));
    m_template->setFont(QFontDatabase::systemFont(QFontDatabase::FixedFont));
    m_template->setTabChangesFocus(true);
    m_template->setPlaceholderText(tr("Jinja text that turns a conversation into a prompt; leave it empty for models that do not chat"));
    label->setBuddy(m_template);
    layout->addWidget(label);
    layout->addWidget(m_template, 1);
    m_problem = new QLabel;
    m_problem->setObjectName(QStringLiteral("metadataProblem"));
    m_problem->setWordWrap(true);
    layout->addWidget(m_problem);
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Ok | QDialogButtonBox::Cancel);
    localizeButtons(buttons);
    m_ok = buttons->button(QDialogButtonBox::Ok);
    m_ok->setDefault(true);
    auto* original = buttons->addButton(tr("As in the &Model"), QDialogButtonBox::ResetRole);
    original->setToolTip(tr("Take the facts of the opened model again"));
    original->setAutoDefault(false);
    layout->addWidget(buttons);
    connect(original, &QPushButton::clicked, this, [this] { fill(m_workbench.document.model()->metadata()); });
    connect(buttons, &QDialogButtonBox::accepted, this, [this] {
        m_workbench.document.setMetadataEdits(edits());
        accept();
    });
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    connect(m_template, &QPlainTextEdit::textChanged, this, &MetadataDialog::refresh);
    connect(&m_workbench.document, &Document::modelChanged, this, &QDialog::reject);
}

void MetadataDialog::fill(const Metadata& metadata)
{
    for (const TextField& field : m_texts) {
        field.edit->setText(textOf(metadata, field.key));
        field.edit->setCursorPosition(0);
    }
    for (const FlagField& field : m_flags) {
        const auto value = metadata.boolean(field.key);
        field.combo->setCurrentIndex(!value ? 0 : *value ? 1 : 2);
    }
    m_template->setPlainText(textOf(metadata, kTemplateKey));
}

MetadataEdits MetadataDialog::edits() const
{
    const Metadata& original = m_workbench.document.model()->metadata();
    MetadataEdits result = m_others;
    const auto take = [&](const char* key, const QString& text, const QString& before) {
        if (text == before) return;
        result[key] = text.isEmpty() ? std::nullopt : std::optional(text.toStdString());
    };
    for (const TextField& field : m_texts) take(field.key, field.edit->text(), textOf(original, field.key));
    for (const FlagField& field : m_flags) {
        const auto before = original.boolean(field.key);
        take(field.key, field.combo->currentData().toString(),
             !before ? QString() : *before ? QStringLiteral("true") : QStringLiteral("false"));
    }
    take(kTemplateKey, m_template->toPlainText(), textOf(original, kTemplateKey));
    return result;
}

void MetadataDialog::refresh()
{
    Metadata metadata = m_workbench.document.model()->metadata();
    const auto changed = applyEdits(metadata, edits());
    m_problem->setText(changed ? QString() : QString::fromStdString(changed.error().message));
    QPalette colors = palette();
    colors.setColor(QPalette::WindowText, themeColors(colors).error);
    m_problem->setPalette(colors);
    m_problem->setVisible(!changed);
    m_ok->setEnabled(changed.has_value());
}

}  // namespace ww
