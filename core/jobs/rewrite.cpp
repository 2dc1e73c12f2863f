// SPDX-License-Identifier: MIT
#include "jobs/rewrite.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <new>
#include <span>
#include <string>
#include <system_error>
#include <utility>

#include "base/atomic_file.h"
#include "io/gguf_writer.h"
#include "io/split_gguf.h"
#include "jobs/tensor_stream.h"

namespace ww {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kMaximumParts = 99999;

double secondsSince(Clock::time_point start)
{
    return std::chrono::duration<double>(Clock::now() - start).count();
}

bool isSplitKey(std::string_view key)
{
    return key == "split.no" || key == "split.count" || key == "split.tensors.count";
}

std::vector<TensorInfo> tensorsOf(const ModelFile& model, std::span<const PlanEntry> entries)
{
    std::vector<TensorInfo> tensors;
    tensors.reserve(entries.size());
    for (const PlanEntry& entry : entries) {
        TensorInfo tensor = model.tensors()[entry.tensorIndex];
        tensor.type = entry.target;
        tensors.push_back(std::move(tensor));
    }
    return tensors;
}

std::uint64_t sourceBytes(const ModelFile& model, std::span<const PlanEntry> entries)
{
    std::uint64_t bytes = 0;
    for (const PlanEntry& entry : entries) bytes += model.tensors()[entry.tensorIndex].sizeBytes;
    return bytes;
}

/// Writes one complete file and returns its size. Progress was begun by the caller.
Result<std::uint64_t> writePart(const ModelFile& model, const Metadata& metadata, std::span<const PlanEntry> entries,
                                const fs::path& target, const JobContext& context)
{
    if (model.isSameFile(target))
        return fail(ErrorCode::Unwritable, "The output would overwrite the model that is being read; choose another name.", target);
    const std::vector<TensorInfo> tensors = tensorsOf(model, entries);
    std::vector<fs::path> sources;
    for (const auto& file : model.files()) sources.push_back(file->path());
    WW_TRY(GgufWriter writer, GgufWriter::create(target, metadata, tensors, sources));
    const TensorSink sink = [&writer](const PlanEntry&, std::span<const std::byte> bytes) { return writer.write(bytes); };
    WW_TRY_VOID(streamTensors(model, entries, sink, context));
    if (context.stopRequested()) return cancelled();
    WW_TRY_VOID(writer.finish());
    return GgufWriter::fileSizeBytes(metadata, tensors);
}

/// The written parts, which go again unless keep() was called.
class WrittenParts {
public:
    WrittenParts() = default;
    WrittenParts(const WrittenParts&) = delete;
    WrittenParts& operator=(const WrittenParts&) = delete;
    ~WrittenParts()
    {
        std::error_code ignored;
        if (!m_kept)
            for (const fs::path& path : m_paths) fs::remove(path, ignored);
    }
    void add(fs::path path) { m_paths.push_back(std::move(path)); }
    std::vector<fs::path> keep()
    {
        m_kept = true;
        return m_paths;
    }

private:
    std::vector<fs::path> m_paths;
    bool m_kept = false;
};

Metadata metadataOfPart(const FileContent& content, std::size_t part, std::size_t parts)
{
    Metadata metadata;
    if (part == 0) metadata = content.metadata;
    metadata.setLast("split.no", static_cast<std::uint16_t>(part));
    metadata.setLast("split.count", static_cast<std::uint16_t>(parts));
    metadata.setLast("split.tensors.count", static_cast<std::int32_t>(content.entries.size()));
    return metadata;
}

/// Of all parts before the first is written: on a large model the lack would show only after hours.
Result<void> checkSpace(const ModelFile& model, const FileContent& content, std::span<const std::size_t> counts,
                        std::span<const fs::path> paths)
{
    std::vector<PlannedFile> files;
    std::span<const PlanEntry> rest = content.entries;
    for (std::size_t i = 0; i < counts.size(); ++i) {
        files.push_back({paths[i], GgufWriter::fileSizeBytes(metadataOfPart(content, i, counts.size()), tensorsOf(model, rest.first(counts[i])))});
        rest = rest.subspan(counts[i]);
    }
    return checkSpaceFor(files);
}

Result<SplitSummary> writeParts(const ModelFile& model, const FileContent& content, const SplitLimits& limits,
                                const fs::path& target, const JobContext& context)
{
    const auto start = Clock::now();
    WW_TRY_VOID(model.checkUnchanged());
    const auto counts = splitCounts(model, content, limits);
    if (counts.size() > std::min<std::size_t>(kMaximumParts, 0xFFFF))
        return fail(ErrorCode::InvalidArgument, fmt::format("This would make {} parts, more than a model can have; allow larger ones.", counts.size()));
    std::string prefix = target.filename().string();
    if (prefix.ends_with(".gguf")) prefix.resize(prefix.size() - 5);
    std::vector<fs::path> paths;
    for (std::size_t i = 0; i < counts.size(); ++i) {
        paths.push_back(target.parent_path() / formatSplitName({prefix, static_cast<std::uint32_t>(i + 1), static_cast<std::uint32_t>(counts.size())}));
        std::error_code ignored;
        if (fs::exists(fs::symlink_status(paths.back(), ignored)))
            return fail(ErrorCode::Unwritable, "A part of this name exists already; remove it or choose another name.", paths.back());
    }
    WW_TRY_VOID(checkSpace(model, content, counts, paths));
    context.begin("Exporting", sourceBytes(model, content.entries), ProgressUnit::Bytes);
    WrittenParts written;
    SplitSummary summary;
    std::span<const PlanEntry> rest = content.entries;
    for (std::size_t i = 0; i < counts.size(); ++i) {
        WW_TRY(const std::uint64_t bytes, writePart(model, metadataOfPart(content, i, counts.size()), rest.first(counts[i]), paths[i], context));
        written.add(paths[i]);
        summary.sizeBytes += bytes;
        rest = rest.subspan(counts[i]);
    }
    summary.paths = written.keep();
    summary.seconds = secondsSince(start);
    return summary;
}

Result<ExportSummary> writeOne(const ModelFile& model, const FileContent& content, const fs::path& target, const JobContext& context)
{
    const auto start = Clock::now();
    WW_TRY_VOID(model.checkUnchanged());
    ExportSummary summary;
    summary.path = target;
    for (const PlanEntry& entry : content.entries) ++(entry.quantized ? summary.quantizedTensors : summary.copiedTensors);
    context.begin("Exporting", sourceBytes(model, content.entries), ProgressUnit::Bytes);
    WW_TRY(summary.sizeBytes, writePart(model, content.metadata, content.entries, target, context));
    summary.seconds = secondsSince(start);
    return summary;
}

tl::unexpected<Error> noMemory(const fs::path& target)
{
    return fail(ErrorCode::OutOfMemory, "There is not enough memory to write the model. Close other programs and try again.", target);
}

}  // namespace

