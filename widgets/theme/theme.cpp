// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/theme/theme.h"

#include <QApplication>
#include <QFontDatabase>
#include <QFontInfo>
#include <QToolTip>
#include <utility>

#include "widgets/theme/style.h"
#include "widgets/theme/system_appearance.h"

namespace ww {
namespace {

Theme* g_instance = nullptr;

struct Shades {
    QRgb window, base, alternate, text, button, buttonText, highlight, highlightedText, link, visited, placeholder, disabled,
        toolTip, toolTipText, light, midlight, mid, dark, shadow;
};

constexpr Shades kLight = {0xFFF3F4F7, 0xFFFFFFFF, 0xFFF7F8FA, 0xFF1A1E24, 0xFFFBFBFC, 0xFF1A1E24, 0xFF1D63C4,
                           0xFFFFFFFF, 0xFF1D63C4, 0xFF6B3FA0, 0xFF666E7A, 0xFF8D949E, 0xFF23282F, 0xFFF4F5F7,
                           0xFFFFFFFF, 0xFFEDEFF2, 0xFFC3C8D0, 0xFFA2A8B2, 0xFF5A606A};
constexpr Shades kDark = {0xFF20242A, 0xFF171A1F, 0xFF1C2026, 0xFFE4E7EB, 0xFF2E333B, 0xFFE4E7EB, 0xFF2B6CCF,
                          0xFFFFFFFF, 0xFF7AB4FF, 0xFFC6A5F2, 0xFF8E97A3, 0xFF6C7480, 0xFF39404A, 0xFFF1F3F5,
                          0xFF454C57, 0xFF363C45, 0xFF3F4650, 0xFF14171B, 0xFF000000};

QPalette fromShades(const Shades& s)
{
    QPalette p;
    const auto set = [&p](QPalette::ColorRole role, QRgb color) { p.setColor(role, QColor::fromRgb(color)); };
    set(QPalette::Window, s.window);
    set(QPalette::WindowText, s.text);
    set(QPalette::Base, s.base);
    set(QPalette::AlternateBase, s.alternate);
    set(QPalette::Text, s.text);
    set(QPalette::Button, s.button);
    set(QPalette::ButtonText, s.buttonText);
    set(QPalette::BrightText, 0xFFFFFFFF);
    set(QPalette::Highlight, s.highlight);
    set(QPalette::HighlightedText, s.highlightedText);
    set(QPalette::Link, s.link);
    set(QPalette::LinkVisited, s.visited);
    set(QPalette::PlaceholderText, s.placeholder);
    set(QPalette::ToolTipBase, s.toolTip);
    set(QPalette::ToolTipText, s.toolTipText);
    set(QPalette::Light, s.light);
    set(QPalette::Midlight, s.midlight);
    set(QPalette::Mid, s.mid);
    set(QPalette::Dark, s.dark);
    set(QPalette::Shadow, s.shadow);
    for (const auto role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText, QPalette::HighlightedText})
        p.setColor(QPalette::Disabled, role, QColor::fromRgb(s.disabled));
    p.setColor(QPalette::Disabled, QPalette::Highlight, QColor::fromRgb(s.mid));
    return p;
}

// Without a desktop Qt falls back to fontconfig's generic family, which on a bare system is a wide screen font of the 1990s.
// A font that a person chose in the desktop settings is never touched.
void preferReadableFont()
{
    QFont font = QApplication::font();
    const QString family = font.family();
    const bool generic = family.compare(QLatin1String("Sans Serif"), Qt::CaseInsensitive) == 0 ||
                         family.compare(QLatin1String("Sans"), Qt::CaseInsensitive) == 0 || family.isEmpty();
    if (!generic) return;
    for (const char* name : {"Open Sans", "Noto Sans", "Inter", "Cantarell"}) {
        const QString candidate = QString::fromLatin1(name);
        if (!QFontDatabase::hasFamily(candidate)) continue;
        font.setFamilies({candidate, family});
        QApplication::setFont(font);
        return;
    }
}

}  // namespace

Theme::Theme(QObject* parent) : QObject(parent), m_systemDark(ww::isDark(QApplication::palette()))
{
    g_instance = this;
    QApplication::setStyle(new Style);  // the application takes it
    preferReadableFont();
    followSystem();
    apply();
}

Theme::~Theme()
{
    if (g_instance == this) g_instance = nullptr;
}

Theme* Theme::instance()
{
    return g_instance;
}

bool Theme::isDark() const
{
    return m_mode == Mode::Dark || (m_mode == Mode::System && m_systemDark);
}

void Theme::setMode(Mode mode)
{
    if (mode == m_mode) return;
    const bool before = isDark();
    m_mode = mode;
    if (before != isDark()) apply();
}

void Theme::apply()
{
    const QPalette p = palette(isDark());
    QApplication::setPalette(p);
    QToolTip::setPalette(p);
    if (std::exchange(m_applied, true)) Q_EMIT changed();
}

void Theme::followSystem()
{
    auto* system = new SystemAppearance(this);
    connect(system, &SystemAppearance::changed, this, [this](bool dark) {
        const bool before = isDark();
        m_systemDark = dark;
        if (before != isDark()) apply();
    });
}

QPalette Theme::palette(bool dark)
{
    return fromShades(dark ? kDark : kLight);
}

}  // namespace ww
