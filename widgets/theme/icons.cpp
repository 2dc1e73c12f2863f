// SPDX-License-Identifier: GPL-3.0-or-later
// Icons are drawn in black; they are tinted when they are painted, so that one file serves both themes and all states.
#include <QFile>
#include <QGuiApplication>
#include <QIconEngine>
#include <QPainter>
#include <QPixmapCache>
#include <QSvgRenderer>

#include "widgets/theme/theme.h"

// Qt's resources of a static library have to be asked for, outside of any namespace.
static void initIconResources()
{
    Q_INIT_RESOURCE(icons);
}

namespace ww {
namespace {

class TintedSvgEngine : public QIconEngine {
public:
    explicit TintedSvgEngine(QString path) : m_path(std::move(path)) {}

    void paint(QPainter* painter, const QRect& rect, QIcon::Mode mode, QIcon::State state) override
    {
        const double scale = painter->device()->devicePixelRatio();
        QPixmap pixmap = scaledPixmap(rect.size() * scale, mode, state, scale);
        painter->drawPixmap(rect, pixmap);
    }
    QPixmap pixmap(const QSize& size, QIcon::Mode mode, QIcon::State state) override
    {
        return scaledPixmap(size, mode, state, 1.0);
    }
    QPixmap scaledPixmap(const QSize& size, QIcon::Mode mode, QIcon::State, qreal scale) override
    {
        const QColor color = colorFor(mode);
        const QString key =
            QStringLiteral("ww-icon:%1:%2x%3:%4:%5").arg(m_path).arg(size.width()).arg(size.height()).arg(color.rgba()).arg(scale);
        QPixmap pixmap;
        if (QPixmapCache::find(key, &pixmap)) return pixmap;
        pixmap = QPixmap(size);
        pixmap.fill(Qt::transparent);
        QSvgRenderer renderer(m_path);
        renderer.setAspectRatioMode(Qt::KeepAspectRatio);
        QPainter painter(&pixmap);
        renderer.render(&painter, QRectF(QPointF(0, 0), QSizeF(size)));
        painter.setCompositionMode(QPainter::CompositionMode_SourceIn);
        painter.fillRect(pixmap.rect(), color);
        painter.end();
        pixmap.setDevicePixelRatio(scale);
        QPixmapCache::insert(key, pixmap);
        return pixmap;
    }
    QIconEngine* clone() const override { return new TintedSvgEngine(m_path); }
    QString key() const override { return QStringLiteral("ww-tinted-svg"); }
    QString iconName() override { return m_path; }
    bool isNull() override { return false; }

private:
    static QColor colorFor(QIcon::Mode mode)
    {
        const QPalette palette = QGuiApplication::palette();
        switch (mode) {
        case QIcon::Disabled: return palette.color(QPalette::Disabled, QPalette::ButtonText);
        case QIcon::Selected: return palette.color(QPalette::Active, QPalette::HighlightedText);
        default: return palette.color(QPalette::Active, QPalette::ButtonText);
        }
    }

    QString m_path;
};

}  // namespace

QIcon icon(const char* name)
{
    initIconResources();
    const QString path = QStringLiteral(":/weightwright/icons/%1.svg").arg(QLatin1String(name));
    return QFile::exists(path) ? QIcon(new TintedSvgEngine(path)) : QIcon();
}

QIcon applicationIcon()
{
    initIconResources();
    return QIcon(QStringLiteral(":/weightwright/icons/weightwright.svg"));
}

}  // namespace ww
