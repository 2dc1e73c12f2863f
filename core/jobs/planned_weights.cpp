// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <mutex>
#include <utility>
#include <vector>

#include "jobs/quantize.h"
#include "jobs/quantized_cache.h"
#include "jobs/quantized_tensor.h"
#include "jobs/row_quantizer.h"

namespace ww {
namespace {

class PlannedWeights final : public WeightSource {
public:
    PlannedWeights(std::shared_ptr<const ModelFile> model, std::shared_ptr<const Plan> plan, std::uint64_t cacheBytes,
                   std::shared_ptr<QuantizedCache> shared)
        : m_model(std::move(model)), m_plan(std::move(plan)), m_stored(fileWeights(m_model)), m_cacheBytes(cacheBytes),
          m_shared(std::move(shared)), m_slots(m_model->tensors().size())
    {
        for (const PlanEntry& entry : m_plan->entries)
            if (entry.quantized) m_slots[entry.tensorIndex].entry = &entry;
        if (m_shared) m_shared->nextVariant();
    }

    [[nodiscard]] const ModelFile& model() const override { return *m_model; }

    Result<void> loadRows(const TensorInfo& tensor, std::size_t firstRow, std::size_t rowCount, float* out,
                          const JobContext& context) const override
    {
        const TensorInfo* known = m_model->find(tensor.name);
        if (!known)
            return fail(Error{ErrorCode::NotFound, "The model has no tensor of this name.", m_model->path(), tensor.name, {}});
        if (firstRow > known->shape.rows() || rowCount > known->shape.rows() - firstRow)
            return fail(Error{ErrorCode::InvalidArgument,
                              fmt::format("The tensor has {} rows; rows {} to {} do not exist.", known->shape.rows(), firstRow,
                                          firstRow + rowCount),
                              m_model->path(),
                              tensor.name,
                              {}});
        Slot& slot = m_slots[static_cast<std::size_t>(known - m_model->tensors().data())];
        if (!slot.entry) return m_stored->loadRows(tensor, firstRow, rowCount, out, context);
        WW_TRY(const QuantizedTensor* quantized, quantizedTensor(slot, *known));
        WW_TRY_VOID(quantized->loadRowsParallel(firstRow, rowCount, out, context));
        WW_TRY_VOID(m_model->checkUnchanged());
        if (firstRow + rowCount == known->shape.rows()) m_model->release(*known);
        return {};
    }

    Result<std::shared_ptr<const InputTransform>> inputTransform(const TensorInfo& tensor, std::size_t matrix) const override
    {
        const PlanEntry* entry = planned(tensor);
        if (!entry) return std::shared_ptr<const InputTransform>();
        WW_TRY(const Method method, parseMethod(entry->method));
        LayerInputs inputs;
        if (entry->grams && needsCalibration(method.quantizer->dataNeededFor(method.values)))
            inputs = entry->grams->statistics(tensor.name, matrix, tensor.shape.columns());
        return method.quantizer->inputTransform(method.values, inputs.empty() ? nullptr : &inputs);
    }

    Result<std::shared_ptr<const InputTransform>> cacheTransform(const TensorInfo& tensor) const override
    {
        const PlanEntry* entry = planned(tensor);
        if (!entry) return std::shared_ptr<const InputTransform>();
        WW_TRY(const Method method, parseMethod(entry->method));
        return method.quantizer->cacheTransform(method.values);
    }

    Result<void> loadExactRows(const TensorInfo& tensor, std::size_t firstRow, std::size_t rowCount, float* out,
                               const JobContext& context) const override
    {
        return m_stored->loadRows(tensor, firstRow, rowCount, out, context);
    }

private:
    struct Slot {
        const PlanEntry* entry = nullptr;  ///< null: the tensor is stored as it is
        std::shared_ptr<const QuantizedTensor> quantized;
    };

    [[nodiscard]] const PlanEntry* planned(const TensorInfo& tensor) const
    {
        const TensorInfo* known = m_model->find(tensor.name);
        return known ? m_slots[static_cast<std::size_t>(known - m_model->tensors().data())].entry : nullptr;
    }

    // The blocks of the tensors that are used first are kept until the budget is used up, and none is thrown out again:
    // a forward pass goes through the blocks in a circle, and a cache that drops the oldest would then never hit.
    Result<const QuantizedTensor*> quantizedTensor(Slot& slot, const TensorInfo& tensor) const
    {
        const std::scoped_lock lock(m_mutex);
        if (slot.quantized) return slot.quantized.get();
        const Hash name = m_shared ? planEntryHash(*m_model, *slot.entry) : Hash();
        if (m_shared)
            if (auto known = m_shared->find(name)) {
                slot.quantized = std::move(known);
                return slot.quantized.get();
            }
        WW_TRY(const RowQuantizer quantizer,
               RowQuantizer::create(*m_model, tensor, slot.entry->target, slot.entry->method, slot.entry->importance.get(),
                                    slot.entry->grams));
        const std::uint64_t bytes = QuantizedTensor::blocksSizeBytes(quantizer);
        const bool keep = m_shared ? m_shared->reserve(bytes) : bytes <= m_cacheBytes - m_cacheUsed;
        slot.quantized = std::make_shared<const QuantizedTensor>(quantizer, keep);
        if (keep && m_shared) m_shared->add(name, slot.quantized, bytes, m_plan);
        if (keep) m_cacheUsed += bytes;
        return slot.quantized.get();
    }

    std::shared_ptr<const ModelFile> m_model;
    std::shared_ptr<const Plan> m_plan;
    std::shared_ptr<const WeightSource> m_stored;
    std::uint64_t m_cacheBytes;
    std::shared_ptr<QuantizedCache> m_shared;  ///< with other variants; null: this one keeps its own
    mutable std::mutex m_mutex;
    mutable std::uint64_t m_cacheUsed = 0;
    mutable std::vector<Slot> m_slots;  ///< one per tensor of the file
};

}  // namespace

std::shared_ptr<const WeightSource> plannedWeights(std::shared_ptr<const ModelFile> model, std::shared_ptr<const Plan> plan,
                                                   std::uint64_t cacheBytes, std::shared_ptr<QuantizedCache> shared)
{
    return std::make_shared<PlannedWeights>(std::move(model), std::move(plan), cacheBytes, std::move(shared));
}

}  // namespace ww
