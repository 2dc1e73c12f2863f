// SPDX-License-Identifier: MIT
#include "jobs/polish.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "eval/prediction.h"

namespace ww {
namespace {

/// One tensor to another of its candidates.
struct Move {
    std::size_t tensor = 0;
    std::size_t candidate = 0;
    std::int64_t bytes = 0;
    double cost = 0;
};
struct Swap {
    Move up;
    std::optional<Move> down;  ///< empty when the larger format fits as it is
    [[nodiscard]] double cost() const { return up.cost + (down ? down->cost : 0); }
};

class Polish {
public:
    Polish(const std::shared_ptr<const ModelFile>& model, const Sensitivity& sensitivity, const AllocationRequest& request,
           std::vector<AllocationTensor> tensors, const DamageModel& damage, PolishedRecipe& state)
        : m_sensitivity(sensitivity), m_request(request), m_tensors(std::move(tensors)), m_damage(damage), m_state(state),
          m_limit(request.targetBytes.value_or(state.allocated.sizeBytes)), m_survey(*model)
    {
    }

    Result<std::shared_ptr<const Plan>> planOf(const Recipe& recipe) const
    {
        PlanOptions options;
        options.importance = m_request.importance;
        options.grams = m_request.grams;
        WW_TRY(Plan plan, resolve(recipe, m_survey, options));
        return std::make_shared<const Plan>(std::move(plan));
    }

    /// Every swap within the size, best prediction first.
    [[nodiscard]] std::vector<Swap> swaps() const
    {
        std::vector<Move> ups;
        std::vector<Move> downs;
        for (std::size_t i = 0; i < m_tensors.size(); ++i) {
            if (const auto up = neighbour(i, true)) ups.push_back(*up);
            if (const auto down = neighbour(i, false)) downs.push_back(*down);
        }
        const auto room = static_cast<std::int64_t>(m_limit) - static_cast<std::int64_t>(m_state.allocated.sizeBytes);
        std::vector<Swap> list;
        for (const Move& up : ups) {
            if (up.bytes <= room) list.push_back({up, {}});
            for (const Move& down : downs)
                if (down.tensor != up.tensor && up.bytes + down.bytes <= room) list.push_back({up, down});
        }
        std::ranges::stable_sort(list, {}, &Swap::cost);
        return list;
    }

    [[nodiscard]] Recipe with(const Swap& swap) const
    {
        Recipe recipe = m_state.allocated.recipe;
        apply(recipe, swap.up);
        if (swap.down) apply(recipe, *swap.down);
        return recipe;
    }
    [[nodiscard]] bool fits(const Plan& plan) const { return plan.sizeBytes + m_state.allocated.reservedBytes <= m_limit; }

    void accept(const Swap& swap, Recipe recipe, const Plan& plan, DivergenceResult result)
    {
        AllocatedRecipe& allocated = m_state.allocated;
        take(swap.up);
        if (swap.down) take(*swap.down);
        allocated.recipe = std::move(recipe);
        allocated.sizeBytes = plan.sizeBytes + allocated.reservedBytes;
        allocated.allocation.optimal = false;
        if (const auto prediction = m_damage.predict(allocated.formats, plan.bitsPerWeight())) allocated.prediction = *prediction;
        m_state.after = std::move(result);
        ++m_state.accepted;
    }

private:
    [[nodiscard]] bool allowed(const AllocationTensor& tensor, TensorType format) const
    {
        if (!m_request.allowed.empty() && std::ranges::find(m_request.allowed, format) == m_request.allowed.end()) return false;
        return !tensor.minimum || traits(format).bitsPerWeight() >= traits(*tensor.minimum).bitsPerWeight();
    }

