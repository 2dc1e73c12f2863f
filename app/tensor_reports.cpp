// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/tensor_reports.h"

#include <algorithm>

#include "methods/quantizer.h"

namespace ww {
namespace {

constexpr int kRestMs = 120;
constexpr std::size_t kBins = 160;
constexpr std::size_t kCachedReports = 64;
constexpr std::size_t kCachedCurves = 32;
/// Rows of the block map, and weights it may have at most.
constexpr std::uint64_t kBlockRows = 64;
constexpr std::uint64_t kBlockWeights = std::uint64_t{1} << 20;
/// Curves try every format with several methods; beyond this many weights a sample of rows is enough to compare them.
constexpr std::uint64_t kCurveWeights = std::uint64_t{2} << 20;

std::uint64_t sampledRows(const TensorInfo& tensor)
{
    const std::uint64_t columns = std::max<std::uint64_t>(1, tensor.shape.columns());
    return std::min<std::uint64_t>(tensor.shape.rows(), std::max<std::uint64_t>(16, kCurveWeights / columns));
}

std::string methodOf(const PlanEntry& entry)
{
    return entry.method.empty() ? std::string(kDefaultMethod) : entry.method;
}

/// Analysis methods for any number of bits give a curve, the others a point.
std::vector<std::string> specsForCurve(const Quantizer& method)
{
    const std::string name(method.name());
    if (method.exportable() || std::ranges::none_of(method.options(), [](const MethodOption& option) { return option.name == "bits"; })) return {name};
    std::vector<std::string> specs;
    for (int bits = 2; bits <= 8; ++bits)
        if (const auto parsed = parseMethod(name + ":bits=" + std::to_string(bits))) specs.push_back(methodSpec(*parsed));
    return specs;
}

/// The method rounds the inputs as well, which is no matter of the weights.
bool changesInputs(const std::string& spec)
{
    const auto method = parseMethod(spec);
    return method && method->quantizer->changesInputs(method->values);
}

}  // namespace

TensorReports::TensorReports(Document& document, Selection& selection, JobRunner& jobs, QObject* parent)
    : QObject(parent), m_document(document), m_selection(selection), m_jobs(jobs), m_reportSlot(jobs), m_curveSlot(jobs),
      m_blocksSlot(jobs), m_allSlot(jobs), m_errorQueue(std::make_shared<ErrorQueue>())
{
    m_timer.setSingleShot(true);
    m_timer.setInterval(kRestMs);
    connect(&m_timer, &QTimer::timeout, this, &TensorReports::begin);
    connect(&m_selection, &Selection::changed, this, &TensorReports::restart);
    connect(&m_document, &Document::planChanged, this, &TensorReports::restart);
    connect(&m_document, &Document::planChanged, this, [this] {
        if (m_allSlot.isActive() && measureAllErrors() == 0) m_allSlot.cancel();
    });
    connect(&m_document, &Document::modelChanged, this, &TensorReports::forget);
    // The same formats give other weights then.
    connect(&m_document, &Document::importanceChanged, this, &TensorReports::forget);
    connect(&m_document, &Document::baseChanged, this, &TensorReports::forget);
    connect(&m_jobs, &JobRunner::tick, this, &TensorReports::drainErrors);
}

TensorReports::~TensorReports() = default;

TensorReports::Key TensorReports::keyOf(const PlanEntry& entry)
{
    return {entry.tensorIndex, entry.target, methodOf(entry)};
}

const PlanEntry* TensorReports::currentEntry() const
{
    if (!m_document.plan() || !m_selection.current()) return nullptr;
    const auto& entries = m_document.plan()->entries;
    const auto it =
        std::find_if(entries.begin(), entries.end(), [&](const PlanEntry& e) { return e.tensorIndex == *m_selection.current(); });
    return it == entries.end() ? nullptr : &*it;
}

void TensorReports::forget()
{
    m_reportSlot.cancel();
    m_curveSlot.cancel();
    m_blocksSlot.cancel();
    m_blocks.reset();
    m_blocksError.reset();
    m_blocksRow = 0;
    m_allSlot.cancel();
    m_timer.stop();
    m_errors.clear();
    m_cache.clear();
    m_errorQueue = std::make_shared<ErrorQueue>();
    m_shown.reset();
    m_report.reset();
    m_reportError.reset();
    m_curveOf.reset();
    m_curve.clear();
    m_curves.clear();
    m_curveError.reset();
    m_curveComplete = false;
    Q_EMIT reportChanged();
    Q_EMIT curveChanged();
    Q_EMIT blocksChanged();
}

void TensorReports::restart()
{
    const PlanEntry* entry = currentEntry();
    const std::optional<Key> key = entry ? std::optional(keyOf(*entry)) : std::nullopt;
    const auto curveOf = curveKey();
    if (curveOf != m_curveOf) {
        m_curveSlot.cancel();
        m_curveOf = curveOf;
        m_curve.clear();
        m_curveError.reset();
        const auto known = std::ranges::find_if(m_curves, [&](const auto& item) { return item.first == curveOf; });
        m_curveComplete = known != m_curves.end();
        m_curveRows = m_curveComplete ? sampledRows(m_document.model()->tensors()[entry->tensorIndex]) : 0;
        if (m_curveComplete) m_curve = known->second;
        Q_EMIT curveChanged();
    }
    if (key != m_shown) {
        m_reportSlot.cancel();
        m_blocksSlot.cancel();
        m_blocks.reset();
        m_blocksError.reset();
        if (!key || !m_shown || std::get<0>(*key) != std::get<0>(*m_shown)) m_blocksRow = 0;
        m_shown = key;
        m_report.reset();
        m_reportError.reset();
        if (key) {
            const auto it = std::find_if(m_cache.begin(), m_cache.end(), [&](const auto& item) { return item.first == *key; });
            if (it != m_cache.end()) {
                m_report = it->second;
                m_cache.splice(m_cache.begin(), m_cache, it);
            }
        }
        Q_EMIT reportChanged();
        Q_EMIT blocksChanged();
    }
    if (entry && (!m_report || (m_curveWanted && !m_curveComplete) || (m_blocksWanted && !m_blocks)))
        m_timer.start();
    else
        m_timer.stop();
}

void TensorReports::begin()
{
    const PlanEntry* entry = currentEntry();
    if (!entry || !m_shown) return;
    if (!m_report && !m_reportSlot.isActive() && !m_reportError) {
        // A copied tensor is reported against itself: F32 holds every source value.
        const TensorType format = entry->quantized ? entry->target : TensorType::F32;
        const Key key = *m_shown;
        const QString title =
            tr("Looking at %1").arg(QString::fromStdString(m_document.model()->tensors()[entry->tensorIndex].name));
        m_reportSlot.start<TensorReport>(
            {title, JobQueue::Lane::Foreground, true},
            [model = m_document.model(), index = entry->tensorIndex, format, method = methodOf(*entry),
             importance = entry->importance, grams = entry->grams](const JobContext& context) {
                return reportTensor(*model, model->tensors()[index], format, method, kBins, context, importance.get(), grams);
            },
            this,
            [this, key](Result<TensorReport> result) {
                if (result) {
                    auto report = std::make_shared<const TensorReport>(std::move(*result));
                    keep(key, report);
                    m_report = std::move(report);
                } else if (result.error().code != ErrorCode::Cancelled) {
                    m_reportError = result.error();
                }
                Q_EMIT reportChanged();
            });
        Q_EMIT reportChanged();
    }
    if (m_curveWanted && !m_curveComplete && !m_curveSlot.isActive() && !m_curveError) beginCurve();
    if (m_blocksWanted && !m_blocks && !m_blocksSlot.isActive() && !m_blocksError) beginBlocks();
}

std::optional<TensorReports::CurveKey> TensorReports::curveKey() const
{
    const PlanEntry* entry = currentEntry();
    if (!entry) return {};
    const TensorInfo& tensor = m_document.model()->tensors()[entry->tensorIndex];
    const auto& grams = m_document.grams();
    const bool hasGram = grams && grams->input(tensor.name);
    std::vector<std::string> quick;
    std::vector<std::string> slow;
    for (const Quantizer* method : quantizers()) {
        // "corrected" differs in one format only.
        if (changesInputs(std::string(method->name())) || method->name() == "corrected" || (!method->exportable() && !m_analysisCurves)) continue;
        for (std::string& spec : specsForCurve(*method)) {
            const bool calibrated = needsCalibration(dataNeededBy(spec));
            if (calibrated && !hasGram) continue;
            (calibrated || spec.starts_with("hqq") ? slow : quick).push_back(std::move(spec));
        }
    }
    quick.insert(quick.end(), slow.begin(), slow.end());
    // With options of its own, the tensor's method is one more.
    const std::string own = methodOf(*entry);
    const bool lacking = needsCalibration(dataNeededBy(own)) && !hasGram;
    if (parseMethod(own) && !lacking && !changesInputs(own) && std::ranges::find(quick, own) == quick.end()) quick.push_back(own);
    return CurveKey{entry->tensorIndex, std::move(quick)};
}

void TensorReports::setAnalysisCurves(bool wanted)
{
    if (wanted == m_analysisCurves) return;
    m_analysisCurves = wanted;
    restart();
}

void TensorReports::beginCurve()
{
    const PlanEntry* entry = currentEntry();
    if (!entry) return;
    const TensorInfo& tensor = m_document.model()->tensors()[entry->tensorIndex];
    m_curve.clear();
    const CurveKey key = *m_curveOf;
    m_curveRows = sampledRows(tensor);
    m_curveQueue = std::make_shared<CurveQueue>();
    const std::size_t sample = m_curveRows < tensor.shape.rows() ? static_cast<std::size_t>(m_curveRows) : 0;
    m_curveSlot.start<std::vector<RateDistortionPoint>>(
        {tr("Trying methods on %1").arg(QString::fromStdString(tensor.name)), JobQueue::Lane::Foreground, true},
        [model = m_document.model(), index = entry->tensorIndex, methods = key.second, sample,
         queue = m_curveQueue, importance = importanceOf(entry->tensorIndex), grams = m_document.grams()](const JobContext& context) {
            return methodCurves(*model, model->tensors()[index], methods, sample, context,
                                [queue](const RateDistortionPoint& point) {
                                    const std::scoped_lock lock(queue->mutex);
                                    queue->points.push_back(point);
                                },
                                importance.get(), grams);
        },
        this,
        [this, key](Result<std::vector<RateDistortionPoint>> result) {
            if (result) {
                m_curve = std::move(*result);
                m_curveComplete = true;
                m_curves.emplace_front(key, m_curve);
                if (m_curves.size() > kCachedCurves) m_curves.pop_back();
            } else if (result.error().code != ErrorCode::Cancelled) {
                m_curveError = result.error();
            }
            Q_EMIT curveChanged();
        });
    Q_EMIT curveChanged();
}

void TensorReports::setCurveWanted(bool wanted)
{
    if (wanted == m_curveWanted) return;
    m_curveWanted = wanted;
    if (!wanted)
        m_curveSlot.cancel();
    else if (!m_curveComplete)
        m_timer.start();
}

std::shared_ptr<const ImportanceEntry> TensorReports::importanceOf(std::size_t tensor) const
{
    const auto& matrix = m_document.importance();
    const TensorInfo& info = m_document.model()->tensors()[tensor];
    const ImportanceEntry* entry = matrix ? matrix->find(info.name) : nullptr;
    if (!entry || !fits(*entry, info.shape)) return nullptr;
    return {matrix, entry};  // lives as long as the matrix
}

void TensorReports::beginBlocks()
{
    const PlanEntry* entry = currentEntry();
    if (!entry) return;
    const TensorInfo& tensor = m_document.model()->tensors()[entry->tensorIndex];
    const std::uint64_t columns = std::max<std::uint64_t>(1, tensor.shape.columns());
    const auto rows = static_cast<std::size_t>(std::clamp<std::uint64_t>(kBlockWeights / columns, 1, kBlockRows));
    m_blocksSlot.start<BlockView>(
        {tr("Blocks of %1").arg(QString::fromStdString(tensor.name)), JobQueue::Lane::Foreground, true},
        [model = m_document.model(), index = entry->tensorIndex, format = entry->target, method = methodOf(*entry), rows,
         first = m_blocksRow, importance = entry->importance, grams = entry->grams](const JobContext& context) {
            return viewBlocks(*model, model->tensors()[index], format, method, first, rows, context, importance.get(), grams);
        },
        this,
        [this](Result<BlockView> result) {
            if (result)
                m_blocks = std::make_shared<const BlockView>(std::move(*result));
            else if (result.error().code != ErrorCode::Cancelled)
                m_blocksError = result.error();
            Q_EMIT blocksChanged();
        });
    Q_EMIT blocksChanged();
}

void TensorReports::setBlocksWanted(bool wanted)
{
    if (wanted == m_blocksWanted) return;
    m_blocksWanted = wanted;
    if (!wanted)
        m_blocksSlot.cancel();
    else if (!m_blocks && currentEntry())
        m_timer.start();
}

void TensorReports::setBlocksRow(std::uint64_t row)
{
    if (row == m_blocksRow) return;
    m_blocksRow = row;
    m_blocksSlot.cancel();
    m_blocks.reset();
    m_blocksError.reset();
    Q_EMIT blocksChanged();
    if (m_blocksWanted && currentEntry()) m_timer.start();
}

void TensorReports::keep(const Key& key, std::shared_ptr<const TensorReport> report)
{
    m_cache.emplace_front(key, report);
    if (m_cache.size() > kCachedReports) m_cache.pop_back();
    const std::scoped_lock lock(m_errorQueue->mutex);
    m_errorQueue->items.emplace_back(key, report->error.relativeError());
}

void TensorReports::drainErrors()
{
    if (m_curveQueue && m_curveSlot.isActive()) {
        std::size_t count = m_curve.size();
        {
            const std::scoped_lock lock(m_curveQueue->mutex);
            m_curve = m_curveQueue->points;
        }
        if (m_curve.size() != count) Q_EMIT curveChanged();
    }
    std::vector<std::pair<Key, double>> items;
    {
        const std::scoped_lock lock(m_errorQueue->mutex);
        items.swap(m_errorQueue->items);
    }
    if (items.empty()) return;
    QList<int> tensors;
    for (auto& [key, error] : items) {
        tensors.append(static_cast<int>(std::get<0>(key)));
        m_errors[std::move(key)] = error;
    }
    Q_EMIT errorsChanged(tensors);
}

std::optional<double> TensorReports::relativeError(const PlanEntry& entry) const
{
    const auto it = m_errors.find(keyOf(entry));
    return it == m_errors.end() ? std::nullopt : std::optional(it->second);
}

bool TensorReports::hasAllErrors() const
{
    return m_document.plan() && std::ranges::all_of(m_document.plan()->entries, [this](const PlanEntry& e) {
               return !e.quantized || relativeError(e).has_value();
           });
}

std::uint64_t TensorReports::measureAllErrors()
{
    if (!m_document.plan()) return 0;
    std::vector<PlanEntry> wanted;
    std::uint64_t bytes = 0;
    for (const PlanEntry& entry : m_document.plan()->entries) {
        if (!entry.quantized || relativeError(entry)) continue;
        bytes += m_document.model()->tensors()[entry.tensorIndex].sizeBytes;
        wanted.push_back(entry);
    }
    if (wanted.empty()) return 0;
    const QString title = tr("Weight errors of %n tensor(s)", nullptr, static_cast<int>(wanted.size()));
    m_allSlot.start<bool>(
        {title, JobQueue::Lane::Background, false},
        [model = m_document.model(), wanted = std::move(wanted), bytes,
         queue = m_errorQueue](const JobContext& context) -> Result<bool> {
            context.begin("Comparing weights", bytes, ProgressUnit::Bytes);
            for (const PlanEntry& entry : wanted) {
                const TensorInfo& tensor = model->tensors()[entry.tensorIndex];
                context.detail(tensor.name);
                JobContext inner{context.pool, context.stop, nullptr};
                WW_TRY(const TensorReport report,
                       reportTensor(*model, tensor, entry.target, methodOf(entry), 2, inner, entry.importance.get(), entry.grams));
                context.advance(tensor.sizeBytes);
                const std::scoped_lock lock(queue->mutex);
                queue->items.emplace_back(keyOf(entry), report.error.relativeError());
            }
            return true;
        },
        this,
        [this](Result<bool> result) {
            drainErrors();
            if (!result && result.error().code != ErrorCode::Cancelled) Q_EMIT failed(QString(), result.error());
        });
    return m_allSlot.job();
}

}  // namespace ww
