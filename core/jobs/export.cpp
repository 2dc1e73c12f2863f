// SPDX-License-Identifier: MIT
#include "jobs/export.h"

#include <array>
#include <chrono>
#include <new>
#include <vector>

#include "io/gguf_writer.h"
#include "jobs/tensor_stream.h"

namespace ww {
namespace {

std::vector<TensorInfo> plannedTensors(const ModelFile& model, const Plan& plan)
{
    std::vector<TensorInfo> tensors;
    tensors.reserve(plan.entries.size());
    for (const PlanEntry& entry : plan.entries) {
        TensorInfo tensor = model.tensors()[entry.tensorIndex];
        tensor.name = entry.nameIn(model);
        tensor.type = entry.target;
        tensors.push_back(std::move(tensor));
    }
    return tensors;
}

Result<ExportSummary> write(const ModelFile& model, const Plan& plan, const std::filesystem::path& target,
                            const JobContext& context)
{
    const auto start = std::chrono::steady_clock::now();
    WW_TRY_VOID(model.checkUnchanged());
    if (model.isSameFile(target))
        return fail(ErrorCode::Unwritable, "The output would overwrite the model that is being read; choose another name.", target);

    ExportSummary summary;
    summary.path = target;
    std::uint64_t sourceBytes = 0;
    for (const PlanEntry& entry : plan.entries) {
        sourceBytes += model.tensors()[entry.tensorIndex].sizeBytes;
        ++(entry.quantized ? summary.quantizedTensors : summary.copiedTensors);
    }
    const Metadata metadata = exportMetadata(model, plan);
    const std::vector<TensorInfo> tensors = plannedTensors(model, plan);
    const std::array sources{model.path()};
    WW_TRY(GgufWriter writer, GgufWriter::create(target, metadata, tensors, sources));
    context.begin("Exporting", sourceBytes, ProgressUnit::Bytes);
    const TensorSink sink = [&writer](const PlanEntry&, std::span<const std::byte> bytes) { return writer.write(bytes); };
    WW_TRY_VOID(streamTensors(model, plan.entries, sink, context));
    if (context.stopRequested()) return cancelled();
    WW_TRY_VOID(writer.finish());
    summary.sizeBytes = GgufWriter::fileSizeBytes(metadata, tensors);
    summary.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    return summary;
}

}  // namespace

Result<ExportSummary> exportGguf(const ModelFile& model, const Plan& plan, const std::filesystem::path& target,
                                 const JobContext& context)
{
    try {
        return write(model, plan, target, context);
    } catch (const std::bad_alloc&) {
        return fail(ErrorCode::OutOfMemory, "There is not enough memory to export the model. Close other programs and try again.",
                    target);
    }
}

}  // namespace ww