FileContent copyOf(const ModelFile& model)
{
    FileContent content;
    for (const auto& entry : model.metadata().entries())
        if (!isSplitKey(entry.key)) content.metadata.append(entry.key, entry.value);
    content.entries.reserve(model.tensors().size());
    for (std::size_t i = 0; i < model.tensors().size(); ++i) {
        const TensorInfo& tensor = model.tensors()[i];
        PlanEntry entry;
        entry.tensorIndex = i;
        entry.source = entry.target = tensor.type;
        entry.sizeBytes = tensor.sizeBytes;
        entry.decision = Decision::KeptSource;
        content.entries.push_back(std::move(entry));
    }
    return content;
}

FileContent contentOf(const ModelFile& model, const Plan& plan)
{
    return {exportMetadata(model, plan), plan.entries};
}

std::vector<std::size_t> splitCounts(const ModelFile& model, const FileContent& content, const SplitLimits& limits)
{
    std::vector<std::size_t> counts{0};
    std::uint64_t bytes = 0;
    for (const PlanEntry& entry : content.entries) {
        const Shape& shape = model.tensors()[entry.tensorIndex].shape;
        const std::uint64_t size = rowBytes(entry.target, shape.columns()).value_or(0) * shape.rows();
        const bool full = (limits.tensors != 0 && counts.back() >= limits.tensors) ||
                          (limits.bytes != 0 && counts.back() > 0 && bytes + size > limits.bytes);
        if (full) {
            counts.push_back(0);
            bytes = 0;
        }
        ++counts.back();
        bytes += size;
    }
    return counts;
}

Result<ExportSummary> writeGguf(const ModelFile& model, const FileContent& content, const fs::path& target, const JobContext& context)
{
    try {
        return writeOne(model, content, target, context);
    } catch (const std::bad_alloc&) {
        return noMemory(target);
    }
}

Result<SplitSummary> writeSplitGguf(const ModelFile& model, const FileContent& content, const SplitLimits& limits,
                                    const fs::path& target, const JobContext& context)
{
    try {
        return writeParts(model, content, limits, target, context);
    } catch (const std::bad_alloc&) {
        return noMemory(target);
    }
}

}  // namespace ww
