// SPDX-License-Identifier: MIT
#include "model/block_weights.h"

#include <algorithm>

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

Result<void> BlockWeights::load(const WeightSource& source, const BlockTensors& tensors, const JobContext& context)
{
    m_storage.ensure(floatCount(tensors));
    float* next = m_storage.data();
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
            this->*member = {weight, bias, map.inputs, map.outputs};
            result = loadLinear(source, map, weight, bias, context);
        });
    return result;
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
