// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/plots/plot_widget.h"

#include <QApplication>
#include <QBuffer>
#include <QClipboard>
#include <QFile>
#include <QFileDialog>
#include <QFileInfo>
#include <QKeyEvent>
#include <QLabel>
#include <QMenu>
#include <QMessageBox>
#include <QPainter>
#include <QPdfWriter>
#include <QStackedLayout>
#include <QSvgGenerator>
#include <QToolTip>
#include <algorithm>
#include <numeric>
#include <vector>
#include <cmath>
#include <utility>

#include "base/atomic_file.h"
#include "widgets/plots/decimal_ticker.h"
#include "widgets/plots/qcustomplot_include.h"
#include "widgets/theme/theme.h"

namespace ww {

PlotWidget::PlotWidget(QWidget* parent) : QWidget(parent)
{
    setFocusPolicy(Qt::StrongFocus);
    m_stack = new QStackedLayout(this);
    m_stack->setContentsMargins(2, 2, 2, 2);
    m_emptyLabel = new QLabel(tr("Nothing to show yet."));
    m_emptyLabel->setAlignment(Qt::AlignCenter);
    m_emptyLabel->setWordWrap(true);
    m_emptyLabel->setAutoFillBackground(true);
    m_emptyLabel->setBackgroundRole(QPalette::Base);
    m_emptyLabel->setMargin(16);
    buildPlot();
    m_stack->addWidget(m_emptyLabel);
    m_stack->addWidget(m_plot);
    applyTheme();
}

PlotWidget::~PlotWidget() = default;

void PlotWidget::buildPlot()
{
    m_plot = new QCustomPlot;
    m_plot->setLocale(QLocale());
    m_plot->setFocusPolicy(Qt::NoFocus);
    m_plot->setSelectionRectMode(QCP::srmZoom);
    m_plot->setInteractions(QCP::iRangeZoom);
    m_plot->setNoAntialiasingOnDrag(false);
    m_plot->legend->setVisible(false);
    m_plot->installEventFilter(this);
    m_plot->setMouseTracking(true);
    m_plot->setMinimumSize(10, 10);
    m_plot->axisRect()->setMinimumMargins(QMargins(4, 4, 10, 4));
    for (QCPAxis* axis : {m_plot->xAxis, m_plot->yAxis}) {
        axis->setTickLength(0, 4);
        axis->setSubTickLength(0, 2);
        axis->setTicker(QSharedPointer<DecimalTicker>::create());
        axis->setNumberFormat(QStringLiteral("gbc"));
        axis->setNumberPrecision(4);
        axis->grid()->setZeroLinePen(Qt::NoPen);
    }
    m_crosshair = new QCPItemStraightLine(m_plot);
    m_crosshair->setVisible(false);
    m_crosshair->setSelectable(false);
    m_crosshair->setLayer(QStringLiteral("overlay"));
    connect(m_plot, &QCustomPlot::mouseDoubleClick, this, [this] { zoomToData(); });
}

void PlotWidget::setTitle(const QString& title)
{
    if (title == m_title) return;
    m_title = title;
    if (m_titleElement) {
        m_plot->plotLayout()->remove(m_titleElement);
        m_plot->plotLayout()->simplify();
        m_titleElement = nullptr;
    }
    if (!title.isEmpty()) {
        m_plot->plotLayout()->insertRow(0);
        m_titleElement = new QCPTextElement(m_plot, title);
        m_plot->plotLayout()->addElement(0, 0, m_titleElement);
    }
    applyTheme();
}

void PlotWidget::setEmptyText(const QString& text)
{
    m_emptyLabel->setText(text);
    if (m_empty) setAccessibleDescription(text);
}

void PlotWidget::dataChanged(bool empty)
{
    m_empty = empty;
    hideHover();
    m_stack->setCurrentWidget(empty ? static_cast<QWidget*>(m_emptyLabel) : m_plot);
    setAccessibleDescription(empty ? m_emptyLabel->text() : description());
    if (!empty) fitAxes();
    applyTheme();
}

void PlotWidget::showLegend(bool on)
{
    m_legendShown = on;
    QCPLegend* legend = m_plot->legend;
    legend->setVisible(on);
    if (!on || !m_plot->axisRect()->insetLayout()->elements(false).contains(legend)) return;
    // Above the axes, where it never covers data.
    m_plot->axisRect()->insetLayout()->take(legend);
    const int row = m_titleElement ? 1 : 0;
    m_plot->plotLayout()->insertRow(row);
    // The empty element beside it takes the rest of the width; stretched over the plot the items would stand far apart.
    auto* line = new QCPLayoutGrid;
    line->addElement(0, 0, legend);
    line->addElement(0, 1, new QCPLayoutElement(m_plot));
    line->setColumnStretchFactor(0, 0.001);
    m_plot->plotLayout()->addElement(row, 0, line);
    m_plot->plotLayout()->setRowStretchFactor(row, 0.001);
    legend->setFillOrder(QCPLayoutGrid::foColumnsFirst);
    legend->setBorderPen(Qt::NoPen);
    legend->setMargins(QMargins(4, 4, 4, 5));
    legend->setColumnSpacing(14);
    legend->setRowSpacing(4);
    legend->setIconSize(14, 10);
}

void PlotWidget::wrapLegend(int width)
{
    if (!m_legendShown) return;
    std::vector<int> widths;
    for (int i = 0; i < m_plot->legend->itemCount(); ++i) {
        const auto* item = m_plot->legend->item(i);
        widths.push_back(item ? item->minimumOuterSizeHint().width() : 1);
    }
    // As many columns as fit; each is as wide as its widest item.
    const auto needed = [&](std::size_t columns) {
        std::vector<int> widest(columns, 0);
        for (std::size_t i = 0; i < widths.size(); ++i) widest[i % columns] = std::max(widest[i % columns], widths[i]);
        return std::accumulate(widest.begin(), widest.end(), static_cast<int>(columns) * m_plot->legend->columnSpacing());
    };
    std::size_t columns = std::max<std::size_t>(1, widths.size());
    while (columns > 1 && needed(columns) > width - 16) --columns;
    m_plot->legend->setWrap(static_cast<int>(columns));
    m_plot->legend->setFillOrder(QCPLayoutGrid::foColumnsFirst, true);
}

void PlotWidget::applyTheme()
{
    const ThemeColors& c = themeColors(palette());
    QPalette muted = palette();
    muted.setColor(QPalette::WindowText, c.mutedText);
    muted.setColor(QPalette::Text, c.mutedText);
    m_emptyLabel->setPalette(muted);
    m_plot->setBackground(QBrush(c.plotBackground));
    const QFont normal = font();
    QFont small = normal;
    small.setPointSizeF(small.pointSizeF() * 0.9);
    for (QCPAxis* axis : {m_plot->xAxis, m_plot->yAxis, m_plot->xAxis2, m_plot->yAxis2}) {
        axis->setBasePen(QPen(c.plotAxis, 1));
        axis->setTickPen(QPen(c.plotAxis, 1));
        axis->setSubTickPen(QPen(c.plotAxis, 1));
        axis->setTickLabelColor(c.plotText);
        axis->setLabelColor(c.plotText);
        axis->setTickLabelFont(small);
        axis->setLabelFont(normal);
        axis->grid()->setPen(QPen(c.plotGrid, 1));
        axis->grid()->setSubGridPen(QPen(c.plotGrid, 1, Qt::DotLine));
    }
    m_plot->legend->setBrush(Qt::NoBrush);
    m_plot->legend->setTextColor(c.plotText);
    m_plot->legend->setFont(small);
    // A wrapped legend counts the empty cells of its last column, too.
    for (int i = 0; i < m_plot->legend->itemCount(); ++i) {
        auto* item = m_plot->legend->item(i);
        if (!item) continue;
        item->setFont(small);
        item->setTextColor(c.plotText);
    }
    if (m_titleElement) {
        QFont strong = normal;
        strong.setWeight(QFont::DemiBold);
        m_titleElement->setFont(strong);
        m_titleElement->setTextColor(c.plotText);
    }
    m_crosshair->setPen(QPen(c.plotAxis, 1, Qt::DashLine));
    m_plot->selectionRect()->setPen(QPen(c.accent, 1));
    QColor band = c.accent;
    band.setAlphaF(0.15F);
    m_plot->selectionRect()->setBrush(band);
    if (!m_empty) recolor(c);
    wrapLegend(m_plot->width());
    m_plot->replot(QCustomPlot::rpQueuedReplot);
}

void PlotWidget::zoomToData()
{
    if (m_empty) return;
    fitAxes();
    m_plot->replot(QCustomPlot::rpQueuedReplot);
}

void PlotWidget::zoomBy(double factor)
{
    const QRect area = m_plot->axisRect()->rect();
    m_plot->xAxis->scaleRange(factor, m_plot->xAxis->pixelToCoord(area.center().x()));
    m_plot->yAxis->scaleRange(factor, m_plot->yAxis->pixelToCoord(area.center().y()));
    m_plot->replot(QCustomPlot::rpQueuedReplot);
}

// Shares of the visible range; on a logarithmic axis a share of its decades.
void PlotWidget::panBy(double dx, double dy)
{
    const auto pan = [](QCPAxis* axis, double share) {
        if (share == 0) return;
        const QCPRange range = axis->range();
        if (axis->scaleType() == QCPAxis::stLogarithmic) {
            const double factor = std::pow(range.upper / range.lower, share);
            axis->setRange(range.lower * factor, range.upper * factor);
        } else {
            axis->moveRange(range.size() * share);
        }
    };
    pan(m_plot->xAxis, dx);
    pan(m_plot->yAxis, dy);
    m_plot->replot(QCustomPlot::rpQueuedReplot);
}

void PlotWidget::keyPressEvent(QKeyEvent* event)
{
    if (m_empty) {
        QWidget::keyPressEvent(event);
        return;
    }
    if (event->matches(QKeySequence::Copy)) {
        copyImage();
        return;
    }
    constexpr double kShare = 0.1;
    switch (event->key()) {
    case Qt::Key_Left: panBy(-kShare, 0); return;
    case Qt::Key_Right: panBy(kShare, 0); return;
    case Qt::Key_Up: panBy(0, kShare); return;
    case Qt::Key_Down: panBy(0, -kShare); return;
    case Qt::Key_Plus:
    case Qt::Key_Equal: zoomBy(0.8); return;
    case Qt::Key_Minus: zoomBy(1.25); return;
    case Qt::Key_0:
    case Qt::Key_Home: zoomToData(); return;
    case Qt::Key_PageDown:
    case Qt::Key_PageUp: {
        const Step step = stepPoint(event->key() == Qt::Key_PageDown ? 1 : -1);
        if (step.text.isEmpty()) break;
        m_plot->replot(QCustomPlot::rpQueuedReplot);
        setAccessibleDescription(step.text);
        QToolTip::showText(m_plot->mapToGlobal(step.pixel.toPoint() + QPoint(10, 10)), step.text, m_plot);
        return;
    }
    case Qt::Key_Return:
    case Qt::Key_Enter: activateStep(); return;
    default: break;
    }
    QWidget::keyPressEvent(event);
}

PlotWidget::Step PlotWidget::stepPoint(int)
{
    return {};
}

void PlotWidget::clicked(const QPointF&) {}
void PlotWidget::activateStep() {}

bool PlotWidget::eventFilter(QObject* watched, QEvent* event)
{
    if (watched != m_plot) return QWidget::eventFilter(watched, event);
    switch (event->type()) {
    case QEvent::MouseButtonPress: {
        const auto* mouse = static_cast<QMouseEvent*>(event);
        setFocus(Qt::MouseFocusReason);
        if (mouse->button() == Qt::LeftButton) m_pressed = mouse->position();
        // Only the left button draws the zoom rectangle.
        return mouse->button() != Qt::LeftButton;
    }
    case QEvent::MouseButtonRelease: {
        const auto* mouse = static_cast<QMouseEvent*>(event);
        const auto pressed = std::exchange(m_pressed, std::nullopt);
        if (!pressed || mouse->button() != Qt::LeftButton) break;
        if ((mouse->position() - *pressed).manhattanLength() < QApplication::startDragDistance()) {
            // A click that trembled is not a zoom to a few pixels.
            m_plot->selectionRect()->cancel();
            clicked(mouse->position());
        }
        break;
    }
    case QEvent::MouseMove: updateHover(static_cast<QMouseEvent*>(event)->position()); break;
    case QEvent::Leave: hideHover(); break;
    case QEvent::ContextMenu: showMenu(static_cast<QContextMenuEvent*>(event)->globalPos()); return true;
    case QEvent::Resize: wrapLegend(static_cast<QResizeEvent*>(event)->size().width()); break;
    default: break;
    }
    return false;
}

void PlotWidget::updateHover(const QPointF& pixel)
{
    if (m_empty || m_pressed) return;
    const bool inside = m_plot->axisRect()->rect().contains(pixel.toPoint());
    const QString text = inside ? hoverText(pixel) : QString();
    if (text.isEmpty()) {
        hideHover();
        return;
    }
    if (m_useCrosshair) {
        const double x = m_plot->xAxis->pixelToCoord(pixel.x());
        const double y = m_plot->yAxis->range().lower;
        m_crosshair->point1->setCoords(x, y);
        m_crosshair->point2->setCoords(x, m_plot->yAxis->range().upper);
        m_crosshair->setVisible(true);
        m_plot->layer(QStringLiteral("overlay"))->replot();
    }
    QToolTip::showText(m_plot->mapToGlobal(pixel.toPoint()), text, m_plot);
}

void PlotWidget::hideHover()
{
    QToolTip::hideText();
    if (!m_crosshair->visible()) return;
    m_crosshair->setVisible(false);
    m_plot->layer(QStringLiteral("overlay"))->replot();
}

void PlotWidget::changeEvent(QEvent* event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange) applyTheme();
    if (event->type() == QEvent::LocaleChange) m_plot->setLocale(QLocale());
}

