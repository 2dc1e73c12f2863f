// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/pages/inputs_page.h"

#include <QFileInfo>
#include <QLabel>
#include <QVBoxLayout>

#include <algorithm>

#include "app/choices.h"
#include "app/paths.h"
#include "app/workbench.h"
#include "base/atomic_file.h"
#include "methods/quantizer.h"
#include "widgets/plots/histogram_plot.h"
#include "widgets/theme/format_text.h"

namespace ww {
namespace {

constexpr int kRestMs = 150;
constexpr std::size_t kBins = 161;

}  // namespace

InputsPage::InputsPage(Workbench& workbench, QWidget* parent) : QWidget(parent), m_workbench(workbench), m_slot(workbench.jobs)
{
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(2);
    m_plot = new HistogramPlot;
    m_plot->setObjectName(QStringLiteral("inputsPlot"));
    m_plot->setFileNameHint(QStringLiteral("inputs"));
    layout->addWidget(m_plot, 1);
    m_note = new QLabel;
    m_note->setObjectName(QStringLiteral("inputsNote"));
    m_note->setWordWrap(true);
    layout->addWidget(m_note);
    m_rest.setSingleShot(true);
    m_rest.setInterval(kRestMs);
    connect(&m_rest, &QTimer::timeout, this, &InputsPage::begin);
    connect(&workbench.selection, &Selection::changed, this, &InputsPage::restart);
    connect(&workbench.document, &Document::planChanged, this, &InputsPage::restart);
    connect(&workbench.document, &Document::modelChanged, this, &InputsPage::forget);
    connect(&workbench.document, &Document::importanceChanged, this, &InputsPage::forget);
    connect(&workbench.document, &Document::baseChanged, this, &InputsPage::forget);
    refresh();
}

InputsPage::~InputsPage()
{
    m_slot.cancel();
}

std::optional<InputsPage::Key> InputsPage::wanted() const
{
    const Document& document = m_workbench.document;
    const auto& current = m_workbench.selection.current();
    if (!document.model() || !document.plan() || !current) return {};
    const auto& entries = document.plan()->entries;
    const auto it = std::ranges::find(entries, *current, &PlanEntry::tensorIndex);
    if (it == entries.end()) return {};
    return Key{*current, it->method.empty() ? std::string(kDefaultMethod) : it->method};
}

void InputsPage::forget()
{
    m_shown.reset();
    m_report.reset();
    m_error.reset();
    m_slot.cancel();
    restart();
}

void InputsPage::restart()
{
    const auto key = wanted();
    if (key != m_shown) {
        m_slot.cancel();
        m_shown = key;
        m_report.reset();
        m_error.reset();
        refresh();
    }
    if (isVisible() && m_shown && !m_report && !m_error && !m_slot.isActive()) m_rest.start();
}

void InputsPage::showEvent(QShowEvent* event)
{
    QWidget::showEvent(event);
    restart();
}

void InputsPage::hideEvent(QHideEvent* event)
{
    QWidget::hideEvent(event);
    m_rest.stop();
    m_slot.cancel();
}

void InputsPage::begin()
{
    if (!m_shown || !isVisible()) return;
    const auto& [index, method] = *m_shown;
    const MeasureOptions options = m_workbench.calibrate.defaultOptions();
    m_textName = QFileInfo(options.textPath).fileName();
    m_slot.start<InputReport>(
        {tr("Inputs of %1").arg(QString::fromStdString(m_workbench.document.model()->tensors()[index].name)), JobQueue::Lane::Foreground, true},
        [model = m_workbench.document.model(), index = index, method = method, grams = m_workbench.document.grams(),
         options](const JobContext& context) -> Result<InputReport> {
            WW_TRY(const std::string text, readTextFile(toPath(options.textPath)));
            return reportInputs(model, model->tensors()[index], method, grams, text, options.contextLength, kBins, context);
        },
        this,
        [this](Result<InputReport> report) {
            if (report)
                m_report = std::move(*report);
            else if (report.error().code != ErrorCode::Cancelled)
                m_error = report.error();
            refresh();
        });
    refresh();
}

void InputsPage::refresh()
{
    m_plot->setEmptyText(!m_shown ? tr("Select a tensor to see what goes into it.")
                         : m_error ? QString::fromStdString(m_error->message)
                                   : tr("The model reads the text up to this tensor…"));
    if (!m_report || !m_shown) {
        m_plot->setData({});
        m_note->clear();
        return;
    }
    const Quantizer* quantizer = findQuantizer(std::get<1>(*m_shown));
    const QString title = quantizer ? translatedCoreText(std::string(quantizer->title()).c_str()) : QString();
    HistogramPlotData values;
    values.xTitle = tr("input value");
    values.series.push_back({tr("as computed"), m_report->originalHistogram});
    if (m_report->changed) values.series.push_back({title, m_report->changedHistogram});
    m_plot->setData(std::move(values));
    QString note = tr("Inputs at %n position(s) of %1, largest magnitude %2 at a standard deviation of %3.", nullptr, static_cast<int>(m_report->rows))
                       .arg(m_textName, errorText(m_report->original.absoluteMaximum()), errorText(m_report->original.standardDeviation()));
    note += QLatin1Char(' ') +
            (m_report->changed ? tr("%1 rounds them: relative error %2 (measured).").arg(title, errorText(m_report->relativeError))
                               : tr("%1 leaves them alone; choose a method for weights and inputs, such as W8A8, to see them rounded.").arg(title));
    m_note->setText(note);
}

}  // namespace ww
