// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/theme/colors.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace ww {
namespace {

// Bits per weight of a type, rounded to the class that people name it by: Q4_K and IQ4_XS are "4 bits".
int bitClass(TensorType type)
{
    const double bits = traits(type).bitsPerWeight();
    if (bits < 2.0) return 1;
    if (bits < 3.0) return 2;
    if (bits < 4.0) return 3;
    if (bits <= 5.01) return 4;
    if (bits <= 6.01) return 5;
    if (bits < 8.0) return 6;
    if (bits < 12.0) return 8;
    return bits < 20.0 ? 16 : 32;
}

// The Okabe-Ito colors in spectral order, one per class of bits, slightly calmed because they fill large areas.
QColor classColor(int bits)
{
    switch (bits) {
    case 1: return {0xB8, 0x5C, 0x93};
    case 2: return {0xC2, 0x4A, 0x22};
    case 3: return {0xE3, 0x9A, 0x1C};
    case 4: return {0xEC, 0xDC, 0x5A};
    case 5: return {0x1F, 0x9E, 0x78};
    case 6: return {0x62, 0xB6, 0xE6};
    case 8: return {0x1B, 0x6E, 0xAE};
    case 16: return {0x9A, 0xA0, 0xA8};
    default: return {0x6B, 0x72, 0x7C};
    }
}

// Families of one class differ in lightness, so that Q4_0, Q4_K and IQ4_XS side by side stay apart.
int lightnessStep(TensorType type)
{
    switch (type) {
    case TensorType::Q4_0:
    case TensorType::Q5_0:
    case TensorType::IQ3_XXS:
    case TensorType::IQ2_XXS:
    case TensorType::IQ1_S:
    case TensorType::BF16: return 128;
    case TensorType::Q4_1:
    case TensorType::Q5_1:
    case TensorType::IQ3_S:
    case TensorType::IQ2_XS:
    case TensorType::TQ1_0: return 78;
    case TensorType::IQ4_NL:
    case TensorType::IQ2_S:
    case TensorType::IQ1_M: return 142;
    case TensorType::IQ4_XS:
    case TensorType::TQ2_0: return 88;
    case TensorType::MXFP4:
    case TensorType::Q2_0: return 66;
    case TensorType::NVFP4:
    case TensorType::Q1_0: return 58;
    default: return 100;
    }
}

double channel(int value)
{
    const double c = value / 255.0;
    return c <= 0.04045 ? c / 12.92 : std::pow((c + 0.055) / 1.055, 2.4);
}

double luminance(const QColor& color)
{
    return 0.2126 * channel(color.red()) + 0.7152 * channel(color.green()) + 0.0722 * channel(color.blue());
}

QColor mix(const QColor& a, const QColor& b, double t)
{
    return QColor::fromRgbF(static_cast<float>(a.redF() + (b.redF() - a.redF()) * t),
                            static_cast<float>(a.greenF() + (b.greenF() - a.greenF()) * t),
                            static_cast<float>(a.blueF() + (b.blueF() - a.blueF()) * t));
}

}  // namespace

QColor ThemeColors::okabeIto(int index) const
{
    static const std::array<QColor, 6> kLight = {QColor(0x00, 0x72, 0xB2), QColor(0xD5, 0x5E, 0x00), QColor(0x00, 0x86, 0x62),
                                                 QColor(0xB0, 0x55, 0x88), QColor(0x9A, 0x6A, 0x00), QColor(0x30, 0x33, 0x38)};
    static const std::array<QColor, 6> kDark = {QColor(0x56, 0xB4, 0xE9), QColor(0xE6, 0x9F, 0x00), QColor(0x2F, 0xC3, 0x98),
                                                QColor(0xDB, 0x8F, 0xBA), QColor(0xF0, 0xE4, 0x42), QColor(0xD8, 0xDC, 0xE2)};
    const auto& colors = dark ? kDark : kLight;
    const auto n = static_cast<int>(colors.size());
    return colors[static_cast<std::size_t>(((index % n) + n) % n)];
}

QColor ThemeColors::formatColor(TensorType type) const
{
    const QColor base = classColor(bitClass(type));
    const int step = lightnessStep(type);
    if (step > 100) return mix(base, Qt::white, (step - 100) / 100.0);
    return mix(base, Qt::black, (100 - step) / 100.0);
}

