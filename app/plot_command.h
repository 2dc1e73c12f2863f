// SPDX-License-Identifier: GPL-3.0-or-later
// Plots without a window: `weightwright --plot KIND MODEL -o FILE`.
#pragma once

#include <QSize>
#include <QString>
#include <QStringList>

#include <cstdint>

namespace ww {

enum ExitCode { ExitOk = 0, ExitFailed = 1, ExitUsage = 2 };

struct PlotRequest {
    QString kind;  ///< one of plotKinds()
    QString model;
    QString output;  ///< the suffix decides: png, svg, pdf, csv
    QString preset = QStringLiteral("Q4_K_M");
    QString tensor;                   ///< empty: a large matrix from the middle of the model
    QString text;                     ///< empty: the sample text
    std::uint32_t contextLength = 0;  ///< 0: 512 or what the model was trained for
    std::uint32_t maxWindows = 0;     ///< 0: all
    unsigned threads = 0;
    QSize size{1280, 800};
    bool dark = false;
};

[[nodiscard]] QStringList plotKinds();
/// Draws and saves; progress and errors go to stderr. Needs a QApplication (any platform plugin). Returns an exit code.
[[nodiscard]] int runPlot(const PlotRequest& request);
/// "1280x800"; an empty size when it is no such text or out of 64 … 16384.
[[nodiscard]] QSize parseSize(const QString& text);

}  // namespace ww
