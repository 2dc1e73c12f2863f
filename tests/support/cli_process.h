// SPDX-License-Identifier: MIT
// Runs the command line tool, for tests in tests/cli (they know its path).
#pragma once

#include <QByteArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QJsonArray>
#include <QProcess>
#include <QStringList>

namespace ww::test {

struct Outcome {
    int exitCode = -1;  ///< -1: it did not end in time
    QByteArray out;
    QByteArray err;
    /// Standard output of a command with --json.
    [[nodiscard]] QJsonObject json() const { return QJsonDocument::fromJson(out).object(); }
};

/// `folder`: where it runs; empty: here.
inline Outcome run(const QStringList& arguments, const QString& folder = {})
{
    constexpr int kMilliseconds = 300000;
    QProcess process;
    if (!folder.isEmpty()) process.setWorkingDirectory(folder);
    process.start(WW_CLI_PATH, arguments);
    if (!process.waitForFinished(kMilliseconds)) return {};
    return {process.exitCode(), process.readAllStandardOutput(), process.readAllStandardError()};
}

}  // namespace ww::test
