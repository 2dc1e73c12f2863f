// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/project_file.h"

#include <QCoreApplication>
#include <QDir>
#include <QFileInfo>
#include <QJsonArray>
#include <QJsonDocument>

#include <cmath>
#include <utility>

#include "app/paths.h"
#include "base/atomic_file.h"

namespace ww {
namespace {

constexpr int kVersion = 1;
constexpr std::uint64_t kMaxProjectBytes = std::uint64_t{256} << 20;
const auto kVersionKey = QStringLiteral("weightwright-project");

tl::unexpected<Error> corrupt(const QString& path, const QString& what)
{
    return fail(ErrorCode::Corrupt,
                QCoreApplication::translate("ProjectFile",
                                            "This is not a project that can be read: %1. Open the model itself to start over; "
                                            "the project file stays as it is.")
                    .arg(what)
                    .toStdString(),
                toPath(path));
}

constexpr std::pair<const char*, double DivergenceFigures::*> kDivergenceKeys[] = {
    {"mean", &DivergenceFigures::mean},           {"meanError", &DivergenceFigures::meanError},
    {"p99", &DivergenceFigures::p99},             {"sameTop", &DivergenceFigures::sameTop},
    {"sameTopError", &DivergenceFigures::sameTopError}, {"rmsChange", &DivergenceFigures::rmsChange},
    {"rmsChangeError", &DivergenceFigures::rmsChangeError},
};

QJsonObject toJson(const Variant& v)
{
    QJsonObject o;
    o[QStringLiteral("name")] = v.name;
    if (v.recipe)
        o[QStringLiteral("recipe")] = QJsonDocument::fromJson(QByteArray::fromStdString(recipeToJson(*v.recipe))).object();
    o[QStringLiteral("sizeBytes")] = static_cast<qint64>(v.sizeBytes);
    o[QStringLiteral("bitsPerWeight")] = v.bitsPerWeight;
    o[QStringLiteral("perplexity")] = v.perplexity;
    o[QStringLiteral("standardError")] = v.standardError;
    if (v.deltaError) o[QStringLiteral("deltaError")] = *v.deltaError;
    if (v.divergence) {
        QJsonObject d;
        for (const auto& [key, member] : kDivergenceKeys) d[QString::fromLatin1(key)] = (*v.divergence).*member;
        o[QStringLiteral("divergence")] = d;
    }
    o[QStringLiteral("scoredTokens")] = static_cast<qint64>(v.scoredTokens);
    o[QStringLiteral("windows")] = static_cast<qint64>(v.windows);
    o[QStringLiteral("contextLength")] = static_cast<qint64>(v.contextLength);
    o[QStringLiteral("seconds")] = v.seconds;
    o[QStringLiteral("text")] = v.textPath;
    o[QStringLiteral("textHash")] = v.textHash;
    if (v.activations == Activations::LlamaCpp) o[QStringLiteral("activations")] = QStringLiteral("llama.cpp");
    if (!v.stepsText.isEmpty()) o[QStringLiteral("stepsText")] = v.stepsText;
    if (!v.importance.isEmpty()) o[QStringLiteral("importance")] = v.importance;
    o[QStringLiteral("measuredAt")] = v.measuredAt.toUTC().toString(Qt::ISODateWithMs);
    return o;
}

Result<Recipe> recipeFrom(const QJsonValue& value)
{
    return recipeFromJson(QJsonDocument(value.toObject()).toJson(QJsonDocument::Compact).toStdString());
}

/// A finite, non-negative number of the object.
bool readNumber(const QJsonObject& o, const QString& key, double& out)
{
    const QJsonValue value = o.value(key);
    out = value.toDouble(-1);
    return value.isDouble() && std::isfinite(out) && out >= 0;
}

template <class Integer>
bool readInteger(const QJsonObject& o, const QString& key, Integer& out)
{
    double number = 0;
    // 2^53: beyond it doubles, and so JSON, are no integers.
    if (!readNumber(o, key, number) || number > 9007199254740992.0) return false;
    out = static_cast<Integer>(o.value(key).toInteger());
    return static_cast<double>(out) == number;
}

Result<Variant> variantFrom(const QJsonValue& value, const QString& path)
{
    const QJsonObject o = value.toObject();
    Variant v;
    v.name = o.value(QStringLiteral("name")).toString();
    if (o.contains(QStringLiteral("recipe"))) {
        WW_TRY(v.recipe, recipeFrom(o.value(QStringLiteral("recipe"))));
    }
    const bool whole =
        readInteger(o, QStringLiteral("sizeBytes"), v.sizeBytes) &&
        readNumber(o, QStringLiteral("bitsPerWeight"), v.bitsPerWeight) &&
        readNumber(o, QStringLiteral("perplexity"), v.perplexity) &&
        readNumber(o, QStringLiteral("standardError"), v.standardError) &&
        readInteger(o, QStringLiteral("scoredTokens"), v.scoredTokens) && readInteger(o, QStringLiteral("windows"), v.windows) &&
        readInteger(o, QStringLiteral("contextLength"), v.contextLength) && readNumber(o, QStringLiteral("seconds"), v.seconds);
    if (!whole) return corrupt(path, QCoreApplication::translate("ProjectFile", "a measurement is incomplete"));
    if (o.contains(QStringLiteral("deltaError"))) {
        double error = 0;
        if (!readNumber(o, QStringLiteral("deltaError"), error))
            return corrupt(path, QCoreApplication::translate("ProjectFile", "a measurement is incomplete"));
        v.deltaError = error;
    }
    if (o.contains(QStringLiteral("divergence"))) {
        const QJsonObject d = o.value(QStringLiteral("divergence")).toObject();
        DivergenceFigures figures;
        for (const auto& [key, member] : kDivergenceKeys)
            if (!readNumber(d, QString::fromLatin1(key), figures.*member))
                return corrupt(path, QCoreApplication::translate("ProjectFile", "a measurement is incomplete"));
        v.divergence = figures;
    }
    v.textPath = o.value(QStringLiteral("text")).toString();
    v.textHash = o.value(QStringLiteral("textHash")).toString();
    const QString activations = o.value(QStringLiteral("activations")).toString();
    if (!activations.isEmpty() && activations != QLatin1String("llama.cpp"))
        return corrupt(path, QCoreApplication::translate("ProjectFile", "a measurement is incomplete"));
    v.activations = activations.isEmpty() ? Activations::Float : Activations::LlamaCpp;
    v.stepsText = o.value(QStringLiteral("stepsText")).toString();
    v.importance = o.value(QStringLiteral("importance")).toString();
    v.measuredAt = QDateTime::fromString(o.value(QStringLiteral("measuredAt")).toString(), Qt::ISODateWithMs);
    return v;
}

}  // namespace

QByteArray projectToJson(const Project& project, const QString& path)
{
    QJsonObject model;
    model[QStringLiteral("path")] = project.modelPath;
    model[QStringLiteral("relativePath")] = QFileInfo(path).absoluteDir().relativeFilePath(project.modelPath);
    model[QStringLiteral("sizeBytes")] = static_cast<qint64>(project.modelSizeBytes);
    QJsonArray recipes;
    for (const Recipe& recipe : project.content.recipes)
        recipes.append(QJsonDocument::fromJson(QByteArray::fromStdString(recipeToJson(recipe))).object());
    QJsonArray results;
    for (const Variant& variant : project.content.variants) results.append(toJson(variant));

    QJsonObject root;
    root[kVersionKey] = kVersion;
    root[QStringLiteral("model")] = model;
    root[QStringLiteral("recipes")] = recipes;
    if (!project.importancePath.isEmpty()) root[QStringLiteral("importance")] = project.importancePath;
    QJsonObject metadata;
    for (const auto& [key, text] : project.content.metadata)
        metadata[QString::fromStdString(key)] = text ? QJsonValue(QString::fromStdString(*text)) : QJsonValue();
    if (!metadata.isEmpty()) root[QStringLiteral("metadata")] = metadata;
    if (const auto& text = project.content.stepsText)
        root[QStringLiteral("stepsText")] = QJsonObject{{QStringLiteral("path"), text->path},
                                                        {QStringLiteral("contextLength"), static_cast<qint64>(text->contextLength)},
                                                        {QStringLiteral("windows"), static_cast<qint64>(text->maxWindows)},
                                                        {QStringLiteral("chosen"), text->chosen}};
    root[QStringLiteral("current")] = static_cast<qint64>(project.content.current);
    root[QStringLiteral("results")] = results;
    root[QStringLiteral("view")] = project.view;
    return QJsonDocument(root).toJson();
}

Result<Project> projectFromJson(const QByteArray& json, const QString& path)
{
    QJsonParseError parse;
    const QJsonDocument document = QJsonDocument::fromJson(json, &parse);
    if (parse.error != QJsonParseError::NoError)
        return corrupt(
            path, QCoreApplication::translate("ProjectFile", "the text breaks off or is no JSON near byte %1").arg(parse.offset));
    const QJsonObject root = document.object();
    if (!root.value(kVersionKey).isDouble())
        return corrupt(path, QCoreApplication::translate("ProjectFile", "it was not written by Weightwright"));
    if (root.value(kVersionKey).toInt() != kVersion)
        return fail(ErrorCode::Unsupported,
                    QCoreApplication::translate("ProjectFile",
                                                "The project was written by a newer Weightwright. Update this program to open it.")
                        .toStdString(),
                    toPath(path));

    Project project;
    const QJsonObject model = root.value(QStringLiteral("model")).toObject();
    project.modelPath = model.value(QStringLiteral("path")).toString();
    if (project.modelPath.isEmpty()) return corrupt(path, QCoreApplication::translate("ProjectFile", "it names no model"));
    const QString relative = model.value(QStringLiteral("relativePath")).toString();
    if (!relative.isEmpty()) {
        const QString beside = QDir::cleanPath(QFileInfo(path).absoluteDir().absoluteFilePath(relative));
        if (QFileInfo::exists(beside)) project.modelPath = beside;
    }
    project.modelSizeBytes = static_cast<std::uint64_t>(std::max<qint64>(0, model.value(QStringLiteral("sizeBytes")).toInteger()));

    project.importancePath = root.value(QStringLiteral("importance")).toString();
    for (const QJsonValue& value : root.value(QStringLiteral("recipes")).toArray()) {
        auto recipe = recipeFrom(value);
        if (!recipe)
            return corrupt(path, QCoreApplication::translate("ProjectFile", "a recipe in it is broken (%1)")
                                     .arg(QString::fromStdString(recipe.error().message)));
        project.content.recipes.push_back(std::move(*recipe));
    }
    if (project.content.recipes.empty()) return corrupt(path, QCoreApplication::translate("ProjectFile", "it has no recipe"));
    const int current = root.value(QStringLiteral("current")).toInt();
    if (current > 0 && static_cast<std::size_t>(current) < project.content.recipes.size())
        project.content.current = static_cast<std::size_t>(current);
    for (const QJsonValue& value : root.value(QStringLiteral("results")).toArray()) {
        WW_TRY(Variant variant, variantFrom(value, path));
        project.content.variants.push_back(std::move(variant));
    }
    const QJsonObject metadata = root.value(QStringLiteral("metadata")).toObject();
    for (auto it = metadata.begin(); it != metadata.end(); ++it)
        project.content.metadata[it.key().toStdString()] =
            it->isString() ? std::optional(it->toString().toStdString()) : std::nullopt;
    if (root.contains(QStringLiteral("stepsText"))) {
        const QJsonObject o = root.value(QStringLiteral("stepsText")).toObject();
        StepsText text;
        text.path = o.value(QStringLiteral("path")).toString();
        text.chosen = o.value(QStringLiteral("chosen")).toBool();
        if (!readInteger(o, QStringLiteral("contextLength"), text.contextLength) || !readInteger(o, QStringLiteral("windows"), text.maxWindows) ||
            text.contextLength == 0)
            return corrupt(path, QCoreApplication::translate("ProjectFile", "the text of its steps is incomplete"));
        project.content.stepsText = std::move(text);
    }
    project.view = root.value(QStringLiteral("view")).toObject();
    return project;
}

Result<Project> loadProject(const QString& path)
{
    WW_TRY(const std::string text, readTextFile(toPath(path), kMaxProjectBytes));
    return projectFromJson(QByteArray::fromStdString(text), path);
}

Result<void> saveProject(const QByteArray& json, const QString& path)
{
    return writeTextFile(toPath(path), std::string_view(json.constData(), static_cast<std::size_t>(json.size())));
}

bool isProjectFile(const QString& path)
{
    return path.endsWith(QLatin1String(".wwproj"), Qt::CaseInsensitive);
}

}  // namespace ww