void PlotWidget::focusInEvent(QFocusEvent* event)
{
    QWidget::focusInEvent(event);
    update();
}

void PlotWidget::focusOutEvent(QFocusEvent* event)
{
    QWidget::focusOutEvent(event);
    hideHover();
    update();
}

void PlotWidget::resizeEvent(QResizeEvent* event)
{
    QWidget::resizeEvent(event);
    hideHover();
}

void PlotWidget::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    const ThemeColors& c = themeColors(palette());
    painter.fillRect(rect(), c.plotBackground);
    if (!hasFocus()) return;
    painter.setPen(QPen(c.accent, 2));
    painter.drawRect(rect().adjusted(1, 1, -1, -1));
}

void PlotWidget::showMenu(const QPoint& globalPosition)
{
    QMenu menu(this);
    auto* copyPicture = menu.addAction(tr("Copy picture"), this, &PlotWidget::copyImage);
    copyPicture->setShortcut(QKeySequence::Copy);
    auto* copyNumbers = menu.addAction(tr("Copy data as CSV"), this, &PlotWidget::copyData);
    auto* save = menu.addAction(icon("save"), tr("Save as PNG, SVG, PDF or CSV…"), this, &PlotWidget::askAndSave);
    menu.addSeparator();
    auto* reset = menu.addAction(tr("Show all"), this, &PlotWidget::zoomToData);
    reset->setShortcut(Qt::Key_Home);
    for (QAction* action : {copyPicture, copyNumbers, save, reset}) action->setEnabled(!m_empty);
    Q_EMIT contextMenuRequested(&menu);
    menu.exec(globalPosition);
}

