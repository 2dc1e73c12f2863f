// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/pages/start_page.h"

#include <QDir>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QLabel>
#include <QListWidget>
#include <QProgressBar>
#include <QPushButton>
#include <QStackedWidget>
#include <QTimer>
#include <QVBoxLayout>

#include <algorithm>

#include "app/paths.h"
#include "app/workbench.h"
#include "widgets/theme/theme.h"
#include "widgets/views/drop_area.h"

namespace ww {
namespace {

/// A column of comfortable width in the middle of whatever space there is.
QWidget* centered(QWidget* content, int width)
{
    auto* outer = new QWidget;
    auto* layout = new QHBoxLayout(outer);
    content->setMaximumWidth(width);
    content->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Preferred);
    layout->addStretch(1);
    layout->addWidget(content, 100);
    layout->addStretch(1);
    return outer;
}

}  // namespace

StartPage::StartPage(Workbench& workbench, QWidget* parent) : QWidget(parent), m_workbench(workbench)
{
    setObjectName(QStringLiteral("startPage"));
    auto* content = new QWidget;
    auto* column = new QVBoxLayout(content);
    column->setSpacing(14);

    column->addStretch(1);
    auto* heading = new QHBoxLayout;
    heading->setSpacing(14);
    auto* picture = new QLabel;
    picture->setPixmap(applicationIcon().pixmap(56, 56));
    heading->addWidget(picture);
    auto* words = new QVBoxLayout;
    words->setSpacing(2);
    auto* title = new QLabel(QStringLiteral("Weightwright"));
    QFont big = title->font();
    big.setPointSizeF(big.pointSizeF() * 2.0);
    big.setBold(true);
    title->setFont(big);
    words->addWidget(title);
    auto* subtitle = new QLabel(tr("Make language models smaller, and see what it costs."));
    subtitle->setWordWrap(true);
    words->addWidget(subtitle);
    heading->addLayout(words, 1);
    column->addLayout(heading);

    m_drop = new DropArea;
    m_drop->setObjectName(QStringLiteral("dropArea"));
    m_drop->setTitle(tr("Drop a model here"));
    m_drop->setHint(tr("A GGUF file, a folder from Hugging Face, or a project (.wwproj)"));
    auto* buttons = new QWidget;
    auto* buttonRow = new QHBoxLayout(buttons);
    buttonRow->setContentsMargins(0, 0, 0, 0);
    m_open = new QPushButton(tr("&Open a Model…"));
    m_open->setObjectName(QStringLiteral("openButton"));
    m_open->setDefault(true);
    m_open->setAutoDefault(true);
    m_sample = new QPushButton(tr("Open the &Sample Model"));
    m_sample->setObjectName(QStringLiteral("sampleButton"));
    m_sample->setAutoDefault(true);
    m_sample->setToolTip(tr("A small trained model that comes with the program: good for a first look"));
    m_sample->setVisible(!sampleModelPath().isEmpty());
    buttonRow->addStretch(1);
    buttonRow->addWidget(m_open);
    buttonRow->addWidget(m_sample);
    buttonRow->addStretch(1);
    m_drop->addButton(buttons);
    m_drop->setMinimumHeight(240);
    m_drop->setMaximumHeight(300);
    column->addWidget(m_drop, 4);
    buildRecent(column);

    auto* waiting = new QWidget;
    auto* waitingColumn = new QVBoxLayout(waiting);
    m_opening = new QLabel;
    m_opening->setAlignment(Qt::AlignCenter);
    m_opening->setWordWrap(true);
    auto* bar = new QProgressBar;
    bar->setRange(0, 0);
    bar->setTextVisible(false);
    bar->setAccessibleName(tr("Opening"));
    auto* stop = new QPushButton(icon("cancel"), tr("Stop"));
    connect(stop, &QPushButton::clicked, this, [this] { m_workbench.projects.cancelOpening(); });
    waitingColumn->addStretch(1);
    waitingColumn->addWidget(m_opening);
    waitingColumn->addWidget(bar);
    waitingColumn->addWidget(stop, 0, Qt::AlignHCenter);
    waitingColumn->addStretch(1);

    m_stack = new QStackedWidget;
    m_stack->addWidget(centered(content, 760));
    m_stack->addWidget(centered(waiting, 420));
    auto* layout = new QVBoxLayout(this);
    layout->addWidget(m_stack);

    connect(m_open, &QPushButton::clicked, this, &StartPage::openRequested);
    connect(m_sample, &QPushButton::clicked, this, &StartPage::sampleRequested);
    connect(m_drop, &DropArea::dropped, this, [this](const QStringList& paths) {
        if (!paths.isEmpty()) Q_EMIT pathRequested(paths.front());
    });
    connect(&m_workbench.settings, &Settings::recentFilesChanged, this, &StartPage::refresh);
    connect(&m_workbench.projects, &ProjectController::openingChanged, this, &StartPage::refresh);
    refresh();
}

