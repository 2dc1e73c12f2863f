// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/plot_command.h"

#include <QCoreApplication>
#include <QDir>
#include <QFileInfo>
#include <QTextStream>

#include <algorithm>
#include <memory>

#include "app/choices.h"
#include "app/likelihoods.h"
#include "app/paths.h"
#include "base/atomic_file.h"
#include "base/thread_pool.h"
#include "import/open_model.h"
#include "jobs/evaluate.h"
#include "jobs/quantize.h"
#include "jobs/rate_distortion.h"
#include "methods/quantizer.h"
#include "plan/plan.h"
#include "plan/preset.h"
#include "widgets/plots/histogram_plot.h"
#include "widgets/plots/pareto_plot.h"
#include "widgets/plots/rate_distortion_plot.h"
#include "widgets/plots/size_plot.h"
#include "widgets/theme/format_text.h"
#include "widgets/theme/theme.h"

namespace ww {
namespace {

struct PlotCommand {
    Q_DECLARE_TR_FUNCTIONS(PlotCommand)
};

void say(const QString& line)
{
    QTextStream(stderr) << line << Qt::endl;
}

/// Everything the kinds share.
struct Scene {
    const PlotRequest& request;
    std::shared_ptr<const ModelFile> model;
    Recipe recipe;
    Plan plan;
    JobContext context;
};

Result<const PlanEntry*> findEntry(const Scene& scene)
{
    const auto& entries = scene.plan.entries;
    if (!scene.request.tensor.isEmpty()) {
        const TensorInfo* tensor = scene.model->find(scene.request.tensor.toStdString());
        for (const PlanEntry& entry : entries)
            if (tensor && &scene.model->tensors()[entry.tensorIndex] == tensor) return &entry;
        return fail(ErrorCode::NotFound, PlotCommand::tr("The model has no tensor named %1. \"weightwright-cli info\" lists them.")
                                             .arg(scene.request.tensor)
                                             .toStdString());
    }
    std::vector<const PlanEntry*> quantized;
    for (const PlanEntry& entry : entries)
        if (entry.quantized && entry.identity.block && entry.identity.role == TensorRole::FfnDown) quantized.push_back(&entry);
    if (quantized.empty())
        for (const PlanEntry& entry : entries)
            if (entry.quantized) quantized.push_back(&entry);
    if (quantized.empty())
        return fail(ErrorCode::InvalidArgument,
                    PlotCommand::tr("This preset changes no tensor of the model. Name one with --tensor.").toStdString());
    return quantized[quantized.size() / 2];
}

Result<std::unique_ptr<PlotWidget>> makeSize(const Scene& scene)
{
    auto plot = std::make_unique<SizePlot>();
    plot->setTitle(PlotCommand::tr("%1 as %2: size by role", "model, preset")
                       .arg(QString::fromStdString(scene.model->displayName()), QString::fromStdString(scene.recipe.name)));
    plot->setData(sizeSlices(tensorRows(*scene.model, scene.plan, scene.recipe, [](const PlanEntry&) { return std::nullopt; })));
    return std::unique_ptr<PlotWidget>(std::move(plot));
}

Result<std::unique_ptr<PlotWidget>> makeHistogram(const Scene& scene)
{
    WW_TRY(const PlanEntry* entry, findEntry(scene));
    const TensorInfo& tensor = scene.model->tensors()[entry->tensorIndex];
    const std::string method = entry->method.empty() ? std::string(kDefaultMethod) : entry->method;
    WW_TRY(const TensorReport report, reportTensor(*scene.model, tensor, entry->target, method, 160, scene.context));
    auto plot = std::make_unique<HistogramPlot>();
    plot->setTitle(
        PlotCommand::tr("%1: relative error %2 in %3", "tensor, error, format")
            .arg(QString::fromStdString(tensor.name), errorText(report.error.relativeError()), formatName(entry->target)));
    HistogramPlotData data;
    data.xTitle = PlotCommand::tr("weight");
    data.series.push_back({PlotCommand::tr("original (%1)").arg(formatName(entry->source)), report.originalHistogram});
    data.series.push_back({formatName(entry->target), report.quantizedHistogram});
    plot->setData(std::move(data));
    return std::unique_ptr<PlotWidget>(std::move(plot));
}

Result<std::unique_ptr<PlotWidget>> makeRateDistortion(const Scene& scene)
{
    WW_TRY(const PlanEntry* entry, findEntry(scene));
    const TensorInfo& tensor = scene.model->tensors()[entry->tensorIndex];
    WW_TRY(const std::vector<RateDistortionPoint> curve, rateDistortion(*scene.model, tensor, kDefaultMethod, 0, scene.context));
    auto plot = std::make_unique<RateDistortionPlot>();
    plot->setTitle(PlotCommand::tr("%1: error of every format").arg(QString::fromStdString(tensor.name)));
    std::vector<RatePoint> points;
    for (const RateDistortionPoint& point : curve)
        points.push_back({point.format, {}, point.bitsPerWeight, point.relativeError, point.format == entry->target});
    plot->setData(std::move(points));
    return std::unique_ptr<PlotWidget>(std::move(plot));
}

Result<std::unique_ptr<PlotWidget>> makePareto(const Scene& scene)
{
    const QString textPath = scene.request.text.isEmpty() ? sampleEvaluationTextPath() : scene.request.text;
    if (textPath.isEmpty())
        return fail(ErrorCode::NotFound, PlotCommand::tr("The sample text was not found. Name a text with --text.").toStdString());
    WW_TRY(const std::string text, readTextFile(toPath(textPath)));
    PerplexityOptions options;
    options.contextLength = scene.request.contextLength;
    options.maxWindows = scene.request.maxWindows;
    if (options.contextLength == 0) {
        const auto trained = scene.model->metadata().unsignedInteger(std::string(scene.model->architecture()) + ".context_length");
        options.contextLength = static_cast<std::uint32_t>(std::clamp<std::uint64_t>(trained.value_or(512), 8, 512));
    }
    WW_TRY(const PerplexityResult original, evaluatePerplexity(scene.model, nullptr, text, options, scene.context));
    say(PlotCommand::tr("Original: perplexity %1").arg(perplexityText(original.perplexity, original.standardError)));
    ParetoReference reference{PlotCommand::tr("Original"), scene.model->fileSizeBytes(), original.perplexity,
                              original.standardError};
    std::vector<ParetoPoint> points;
    for (const PresetChoice& preset : presetChoices(ModelSurvey(*scene.model))) {
        if (!preset.common) continue;
        Recipe recipe;
        recipe.preset = preset.name.toStdString();
        WW_TRY(Plan plan, resolve(recipe, *scene.model));
        auto shared = std::make_shared<const Plan>(std::move(plan));
        WW_TRY(const PerplexityResult result, evaluatePerplexity(scene.model, shared, text, options, scene.context));
        const std::optional<double> deltaError = pairedError(original.nll, result.nll);
        say(PlotCommand::tr("%1: perplexity %2, %3 to the original")
                .arg(preset.name, perplexityText(result.perplexity, result.standardError),
                     deltaErrorText(result.perplexity - original.perplexity, deltaError)));
        ParetoPoint point;
        point.id = point.label = preset.name;
        point.sizeBytes = preset.sizeBytes;
        point.bitsPerWeight = preset.bitsPerWeight;
        point.perplexity = result.perplexity;
        point.standardError = result.standardError;
        point.deltaError = deltaError;
        point.current = preset.name == QString::fromStdString(scene.recipe.preset);
        points.push_back(std::move(point));
    }
    auto plot = std::make_unique<ParetoPlot>();
    plot->setTitle(PlotCommand::tr("%1 on %2, %n window(s) of %3 tokens; error bars: of the difference to the original",
                                   "model, text", static_cast<int>(original.windows))
                       .arg(QString::fromStdString(scene.model->displayName()), QFileInfo(textPath).fileName(),
                            countText(original.contextLength)));
    plot->setData(std::move(points), reference);
    return std::unique_ptr<PlotWidget>(std::move(plot));
}

struct Kind {
    const char* name;
    Result<std::unique_ptr<PlotWidget>> (*make)(const Scene&);
};
constexpr Kind kKinds[] = {
    {"size", makeSize}, {"histogram", makeHistogram}, {"rate-distortion", makeRateDistortion}, {"pareto", makePareto}};

Result<void> draw(const PlotRequest& request, const Kind& kind)
{
    WW_TRY(const std::shared_ptr<const ModelFile> model, openAnyModel(toPath(request.model)));
    Recipe recipe;
    recipe.preset = recipe.name = request.preset.toStdString();
    WW_TRY(Plan plan, resolve(recipe, *model));
    ThreadPool pool(request.threads);
    const Scene scene{request, model, recipe, std::move(plan), JobContext{pool}};
    WW_TRY(const std::unique_ptr<PlotWidget> plot, kind.make(scene));
    plot->resize(request.size);
    if (const QString problem = plot->saveTo(request.output, request.size); !problem.isEmpty())
        return fail(ErrorCode::Unwritable, problem.toStdString());
    return {};
}

}  // namespace

QStringList plotKinds()
{
    QStringList names;
    for (const Kind& kind : kKinds) names << QString::fromLatin1(kind.name);
    return names;
}

QSize parseSize(const QString& text)
{
    const QStringList parts = text.split(QLatin1Char('x'), Qt::KeepEmptyParts, Qt::CaseInsensitive);
    if (parts.size() != 2) return {};
    bool okWidth = false;
    bool okHeight = false;
    const QSize size(parts[0].toInt(&okWidth), parts[1].toInt(&okHeight));
    const auto sensible = [](int v) { return v >= 64 && v <= 16384; };
    return okWidth && okHeight && sensible(size.width()) && sensible(size.height()) ? size : QSize();
}

int runPlot(const PlotRequest& request)
{
    const auto* kind =
        std::find_if(std::begin(kKinds), std::end(kKinds), [&](const Kind& k) { return request.kind == QLatin1String(k.name); });
    if (kind == std::end(kKinds)) {
        say(PlotCommand::tr("There is no plot of kind %1. Kinds: %2.").arg(request.kind, plotKinds().join(QStringLiteral(", "))));
        return ExitUsage;
    }
    if (!findPreset(request.preset.toStdString())) {
        say(PlotCommand::tr("There is no preset %1.").arg(request.preset));
        return ExitUsage;
    }
    // Looked at first: measuring for minutes and then failing at the last step would be a pity.
    static const QStringList kSuffixes = {QStringLiteral("png"), QStringLiteral("svg"), QStringLiteral("pdf"),
                                          QStringLiteral("csv")};
    const QFileInfo output(request.output);
    if (!kSuffixes.contains(output.suffix().toLower())) {
        say(PlotCommand::tr("%1 does not end in .png, .svg, .pdf or .csv.").arg(request.output));
        return ExitUsage;
    }
    if (!output.absoluteDir().exists()) {
        say(PlotCommand::tr("The folder of %1 does not exist. Make it first or choose another.").arg(request.output));
        return ExitFailed;
    }
    if (const auto drawn = draw(request, *kind); !drawn) {
        say(QString::fromStdString(drawn.error().describe()));
        return ExitFailed;
    }
    return ExitOk;
}

}  // namespace ww
