// SPDX-License-Identifier: MIT
#include "jobs/export.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <new>
#include <utility>

#include "base/atomic_file.h"
#include "io/gguf_writer.h"
#include "jobs/export_journal.h"
#include "jobs/tensor_stream.h"

namespace ww {
namespace {

bool sameTensors(const Plan& a, const Plan& b)
{
    return std::ranges::equal(a.entries, b.entries, [](const PlanEntry& x, const PlanEntry& y) {
        return x.tensorIndex == y.tensorIndex && x.newName == y.newName;
    });
}

Result<void> checkOrders(const ModelFile& model, std::span<const ExportOrder> orders)
{
    for (std::size_t i = 0; i < orders.size(); ++i) {
        const std::filesystem::path& target = orders[i].target;
        if (model.isSameFile(target))
            return fail(ErrorCode::Unwritable, "The output would overwrite the model that is being read; choose another name.", target);
        if (!sameTensors(*orders[0].plan, *orders[i].plan))
            return fail(ErrorCode::InvalidArgument, "Only plans of the same tensors can be exported together.", target);
        for (std::size_t j = 0; j < i; ++j)
            if (orders[j].target.lexically_normal() == target.lexically_normal())
                return fail(ErrorCode::InvalidArgument, "Two exports have the same name; give each a name of its own.", target);
    }
    return {};
}

std::vector<TensorInfo> tensorsOf(const ModelFile& model, const Plan& plan)
{
    std::vector<TensorInfo> tensors;
    tensors.reserve(plan.entries.size());
    for (const PlanEntry& entry : plan.entries) {
        tensors.push_back(model.tensors()[entry.tensorIndex]);
        tensors.back().name = entry.nameIn(model);
        tensors.back().type = entry.target;
    }
    return tensors;
}

/// Together: a disk that has room for one file may lack it for the third.
Result<void> checkSpace(const ModelFile& model, std::span<const ExportOrder> orders)
{
    std::vector<PlannedFile> files;
    for (const ExportOrder& order : orders)
        files.push_back({order.target, GgufWriter::fileSizeBytes(exportMetadata(model, *order.plan), tensorsOf(model, *order.plan))});
    return checkSpaceFor(files);
}

Result<GgufWriter> createWriter(const ModelFile& model, const ExportOrder& order, ExportSummary& summary)
{
    for (const PlanEntry& entry : order.plan->entries) ++(entry.quantized ? summary.quantizedTensors : summary.copiedTensors);
    const std::vector<TensorInfo> tensors = tensorsOf(model, *order.plan);
    const Metadata metadata = exportMetadata(model, *order.plan);
    summary.path = order.target;
    summary.sizeBytes = GgufWriter::fileSizeBytes(metadata, tensors);
    const std::array sources{model.path()};
    return GgufWriter::create(order.target, metadata, tensors, sources);
}

Result<std::vector<ExportSummary>> write(const ModelFile& model, std::span<const ExportOrder> orders, const JobContext& context)
{
    const auto start = std::chrono::steady_clock::now();
    if (orders.empty()) return std::vector<ExportSummary>{};
    WW_TRY_VOID(model.checkUnchanged());
    WW_TRY_VOID(checkOrders(model, orders));
    if (orders.size() > 1) WW_TRY_VOID(checkSpace(model, orders));
    std::vector<ExportSummary> summaries(orders.size());
    std::vector<GgufWriter> writers;
    for (std::size_t i = 0; i < orders.size(); ++i) {
        WW_TRY(GgufWriter writer, createWriter(model, orders[i], summaries[i]));
        writers.push_back(std::move(writer));
    }
    std::vector<std::unique_ptr<ExportJournal>> journals;
    std::vector<TensorOrder> streams;
    for (std::size_t i = 0; i < orders.size(); ++i) {
        journals.push_back(ExportJournal::open(orders[i].journal, model, *orders[i].plan));
        summaries[i].resumedTensors = journals.back()->finishedCount();
        journals.back()->keep(orders[i].keepUnfinished || summaries[i].resumedTensors > 0);
        streams.push_back({orders[i].plan->entries,
                           [&writer = writers[i]](const PlanEntry&, std::span<const std::byte> bytes) { return writer.write(bytes); },
                           journals.back().get()});
    }
    std::uint64_t sourceBytes = 0;
    for (const PlanEntry& entry : orders[0].plan->entries) sourceBytes += model.tensors()[entry.tensorIndex].sizeBytes;
    context.begin("Exporting", sourceBytes, ProgressUnit::Bytes);
    WW_TRY_VOID(streamTensors(model, streams, context));
    if (context.stopRequested()) return cancelled();
    for (GgufWriter& writer : writers) WW_TRY_VOID(writer.finish());
    for (std::size_t i = 0; i < journals.size(); ++i) {
        journals[i]->keep(false);
        summaries[i].journalGivenUp = journals[i]->givenUp();
    }
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    for (ExportSummary& summary : summaries) summary.seconds = seconds;
    return summaries;
}

}  // namespace

Result<std::vector<ExportSummary>> exportTogether(const ModelFile& model, std::span<const ExportOrder> orders,
                                                  const JobContext& context)
{
    try {
        return write(model, orders, context);
    } catch (const std::bad_alloc&) {
        return fail(ErrorCode::OutOfMemory, "There is not enough memory to export the model. Close other programs and try again.");
    }
}

Result<ExportSummary> exportGguf(const ModelFile& model, const Plan& plan, const std::filesystem::path& target,
                                 const JobContext& context)
{
    const ExportOrder order{&plan, target, {}, false};
    WW_TRY(auto written, exportTogether(model, std::span(&order, 1), context));
    return std::move(written.front());
}

}  // namespace ww
