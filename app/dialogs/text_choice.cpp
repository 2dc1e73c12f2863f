// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/dialogs/text_choice.h"

#include <QDir>
#include <QFileDialog>
#include <QFileInfo>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSpinBox>
#include <QVBoxLayout>

#include <algorithm>
#include <utility>

#include "app/workbench.h"
#include "widgets/theme/theme.h"

namespace ww {
namespace {

constexpr int kRestMs = 250;

}  // namespace

TextChoice::TextChoice(Workbench& workbench, const QString& prefix, QWidget* parent)
    : QWidget(parent), m_workbench(workbench), m_slot(workbench.jobs)
{
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(10);
    auto* form = new QFormLayout;
    form->setFieldGrowthPolicy(QFormLayout::AllNonFixedFieldsGrow);
    auto* textRow = new QWidget;
    auto* textLayout = new QHBoxLayout(textRow);
    textLayout->setContentsMargins(0, 0, 0, 0);
    m_text = new QLineEdit;
    m_text->setObjectName(prefix + QStringLiteral("Text"));
    m_text->setClearButtonEnabled(true);
    auto* browseButton = new QPushButton(icon("folder"), tr("&Browse…"));
    browseButton->setAutoDefault(false);
    connect(browseButton, &QPushButton::clicked, this, &TextChoice::browse);
    textLayout->addWidget(m_text, 1);
    textLayout->addWidget(browseButton);
    auto* textLabel = new QLabel(tr("&Text:"));
    textLabel->setBuddy(m_text);
    form->addRow(textLabel, textRow);

    m_context = new QSpinBox;
    m_context->setObjectName(prefix + QStringLiteral("Context"));
    m_context->setRange(8, 131072);
    m_context->setSingleStep(64);
    m_context->setSuffix(tr(" tokens"));
    m_context->setGroupSeparatorShown(true);
    m_context->setToolTip(tr("Length of one window. Compare only numbers of the same length; 512 is usual"));
    form->addRow(tr("&Context length:"), m_context);
    m_windows = new QSpinBox;
    m_windows->setObjectName(prefix + QStringLiteral("Windows"));
    m_windows->setRange(0, 1000000);
    m_windows->setSpecialValueText(tr("all of the text"));
    m_windows->setToolTip(tr("Fewer windows are faster and less exact"));
    form->addRow(tr("Wi&ndows:"), m_windows);
    layout->addLayout(form);

    m_line = new QLabel;
    m_line->setObjectName(prefix + QStringLiteral("Facts"));
    m_line->setWordWrap(true);
    m_line->setMinimumHeight(m_line->fontMetrics().lineSpacing() * 2);
    layout->addWidget(m_line);

    m_rest.setSingleShot(true);
    m_rest.setInterval(kRestMs);
    connect(&m_rest, &QTimer::timeout, this, &TextChoice::readText);
    const auto textChanged = [this] {
        m_slot.cancel();
        m_facts.reset();
        m_error.reset();
        m_rest.start();
        refresh();
        Q_EMIT changed();
    };
    connect(m_text, &QLineEdit::textChanged, this, textChanged);
    connect(m_context, &QSpinBox::valueChanged, this, textChanged);
    connect(m_windows, &QSpinBox::valueChanged, this, [this] {
        refresh();
        Q_EMIT changed();
    });
}

TextChoice::~TextChoice()
{
    m_slot.cancel();
}

void TextChoice::setOptions(const MeasureOptions& options)
{
    m_text->setText(QDir::toNativeSeparators(options.textPath));
    m_context->setValue(static_cast<int>(options.contextLength));
    m_windows->setValue(static_cast<int>(options.maxWindows));
    readText();
}

MeasureOptions TextChoice::options() const
{
    MeasureOptions options;
    options.textPath = QDir::fromNativeSeparators(m_text->text().trimmed());
    options.contextLength = static_cast<std::uint32_t>(m_context->value());
    options.maxWindows = static_cast<std::uint32_t>(m_windows->value());
    return options;
}

void TextChoice::setNote(std::function<QString(std::uint32_t)> note)
{
    m_note = std::move(note);
    refresh();
}

void TextChoice::readText()
{
    m_rest.stop();
    m_facts.reset();
    m_error.reset();
    const MeasureOptions wanted = options();
    if (!wanted.textPath.isEmpty() && m_workbench.document.model())
        m_slot.start<TextFacts>(
            {tr("Reading %1").arg(QFileInfo(wanted.textPath).fileName()), JobQueue::Lane::Foreground, true},
            [model = m_workbench.document.model(), wanted](const JobContext&) {
                return readTextFacts(*model, wanted.textPath, wanted.contextLength);
            },
            this,
            [this](Result<TextFacts> result) {
                if (result)
                    m_facts = std::move(*result);
                else if (result.error().code != ErrorCode::Cancelled)
                    m_error = result.error();
                refresh();
                Q_EMIT changed();
            });
    refresh();
    Q_EMIT changed();
}

void TextChoice::refresh()
{
    QString text;
    if (m_error) {
        text = QString::fromStdString(m_error->describe());
    } else if (!m_facts) {
        text = options().textPath.isEmpty() ? tr("Choose a text file.") : tr("Reading the text…");
    } else {
        const std::uint32_t asked = static_cast<std::uint32_t>(m_windows->value());
        text = tr("The text has %n window(s) of this length.", nullptr, static_cast<int>(m_facts->windows));
        if (m_note) text += QLatin1Char(' ') + m_note(asked == 0 ? m_facts->windows : std::min(asked, m_facts->windows));
    }
    m_line->setText(text);
    QPalette colors = palette();
    if (m_error) colors.setColor(QPalette::WindowText, themeColors(colors).error);
    m_line->setPalette(colors);
}

void TextChoice::browse()
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
