// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/report.h"

#include <QBuffer>
#include <QCoreApplication>
#include <QDateTime>
#include <QFileInfo>
#include <QLocale>

#include <algorithm>
#include <map>

#include "app/choices.h"
#include "app/plan_warnings.h"
#include "app/workbench.h"
#include "widgets/theme/format_text.h"

namespace ww {
namespace {

struct Report {
    Q_DECLARE_TR_FUNCTIONS(Report)
};

QString cell(const QString& text, bool number = false)
{
    return QStringLiteral("<td%1>%2</td>").arg(number ? QStringLiteral(" class=\"n\"") : QString(), text.toHtmlEscaped());
}

QString head(const QStringList& titles, int firstNumber)
{
    QString html = QStringLiteral("<tr>");
    for (int i = 0; i < titles.size(); ++i)
        html += QStringLiteral("<th%1>%2</th>").arg(i >= firstNumber ? QStringLiteral(" class=\"n\"") : QString(), titles[i].toHtmlEscaped());
    return html + QStringLiteral("</tr>\n");
}

QString heading(const QString& text)
{
    return QStringLiteral("<h2>%1</h2>\n").arg(text.toHtmlEscaped());
}

QString paragraph(const QString& text)
{
    return text.isEmpty() ? QString() : QStringLiteral("<p>%1</p>\n").arg(text.toHtmlEscaped());
}

QString modelPart(const Workbench& bench)
{
    const ModelFile& model = *bench.document.opened().model;
    const Plan& plan = *bench.document.plan();
    const Recipe& recipe = bench.document.current()->recipe;
    QString html = QStringLiteral("<table>\n");
    const auto line = [&](const QString& what, const QString& value) {
        html += QStringLiteral("<tr><th>%1</th>%2</tr>\n").arg(what.toHtmlEscaped(), cell(value));
    };
    line(Report::tr("Model"), QString::fromStdString(model.displayName()));
    line(Report::tr("Architecture"), QString::fromUtf8(model.architecture().data(), static_cast<qsizetype>(model.architecture().size())));
    line(Report::tr("Weights"), countText(model.parameterCount()));
    line(Report::tr("Original"), Report::tr("%1, %2", "size, bits per weight").arg(sizeText(model.fileSizeBytes()), bitsPerWeightText(model.bitsPerWeight())));
    line(Report::tr("Recipe"), QString::fromStdString(recipe.name));
    line(Report::tr("Made from"), recipeSummary(recipe));
    if (!recipe.transform.empty()) line(Report::tr("Before quantizing"), transformStepsTitle(recipe.transform));
    line(Report::tr("File"), Report::tr("%1, %2", "size, bits per weight").arg(sizeText(plan.sizeBytes), bitsPerWeightText(plan.bitsPerWeight())));
    if (const auto& matrix = bench.document.importance())
        line(Report::tr("Importance"), QFileInfo(matrix->datasets.empty() ? bench.document.importancePath()
                                                                          : QString::fromStdString(matrix->datasets.front())).fileName());
    const auto& table = bench.budget.table();
    if (table)
        if (const auto kld = table->predict(plan))
            line(Report::tr("KL divergence"), Report::tr("%1 predicted, %2 to %3", "value, lower and upper end")
                                                  .arg(errorText(kld->kld), errorText(kld->low), errorText(kld->high)));
    return html + QStringLiteral("</table>\n");
}

QString variantsPart(const VariantsModel& variants)
{
    QStringList titles;
    std::vector<int> columns;
    for (int c = 0; c < variants.columnCount(); ++c) {
        const bool divergence = c == VariantsModel::KlDivergence || c == VariantsModel::SameTop || c == VariantsModel::RmsChange;
        if (divergence && !variants.hasKlDivergence()) continue;
        if (c == VariantsModel::Inputs && !variants.hasRoundedInputs()) continue;
        columns.push_back(c);
        titles << variants.headerData(c, Qt::Horizontal).toString();
    }
    QString html = QStringLiteral("<table>\n") + head(titles, 1);
    for (int r = 0; r < variants.rowCount(); ++r) {
        html += variants.rows()[static_cast<std::size_t>(r)].current ? QStringLiteral("<tr class=\"c\">") : QStringLiteral("<tr>");
        for (const int c : columns) html += cell(variants.index(r, c).data().toString(), c != VariantsModel::Name);
        html += QStringLiteral("</tr>\n");
    }
    html += QStringLiteral("</table>\n");
    // On which text: of the recipe at hand, or else of what was measured.
    const VariantRow* told = nullptr;
    for (const VariantRow& row : variants.rows())
        if (!row.detail.isEmpty() && (!told || row.current)) told = &row;
    return told ? html + paragraph(told->detail + QLatin1Char('.')) : html;
}

/// What is not in the report, and the command of the window that brings it in.
QStringList gaps(const Workbench& bench, const std::vector<TensorRow>& rows, const VariantsModel& variants)
{
    QStringList list;
    if (!bench.document.importance())
        list << Report::tr("No importance matrix: the recipe treats all columns of a matrix alike. Calibrate collects one.");
    const auto& table = bench.budget.table();
    if (!table || table->basis() != BudgetTable::Basis::Probes)
        list << Report::tr("No probes: the KL divergence is not predicted, and the damage of tensors is estimated from their weights alone. "
                           "Calibrate with “Probe after that” measures which tensors hurt.");
    const auto measured = [&](auto&& has) { return std::ranges::any_of(variants.rows(), [&](const VariantRow& row) { return row.current && has(row); }); };
    if (!measured([](const VariantRow& row) { return row.perplexity.has_value(); }))
        list << Report::tr("The perplexity of this recipe was not measured. Measure ▸ Measure does it, and runs the original as well.");
    if (!measured([](const VariantRow& row) { return row.klDivergence.has_value(); }))
        list << Report::tr("The KL divergence of this recipe was not measured. Measure ▸ Measure does it when “KL divergence as well” is checked.");
    const auto quantized = std::ranges::count_if(rows, [](const TensorRow& row) { return row.editable && row.target != row.source; });
    const auto known = std::ranges::count_if(rows, [](const TensorRow& row) { return row.editable && row.target != row.source && row.relativeError; });
    if (known < quantized)
        list << Report::tr("The weight errors of %1 of %2 quantized tensors were not measured. Measure ▸ Weight Errors of All Tensors does it.")
                    .arg(quantized - known)
                    .arg(quantized);
    if (variants.rowCount() <= 2)
        list << Report::tr("There is nothing to compare the recipe with. Measure ▸ Measure Presets measures the usual presets on the same text.");
    return list;
}

QString gapsPart(const QStringList& gaps)
{
    if (gaps.isEmpty()) return {};
    QString html = heading(Report::tr("What this report lacks")) + QStringLiteral("<ul>\n");
    for (const QString& gap : gaps) html += QStringLiteral("<li>%1</li>\n").arg(gap.toHtmlEscaped());
    return html + QStringLiteral("</ul>\n");
}

/// Which formats the file is made of.
QString formatsPart(const std::vector<TensorRow>& rows)
{
    struct Sum {
        int tensors = 0;
        std::uint64_t bytes = 0;
    };
    std::map<std::pair<TensorType, QString>, Sum> sums;
    std::uint64_t all = 0;
    for (const TensorRow& row : rows) {
        Sum& sum = sums[{row.target, row.editable ? row.methodText : QString()}];
        ++sum.tensors;
        sum.bytes += row.sizeBytes;
        all += row.sizeBytes;
    }
    std::vector<std::pair<std::pair<TensorType, QString>, Sum>> sorted(sums.begin(), sums.end());
    std::ranges::stable_sort(sorted, std::greater(), [](const auto& item) { return item.second.bytes; });
    QString html = QStringLiteral("<table>\n") + head({Report::tr("Format"), Report::tr("Method"), Report::tr("Bits per weight"), Report::tr("Tensors"),
                                                       Report::tr("Size"), Report::tr("Part of the file")}, 2);
    for (const auto& [key, sum] : sorted)
        html += QStringLiteral("<tr>") + cell(formatName(key.first)) + cell(key.second) + cell(bitsPerWeightText(traits(key.first).bitsPerWeight(), false), true) +
                cell(QString::number(sum.tensors), true) + cell(sizeText(sum.bytes), true) +
                cell(percentText(static_cast<double>(sum.bytes) / static_cast<double>(std::max<std::uint64_t>(1, all)), 1), true) + QStringLiteral("</tr>\n");
    return html + QStringLiteral("</table>\n");
}

/// The recipe as a file that the window and the command line load.
QString recipePart(const Recipe& recipe)
{
    return QStringLiteral("<details><summary>%1</summary><pre>%2</pre></details>\n")
        .arg(Report::tr("The recipe as a file: “quantize --recipe FILE” makes the same again").toHtmlEscaped(), QString::fromStdString(recipeToJson(recipe)).toHtmlEscaped());
}

QString tensorsPart(const std::vector<TensorRow>& rows, bool probed)
{
    QString html = QStringLiteral("<table>\n") +
                   head({Report::tr("Tensor"), Report::tr("Format"), Report::tr("Why"), Report::tr("Shape"), Report::tr("Size"), Report::tr("Error"),
                         probed ? Report::tr("KL divergence added") : Report::tr("Squared error"),
                         probed ? Report::tr("KL divergence the next MiB saves") : Report::tr("Squared error the next MiB saves")},
                        3);
    const auto figure = [](const std::optional<double>& value) { return value ? errorText(*value) : QStringLiteral("–"); };
    for (const TensorRow& row : rows) {
        if (!row.editable) continue;
        html += QStringLiteral("<tr>") + cell(row.name) +
                cell(row.method.isEmpty() || row.method == QLatin1String("reference")
                         ? formatName(row.target)
                         : Report::tr("%1, %2", "format, method").arg(formatName(row.target), row.methodText)) +
                cell(row.warning.isEmpty() ? row.reason : row.warning) + cell(row.shapeText, true) + cell(sizeText(row.sizeBytes), true) +
                cell(figure(row.relativeError), true) + cell(figure(row.damage), true) + cell(figure(row.gain), true) +
                QStringLiteral("</tr>\n");
    }
    return html + QStringLiteral("</table>\n");
}

const auto kStyle = QStringLiteral(
    "body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1c1c22;background:#fff}"
    "h1{font-size:1.6rem}h2{font-size:1.15rem;margin-top:2rem}table{border-collapse:collapse;font-size:.86rem;width:100%}"
    "th,td{text-align:left;padding:.25rem .5rem;border-bottom:1px solid #dde;vertical-align:top}.n{text-align:right;white-space:nowrap}"
    "tr.c td{font-weight:600}img{max-width:100%;height:auto}figure{margin:1rem 0}pre{overflow-x:auto;font-size:.8rem}figcaption{font-size:.86rem;color:#555}footer{color:#666;font-size:.8rem}");

}  // namespace

QString reportHtml(const Workbench& bench, const std::vector<TensorRow>& rows, const VariantsModel& variants,
                   const std::vector<std::pair<QString, QImage>>& pictures)
{
    const QString title = Report::tr("%1: quantization report").arg(QString::fromStdString(bench.document.model()->displayName()));
    QString html = QStringLiteral("<!DOCTYPE html>\n<html lang=\"%1\"><head><meta charset=\"utf-8\"><title>%2</title><style>%3</style></head>\n<body>\n<h1>%2</h1>\n")
                       .arg(QLocale().bcp47Name(), title.toHtmlEscaped(), kStyle);
    html += modelPart(bench);
    html += gapsPart(gaps(bench, rows, variants));
    html += heading(Report::tr("Variants")) + variantsPart(variants);
    html += heading(Report::tr("Formats")) + formatsPart(rows) + recipePart(bench.document.current()->recipe);
    html += heading(Report::tr("Plots"));
    for (const auto& [caption, image] : pictures) {
        QByteArray bytes;
        QBuffer buffer(&bytes);
        buffer.open(QIODevice::WriteOnly);
        image.save(&buffer, "PNG");
        html += QStringLiteral("<figure><img alt=\"%1\" src=\"data:image/png;base64,%2\"><figcaption>%1</figcaption></figure>\n")
                    .arg(caption.toHtmlEscaped(), QString::fromLatin1(bytes.toBase64()));
    }
    if (!bench.document.plan()->warnings.empty()) {
        html += heading(Report::tr("Warnings"));
        for (const PlanWarning& warning : bench.document.plan()->warnings) html += paragraph(planWarningText(warning));
    }
    html += heading(Report::tr("Tensors"));
    const auto& table = bench.budget.table();
    const bool probed = table && table->basis() == BudgetTable::Basis::Probes;
    html += paragraph(Report::tr("Error: ‖w−q‖ / ‖w‖ of the weights (measured). A dash: not known.") + QLatin1Char(' ') +
                      (probed ? Report::tr("KL divergence: what this tensor adds to that of the model, in nats per token, predicted from probes.")
                              : Report::tr("Squared error: (‖w−q‖ / ‖w‖)², estimated from some rows and four times as heavy in the output matrix. It "
                                           "orders the formats of a tensor; it does not say which tensor hurts the model more.")));
    html += tensorsPart(rows, probed);
    html += QStringLiteral("<footer><p>%1</p></footer>\n</body></html>\n")
                .arg(Report::tr("Written by Weightwright on %1.").arg(QLocale().toString(QDate::currentDate(), QLocale::LongFormat)).toHtmlEscaped());
    return html;
}

}  // namespace ww
