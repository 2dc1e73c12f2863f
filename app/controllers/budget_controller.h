// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>
#include <QTimer>

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "app/budget.h"
#include "app/controllers/measure_controller.h"
#include "app/document.h"
#include "app/job_runner.h"
#include "app/user_messages.h"

namespace ww {

/// Rewrites the current recipe for a wanted size: at once under the hand, the optimum when the hand lets go, one undo step per
/// gesture. What every format does to every tensor is found out in the background at the first gesture. GUI thread only.
class BudgetController : public QObject {
    Q_OBJECT
public:
    BudgetController(Document& document, JobRunner& jobs, UserMessages& messages, QObject* parent = nullptr);

    /// While a slider moves.
    void move(std::uint64_t bytes);
    /// The gesture is over, or a size was typed in.
    void settle(std::uint64_t bytes);
    /// Starts finding out, unless that is done or under way.
    void prepare();

    /// One background job: runs the model on a text with one tensor quantized at a time, to learn which ones hurt. Ends by itself
    /// after `minutes`, and what was learnt by then is kept in the cache folder and used from then on, also next time; a job that was
    /// interrupted goes on where it stopped.
    void probe(const MeasureOptions& options, int minutes);

    /// Null until the formats were tried.
    [[nodiscard]] const std::shared_ptr<const BudgetTable>& table() const { return m_table; }
    [[nodiscard]] bool isPreparing() const { return m_prepare.isActive(); }
    /// Smallest and largest file; zeros without a model.
    [[nodiscard]] std::pair<std::uint64_t, std::uint64_t> reach() const { return m_reach; }

Q_SIGNALS:
    void tableChanged();
    void reachChanged();

private:
    void forget();
    /// Lets the measured variants correct the scale of the predictions.
    void correct();
    [[nodiscard]] QString sensitivityPath() const;
    void refreshReach();
    void applyQuick();
    void applyExact(std::uint64_t bytes);

    Document& m_document;
    JobRunner& m_jobs;
    UserMessages& m_messages;
    JobSlot m_prepare;
    JobSlot m_exact;
    JobSlot m_probe;
    JobSlot m_correct;
    QTimer m_timer;
    std::shared_ptr<const BudgetTable> m_table;
    std::shared_ptr<const BudgetTable> m_uncorrected;  ///< the table as the probes alone made it
    std::vector<std::pair<Recipe, double>> m_measured;  ///< variants that the table was corrected by, with their divergence
    std::string m_method;  ///< that the table was made with
    std::pair<std::uint64_t, std::uint64_t> m_reach{};
    std::uint64_t m_wanted = 0;
    std::optional<std::uint64_t> m_settle;  ///< waits for the table
};

}  // namespace ww