void PlotWidget::askAndSave()
{
    auto* dialog = new QFileDialog(this, tr("Save plot"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->setNameFilters({tr("Picture (*.png)"), tr("Vector graphic (*.svg)"), tr("PDF (*.pdf)"), tr("Data (*.csv)")});
    dialog->setDefaultSuffix(QStringLiteral("png"));
    dialog->selectFile(m_fileNameHint.isEmpty() ? QStringLiteral("plot") : m_fileNameHint);
    connect(dialog, &QFileDialog::filterSelected, dialog,
            [dialog](const QString& filter) { dialog->setDefaultSuffix(filter.section(QLatin1String("*."), 1).chopped(1)); });
    connect(dialog, &QFileDialog::fileSelected, this, [this](const QString& path) {
        const QString problem = saveTo(path);
        if (!problem.isEmpty()) QMessageBox::warning(this, tr("Save plot"), problem);
    });
    dialog->open();
}

QImage PlotWidget::toImage(QSize size, double scale)
{
    if (!size.isValid() || size.isEmpty()) size = m_plot->size();
    wrapLegend(size.width());
    const QImage image = m_plot->toPixmap(size.width(), size.height(), scale).toImage();
    wrapLegend(m_plot->width());
    m_plot->replot(QCustomPlot::rpQueuedReplot);
    return image;
}

void PlotWidget::copyImage()
{
    QGuiApplication::clipboard()->setImage(toImage({}, 2.0));
}

void PlotWidget::copyData() const
{
    QGuiApplication::clipboard()->setText(csv());
}

QByteArray PlotWidget::toVector(const QString& suffix, QSize size)
{
    QByteArray bytes;
    QBuffer buffer(&bytes);
    buffer.open(QIODevice::WriteOnly);
    QCPPainter painter;
    QSvgGenerator svg;
    QPdfWriter pdf(&buffer);
    QPaintDevice* device = &pdf;
    if (suffix == QLatin1String("svg")) {
        svg.setOutputDevice(&buffer);
        svg.setSize(size);
        svg.setViewBox(QRect(QPoint(0, 0), size));
        svg.setResolution(96);
        svg.setTitle(m_title);
        svg.setDescription(description());
        device = &svg;
    } else {
        pdf.setResolution(96);
        pdf.setPageMargins(QMarginsF(0, 0, 0, 0));
        pdf.setPageSize(QPageSize(QSizeF(size) * 72.0 / 96.0, QPageSize::Point));
        pdf.setTitle(m_title);
    }
    if (!painter.begin(device)) return {};
    painter.setMode(QCPPainter::pmVectorized);
    painter.setMode(QCPPainter::pmNoCaching);
    painter.setMode(QCPPainter::pmNonCosmetic);
    wrapLegend(size.width());
    m_plot->toPainter(&painter, size.width(), size.height());
    painter.end();
    wrapLegend(m_plot->width());
    m_plot->replot(QCustomPlot::rpQueuedReplot);
    return bytes;
}

QString PlotWidget::saveTo(const QString& path, QSize size)
{
    if (m_empty) return tr("There is nothing to save yet.");
    if (!size.isValid() || size.isEmpty()) size = m_plot->size();
    const QString suffix = QFileInfo(path).suffix().toLower();
    // Drawn in memory first: Qt's own writers do not notice a disk that is full.
    QByteArray bytes;
    if (suffix == QLatin1String("csv")) {
        bytes = csv().toUtf8();
    } else if (suffix == QLatin1String("png")) {
        QBuffer buffer(&bytes);
        buffer.open(QIODevice::WriteOnly);
        toImage(size, 2.0).save(&buffer, "PNG");
    } else if (suffix == QLatin1String("svg") || suffix == QLatin1String("pdf")) {
        bytes = toVector(suffix, size);
    } else {
        return tr("A plot can be saved as PNG, SVG, PDF or CSV; “%1” ends in none of these.").arg(QFileInfo(path).fileName());
    }
    const std::string name = QFile::encodeName(path).toStdString();
    if (!bytes.isEmpty() && writeTextFile(name, {bytes.constData(), static_cast<std::size_t>(bytes.size())})) return {};
    return tr("“%1” could not be written. Check that the folder exists, that you may write there, and that the disk has room.")
        .arg(path);
}

}  // namespace ww
