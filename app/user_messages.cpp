// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/user_messages.h"

#include <QAccessible>
#include <QEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>

#include "widgets/theme/colors.h"
#include "widgets/theme/theme.h"

namespace ww {
namespace {

constexpr std::size_t kShown = 3;
constexpr std::size_t kKept = 20;

const char* iconName(Severity severity)
{
    switch (severity) {
    case Severity::Success: return "check";
    case Severity::Info: return "info";
    case Severity::Warning:
    case Severity::Error: return "warning";
    }
    return "info";
}

QColor edgeColor(Severity severity, const ThemeColors& colors)
{
    switch (severity) {
    case Severity::Success: return colors.success;
    case Severity::Info: return colors.accent;
    case Severity::Warning: return colors.warning;
    case Severity::Error: return colors.error;
    }
    return colors.accent;
}

}  // namespace

int UserMessages::post(Severity severity, const QString& title, const QString& text, std::vector<MessageAction> actions)
{
    // The same thing said again replaces what was said before.
    std::erase_if(m_messages, [&](const UserMessage& m) { return m.title == title && m.text == text; });
    if (m_messages.size() >= kKept) m_messages.erase(m_messages.begin());
    // Good news makes room for the next good news.
    if (severity == Severity::Success || (severity == Severity::Info && actions.empty()))
        std::erase_if(m_messages, [&](const UserMessage& m) { return m.severity == severity && (severity == Severity::Success || m.actions.empty()); });
    m_messages.push_back({m_nextId, severity, title, text, std::move(actions)});
    Q_EMIT changed();
    return m_nextId++;
}

int UserMessages::error(const QString& what, const Error& error, std::vector<MessageAction> actions)
{
    if (error.code == ErrorCode::Cancelled) return 0;
    return post(Severity::Error, what, QString::fromStdString(error.describe()), std::move(actions));
}

void UserMessages::dismiss(int id)
{
    if (std::erase_if(m_messages, [&](const UserMessage& m) { return m.id == id; }) > 0) Q_EMIT changed();
}

void UserMessages::dismissAll()
{
    if (m_messages.empty()) return;
    m_messages.clear();
    Q_EMIT changed();
}

MessageBar::MessageBar(UserMessages& messages, QWidget* parent) : QFrame(parent), m_messages(messages)
{
    setObjectName(QStringLiteral("messageBar"));
    setAccessibleName(tr("Messages"));
    m_layout = new QVBoxLayout(this);
    m_layout->setContentsMargins(0, 0, 0, 0);
    m_layout->setSpacing(1);
    connect(&m_messages, &UserMessages::changed, this, &MessageBar::rebuild);
    rebuild();
}

void MessageBar::changeEvent(QEvent* event)
{
    QFrame::changeEvent(event);
    if (event->type() == QEvent::PaletteChange) rebuild();
}

void MessageBar::rebuild()
{
    while (QLayoutItem* item = m_layout->takeAt(0)) {
        if (item->widget()) {
            item->widget()->hide();
            item->widget()->deleteLater();
        }
        delete item;
    }
    const auto& all = m_messages.messages();
    const std::size_t first = all.size() > kShown ? all.size() - kShown : 0;
    for (std::size_t i = all.size(); i-- > first;) m_layout->addWidget(makeRow(all[i], i == first ? static_cast<int>(first) : 0));
    setVisible(!all.empty());
    if (!all.empty() && all.back().id != m_newest) {
        m_newest = all.back().id;
        setAccessibleDescription(all.back().title + QLatin1Char(' ') + all.back().text);
        QAccessibleEvent alert(this, QAccessible::Alert);
        QAccessible::updateAccessibility(&alert);
    }
}

QWidget* MessageBar::makeRow(const UserMessage& message, int hidden)
{
    const ThemeColors& colors = themeColors(palette());
    auto* row = new QFrame(this);
    row->setObjectName(QStringLiteral("messageRow"));
    const QColor edge = edgeColor(message.severity, colors);
    QColor fill = edge;
    fill.setAlphaF(colors.dark ? 0.22F : 0.12F);
    row->setStyleSheet(QStringLiteral("#messageRow { background: rgba(%1,%2,%3,%4); border-left: 4px solid %5; }")
                           .arg(fill.red())
                           .arg(fill.green())
                           .arg(fill.blue())
                           .arg(fill.alpha())
                           .arg(edge.name()));
    auto* layout = new QHBoxLayout(row);
    layout->setContentsMargins(10, 6, 6, 6);
    layout->setSpacing(10);

    auto* picture = new QLabel(row);
    picture->setPixmap(icon(iconName(message.severity)).pixmap(18, 18));
    layout->addWidget(picture, 0, Qt::AlignTop);

    auto* text = new QLabel(row);
    text->setWordWrap(true);
    text->setTextFormat(Qt::RichText);
    text->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    QString html = QStringLiteral("<b>%1</b>").arg(message.title.toHtmlEscaped());
    if (!message.text.isEmpty()) html += QStringLiteral(" %1").arg(message.text.toHtmlEscaped());
    if (hidden > 0) html += QStringLiteral(" <i>%1</i>").arg(tr("(%n older message(s))", nullptr, hidden).toHtmlEscaped());
    text->setText(html);
    text->setObjectName(QStringLiteral("messageText"));
    layout->addWidget(text, 1);

    const int id = message.id;
    for (const MessageAction& action : message.actions) {
        auto* button = new QPushButton(action.text, row);
        connect(button, &QPushButton::clicked, this, [this, id, run = action.run] {
            m_messages.dismiss(id);
            if (run) run();
        });
        layout->addWidget(button, 0, Qt::AlignTop);
    }
    auto* close = new QToolButton(row);
    close->setIcon(icon("cancel"));
    close->setAutoRaise(true);
    close->setToolTip(tr("Close this message"));
    close->setAccessibleName(tr("Close this message"));
    connect(close, &QToolButton::clicked, this, [this, id] { m_messages.dismiss(id); });
    layout->addWidget(close, 0, Qt::AlignTop);
    return row;
}

}  // namespace ww
