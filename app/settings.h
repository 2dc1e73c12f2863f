// SPDX-License-Identifier: GPL-3.0-or-later
// What the program remembers between runs, in one typed place. What a result depends on belongs in the recipe instead.
#pragma once

#include <QByteArray>
#include <QObject>
#include <QSettings>
#include <QString>
#include <QStringList>

namespace ww {

enum class ThemeChoice { System, Light, Dark };

/// GUI thread only. Values are written through at once.
class Settings : public QObject {
    Q_OBJECT
public:
    /// `file` empty: the user's configuration folder.
    explicit Settings(const QString& file = {}, QObject* parent = nullptr);

    [[nodiscard]] ThemeChoice theme() const;
    void setTheme(ThemeChoice theme);
    /// Language code such as "de"; empty: the system's.
    [[nodiscard]] QString language() const;
    void setLanguage(const QString& code);
    /// 0: one per processor.
    [[nodiscard]] unsigned threads() const;
    void setThreads(unsigned threads);
    [[nodiscard]] bool reopenLastProject() const;
    void setReopenLastProject(bool reopen);

    [[nodiscard]] QStringList recentFiles() const;
    void addRecentFile(const QString& path);
    void removeRecentFile(const QString& path);
    void clearRecentFiles();

    /// The project (or session) file to restore; empty when the last one was closed by hand.
    [[nodiscard]] QString lastProject() const;
    void setLastProject(const QString& path);
    /// True from start to orderly end: still true at the next start means that the program was interrupted.
    [[nodiscard]] bool wasInterrupted() const;
    void setRunning(bool running);

    /// Text and windows of the last measurement. Empty text: the sample's.
    [[nodiscard]] QString evaluationText() const;
    [[nodiscard]] int contextLength() const;
    [[nodiscard]] int windowCount() const;
    void setEvaluation(const QString& text, int contextLength, int windowCount);
    /// KL divergence is measured with perplexity.
    [[nodiscard]] bool measureDivergence() const;
    void setMeasureDivergence(bool on);
    /// Inputs of layers are rounded as llama.cpp does.
    [[nodiscard]] bool measureRoundedInputs() const;
    void setMeasureRoundedInputs(bool on);
    /// Text and windows of the last calibration. Empty text: the one that comes with the program.
    [[nodiscard]] QString calibrationText() const;
    [[nodiscard]] int calibrationWindows() const;
    void setCalibration(const QString& text, int windowCount);
    /// How long to probe tensors after calibrating; 0: not at all.
    [[nodiscard]] int probeMinutes() const;
    void setProbeMinutes(int minutes);
    /// Whether calibrating also collects what GPTQ needs.
    [[nodiscard]] bool calibrateGrams() const;
    void setCalibrateGrams(bool on);
    /// Measured speed of forward passes on this machine, parameters × tokens per second; 0: never measured.
    [[nodiscard]] double evaluationSpeed() const;
    void setEvaluationSpeed(double parameterTokensPerSecond);

    [[nodiscard]] QString exportFolder() const;
    void setExportFolder(const QString& folder);

    [[nodiscard]] QByteArray windowGeometry() const;
    [[nodiscard]] QByteArray splitterState(const QString& name) const;
    void setWindowGeometry(const QByteArray& geometry);
    void setSplitterState(const QString& name, const QByteArray& state);
    void clearLayout();

Q_SIGNALS:
    void themeChanged();
    void languageChanged();
    void threadsChanged();
    void recentFilesChanged();

private:
    mutable QSettings m_store;
};

}  // namespace ww