const ThemeColors& themeColors(bool dark)
{
    static const ThemeColors kLight = [] {
        ThemeColors c;
        c.dark = false;
        c.plotBackground = QColor(0xFF, 0xFF, 0xFF);
        c.plotAxis = QColor(0x6E, 0x75, 0x80);
        c.plotGrid = QColor(0xE4, 0xE7, 0xEC);
        c.plotText = QColor(0x2A, 0x2F, 0x37);
        c.mutedText = QColor(0x5A, 0x62, 0x6E);
        c.accent = QColor(0x1D, 0x63, 0xC4);
        c.warning = QColor(0x95, 0x55, 0x00);
        c.error = QColor(0xB4, 0x23, 0x18);
        c.success = QColor(0x0B, 0x6E, 0x4F);
        return c;
    }();
    static const ThemeColors kDark = [] {
        ThemeColors c;
        c.dark = true;
        c.plotBackground = QColor(0x17, 0x1A, 0x1F);
        c.plotAxis = QColor(0x8B, 0x93, 0x9F);
        c.plotGrid = QColor(0x2C, 0x31, 0x39);
        c.plotText = QColor(0xDD, 0xE1, 0xE6);
        c.mutedText = QColor(0xA3, 0xAB, 0xB6);
        c.accent = QColor(0x7A, 0xB4, 0xFF);
        c.warning = QColor(0xF2, 0xB1, 0x4A);
        c.error = QColor(0xFF, 0x8A, 0x80);
        c.success = QColor(0x52, 0xD1, 0xA4);
        return c;
    }();
    return dark ? kDark : kLight;
}

const ThemeColors& themeColors(const QPalette& palette)
{
    return themeColors(isDark(palette));
}

bool isDark(const QPalette& palette)
{
    return luminance(palette.color(QPalette::Active, QPalette::Window)) < 0.2;
}

QColor viridis(double t)
{
    // Every sixteenth entry of the published table; straight lines between them stay within two steps of 255.
    static constexpr std::array<std::array<int, 3>, 17> kTable = {{{68, 1, 84},
                                                                   {72, 26, 108},
                                                                   {71, 47, 125},
                                                                   {65, 68, 135},
                                                                   {57, 86, 140},
                                                                   {49, 104, 142},
                                                                   {42, 120, 142},
                                                                   {35, 136, 142},
                                                                   {31, 152, 139},
                                                                   {34, 168, 132},
                                                                   {53, 183, 121},
                                                                   {84, 197, 104},
                                                                   {122, 209, 81},
                                                                   {165, 219, 54},
                                                                   {210, 226, 27},
                                                                   {246, 230, 32},
                                                                   {253, 231, 37}}};
    if (!(t > 0)) t = 0;
    const double position = std::min(t, 1.0) * (kTable.size() - 1);
    const auto low = std::min(static_cast<std::size_t>(position), kTable.size() - 2);
    const double f = position - static_cast<double>(low);
    const auto at = [&](std::size_t c) {
        return static_cast<int>(std::lround(kTable[low][c] + (kTable[low + 1][c] - kTable[low][c]) * f));
    };
    return {at(0), at(1), at(2)};
}

QColor diverging(double t, bool dark)
{
    if (std::isnan(t)) t = 0;
    t = std::clamp(t, -1.0, 1.0);
    const QColor neutral = dark ? QColor(0x2C, 0x31, 0x39) : QColor(0xF2, 0xF3, 0xF5);
    const QColor end = t < 0 ? QColor(0x1B, 0x7F, 0xC4) : QColor(0xD5, 0x5E, 0x00);
    return mix(neutral, end, std::abs(t));
}

double contrastRatio(const QColor& a, const QColor& b)
{
    const double la = luminance(a);
    const double lb = luminance(b);
    return (std::max(la, lb) + 0.05) / (std::min(la, lb) + 0.05);
}

QColor readableOn(const QColor& background)
{
    return contrastRatio(background, Qt::white) >= contrastRatio(background, Qt::black) ? QColor(Qt::white) : QColor(Qt::black);
}

}  // namespace ww
