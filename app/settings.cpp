// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/settings.h"

#include <QFileInfo>

#include <algorithm>

namespace ww {
namespace {
constexpr int kMaxRecentFiles = 10;
}

Settings::Settings(const QString& file, QObject* parent)
    : QObject(parent), m_store(file.isEmpty() ? QSettings(QSettings::IniFormat, QSettings::UserScope,
                                                          QStringLiteral("weightwright"), QStringLiteral("weightwright"))
                                                    .fileName()
                                              : file,
                               QSettings::IniFormat)
{
}

ThemeChoice Settings::theme() const
{
    const QString name = m_store.value(QStringLiteral("theme")).toString();
    if (name == QLatin1String("light")) return ThemeChoice::Light;
    if (name == QLatin1String("dark")) return ThemeChoice::Dark;
    return ThemeChoice::System;
}

void Settings::setTheme(ThemeChoice theme)
{
    if (theme == this->theme()) return;
    static const char* const kNames[] = {"system", "light", "dark"};
    m_store.setValue(QStringLiteral("theme"), QString::fromLatin1(kNames[static_cast<int>(theme)]));
    Q_EMIT themeChanged();
}

QString Settings::language() const
{
    return m_store.value(QStringLiteral("language")).toString();
}

void Settings::setLanguage(const QString& code)
{
    if (code == language()) return;
    m_store.setValue(QStringLiteral("language"), code);
    Q_EMIT languageChanged();
}

unsigned Settings::threads() const
{
    return std::min(m_store.value(QStringLiteral("threads"), 0).toUInt(), 1024U);
}

void Settings::setThreads(unsigned threads)
{
    if (threads == this->threads()) return;
    m_store.setValue(QStringLiteral("threads"), threads);
    Q_EMIT threadsChanged();
}

bool Settings::reopenLastProject() const
{
    return m_store.value(QStringLiteral("reopenLastProject"), true).toBool();
}

void Settings::setReopenLastProject(bool reopen)
{
    m_store.setValue(QStringLiteral("reopenLastProject"), reopen);
}

QStringList Settings::recentFiles() const
{
    return m_store.value(QStringLiteral("recentFiles")).toStringList();
}

void Settings::addRecentFile(const QString& path)
{
    QStringList files = recentFiles();
    const QString absolute = QFileInfo(path).absoluteFilePath();
    files.removeAll(absolute);
    files.prepend(absolute);
    if (files.size() > kMaxRecentFiles) files.resize(kMaxRecentFiles);
    m_store.setValue(QStringLiteral("recentFiles"), files);
    Q_EMIT recentFilesChanged();
}

void Settings::removeRecentFile(const QString& path)
{
    QStringList files = recentFiles();
    if (files.removeAll(path) == 0) return;
    m_store.setValue(QStringLiteral("recentFiles"), files);
    Q_EMIT recentFilesChanged();
}

void Settings::clearRecentFiles()
{
    m_store.remove(QStringLiteral("recentFiles"));
    Q_EMIT recentFilesChanged();
}

QString Settings::lastProject() const
{
    return m_store.value(QStringLiteral("lastProject")).toString();
}

void Settings::setLastProject(const QString& path)
{
    m_store.setValue(QStringLiteral("lastProject"), path);
}

bool Settings::wasInterrupted() const
{
    return m_store.value(QStringLiteral("running"), false).toBool();
}

void Settings::setRunning(bool running)
{
    m_store.setValue(QStringLiteral("running"), running);
    m_store.sync();
}

QString Settings::evaluationText() const
{
    return m_store.value(QStringLiteral("evaluation/text")).toString();
}

int Settings::contextLength() const
{
    return std::clamp(m_store.value(QStringLiteral("evaluation/contextLength"), 512).toInt(), 8, 1 << 20);
}

int Settings::windowCount() const
{
    return std::max(0, m_store.value(QStringLiteral("evaluation/windows"), 0).toInt());
}

void Settings::setEvaluation(const QString& text, int contextLength, int windowCount)
{
    m_store.setValue(QStringLiteral("evaluation/text"), text);
    m_store.setValue(QStringLiteral("evaluation/contextLength"), contextLength);
    m_store.setValue(QStringLiteral("evaluation/windows"), windowCount);
}

bool Settings::measureDivergence() const
{
    return m_store.value(QStringLiteral("evaluation/divergence"), true).toBool();
}

void Settings::setMeasureDivergence(bool on)
{
    m_store.setValue(QStringLiteral("evaluation/divergence"), on);
}

bool Settings::measureRoundedInputs() const
{
    return m_store.value(QStringLiteral("evaluation/roundedInputs"), false).toBool();
}

void Settings::setMeasureRoundedInputs(bool on)
{
    m_store.setValue(QStringLiteral("evaluation/roundedInputs"), on);
}

QString Settings::calibrationText() const
{
    return m_store.value(QStringLiteral("calibration/text")).toString();
}

int Settings::calibrationWindows() const
{
    return std::max(0, m_store.value(QStringLiteral("calibration/windows"), 0).toInt());
}

void Settings::setCalibration(const QString& text, int windowCount)
{
    m_store.setValue(QStringLiteral("calibration/text"), text);
    m_store.setValue(QStringLiteral("calibration/windows"), windowCount);
}

int Settings::probeMinutes() const
{
    return std::clamp(m_store.value(QStringLiteral("calibration/probeMinutes"), 5).toInt(), 0, 10000);
}

void Settings::setProbeMinutes(int minutes)
{
    m_store.setValue(QStringLiteral("calibration/probeMinutes"), minutes);
}

bool Settings::calibrateGrams() const
{
    return m_store.value(QStringLiteral("calibration/grams"), true).toBool();
}

void Settings::setCalibrateGrams(bool on)
{
    m_store.setValue(QStringLiteral("calibration/grams"), on);
}

double Settings::evaluationSpeed() const
{
    return m_store.value(QStringLiteral("evaluation/speed"), 0.0).toDouble();
}

void Settings::setEvaluationSpeed(double parameterTokensPerSecond)
{
    m_store.setValue(QStringLiteral("evaluation/speed"), parameterTokensPerSecond);
}

QString Settings::exportFolder() const
{
    return m_store.value(QStringLiteral("exportFolder")).toString();
}

void Settings::setExportFolder(const QString& folder)
{
    m_store.setValue(QStringLiteral("exportFolder"), folder);
}

QByteArray Settings::windowGeometry() const
{
    return m_store.value(QStringLiteral("window/geometry")).toByteArray();
}

QByteArray Settings::splitterState(const QString& name) const
{
    return m_store.value(QStringLiteral("window/") + name).toByteArray();
}

void Settings::setWindowGeometry(const QByteArray& geometry)
{
    m_store.setValue(QStringLiteral("window/geometry"), geometry);
}

void Settings::setSplitterState(const QString& name, const QByteArray& state)
{
    m_store.setValue(QStringLiteral("window/") + name, state);
}

void Settings::clearLayout()
{
    m_store.remove(QStringLiteral("window"));
}

}  // namespace ww
