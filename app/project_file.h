// SPDX-License-Identifier: GPL-3.0-or-later
// Project files (.wwproj): JSON with the model's place, the recipes, what was measured, and how the window stood.
#pragma once

#include <QByteArray>
#include <QJsonObject>
#include <QString>

#include "app/document.h"
#include "base/result.h"

namespace ww {

struct Project {
    QString modelPath;                 ///< absolute
    std::uint64_t modelSizeBytes = 0;  ///< to notice that the file changed meanwhile
    DocumentContent content;
    QString importancePath;  ///< absolute; empty: no importance matrix. The matrix itself is not read
    QJsonObject view;  ///< selection and tabs; anything missing takes its default
};

/// `path` is where the text will stand: the model is also named relative to it, so that a folder can move as a whole.
[[nodiscard]] QByteArray projectToJson(const Project& project, const QString& path);
/// Error Corrupt says what is wrong. A relative model path is tried first, then the absolute one; whether the model
/// exists is not checked. Results or recipes that make no sense make the whole file corrupt: nothing is dropped silently.
[[nodiscard]] Result<Project> projectFromJson(const QByteArray& json, const QString& path);

[[nodiscard]] Result<Project> loadProject(const QString& path);
/// Complete or not at all.
[[nodiscard]] Result<void> saveProject(const QByteArray& json, const QString& path);

/// By the file's name.
[[nodiscard]] bool isProjectFile(const QString& path);

}  // namespace ww
