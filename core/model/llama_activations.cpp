// SPDX-License-Identifier: MIT
#include "model/llama_activations.h"

#include <utility>

#include "methods/input_transforms.h"

namespace ww {
namespace {

class LlamaCppWeights final : public WeightSource {
public:
    LlamaCppWeights(std::shared_ptr<const WeightSource> weights, std::function<TensorType(const TensorInfo&)> storedType)
        : m_weights(std::move(weights)), m_storedType(std::move(storedType))
    {
    }
    [[nodiscard]] const ModelFile& model() const override { return m_weights->model(); }
    Result<void> loadRows(const TensorInfo& tensor, std::size_t firstRow, std::size_t rowCount, float* out,
                          const JobContext& context) const override
    {
        return m_weights->loadRows(tensor, firstRow, rowCount, out, context);
    }
    Result<void> loadExactRows(const TensorInfo& tensor, std::size_t firstRow, std::size_t rowCount, float* out,
                               const JobContext& context) const override
    {
        return m_weights->loadExactRows(tensor, firstRow, rowCount, out, context);
    }
    Result<std::shared_ptr<const InputTransform>> cacheTransform(const TensorInfo& tensor) const override
    {
        return m_weights->cacheTransform(tensor);
    }
    Result<std::shared_ptr<const InputTransform>> inputTransform(const TensorInfo& tensor, std::size_t matrix) const override
    {
        WW_TRY(auto own, m_weights->inputTransform(tensor, matrix));
        return own ? std::move(own) : llamaCppTransform(m_storedType(tensor));
    }

private:
    std::shared_ptr<const WeightSource> m_weights;
    std::function<TensorType(const TensorInfo&)> m_storedType;
};

}  // namespace

std::shared_ptr<const WeightSource> withLlamaCppActivations(std::shared_ptr<const WeightSource> weights,
                                                            std::function<TensorType(const TensorInfo&)> storedType)
{
    return std::make_shared<const LlamaCppWeights>(std::move(weights), std::move(storedType));
}

}  // namespace ww
