// SPDX-License-Identifier: MIT
#include "jobs/split_export.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <new>
#include <system_error>
#include <utility>
#include <vector>

#include "base/atomic_file.h"
#include "io/gguf_writer.h"
#include "io/split_gguf.h"
#include "jobs/tensor_stream.h"

namespace ww {
namespace {

struct Part {
    Metadata metadata;
    std::vector<TensorInfo> tensors;
};

const TensorInfo& tensorOf(const ModelFile& model, const PlanEntry& entry)
{
    return model.tensors()[entry.tensorIndex];
}

std::vector<Part> partsOf(const ModelFile& model, const Plan& plan)
{
    std::size_t count = 1;
    for (const PlanEntry& entry : plan.entries) count = std::max<std::size_t>(count, tensorOf(model, entry).file + 1);
    std::vector<Part> parts(count);
    parts[0].metadata = exportMetadata(model, plan);
    for (std::size_t i = 0; i < count && count > 1; ++i) {
        parts[i].metadata.setLast("split.no", static_cast<std::uint16_t>(i));
        parts[i].metadata.setLast("split.count", static_cast<std::uint16_t>(count));
        parts[i].metadata.setLast("split.tensors.count", static_cast<std::int32_t>(plan.entries.size()));
    }
    for (const PlanEntry& entry : plan.entries) {
        TensorInfo tensor = tensorOf(model, entry);
        tensor.name = entry.nameIn(model);
        tensor.type = entry.target;
        parts[tensor.file].tensors.push_back(std::move(tensor));
    }
    return parts;
}

Result<std::vector<GgufWriter>> createAll(const ModelFile& model, const std::vector<Part>& parts,
                                          const std::filesystem::path& target, std::vector<std::filesystem::path>& paths)
{
    std::vector<std::filesystem::path> sources;
    for (const auto& file : model.files()) sources.push_back(file->path());
    std::vector<PlannedFile> files;
    for (std::size_t i = 0; i < parts.size(); ++i) {
        paths.push_back(pathOfPart(target, static_cast<std::uint32_t>(i), static_cast<std::uint32_t>(parts.size())));
        files.push_back({paths.back(), GgufWriter::fileSizeBytes(parts[i].metadata, parts[i].tensors)});
    }
    WW_TRY_VOID(checkSpaceFor(files));
    std::vector<GgufWriter> writers;
    for (std::size_t i = 0; i < parts.size(); ++i) {
        if (model.isSameFile(paths[i]))
            return fail(ErrorCode::Unwritable, "The output would overwrite the model that is being read; choose another name.",
                        paths[i]);
        WW_TRY(GgufWriter writer, GgufWriter::create(paths[i], parts[i].metadata, parts[i].tensors, sources));
        writers.push_back(std::move(writer));
    }
    return writers;
}

Result<ExportSummary> write(const ModelFile& model, const Plan& plan, const std::filesystem::path& target,
                            const JobContext& context)
{
    const auto start = std::chrono::steady_clock::now();
    WW_TRY_VOID(model.checkUnchanged());
    const std::vector<Part> parts = partsOf(model, plan);
    if (parts.size() > 99999) return fail(ErrorCode::Unsupported, "A model can have at most 99999 parts.", target);
    ExportSummary summary;
    std::uint64_t sourceBytes = 0;
    for (const PlanEntry& entry : plan.entries) {
        sourceBytes += tensorOf(model, entry).sizeBytes;
        ++(entry.quantized ? summary.quantizedTensors : summary.copiedTensors);
    }
    std::vector<std::filesystem::path> paths;
    WW_TRY(std::vector<GgufWriter> writers, createAll(model, parts, target, paths));
    context.begin("Exporting", sourceBytes, ProgressUnit::Bytes);
    const TensorSink sink = [&](const PlanEntry& entry, std::span<const std::byte> bytes) {
        return writers[tensorOf(model, entry).file].write(bytes);
    };
    WW_TRY_VOID(streamTensors(model, plan.entries, sink, context));
    if (context.stopRequested()) return cancelled();
    for (std::size_t i = 0; i < writers.size(); ++i) {
        auto finished = writers[i].finish();
        if (finished) continue;
        // Some parts without the others are of no use to anybody.
        std::error_code ignored;
        for (std::size_t done = 0; done < i; ++done) std::filesystem::remove(paths[done], ignored);
        return fail(std::move(finished.error()));
    }
    summary.path = paths.front();
    for (const Part& part : parts) summary.sizeBytes += GgufWriter::fileSizeBytes(part.metadata, part.tensors);
    summary.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    return summary;
}

}  // namespace

std::filesystem::path pathOfPart(const std::filesystem::path& target, std::uint32_t number, std::uint32_t count)
{
    std::string prefix = target.filename().string();
    if (prefix.ends_with(".gguf")) prefix.resize(prefix.size() - 5);
    return target.parent_path() / formatSplitName({prefix, number + 1, count});
}

std::uint64_t splitExportBytes(const ModelFile& model, const Plan& plan)
{
    std::uint64_t bytes = 0;
    for (const Part& part : partsOf(model, plan)) bytes += GgufWriter::fileSizeBytes(part.metadata, part.tensors);
    return bytes;
}

Result<ExportSummary> exportGgufParts(const ModelFile& model, const Plan& plan, const std::filesystem::path& target,
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
