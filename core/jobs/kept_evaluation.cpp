// SPDX-License-Identifier: MIT
#include "jobs/kept_evaluation.h"

#include <algorithm>
#include <new>
#include <utility>

#include "calibration/calibration.h"
#include "io/model_identity.h"

namespace ww {

Result<DivergenceResult> KeptEvaluation::divergence(const std::shared_ptr<const ModelFile>& model, const std::shared_ptr<const Plan>& plan,
                                                    std::string_view text, std::uint32_t contextLength, std::uint32_t maxWindows,
                                                    const JobContext& context)
{
    const std::scoped_lock lock(m_mutex);
    try {
        WW_TRY_VOID(model->checkUnchanged());
        WW_TRY(const Hash identity, modelIdentity(*model));
        const Hash name = Hasher().hash(identity).text(model->path().string()).text(text).number(contextLength).number(maxWindows).finish();
        if (!m_evaluation || m_name != name) {
            m_evaluation.reset();
            PlanEvaluationOptions options;
            options.contextLength = contextLength;
            options.maxWindows = maxWindows;
            const std::uint64_t eighth = m_options.memoryBudgetBytes / 8;
            options.budgets.activationBudgetBytes = eighth;
            options.budgets.logitBudgetBytes = 2 * eighth;
            options.budgets.cache.memoryBudgetBytes = 3 * eighth;
            options.quantizedBudgetBytes = 2 * eighth;
            options.budgets.cache.folder = m_options.folder;
            options.budgets.cache.diskBudgetBytes = m_options.diskBudgetBytes;
            WW_TRY(m_evaluation, PlanEvaluation::create(model, text, options));
            m_name = name;
        }
        auto result = m_evaluation->measure(plan, context);
        if (!result && result.error().path.empty() && result.error().code != ErrorCode::Cancelled) result.error().path = model->path();
        return result;
    } catch (const std::bad_alloc&) {
        m_evaluation.reset();
        return fail(ErrorCode::OutOfMemory,
                    "There is not enough memory to run this model. Close other programs or choose a shorter context.");
    }
}

double KeptEvaluation::passesRun() const
{
    const std::scoped_lock lock(m_mutex);
    return m_evaluation ? m_evaluation->evaluation().passesRun() : 0;
}

std::uint64_t KeptEvaluation::usualMemoryBytes()
{
    return std::min(std::uint64_t{2} << 30, gramBudgetBytes() / 2);
}

}  // namespace ww
