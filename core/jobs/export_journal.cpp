// SPDX-License-Identifier: MIT
#include "jobs/export_journal.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <string>
#include <string_view>
#include <system_error>

#include "base/atomic_file.h"
#include "io/model_identity.h"
#include "jobs/plan_evaluation.h"
#include "methods/quantizer.h"

namespace ww {
namespace {

constexpr std::string_view kMark = "weightwright-export 1 ";
constexpr std::size_t kHashBytes = 32;
constexpr std::size_t kHeadBytes = kMark.size() + kHashBytes + 1;

/// In front of the bytes of each part; the checksum as text stands behind them.
struct PartHead {
    std::uint64_t entry = 0;
    std::uint64_t first = 0;
    std::uint64_t size = 0;
};

/// Minutes per billion weights rather than seconds.
bool takesLong(const PlanEntry& entry)
{
    const std::string_view method = methodName(entry.method);
    return entry.quantized && (dataNeededBy(entry.method) == MethodData::Gram || method == "hqq" || method == "search");
}

std::uint64_t keptBytes(const ModelFile& model, const PlanEntry& entry)
{
    if (!takesLong(entry)) return 0;
    const Shape& shape = model.tensors()[entry.tensorIndex].shape;
    return rowBytes(entry.target, shape.columns()).value_or(0) * shape.rows();
}

/// Of everything that the bytes of the tensors depend on.
Result<Hash> identityOf(const ModelFile& model, const Plan& plan)
{
    WW_TRY(const Hash identity, modelIdentity(model));
    Hasher hasher;
    hasher.text(WW_VERSION).hash(identity);
    // The identity looks at some rows only; the bytes made here must be those of all of them.
    for (const auto& file : model.files()) {
        std::error_code error;
        const auto written = std::filesystem::last_write_time(file->path(), error);
        hasher.text(file->path().string()).number(file->bytes().size());
        hasher.number(static_cast<std::uint64_t>(written.time_since_epoch().count()));
    }
    const Calibration* hashed = nullptr;
    for (const PlanEntry& entry : plan.entries) {
        hasher.number(entry.tensorIndex).number(static_cast<std::uint64_t>(entry.target)).text(entry.method);
        if (entry.importance) hasher.hash(importanceHash(*entry.importance));
        if (!entry.grams || hashed == &entry.grams->calibration()) continue;
        hashed = &entry.grams->calibration();
        for (const InputStatistics& input : hashed->inputs)
            hasher.number(input.count).values(std::span<const double>(input.sumSquares)).values(std::span<const float>(input.gram));
    }
    return hasher.finish();
}

}  // namespace

bool takesLong(const Plan& plan)
{
    return std::ranges::any_of(plan.entries, [](const PlanEntry& entry) { return takesLong(entry); });
}

std::unique_ptr<ExportJournal> ExportJournal::open(const std::filesystem::path& path, const ModelFile& model, const Plan& plan)
{
    auto journal = std::unique_ptr<ExportJournal>(new ExportJournal);
    if (path.empty() || model.isSameFile(path)) return journal;
    bool any = false;
    for (const PlanEntry& entry : plan.entries) {
        journal->m_sizes.push_back(keptBytes(model, entry));
        any |= journal->m_sizes.back() > 0;
    }
    const auto identity = identityOf(model, plan);
    if (!any || !identity) return journal;
    journal->m_identity = *identity;
    journal->m_parts.resize(plan.entries.size());
    std::uint64_t good = 0;
    std::error_code error;
    if (std::filesystem::exists(std::filesystem::symlink_status(path, error))) {
        const auto known = MappedFile::open(path);
        if (!known) return journal;
        const auto content = (*known)->bytes();
        const std::string_view text(reinterpret_cast<const char*>(content.data()), content.size());
        if (!content.empty() && !text.starts_with(kMark)) return journal;  // somebody's own file
        if (text.starts_with(std::string(kMark) + identity->text() + '\n')) good = journal->read(content);
        if (good > 0) journal->m_known = *known;
    }
    if (good > 0) {
        std::filesystem::resize_file(path, good, error);
        if (error) return journal;
    } else if (const auto begun = writeTextFile(path, std::string(kMark) + identity->text() + '\n'); !begun) {
        journal->m_givenUp = begun.error().code == ErrorCode::NoSpace;
        return journal;
    }
    journal->m_path = path;
    journal->m_file.open(path, std::ios::binary | std::ios::app);
    return journal;
}

bool ExportJournal::exists(const std::filesystem::path& path)
{
    std::ifstream file(path, std::ios::binary);
    std::string start(kMark.size(), '\0');
    return file.read(start.data(), static_cast<std::streamsize>(start.size())) && start == kMark;
}

/// Takes the entries that are there to their last byte; returns where the last of them ends.
std::uint64_t ExportJournal::read(std::span<const std::byte> content)
{
    std::uint64_t at = kHeadBytes;
    std::uint64_t good = at;
    std::vector<Part> parts;
    std::uint64_t next = 0;  // byte of the entry
    for (;;) {
        PartHead head;
        if (content.size() - at < sizeof head + kHashBytes) return good;
        std::memcpy(&head, content.data() + at, sizeof head);
        if (head.entry >= m_sizes.size() || head.size == 0 || head.size > content.size() - at - sizeof head - kHashBytes) return good;
        if (head.first == 0) {
            parts.clear();
            next = 0;
        }
        if (head.first != next || head.size > m_sizes[head.entry] - std::min(next, m_sizes[head.entry])) return good;
        const auto bytes = content.subspan(at + sizeof head, head.size);
        const std::string_view sum(reinterpret_cast<const char*>(bytes.data() + bytes.size()), kHashBytes);
        if (checksum(head.entry, head.first, bytes).text() != sum) return good;
        parts.push_back({head.first, bytes});
        next += head.size;
        at += sizeof head + head.size + kHashBytes;
        if (next < m_sizes[head.entry]) continue;
        m_parts[head.entry] = std::move(parts);
        parts = {};
        good = at;
    }
}

ExportJournal::~ExportJournal()
{
    if (m_path.empty() || m_keep) return;
    m_file.close();
    std::error_code error;
    std::filesystem::remove(m_path, error);
}

Hash ExportJournal::checksum(std::size_t entry, std::uint64_t first, std::span<const std::byte> bytes) const
{
    return Hasher().hash(m_identity).number(entry).number(first).bytes(bytes).finish();
}

void ExportJournal::load(std::size_t entry, std::uint64_t first, std::span<std::byte> out) const
{
    for (const Part& part : m_parts[entry]) {
        const std::uint64_t from = std::max(first, part.first);
        const std::uint64_t to = std::min(first + out.size(), part.first + part.bytes.size());
        if (from < to) std::memcpy(out.data() + (from - first), part.bytes.data() + (from - part.first), to - from);
    }
}

void ExportJournal::append(std::size_t entry, std::span<const std::byte> bytes)
{
    if (m_path.empty() || bytes.empty() || m_sizes[entry] == 0 || finished(entry)) return;
    if (entry != m_entry) m_written = 0;
    m_entry = entry;
    const PartHead head{entry, m_written, bytes.size()};
    m_file.write(reinterpret_cast<const char*>(&head), sizeof head);
    m_file.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    m_file << checksum(entry, m_written, bytes).text() << std::flush;
    m_written += bytes.size();
    if (m_file) return;
    m_givenUp = true;
    m_file.close();  // the space is better used for the file itself; what is mapped can still be read
    std::error_code error;
    std::filesystem::remove(m_path, error);
    m_path.clear();
}

std::size_t ExportJournal::finishedCount() const
{
    return static_cast<std::size_t>(std::ranges::count_if(m_parts, [](const auto& parts) { return !parts.empty(); }));
}

}  // namespace ww