    /// The next larger and better candidate, or the next smaller one.
    [[nodiscard]] std::optional<Move> neighbour(std::size_t i, bool up) const
    {
        const AllocationTensor& tensor = m_tensors[i];
        if (tensor.pin || tensor.group != 0) return std::nullopt;
        const AllocationCandidate& now = tensor.candidates[m_state.allocated.allocation.choice[i]];
        std::optional<Move> best;
        for (std::size_t c = 0; c < tensor.candidates.size(); ++c) {
            const AllocationCandidate& other = tensor.candidates[c];
            if (!allowed(tensor, other.format) || (up ? other.bytes <= now.bytes : other.bytes >= now.bytes)) continue;
            if (up && other.cost >= now.cost) continue;
            const auto bytes = static_cast<std::int64_t>(other.bytes) - static_cast<std::int64_t>(now.bytes);
            const bool nearer = !best || (up ? bytes < best->bytes : bytes > best->bytes) || (bytes == best->bytes && other.cost - now.cost < best->cost);
            if (nearer) best = Move{i, c, bytes, other.cost - now.cost};
        }
        return best;
    }

    void apply(Recipe& recipe, const Move& move) const
    {
        RecipeRule& rule = recipe.rules[move.tensor];
        chooseFormat(rule, m_sensitivity, move.tensor, m_tensors[move.tensor].candidates[move.candidate].format);
        rule.note = "Changed after measuring: this recipe has less divergence than the one that was predicted to be best.";
    }
    void take(const Move& move)
    {
        AllocatedRecipe& allocated = m_state.allocated;
        allocated.allocation.choice[move.tensor] = static_cast<std::uint32_t>(move.candidate);
        allocated.formats[move.tensor] = m_tensors[move.tensor].candidates[move.candidate].format;
        allocated.allocation.bytes = static_cast<std::uint64_t>(static_cast<std::int64_t>(allocated.allocation.bytes) + move.bytes);
        allocated.allocation.cost += move.cost;
    }

    const Sensitivity& m_sensitivity;
    const AllocationRequest& m_request;
    std::vector<AllocationTensor> m_tensors;
    const DamageModel& m_damage;
    PolishedRecipe& m_state;
    std::uint64_t m_limit;
    ModelSurvey m_survey;
};

}  // namespace

Result<PolishedRecipe> polishRecipe(const std::shared_ptr<const ModelFile>& model, const Sensitivity& sensitivity,
                                    const AllocationRequest& request, AllocatedRecipe start, std::string_view text,
                                    const PolishOptions& options, const JobContext& context,
                                    const std::function<void(const PolishedRecipe&)>& onAccepted)
{
    const DamageModel damage(sensitivity);
    WW_TRY(auto tensors, allocationTensors(*model, sensitivity, damage, request));
    PolishedRecipe state;
    state.allocated = std::move(start);
    Polish polish(model, sensitivity, request, std::move(tensors), damage, state);
    WW_TRY(const auto evaluation, PlanEvaluation::create(model, text, options.evaluation));
    const JobContext quiet{context.pool, context.stop, nullptr};
    context.begin("Trying swaps", options.trials, ProgressUnit::Steps);
    WW_TRY(const auto first, polish.planOf(state.allocated.recipe));
    WW_TRY(state.before, evaluation->measure(first, quiet));
    state.after = state.before;
    std::set<std::vector<TensorType>> tried{state.allocated.formats};
    std::vector<Swap> list = polish.swaps();
    for (std::size_t next = 0; next < list.size() && state.measured < options.trials; ++next) {
        if (context.stopRequested()) return cancelled();
        const Swap swap = list[next];
        Recipe recipe = polish.with(swap);
        WW_TRY(const auto plan, polish.planOf(recipe));
        if (!polish.fits(*plan) || !tried.insert(formatsOf(*plan, *model, sensitivity)).second) continue;
        WW_TRY(DivergenceResult result, evaluation->measure(plan, quiet));
        ++state.measured;
        context.advance(1);
        const Estimate difference = pairedDifference(state.after.tokens, result.tokens);
        if (difference.value >= -difference.error) continue;
        polish.accept(swap, std::move(recipe), *plan, std::move(result));
        if (onAccepted) onAccepted(state);
        list = polish.swaps();
        next = static_cast<std::size_t>(-1);  // the loop goes to the first of the new list
    }
    return state;
}

}  // namespace ww
