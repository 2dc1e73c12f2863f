// SPDX-License-Identifier: MIT
#include "model/experts.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include <fmt/format.h>

#include "model/kernels.h"

namespace ww {
namespace {

// Values of the rows that pass an expert at once, per thread.
constexpr std::size_t kGroupFloatsPerThread = std::size_t{4} << 20;

std::vector<std::string_view> namesOf(const std::optional<LinearTensors>& map)
{
    std::vector<std::string_view> names;
    if (map)
        for (const LinearTensors::Part& part : map->parts) names.push_back(part.weight->name);
    return names;
}

}  // namespace

std::size_t ExpertRunner::bytesPerRow(const Architecture& architecture)
{
    const ExpertSettings& settings = architecture.experts;
    const std::size_t floats = architecture.facts.embeddingLength + settings.count;
    const std::size_t listed = sizeof(Choice) * settings.used + sizeof(std::size_t) + sizeof(float);
    return floats * sizeof(float) + listed;
}

Result<void> ExpertRunner::run(std::size_t block, const ExpertTensors& tensors, const BlockWeights& weights, float* x,
                               RowCount rows, bool quiet, const JobContext& context)
{
    const std::size_t d = m_architecture.facts.embeddingLength;
    const std::size_t count = rows.total();
    m_normed.ensure(count * d);
    const auto where = fmt::format("the experts of block {}", block);
    WW_TRY_VOID(m_blocks.normRows(weights.ffnNorm, {x, d}, {m_normed.data(), d}, count, where, context));
    WW_TRY_VOID(choose(tensors, weights, rows, context));
    const std::size_t experts = m_architecture.experts.count;
    for (std::size_t expert = 0; expert < experts; ++expert) {
        WW_TRY_VOID(runExpert(expert, tensors, x, rows, context));
        if (!quiet) context.advance(count * (expert + 1) / experts - count * expert / experts);
    }
    return weights.sharedDown.weight ? runShared(tensors, weights, x, rows, context) : Result<void>();
}

Result<void> ExpertRunner::show(std::span<const std::string_view> names, std::size_t matrix, RowsView input, std::size_t rows,
                                std::size_t columns, const JobContext& context) const
{
    LinearInputObserver* const observer = m_blocks.observer();
    return observer ? observer->onInput(names, matrix, input, rows, columns, context) : Result<void>();
}

Result<void> ExpertRunner::choose(const ExpertTensors& tensors, const BlockWeights& weights, RowCount rows,
                                  const JobContext& context)
{
    const std::size_t d = m_architecture.facts.embeddingLength;
    const std::size_t experts = m_architecture.experts.count;
    const std::size_t used = m_architecture.experts.used;
    m_scores.ensure(rows.total() * experts);
    m_choices.resize(rows.total() * used);
    WW_TRY_VOID(observeInput(m_blocks.observer(), tensors.router, {m_normed.data(), d}, rows.total(), context));
    WW_TRY_VOID(project(weights.router, {m_normed.data(), d}, 1, 0, {m_scores.data(), experts}, rows, context));
    return forEachRows(rows.total(), experts * used, context, [&](std::size_t first, std::size_t count) -> Result<void> {
        for (std::size_t row = first; row < first + count; ++row)
            chooseForRow(m_scores.data() + row * experts, &m_choices[row * used]);
        return {};
    });
}

// The softmax over all experts, divided by the sum of the chosen ones, is the softmax over the chosen ones; where the weights are
// not normalized, the others count in the sum. Selection by repeated maximum, because a sort must not see NaN.
void ExpertRunner::chooseForRow(const float* scores, Choice* choices) const
{
    const std::size_t used = m_architecture.experts.used;
    const auto taken = [&](std::size_t expert, std::size_t before) {
        return std::any_of(choices, choices + before, [&](const Choice& c) { return c.expert == expert; });
    };
    for (std::size_t i = 0; i < used; ++i) {
        std::size_t best = m_architecture.experts.count;
        for (std::size_t expert = 0; expert < m_architecture.experts.count; ++expert)
            if (!taken(expert, i) && (best == m_architecture.experts.count || scores[expert] > scores[best])) best = expert;
        choices[i] = {static_cast<std::uint32_t>(best), scores[best]};
    }
    std::vector<float> weights(used);
    std::transform(choices, choices + used, weights.begin(), [](const Choice& c) { return c.weight; });
    if (!m_architecture.experts.normalizesWeights)
        for (std::size_t expert = 0; expert < m_architecture.experts.count; ++expert)
            if (!taken(expert, used)) weights.push_back(scores[expert]);
    const double sum = kernels::softmaxNumerators(weights.data(), weights.size());
    for (std::size_t i = 0; i < used; ++i) choices[i].weight = static_cast<float>(static_cast<double>(weights[i]) / sum);
}

Result<void> ExpertRunner::runExpert(std::size_t expert, const ExpertTensors& tensors, float* x, RowCount rows,
                                     const JobContext& context)
{
    const std::size_t used = m_architecture.experts.used;
    m_rows.clear();
    m_rowWeights.clear();
    std::vector<RowSegment> segments;
    for (std::size_t w = 0; w < rows.windows; ++w) {
        const std::size_t before = m_rows.size();
        for (std::size_t row = w * rows.windowRows; row < (w + 1) * rows.windowRows; ++row)
            for (std::size_t i = 0; i < used; ++i)
                if (const Choice& choice = m_choices[row * used + i]; choice.expert == expert) {
                    m_rows.push_back(row);
                    m_rowWeights.push_back(choice.weight);
                }
        if (m_rows.size() != before) segments.push_back({before, m_rows.size() - before});
    }
    if (m_rows.empty()) return {};
    const std::size_t d = m_architecture.facts.embeddingLength;
    const std::size_t width = m_architecture.experts.feedForwardLength;
    m_gateUp.ensure(2 * width * d);
    m_down.ensure(width * d);
    WW_TRY_VOID(m_source.loadRows(*tensors.gate, expert * width, width, m_gateUp.data(), context));
    WW_TRY_VOID(m_source.loadRows(*tensors.up, expert * width, width, m_gateUp.data() + width * d, context));
    WW_TRY_VOID(m_source.loadRows(*tensors.down, expert * d, d, m_down.data(), context));
    const std::array<LinearParts::Rows, 2> gateUpRows{{{tensors.gate, expert * width, width, expert}, {tensors.up, expert * width, width, expert}}};
    const LinearParts::Rows downRows{tensors.down, expert * d, d, expert};
    WW_TRY_VOID(m_gateUpParts.load(m_source, gateUpRows, d, context));
    WW_TRY_VOID(m_downParts.load(m_source, std::span(&downRows, 1), width, context));
    const LinearWeights gateUp{m_gateUp.data(), nullptr, d, 2 * width, m_gateUpParts.parts()};
    const LinearWeights down{m_down.data(), nullptr, width, d, m_downParts.parts()};
    const std::array<std::string_view, 2> inNames{tensors.gate->name, tensors.up->name};
    const std::array<std::string_view, 1> outNames{tensors.down->name};
    return applyInGroups({gateUp, down, x, inNames, outNames, expert}, segments, context);
}

Result<void> ExpertRunner::runShared(const ExpertTensors& tensors, const BlockWeights& weights, float* x, RowCount rows,
                                     const JobContext& context)
{
    m_rows.resize(rows.total());
    std::iota(m_rows.begin(), m_rows.end(), std::size_t{0});
    m_rowWeights.assign(rows.total(), 1.0F);
    if (weights.sharedRouter.weight) {
        const std::size_t d = m_architecture.facts.embeddingLength;
        WW_TRY_VOID(observeInput(m_blocks.observer(), *tensors.sharedRouter, {m_normed.data(), d}, rows.total(), context));
        WW_TRY_VOID(project(weights.sharedRouter, {m_normed.data(), d}, 1, 0, {m_rowWeights.data(), 1}, rows, context));
        for (float& weight : m_rowWeights) weight = 1 / (1 + std::exp(-weight));
    }
    std::vector<RowSegment> segments(rows.windows);
    for (std::size_t w = 0; w < rows.windows; ++w) segments[w] = {w * rows.windowRows, rows.windowRows};
    const std::vector<std::string_view> inNames = namesOf(tensors.sharedGateUp);
    const std::vector<std::string_view> outNames = namesOf(tensors.sharedDown);
    return applyInGroups({weights.sharedGateUp, weights.sharedDown, x, inNames, outNames, 0}, segments, context);
}

Result<void> ExpertRunner::applyInGroups(const Job& job, std::span<const RowSegment> segments, const JobContext& context)
{
    const std::size_t perRow = 2 * m_architecture.facts.embeddingLength + job.gateUp.outputs;
    const std::size_t most = std::max<std::size_t>(1, kGroupFloatsPerThread * context.pool.threadCount() / perRow);
    for (std::size_t begin = 0; begin < segments.size();) {
        std::size_t end = begin;
        std::size_t count = 0;
        while (end < segments.size() && (end == begin || count + segments[end].count <= most)) count += segments[end++].count;
        WW_TRY_VOID(applyGroup(job, segments.subspan(begin, end - begin), segments[begin].first, count, context));
        begin = end;
    }
    return {};
}

Result<void> ExpertRunner::applyGroup(const Job& job, std::span<const RowSegment> segments, std::size_t first, std::size_t count,
                                      const JobContext& context)
{
    const std::size_t d = m_architecture.facts.embeddingLength;
    const std::size_t stride = job.gateUp.outputs;
    const std::size_t width = job.down.inputs;
    m_gathered.ensure(count * d);
    m_wide.ensure(count * stride);
    m_output.ensure(count * d);
    std::vector<RowSegment> local(segments.begin(), segments.end());
    for (RowSegment& segment : local) segment.first -= first;
    WW_TRY_VOID(forEachRows(count, d, context, [&](std::size_t begin, std::size_t rows) -> Result<void> {
        for (std::size_t r = begin; r < begin + rows; ++r)
            std::copy_n(m_normed.data() + m_rows[first + r] * d, d, m_gathered.data() + r * d);
        return {};
    }));
    WW_TRY_VOID(show(job.gateUpNames, job.matrix, {m_gathered.data(), d}, count, d, context));
    WW_TRY_VOID(project(job.gateUp, {m_gathered.data(), d}, 1, 0, {m_wide.data(), stride}, local, context));
    WW_TRY_VOID(forEachRows(count, stride, context, [&](std::size_t begin, std::size_t rows) -> Result<void> {
        for (std::size_t r = begin; r < begin + rows; ++r) {
            float* row = m_wide.data() + r * stride;
            kernels::siluMultiply(row, row + width, width, row);
        }
        return {};
    }));
    WW_TRY_VOID(show(job.downNames, job.matrix, {m_wide.data(), stride}, count, width, context));
    WW_TRY_VOID(project(job.down, {m_wide.data(), stride}, 1, 0, {m_output.data(), d}, local, context));
    return forEachRows(count, d, context, [&](std::size_t begin, std::size_t rows) -> Result<void> {
        for (std::size_t r = begin; r < begin + rows; ++r)
            kernels::addScaled(job.x + m_rows[first + r] * d, m_output.data() + r * d,
                               m_architecture.residualScale * m_rowWeights[first + r], d);
        return {};
    });
}

}  // namespace ww
