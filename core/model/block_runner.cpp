// SPDX-License-Identifier: MIT
#include "model/block_runner.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstring>

#include <fmt/format.h>

#include "model/attention.h"
#include "model/kernels.h"

namespace ww {
namespace {

// Windows pass the stages of a block in groups whose scratch memory is about this large per thread: enough tiles for every
// thread, and small enough that one stage finds the results of the stage before in the cache.
constexpr std::size_t kGroupFloatsPerThread = std::size_t{4} << 20;

std::size_t mostHeads(const Architecture& architecture, std::uint32_t BlockShape::*count)
{
    std::size_t most = 0;
    for (const BlockShape& block : architecture.blocks) most = std::max<std::size_t>(most, block.*count);
    return most;
}

}  // namespace

Result<void> observeInput(LinearInputObserver* observer, const LinearTensors& tensors, RowsView input, std::size_t rows,
                          const JobContext& context)
{
    if (!observer || rows == 0) return {};
    std::vector<std::string_view> names;
    for (const LinearTensors::Part& part : tensors.parts) names.push_back(part.weight->name);
    return observer->onInput(names, 0, input, rows, tensors.inputs, context);
}

Result<void> BlockRunner::show(const Group& group, LinearTensors BlockTensors::*map, RowsView input,
                               const JobContext& context) const
{
    if (!m_observer) return {};
    return observeInput(m_observer, m_tensors[group.block].*map, input, group.rows.total(), context);
}

std::size_t BlockRunner::scratchFloats(const Architecture& architecture)
{
    const std::size_t d = architecture.facts.embeddingLength;
    const std::size_t key = architecture.facts.keyLength;
    const std::size_t value = architecture.facts.valueLength;
    const std::size_t heads = mostHeads(architecture, &BlockShape::headCount);
    const std::size_t headsKv = mostHeads(architecture, &BlockShape::headCountKv);
    std::size_t wide = architecture.experts.count != 0 ? 0 : 2 * mostHeads(architecture, &BlockShape::feedForwardLength);
    if (architecture.ffn == FfnKind::Plain) wide /= 2;
    return d * (architecture.postNorms ? 2 : 1) + heads * (key + value) + headsKv * (key + value) + wide;
}

Result<void> BlockRunner::run(std::size_t block, const BlockWeights& weights, float* x, RowCount rows, const JobContext& context)
{
    const std::size_t perWindow = std::max<std::size_t>(1, scratchFloats(m_architecture) * rows.windowRows);
    const std::size_t groupWindows =
        std::clamp<std::size_t>(kGroupFloatsPerThread * context.pool.threadCount() / perWindow, 1, rows.windows);
    const std::size_t d = m_architecture.facts.embeddingLength;
    for (std::size_t window = 0; window < rows.windows; window += groupWindows) {
        const RowCount part{std::min(groupWindows, rows.windows - window), rows.windowRows};
        WW_TRY_VOID(runGroup({block, weights, x + window * rows.windowRows * d, part, nullptr, 0}, context));
        if (!weights.router.weight) context.advance(part.total());
    }
    return {};
}

Result<void> BlockRunner::continueText(std::size_t block, const BlockWeights& weights, float* x, std::size_t rowCount,
                                       KeyValueCache& cache, std::size_t length, const JobContext& context)
{
    return runGroup({block, weights, x, {1, rowCount}, &cache, length}, context);
}

Result<void> BlockRunner::normRows(const NormWeights& norm, RowsView x, RowsTarget out, std::size_t rowCount,
                                   std::string_view where, const JobContext& context) const
{
    const std::size_t d = m_architecture.facts.embeddingLength;
    const float epsilon = m_architecture.normEpsilon;
    const bool rms = m_architecture.norm == NormKind::Rms;
    return forEachRows(rowCount, d, context, [&](std::size_t first, std::size_t count) -> Result<void> {
        for (std::size_t row = first; row < first + count; ++row) {
            const float* in = x.data + row * x.stride;
            float* to = out.data + row * out.stride;
            const bool finite = rms ? kernels::rmsNorm(in, norm.weight, epsilon, d, to)
                                    : kernels::layerNorm(in, norm.weight, norm.bias, epsilon, d, to);
            if (!finite)
                return fail(
                    ErrorCode::Corrupt,
                    fmt::format(
                        "The model computes values that are not numbers before {}: some weights up to there are not numbers, "
                        "or are far too large.",
                        where));
        }
        return {};
    });
}

Result<void> BlockRunner::runGroup(const Group& group, const JobContext& context)
{
    const std::size_t rows = group.rows.total();
    const std::size_t d = m_architecture.facts.embeddingLength;
    m_normed.ensure(rows * d);
    WW_TRY_VOID(attention(group, context));
    if (group.weights.router.weight) return {};  // ExpertRunner goes on, with all windows at once
    return feedForward(group, context);
}

Result<void> BlockRunner::attention(const Group& group, const JobContext& context)
{
    const std::size_t rows = group.rows.total();
    const std::size_t d = m_architecture.facts.embeddingLength;
    const BlockShape& shape = m_architecture.blocks[group.block];
    const BlockWeights& weights = group.weights;
    const std::size_t key = m_architecture.facts.keyLength;
    const std::size_t value = m_architecture.facts.valueLength;

    RowsView input{group.x, d};
    if (weights.attnNorm) {
        WW_TRY_VOID(normRows(weights.attnNorm, input, {m_normed.data(), d}, rows, fmt::format("block {}", group.block), context));
        input.data = m_normed.data();
    }
    const std::size_t stride = weights.qkv.outputs;
    m_qkv.ensure(rows * stride);
    WW_TRY_VOID(show(group, &BlockTensors::qkv, input, context));
    WW_TRY_VOID(project(weights.qkv, input, 1, 0, {m_qkv.data(), stride}, group.rows, context));
    WW_TRY_VOID(prepareHeads(group, context));

    AttentionSettings settings;
    settings.heads = shape.headCount;
    settings.headsKv = shape.headCountKv;
    settings.keyLength = key;
    settings.valueLength = value;
    settings.slidingWindow = shape.slidingWindow;
    settings.scale = m_architecture.attentionScale != 0 ? m_architecture.attentionScale : 1 / std::sqrt(static_cast<float>(key));
    settings.softcap = m_architecture.attentionSoftcap;
    const float* firstKey = m_qkv.data() + settings.heads * key;
    const float* firstValue = firstKey + settings.headsKv * key;
    AttentionRows heads{{m_qkv.data(), stride}, {firstKey, stride}, {firstValue, stride}, group.firstPosition};
    if (group.cache) {
        heads.keys = {group.cache->keys.data(), settings.headsKv * key};
        heads.values = {group.cache->values.data(), settings.headsKv * value};
    }
    const std::size_t mixed = settings.heads * value;
    m_mixed.ensure(rows * mixed);
    WW_TRY_VOID(attend(settings, heads, {m_mixed.data(), mixed}, group.rows, context));
    WW_TRY_VOID(show(group, &BlockTensors::attnOutput, {m_mixed.data(), mixed}, context));
    return addBranch(group, weights.attnOutput, weights.postAttentionNorm, {m_mixed.data(), mixed}, context);
}

Result<void> BlockRunner::prepareHeads(const Group& group, const JobContext& context)
{
    const std::size_t stride = group.weights.qkv.outputs;
    const BlockShape& shape = m_architecture.blocks[group.block];
    const std::size_t keys = std::size_t{shape.headCountKv} * m_architecture.facts.keyLength;
    const std::size_t values = std::size_t{shape.headCountKv} * m_architecture.facts.valueLength;
    return forEachRows(group.rows.total(), stride, context, [&](std::size_t first, std::size_t count) -> Result<void> {
        for (std::size_t r = first; r < first + count; ++r) {
            float* row = m_qkv.data() + r * stride;
            const std::size_t position = group.firstPosition + r % group.rows.windowRows;
            prepareRow(group, row, position);
            if (!group.cache) continue;
            const float* key = row + stride - values - keys;
            std::copy_n(key, keys, group.cache->keys.data() + position * keys);
            std::copy_n(key + keys, values, group.cache->values.data() + position * values);
        }
        return {};
    });
}

// Norms and rotation of the queries and keys of one token, and what the cache makes of keys and values.
void BlockRunner::prepareRow(const Group& group, float* row, std::size_t position) const
{
    const BlockShape& shape = m_architecture.blocks[group.block];
    const std::size_t length = m_architecture.facts.keyLength;
    const float epsilon = m_architecture.normEpsilon;
    const RopeTable* rope = shape.rope && m_architecture.pairing != RopePairing::None ? &m_ropes[*shape.rope] : nullptr;
    const auto prepare = [&](float* heads, std::size_t count, const NormWeights& norm) {
        if (norm && m_architecture.headNorm == HeadNorm::WholeProjection)
            kernels::rmsNorm(heads, norm.weight, epsilon, count * length, heads);
        for (std::size_t h = 0; h < count; ++h) {
            float* head = heads + h * length;
            if (norm && m_architecture.headNorm == HeadNorm::SharedByHeads)
                kernels::rmsNorm(head, norm.weight, epsilon, length, head);
            if (norm && m_architecture.headNorm == HeadNorm::PerHead)
                kernels::layerNorm(head, norm.weight + h * length, nullptr, epsilon, length, head);
            if (!rope) continue;
            if (m_architecture.pairing == RopePairing::Neighbours)
                kernels::rotateNeighbours(head, rope->cosines(position), rope->sines(position), rope->pairs());
            else
                kernels::rotateHalves(head, rope->cosines(position), rope->sines(position), rope->pairs());
        }
    };
    prepare(row, shape.headCount, group.weights.qNorm);
    float* const keys = row + std::size_t{shape.headCount} * length;
    float* const values = keys + std::size_t{shape.headCountKv} * length;
    prepare(keys, shape.headCountKv, group.weights.kNorm);
    for (std::size_t h = 0; h < shape.headCountKv; ++h) {
        const std::size_t valueLength = m_architecture.facts.valueLength;
        if (group.weights.keyCache) group.weights.keyCache->apply({keys + h * length, length}, {});
        if (group.weights.valueCache) group.weights.valueCache->apply({values + h * valueLength, valueLength}, {});
    }
}

Result<void> BlockRunner::feedForward(const Group& group, const JobContext& context)
{
    const std::size_t rows = group.rows.total();
    const std::size_t d = m_architecture.facts.embeddingLength;
    const BlockWeights& weights = group.weights;
    RowsView input{group.x, d};
    if (weights.ffnNorm) {
        const auto where = fmt::format("the feed-forward network of block {}", group.block);
        WW_TRY_VOID(normRows(weights.ffnNorm, input, {m_normed.data(), d}, rows, where, context));
        input.data = m_normed.data();
    } else if (m_architecture.parallelWithoutFfnNorm) {
        input.data = m_normed.data();  // still the input of the attention
    }
    const std::size_t stride = weights.gateUp.outputs;
    const std::size_t width = weights.down.inputs;
    m_wide.ensure(rows * stride);
    WW_TRY_VOID(show(group, &BlockTensors::gateUp, input, context));
    WW_TRY_VOID(project(weights.gateUp, input, 1, 0, {m_wide.data(), stride}, group.rows, context));
    WW_TRY_VOID(forEachRows(rows, stride, context, [&](std::size_t first, std::size_t count) -> Result<void> {
        for (std::size_t r = first; r < first + count; ++r) {
            float* row = m_wide.data() + r * stride;
            if (m_architecture.ffn == FfnKind::Plain)
                kernels::gelu(row, width);
            else if (m_architecture.activation == Activation::Silu)
                kernels::siluMultiply(row, row + width, width, row);
            else
                kernels::geluMultiply(row, row + width, width, row);
        }
        return {};
    }));
    WW_TRY_VOID(show(group, &BlockTensors::down, {m_wide.data(), stride}, context));
    return addBranch(group, weights.down, weights.postFfwNorm, {m_wide.data(), stride}, context);
}

Result<void> BlockRunner::addBranch(const Group& group, const LinearWeights& map, const NormWeights& postNorm, RowsView input,
                                    const JobContext& context)
{
    const std::size_t d = m_architecture.facts.embeddingLength;
    const float scale = m_architecture.residualScale;
    if (!postNorm) return project(map, input, scale, 1, {group.x, d}, group.rows, context);
    const std::size_t rows = group.rows.total();
    m_branch.ensure(rows * d);
    const RowsTarget branch{m_branch.data(), d};
    WW_TRY_VOID(project(map, input, 1, 0, branch, group.rows, context));
    const auto where = fmt::format("the end of a branch of block {}", group.block);
    WW_TRY_VOID(normRows(postNorm, {branch.data, d}, branch, rows, where, context));
    return forEachRows(rows, d, context, [&](std::size_t first, std::size_t count) -> Result<void> {
        kernels::addScaled(group.x + first * d, branch.data + first * d, scale, count * d);
        return {};
    });
}

}  // namespace ww
