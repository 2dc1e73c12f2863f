// SPDX-License-Identifier: MIT
#include "jobs/quantize.h"

#include "jobs/tensor_stream.h"

namespace ww {

Result<void> quantizeTensor(const ModelFile& model, const PlanEntry& entry, const BlockSink& sink, const JobContext& context)
{
    context.begin("Quantizing", model.tensors()[entry.tensorIndex].sizeBytes, ProgressUnit::Bytes);
    return streamTensors(
        model, {&entry, 1}, [&sink](const PlanEntry&, std::span<const std::byte> bytes) { return sink(bytes); }, context);
}

}  // namespace ww
