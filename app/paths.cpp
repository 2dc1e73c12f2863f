// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/paths.h"

#include <QCoreApplication>
#include <QCryptographicHash>
#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QStandardPaths>

namespace ww {
namespace {

QString sampleFile(const QString& name)
{
    const QString program = QCoreApplication::applicationDirPath();
    const QStringList folders = {
        program + QStringLiteral("/../share/weightwright/sample/"),
        QStringLiteral(WW_INSTALL_DATA_DIR "/sample/"),
        QStringLiteral(WW_SOURCE_DATA_DIR "/sample/"),
    };
    for (const QString& folder : folders)
        if (QFileInfo::exists(folder + name)) return QDir::cleanPath(folder + name);
    return {};
}

}  // namespace

std::filesystem::path toPath(const QString& path)
{
    return std::filesystem::path(QFile::encodeName(path).toStdString());
}

QString fromPath(const std::filesystem::path& path)
{
    return QFile::decodeName(QByteArray::fromStdString(path.string()));
}

QString sampleModelPath()
{
    return sampleFile(QStringLiteral("fixture-llama-8M-F16.gguf"));
}

QString sampleEvaluationTextPath()
{
    return sampleFile(QStringLiteral("evaluation.txt"));
}

QString sampleCalibrationTextPath()
{
    return sampleFile(QStringLiteral("calibration.txt"));
}

QString sessionsDir()
{
    const QString dir = QStandardPaths::writableLocation(QStandardPaths::AppDataLocation) + QStringLiteral("/sessions");
    return QDir().mkpath(dir) ? dir : QString();
}

QString cacheDir()
{
    const QString dir = QStandardPaths::writableLocation(QStandardPaths::CacheLocation);
    return QDir().mkpath(dir) ? dir : QString();
}

QString sessionPathFor(const QString& modelPath)
{
    const QString dir = sessionsDir();
    if (dir.isEmpty()) return {};
    const QByteArray hash =
        QCryptographicHash::hash(QFileInfo(modelPath).absoluteFilePath().toUtf8(), QCryptographicHash::Sha1).toHex();
    return QStringLiteral("%1/%2-%3.wwproj")
        .arg(dir, QFileInfo(modelPath).completeBaseName().left(60), QString::fromLatin1(hash.left(12)));
}

}  // namespace ww
