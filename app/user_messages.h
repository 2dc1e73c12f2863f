// SPDX-License-Identifier: GPL-3.0-or-later
// What the program tells people without interrupting them: one sentence or two in a bar inside the window.
#pragma once

#include <QFrame>
#include <QObject>
#include <QString>

#include <functional>
#include <vector>

#include "base/result.h"

class QLabel;
class QVBoxLayout;

namespace ww {

enum class Severity { Success, Info, Warning, Error };

/// A button beside a message.
struct MessageAction {
    QString text;
    std::function<void()> run;
};

struct UserMessage {
    int id = 0;
    Severity severity = Severity::Info;
    QString title;  ///< what happened
    QString text;   ///< where, and what to do next; may be empty
    std::vector<MessageAction> actions;
};

/// Where messages are posted. GUI thread only. Cancelled jobs are nothing to tell.
class UserMessages : public QObject {
    Q_OBJECT
public:
    using QObject::QObject;

    int post(Severity severity, const QString& title, const QString& text = {}, std::vector<MessageAction> actions = {});
    /// `what` says what failed ("The file could not be opened."); the error says where and why.
    int error(const QString& what, const Error& error, std::vector<MessageAction> actions = {});
    void dismiss(int id);
    void dismissAll();
    /// Those still shown, oldest first.
    [[nodiscard]] const std::vector<UserMessage>& messages() const { return m_messages; }

Q_SIGNALS:
    void changed();

private:
    std::vector<UserMessage> m_messages;
    int m_nextId = 1;
};

/// Shows the newest messages, each with its buttons and a way to close it. Hidden when there are none.
class MessageBar : public QFrame {
    Q_OBJECT
public:
    explicit MessageBar(UserMessages& messages, QWidget* parent = nullptr);

protected:
    void changeEvent(QEvent* event) override;

private:
    void rebuild();
    [[nodiscard]] QWidget* makeRow(const UserMessage& message, int hidden);

    UserMessages& m_messages;
    QVBoxLayout* m_layout = nullptr;
    int m_newest = 0;
};

}  // namespace ww
