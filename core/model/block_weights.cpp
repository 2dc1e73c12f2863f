// SPDX-License-Identifier: MIT
#include "model/block_weights.h"

#include <algorithm>
#include <utility>

namespace ww {
namespace {

// The parts of a block in one place, so that sizes, loading and hints cannot disagree about what belongs to it.
template <class Tensors, class OnNorm, class OnLinear>
void forEachPart(const Tensors& tensors, OnNorm&& onNorm, OnLinear&& onLinear)
{
    onNorm(tensors.attnNorm, &BlockWeights::attnNorm);
    onNorm(tensors.ffnNorm, &BlockWeights::ffnNorm);
    onNorm(tensors.postAttentionNorm, &BlockWeights::postAttentionNorm);
    onNorm(tensors.postFfwNorm, &BlockWeights::postFfwNorm);
    onNorm(tensors.qNorm, &BlockWeights::qNorm);
    onNorm(tensors.kNorm, &BlockWeights::kNorm);
    onLinear(tensors.qkv, &BlockWeights::qkv);
    onLinear(tensors.attnOutput, &BlockWeights::attnOutput);
    if (tensors.experts) {
        onLinear(tensors.experts->router, &BlockWeights::router);
        if (tensors.experts->sharedGateUp) onLinear(*tensors.experts->sharedGateUp, &BlockWeights::sharedGateUp);
        if (tensors.experts->sharedDown) onLinear(*tensors.experts->sharedDown, &BlockWeights::sharedDown);
        if (tensors.experts->sharedRouter) onLinear(*tensors.experts->sharedRouter, &BlockWeights::sharedRouter);
    } else {
        onLinear(tensors.gateUp, &BlockWeights::gateUp);
        onLinear(tensors.down, &BlockWeights::down);
    }
}

std::size_t elementsOf(const TensorInfo* tensor)
{
    return tensor ? static_cast<std::size_t>(tensor->shape.elements()) : 0;
}

// Every array begins at a multiple of 64 bytes.
std::size_t padded(std::size_t floats)
{
    return (floats + 15) / 16 * 16;
}

Result<void> loadWhole(const WeightSource& source, const TensorInfo* tensor, float* out, const JobContext& context)
{
    return source.loadRows(*tensor, 0, static_cast<std::size_t>(tensor->shape.rows()), out, context);
}

}  // namespace

std::size_t BlockWeights::floatCount(const BlockTensors& tensors)
{
    std::size_t count = 0;
    forEachPart(
        tensors, [&](const NormTensors& norm, auto) { count += padded(elementsOf(norm.weight)) + padded(elementsOf(norm.bias)); },
        [&](const LinearTensors& map, auto) {
            count += padded(map.outputs * map.inputs) + (map.hasBias() ? padded(map.outputs) : 0);
        });
    return count;
}

Result<void> loadLinear(const WeightSource& source, const LinearTensors& tensors, float* weight, float* bias,
                        const JobContext& context)
{
    for (const LinearTensors::Part& part : tensors.parts) {
        WW_TRY_VOID(loadWhole(source, part.weight, weight, context));
        weight += part.rows * tensors.inputs;
        if (!bias) continue;
        if (part.bias) {
            WW_TRY_VOID(loadWhole(source, part.bias, bias, context));
        } else {
            std::fill_n(bias, part.rows, 0.0F);
        }
        bias += part.rows;
    }
    return {};
}

Result<void> LinearParts::load(const WeightSource& source, std::span<const Rows> rows, std::size_t inputs, const JobContext& context)
{
    m_parts.clear();
    std::size_t exactRows = 0;
    bool any = false;
    for (const Rows& part : rows) {
        WW_TRY(auto transform, source.inputTransform(*part.tensor, part.matrix));
        any = any || transform;
        if (transform && transform->needsExactWeights()) exactRows += part.count;
        m_parts.push_back({part.count, std::move(transform), nullptr});
    }
    if (!any) m_parts.clear();
    if (exactRows == 0) return {};
    m_exact.ensure(exactRows * inputs);
    float* next = m_exact.data();
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (!m_parts[i].transform || !m_parts[i].transform->needsExactWeights()) continue;
        WW_TRY_VOID(source.loadExactRows(*rows[i].tensor, rows[i].first, rows[i].count, next, context));
        m_parts[i].exact = next;
        next += rows[i].count * inputs;
    }
    return {};
}

Result<void> LinearParts::load(const WeightSource& source, const LinearTensors& tensors, const JobContext& context)
{
    std::vector<Rows> rows;
    for (const LinearTensors::Part& part : tensors.parts) rows.push_back({part.weight, 0, part.rows, 0});
    return load(source, rows, tensors.inputs, context);
}

Result<void> BlockWeights::load(const WeightSource& source, const BlockTensors& tensors, const JobContext& context)
{
    m_storage.ensure(floatCount(tensors));
    float* next = m_storage.data();
    std::size_t maps = 0;
    const auto take = [&next](std::size_t floats) {
        float* const begin = next;
        next += padded(floats);
        return begin;
    };
    Result<void> result;
    forEachPart(
        tensors,
        [&](const NormTensors& norm, NormWeights BlockWeights::*member) {
            NormWeights weights;
            for (const auto& [tensor, target] : {std::pair{norm.weight, &weights.weight}, std::pair{norm.bias, &weights.bias}}) {
                if (!tensor || !result) continue;
                float* const values = take(elementsOf(tensor));
                *target = values;
                result = loadWhole(source, tensor, values, context);
            }
            this->*member = weights;
        },
        [&](const LinearTensors& map, LinearWeights BlockWeights::*member) {
            if (!result) return;
            float* const weight = take(map.outputs * map.inputs);
            float* const bias = map.hasBias() ? take(map.outputs) : nullptr;
            if (maps == m_parts.size()) m_parts.push_back(std::make_unique<LinearParts>());
            LinearParts& parts = *m_parts[maps++];
            result = loadLinear(source, map, weight, bias, context);
            if (result) result = parts.load(source, map, context);
            this->*member = {weight, bias, map.inputs, map.outputs, parts.parts()};
        });
    WW_TRY_VOID(std::move(result));
    // Queries, keys and values, or all in one.
    const auto& parts = tensors.qkv.parts;
    WW_TRY(keyCache, source.cacheTransform(*parts[parts.size() == 1 ? 0 : parts.size() - 2].weight));
    WW_TRY(valueCache, source.cacheTransform(*parts.back().weight));
    return {};
}

void prefetch(const ModelFile& model, const BlockTensors& tensors)
{
    forEachPart(
        tensors, [](const NormTensors&, auto) {},
        [&](const LinearTensors& map, auto) {
            for (const LinearTensors::Part& part : map.parts) model.prefetch(*part.weight);
        });
}

}  // namespace ww
