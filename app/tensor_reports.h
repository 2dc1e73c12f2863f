// SPDX-License-Identifier: GPL-3.0-or-later
// What quantizing does to single tensors, computed when somebody looks, and kept.
#pragma once

#include <QObject>
#include <QTimer>

#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <tuple>
#include <vector>

#include "app/document.h"
#include "app/job_runner.h"
#include "app/selection.h"
#include "jobs/block_view.h"
#include "jobs/quantize.h"
#include "jobs/rate_distortion.h"

namespace ww {

/// Follows the selection's current tensor and the plan: after a short rest it computes the report (and, when wanted, the
/// rate–distortion curve) in the foreground lane; whatever is outdated is cancelled. Errors of tensors are remembered per format
/// and method for the tables. GUI thread only.
class TensorReports : public QObject {
    Q_OBJECT
public:
    TensorReports(Document& document, Selection& selection, JobRunner& jobs, QObject* parent = nullptr);
    ~TensorReports() override;

    /// Of the current tensor under the current plan; null while it is being computed.
    [[nodiscard]] std::shared_ptr<const TensorReport> report() const { return m_report; }
    [[nodiscard]] bool isComputing() const { return m_reportSlot.isActive() || m_timer.isActive(); }
    /// Why there is no report.
    [[nodiscard]] const std::optional<Error>& reportError() const { return m_reportError; }

    /// Curves of the current tensor: every format with each method whose data is there; points as they come. Kept for the tensors
    /// looked at last.
    [[nodiscard]] const std::vector<RateDistortionPoint>& curve() const { return m_curve; }
    [[nodiscard]] bool isCurveComplete() const { return m_curveComplete; }
    /// Rows that the curve was computed from; all of them when it equals the tensor's.
    [[nodiscard]] std::uint64_t curveRows() const { return m_curveRows; }
    [[nodiscard]] const std::optional<Error>& curveError() const { return m_curveError; }
    /// Curves are computed only while somebody shows them.
    void setCurveWanted(bool wanted);
    /// Also of what no file holds: uniform quantization with 2 to 8 bits, NF4, FP8, … (analysis points).
    void setAnalysisCurves(bool wanted);
    [[nodiscard]] bool analysisCurves() const { return m_analysisCurves; }

    /// Scales and codes of some rows of the current tensor; null while they are being computed or when blocksError() says why.
    [[nodiscard]] std::shared_ptr<const BlockView> blocks() const { return m_blocks; }
    [[nodiscard]] const std::optional<Error>& blocksError() const { return m_blocksError; }
    /// Like curves, blocks are computed only while somebody shows them.
    void setBlocksWanted(bool wanted);
    /// Chooses the rows: from this one on. Another tensor begins with its first.
    void setBlocksRow(std::uint64_t row);
    [[nodiscard]] std::uint64_t blocksRow() const { return m_blocksRow; }

    /// Measured ‖w−q‖/‖w‖ of an entry of the current plan.
    [[nodiscard]] std::optional<double> relativeError(const PlanEntry& entry) const;
    /// Error of the whole plan, when all its tensors were measured.
    [[nodiscard]] bool hasAllErrors() const;
    /// One job that measures every quantized tensor that has no error yet. Returns its number; 0: nothing to do.
    std::uint64_t measureAllErrors();

Q_SIGNALS:
    void reportChanged();
    void curveChanged();
    void blocksChanged();
    /// These tensors have an error now that they had not before.
    void errorsChanged(const QList<int>& tensors);
    void failed(const QString& tensor, const ww::Error& error);

private:
    using Key = std::tuple<std::size_t, TensorType, std::string>;
    [[nodiscard]] static Key keyOf(const PlanEntry& entry);
    [[nodiscard]] const PlanEntry* currentEntry() const;
    void restart();
    void begin();
    void beginCurve();
    void beginBlocks();
    [[nodiscard]] std::shared_ptr<const ImportanceEntry> importanceOf(std::size_t tensor) const;
    void keep(const Key& key, std::shared_ptr<const TensorReport> report);
    void drainErrors();
    void forget();

    struct ErrorQueue {
        std::mutex mutex;
        std::vector<std::pair<Key, double>> items;
    };
    struct CurveQueue {
        std::mutex mutex;
        std::vector<RateDistortionPoint> points;
    };

    Document& m_document;
    Selection& m_selection;
    JobRunner& m_jobs;
    JobSlot m_reportSlot;
    JobSlot m_curveSlot;
    JobSlot m_blocksSlot;
    JobSlot m_allSlot;
    QTimer m_timer;
    bool m_curveWanted = false;
    bool m_analysisCurves = false;
    std::optional<Key> m_shown;  ///< what report() is of
    std::shared_ptr<const TensorReport> m_report;
    std::optional<Error> m_reportError;
    using CurveKey = std::pair<std::size_t, std::vector<std::string>>;  ///< tensor and methods
    [[nodiscard]] std::optional<CurveKey> curveKey() const;
    std::optional<CurveKey> m_curveOf;
    std::vector<RateDistortionPoint> m_curve;
    std::list<std::pair<CurveKey, std::vector<RateDistortionPoint>>> m_curves;  ///< complete ones, newest first
    std::optional<Error> m_curveError;
    bool m_curveComplete = false;
    std::uint64_t m_curveRows = 0;
    std::shared_ptr<CurveQueue> m_curveQueue;
    bool m_blocksWanted = false;
    std::uint64_t m_blocksRow = 0;
    std::shared_ptr<const BlockView> m_blocks;
    std::optional<Error> m_blocksError;
    std::map<Key, double> m_errors;
    std::list<std::pair<Key, std::shared_ptr<const TensorReport>>> m_cache;  ///< newest first
    std::shared_ptr<ErrorQueue> m_errorQueue;
};

}  // namespace ww
