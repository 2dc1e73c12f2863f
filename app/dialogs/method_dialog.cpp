// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/dialogs/method_dialog.h"

#include <QComboBox>
#include <QDialogButtonBox>
#include <QDoubleSpinBox>
#include <QFormLayout>
#include <QLabel>
#include <QPushButton>
#include <QSpinBox>
#include <QVBoxLayout>

#include <algorithm>
#include <limits>

#include "app/choices.h"
#include "app/dialogs/buttons.h"
#include "app/method_title.h"
#include "methods/quantizer.h"
#include "widgets/theme/format_text.h"
#include "widgets/theme/theme.h"

namespace ww {
namespace {

QString qstr(std::string_view text)
{
    return QString::fromUtf8(text.data(), static_cast<qsizetype>(text.size()));
}

QString coreText(std::string_view text)
{
    return translatedCoreText(std::string(text).c_str());
}

/// Row length for which the bits of analysis formats are shown: a usual one.
constexpr std::size_t kColumns = 4096;

}  // namespace

bool MethodDialog::hasOptions(const QString& spec)
{
    const Quantizer* quantizer = findQuantizer(spec.toStdString());
    return quantizer && !quantizer->options().empty();
}

MethodDialog::MethodDialog(const QString& spec, QWidget* parent) : QDialog(parent)
{
    setObjectName(QStringLiteral("methodDialog"));
    auto parsed = parseMethod(spec.toStdString());
    if (!parsed) parsed = parseMethod(methodName(spec.toStdString()));
    if (!parsed) parsed = parseMethod({});
    m_method = std::move(*parsed);
    const Quantizer& quantizer = *m_method.quantizer;
    setWindowTitle(tr("Options of %1", "method").arg(coreText(quantizer.title())));
    auto* layout = new QVBoxLayout(this);
    layout->setSpacing(10);
    auto* about = new QLabel(coreText(quantizer.description()));
    about->setWordWrap(true);
    layout->addWidget(about);
    auto* form = new QFormLayout;
    form->setFieldGrowthPolicy(QFormLayout::AllNonFixedFieldsGrow);
    form->setVerticalSpacing(4);  // methods with eight options fit a screen of 800 lines
    QPalette muted = palette();
    muted.setColor(QPalette::WindowText, themeColors(muted).mutedText);
    for (const MethodOption& option : quantizer.options()) {
        auto* label = new QLabel(tr("%1:", "name of an option").arg(coreText(option.title)));
        QWidget* editor = makeEditor(option);
        editor->setObjectName(QStringLiteral("option-") + qstr(option.name));
        editor->setAccessibleName(coreText(option.title));
        label->setBuddy(editor);
        m_fields.back().editor = editor;
        m_fields.back().label = label;
        form->addRow(label, editor);
        auto* meaning = new QLabel(coreText(option.description));
        meaning->setWordWrap(true);
        meaning->setPalette(muted);
        form->addRow(meaning);
    }
    layout->addLayout(form);
    m_bits = new QLabel;
    m_bits->setWordWrap(true);
    layout->addWidget(m_bits);
    layout->addStretch(1);
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Ok | QDialogButtonBox::Cancel);
    localizeButtons(buttons);
    auto* defaults = buttons->addButton(tr("&Defaults"), QDialogButtonBox::ResetRole);
    defaults->setAutoDefault(false);
    connect(defaults, &QPushButton::clicked, this, [this] {
        for (const Field& field : m_fields) field.setValue(qstr(field.option->defaultValue));
    });
    connect(buttons, &QDialogButtonBox::accepted, this, &QDialog::accept);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    layout->addWidget(buttons);
    refresh();
    resize(460, sizeHint().height());
}

QWidget* MethodDialog::makeEditor(const MethodOption& option)
{
    Field field;
    field.option = &option;
    QWidget* editor = nullptr;
    switch (option.kind) {
    case MethodOption::Kind::Integer: {
        auto* box = new QSpinBox;
        constexpr double kMost = std::numeric_limits<int>::max();
        box->setRange(static_cast<int>(option.minimum), static_cast<int>(std::min(option.maximum, kMost)));
        field.value = [box] { return QString::number(box->value()); };
        field.setValue = [box](const QString& text) { box->setValue(text.toInt()); };
        box->setValue(m_method.values.integer(option.name));
        connect(box, &QSpinBox::valueChanged, this, &MethodDialog::refresh);
        editor = box;
        break;
    }
    case MethodOption::Kind::Number: {
        auto* box = new QDoubleSpinBox;
        box->setDecimals(4);
        box->setRange(option.minimum, option.maximum);
        field.value = [box] { return QString::number(box->value(), 'g', 10); };
        field.setValue = [box](const QString& text) { box->setValue(text.toDouble()); };
        box->setValue(m_method.values.number(option.name));
        connect(box, &QDoubleSpinBox::valueChanged, this, &MethodDialog::refresh);
        editor = box;
        break;
    }
    case MethodOption::Kind::Choice: {
        auto* box = new QComboBox;
        for (const std::string_view choice : option.choices) box->addItem(choiceTitle(option, choice), qstr(choice));
        field.value = [box] { return box->currentData().toString(); };
        field.setValue = [box](const QString& text) { box->setCurrentIndex(std::max(0, box->findData(text))); };
        field.setValue(qstr(m_method.values.text(option.name)));
        connect(box, &QComboBox::currentIndexChanged, this, &MethodDialog::refresh);
        editor = box;
        break;
    }
    }
    m_fields.push_back(std::move(field));
    return editor;
}

Method MethodDialog::method() const
{
    Method method = m_method;
    for (const Field& field : m_fields) static_cast<void>(method.values.set(field.option->name, field.value().toStdString()));
    return method;
}

QString MethodDialog::spec() const
{
    return QString::fromStdString(methodSpec(method()));
}

void MethodDialog::refresh()
{
    if (!m_bits) return;
    const Method method = this->method();
    for (const Field& field : m_fields) {
        const bool used = method.values.takesEffect(*field.option);
        const QString why = used ? QString() : tr("Takes effect only with: %1").arg(needsTitle(*method.quantizer, *field.option));
        for (QWidget* widget : {field.editor, field.label}) {
            widget->setEnabled(used);
            widget->setToolTip(why);
        }
        field.editor->setAccessibleDescription(why);
    }
    const Quantizer& quantizer = *method.quantizer;
    m_bits->setText(quantizer.exportable()
                        ? tr("The result is an ordinary file in the chosen format.")
                        : tr("For analysis: GGUF cannot hold this format (%1 for rows of %2), so its values are stored in the "
                             "chosen format, which adds its own loss.")
                              .arg(bitsPerWeightText(quantizer.analysisBitsPerWeight(method.values, kColumns)), countText(kColumns)));
}

}  // namespace ww
