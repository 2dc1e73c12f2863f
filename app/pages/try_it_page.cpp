// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/pages/try_it_page.h"

#include <QDoubleSpinBox>
#include <QElapsedTimer>
#include <QHBoxLayout>
#include <QLabel>
#include <QLocale>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QScrollBar>
#include <QSpinBox>
#include <QSplitter>
#include <QVBoxLayout>

#include "app/workbench.h"
#include "jobs/evaluate.h"
#include "widgets/theme/theme.h"

namespace ww {

TryItPage::TryItPage(Workbench& workbench, QWidget* parent) : QWidget(parent), m_workbench(workbench)
{
    setObjectName(QStringLiteral("tryItPage"));
    build();
    connect(&m_workbench.jobs, &JobRunner::tick, this, [this] {
        drain(m_original);
        drain(m_recipe);
    });
    connect(&m_workbench.document, &Document::modelChanged, this, [this] {
        stop();
        m_original.view->clear();
        m_recipe.view->clear();
        m_original.status->clear();
        m_recipe.status->clear();
    });
    connect(&m_workbench.document, &Document::currentRecipeChanged, this, &TryItPage::refresh);
    refresh();
}

TryItPage::~TryItPage() = default;

void TryItPage::build()
{
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(8, 6, 8, 6);
    layout->setSpacing(6);

    auto* top = new QHBoxLayout;
    m_prompt = new QPlainTextEdit;
    m_prompt->setObjectName(QStringLiteral("prompt"));
    m_prompt->setAccessibleName(tr("Prompt"));
    m_prompt->setPlaceholderText(tr("A text to continue"));
    m_prompt->setPlainText(QStringLiteral("The history of the city begins"));
    m_prompt->setTabChangesFocus(true);
    m_prompt->setFixedHeight(m_prompt->fontMetrics().lineSpacing() * 2 + 14);
    top->addWidget(m_prompt, 1);
    auto* buttons = new QVBoxLayout;
    buttons->setSpacing(4);
    m_start = new QPushButton(tr("&Continue the Text"));
    m_start->setObjectName(QStringLiteral("generateButton"));
    m_stop = new QPushButton(icon("cancel"), tr("Stop"));
    m_stop->setObjectName(QStringLiteral("stopButton"));
    m_stop->setEnabled(false);
    buttons->addWidget(m_start);
    buttons->addWidget(m_stop);
    top->addLayout(buttons);
    layout->addLayout(top);

    auto* options = new QHBoxLayout;
    m_tokenCount = new QSpinBox;
    m_tokenCount->setRange(1, 4096);
    m_tokenCount->setValue(64);
    m_temperature = new QDoubleSpinBox;
    m_temperature->setRange(0, 2);
    m_temperature->setSingleStep(0.1);
    m_temperature->setDecimals(2);
    m_temperature->setSpecialValueText(tr("0 (most likely token)"));
    m_temperature->setToolTip(
        tr("0 always takes the most likely token, so that differences come from the weights alone; higher values draw at random"));
    m_seed = new QSpinBox;
    m_seed->setRange(0, 1000000);
    m_seed->setValue(1);
    m_seed->setToolTip(tr("Start of the random numbers; the same seed gives the same text"));
    const auto labelled = [&](const QString& text, QWidget* field) {
        auto* label = new QLabel(text);
        label->setBuddy(field);
        options->addWidget(label);
        options->addWidget(field);
    };
    labelled(tr("To&kens:"), m_tokenCount);
    labelled(tr("Tem&perature:"), m_temperature);
    labelled(tr("See&d:"), m_seed);
    options->addStretch(1);
    m_seed->setEnabled(false);
    connect(m_temperature, &QDoubleSpinBox::valueChanged, this, [this](double value) { m_seed->setEnabled(value > 0); });
    layout->addLayout(options);

    auto* sides = new QSplitter(Qt::Horizontal);
    sides->setChildrenCollapsible(false);
    sides->addWidget(buildSide(m_original, QStringLiteral("originalText")));
    sides->addWidget(buildSide(m_recipe, QStringLiteral("recipeText")));
    layout->addWidget(sides, 1);
    m_original.heading->setText(tr("Original"));

    connect(m_start, &QPushButton::clicked, this, &TryItPage::start);
    connect(m_stop, &QPushButton::clicked, this, &TryItPage::stop);
}

QWidget* TryItPage::buildSide(Side& side, const QString& name)
{
    auto* box = new QWidget;
    auto* layout = new QVBoxLayout(box);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(3);
    side.heading = new QLabel;
    QFont bold = side.heading->font();
    bold.setBold(true);
    side.heading->setFont(bold);
    side.heading->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    side.view = new QPlainTextEdit;
    side.view->setObjectName(name);
    side.view->setReadOnly(true);
    side.view->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    side.view->setTabChangesFocus(true);
    side.view->setMinimumHeight(60);
    side.status = new QLabel;
    side.status->setWordWrap(true);
    layout->addWidget(side.heading);
    layout->addWidget(side.view, 1);
    layout->addWidget(side.status);
    side.slot = std::make_unique<JobSlot>(m_workbench.jobs);
    return box;
}

bool TryItPage::isRunning() const
{
    return m_original.slot->isActive() || m_recipe.slot->isActive();
}

void TryItPage::refresh()
{
    const DocumentRecipe* recipe = m_workbench.document.current();
    const QString name = recipe ? QString::fromStdString(recipe->recipe.name) : tr("Recipe");
    if (!isRunning()) m_recipe.heading->setText(name);
    m_recipe.view->setAccessibleName(tr("Continued by %1").arg(name));
    m_original.view->setAccessibleName(tr("Continued by the original"));
    m_start->setEnabled(recipe != nullptr && !isRunning());
    m_stop->setEnabled(isRunning());
}

void TryItPage::start()
{
    if (!m_workbench.document.plan() || isRunning()) return;
    if (m_prompt->toPlainText().isEmpty()) {
        m_prompt->setFocus();
        return;
    }
    m_recipe.heading->setText(QString::fromStdString(m_workbench.document.current()->recipe.name));
    run(m_original, true);
    run(m_recipe, false);
    refresh();
}

void TryItPage::run(Side& side, bool original)
{
    const QString prompt = m_prompt->toPlainText();
    side.view->setPlainText(prompt);
    side.status->setText(tr("Waiting"));
    side.stream = std::make_shared<Stream>();
    side.tokens = 0;
    GenerateOptions options;
    options.tokenCount = static_cast<std::uint32_t>(m_tokenCount->value());
    options.temperature = static_cast<float>(m_temperature->value());
    options.seed = static_cast<std::uint64_t>(m_seed->value());
    const std::shared_ptr<const Plan> plan = original ? nullptr : m_workbench.document.plan();
    struct Outcome {
        std::size_t tokens = 0;
        double seconds = 0;
    };
    side.slot->start<Outcome>(
        {tr("Continuing a text with %1").arg(side.heading->text()), JobQueue::Lane::Foreground, true},
        [model = original ? m_workbench.document.opened().model : m_workbench.document.model(), plan, text = prompt.toStdString(), options,
         stream = side.stream](const JobContext& context) -> Result<Outcome> {
            QElapsedTimer clock;
            WW_TRY(const std::vector<TokenId> tokens, generateText(
                                                          model, plan, text, options,
                                                          [&](std::string_view piece) {
                                                              if (!clock.isValid()) clock.start();
                                                              const std::scoped_lock lock(stream->mutex);
                                                              stream->text += piece;
                                                              ++stream->tokens;
                                                              return !context.stopRequested();
                                                          },
                                                          context));
            return Outcome{tokens.size(), clock.isValid() ? static_cast<double>(clock.elapsed()) / 1000.0 : 0.0};
        },
        this,
        [this, &side](Result<Outcome> result) {
            drain(side);
            if (result) {
                QString status = tr("%n token(s)", nullptr, static_cast<int>(result->tokens));
                if (result->tokens > 1 && result->seconds > 0)
                    status =
                        tr("%1, %2 tokens per second", "number of tokens, speed")
                            .arg(status, QLocale().toString(static_cast<double>(result->tokens - 1) / result->seconds, 'f', 1));
                finish(side, status);
            } else if (result.error().code == ErrorCode::Cancelled) {
                finish(side, tr("Stopped"));
            } else {
                finish(side, QString::fromStdString(result.error().message));
            }
        });
}

void TryItPage::finish(Side& side, const QString& status)
{
    side.stream.reset();
    side.status->setText(status);
    refresh();
}

void TryItPage::stop()
{
    for (Side* side : {&m_original, &m_recipe}) {
        if (!side->slot->isActive()) continue;
        drain(*side);
        side->slot->cancel();
        finish(*side, tr("Stopped"));
    }
}

void TryItPage::drain(Side& side)
{
    if (!side.stream) return;
    std::string text;
    {
        const std::scoped_lock lock(side.stream->mutex);
        text.swap(side.stream->text);
        side.tokens = side.stream->tokens;
    }
    if (text.empty()) return;
    const bool atEnd = side.view->verticalScrollBar()->value() >= side.view->verticalScrollBar()->maximum() - 4;
    QTextCursor cursor(side.view->document());
    cursor.movePosition(QTextCursor::End);
    cursor.insertText(QString::fromStdString(text));
    if (atEnd) side.view->verticalScrollBar()->setValue(side.view->verticalScrollBar()->maximum());
    side.status->setText(tr("%n token(s)", nullptr, side.tokens));
}

}  // namespace ww