void StartPage::buildRecent(QVBoxLayout* column)
{
    auto* head = new QHBoxLayout;
    auto* label = new QLabel(tr("Recent files"));
    QFont bold = label->font();
    bold.setBold(true);
    label->setFont(bold);
    head->addWidget(label);
    head->addStretch(1);
    m_restore = new QPushButton(tr("&Restore the Last Project"));
    m_restore->setObjectName(QStringLiteral("restoreButton"));
    m_restore->setAutoDefault(true);
    connect(m_restore, &QPushButton::clicked, this, &StartPage::restoreRequested);
    head->addWidget(m_restore);
    column->addLayout(head);

    m_recent = new QListWidget;
    m_recent->setObjectName(QStringLiteral("recentFiles"));
    m_recent->setAccessibleName(tr("Recent files"));
    m_recent->setFrameShape(QFrame::NoFrame);
    m_recent->setTextElideMode(Qt::ElideMiddle);
    m_recent->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    label->setBuddy(m_recent);
    // A click or Enter opens; the second click of a double click does nothing more.
    const auto openItem = [this](QListWidgetItem* item) {
        if (!m_workbench.projects.isOpening()) Q_EMIT pathRequested(item->data(Qt::UserRole).toString());
    };
    connect(m_recent, &QListWidget::itemActivated, this, openItem);
    connect(m_recent, &QListWidget::itemClicked, this, openItem);
    column->addWidget(m_recent);
    m_noRecent = new QLabel(tr("Nothing yet. Models that you open are listed here."));
    column->addWidget(m_noRecent);
    column->addStretch(2);
}

void StartPage::showEvent(QShowEvent* event)
{
    QWidget::showEvent(event);
    refresh();
    m_open->setFocus();
}

void StartPage::refresh()
{
    m_recent->clear();
    for (const QString& path : m_workbench.settings.recentFiles()) {
        auto* item =
            new QListWidgetItem(tr("%1  –  %2", "file name, folder")
                                    .arg(QFileInfo(path).fileName(), QDir::toNativeSeparators(QFileInfo(path).absolutePath())),
                                m_recent);
        item->setData(Qt::UserRole, path);
        item->setToolTip(QDir::toNativeSeparators(path));
    }
    const int line = m_recent->count() > 0 ? m_recent->sizeHintForRow(0) : 0;
    m_recent->setFixedHeight(std::min(8, m_recent->count()) * line + 2 * m_recent->frameWidth() + 4);
    m_recent->setVisible(m_recent->count() > 0);
    m_noRecent->setVisible(m_recent->count() == 0);
    m_restore->setVisible(!m_workbench.projects.restorablePath().isEmpty());
    if (!m_workbench.projects.isOpening()) {
        m_stack->setCurrentIndex(0);
        return;
    }
    m_opening->setText(tr("Opening %1…").arg(m_workbench.projects.openingName()));
    // Most files are there before anybody could read this.
    QTimer::singleShot(250, this, [this] {
        if (m_workbench.projects.isOpening()) m_stack->setCurrentIndex(1);
    });
}

}  // namespace ww
