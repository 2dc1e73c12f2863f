// SPDX-License-Identifier: MIT
// GGUF form: for every weight two F32 tensors, "<weight>.in_sum2" {columns, matrices} with sums of squares and
// "<weight>.counts" {1, matrices} with the numbers of rows; keys general.type = "imatrix", imatrix.datasets,
// imatrix.chunk_count, imatrix.chunk_size.
//
// Older form, little-endian, without a magic number:
//   i32 entries, then per entry: i32 name length, name, i32 windows, i32 values, f32 × values (mean square × windows);
//   optionally: i32 windows in all, i32 length, name of the text.
#include "calibration/imatrix_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "base/atomic_file.h"
#include "base/mapped_file.h"
#include "io/gguf_reader.h"
#include "io/gguf_writer.h"

namespace ww {
namespace {

static_assert(std::endian::native == std::endian::little, "Numbers are copied from and to the files as they are");

constexpr std::string_view kSumsSuffix = ".in_sum2";
constexpr std::string_view kCountsSuffix = ".counts";
constexpr std::string_view kTypeKey = "general.type";
constexpr std::string_view kTypeName = "imatrix";
constexpr std::string_view kDatasetsKey = "imatrix.datasets";
constexpr std::string_view kChunkCountKey = "imatrix.chunk_count";
constexpr std::string_view kChunkSizeKey = "imatrix.chunk_size";

/// Legacy files count windows, not rows. Their window length is not stored; this is the usual one, and only the weight of the
/// file in a merge depends on it.
constexpr std::uint32_t kUsualChunkSize = 512;

Error corrupt(std::string message, std::string tensor = {}, std::optional<std::uint64_t> offset = std::nullopt)
{
    return {ErrorCode::Corrupt, std::move(message), {}, std::move(tensor), offset};
}

bool isUsableSum(float value)
{
    return std::isfinite(value) && value >= 0;
}

/// Name order with the entries unsorted until the end: sorting once is faster than inserting.
Result<void> sortEntries(ImportanceMatrix& matrix)
{
    std::ranges::sort(matrix.entries, {}, &ImportanceEntry::tensor);
    const auto twin = std::ranges::adjacent_find(matrix.entries, {}, &ImportanceEntry::tensor);
    if (twin != matrix.entries.end()) return fail(corrupt("The importance matrix has two entries for this tensor.", twin->tensor));
    return {};
}

// ---------------------------------------------------------------------------------------------------------------------
// GGUF.

std::vector<float> floatsOf(const ModelFile::Parts& parts, const TensorInfo& tensor)
{
    std::vector<float> values(tensor.shape.elements());
    const auto bytes = parts.files[tensor.file]->bytes().subspan(tensor.offset, values.size() * sizeof(float));
    if (!bytes.empty()) std::memcpy(values.data(), bytes.data(), bytes.size());
    return values;
}

Result<ImportanceEntry> readGgufEntry(const ModelFile::Parts& parts, std::string weight, const TensorInfo& sums,
                                      const TensorInfo& counts)
{
    constexpr float kMaxCount = 0x1p53F;
    if (sums.type != TensorType::F32 || counts.type != TensorType::F32)
        return fail(corrupt(fmt::format("The importance of a tensor must be stored as F32, but this file holds {}.",
                                        name(sums.type != TensorType::F32 ? sums.type : counts.type)),
                            std::move(weight)));
    ImportanceEntry entry;
    const std::uint64_t matrices = counts.shape.elements();
    if (matrices == 0 || sums.shape.elements() == 0 || sums.shape.elements() % matrices != 0)
        return fail(corrupt(fmt::format("The importance of this tensor has {} sums for {} counts, which do not go together.",
                                        sums.shape.elements(), matrices),
                            std::move(weight)));
    entry.sums = floatsOf(parts, sums);
    for (const float value : entry.sums)
        if (!isUsableSum(value))
            return fail(
                corrupt("The importance of this tensor holds a value that is negative or not a number; compute the matrix again.",
                        std::move(weight)));
    for (const float count : floatsOf(parts, counts)) {
        if (!isUsableSum(count) || count > kMaxCount)
            return fail(corrupt("The importance of this tensor has a count that is no count; compute the matrix again.",
                                std::move(weight)));
        entry.counts.push_back(static_cast<std::uint64_t>(std::llround(count)));
    }
    entry.tensor = std::move(weight);
    return entry;
}

std::uint32_t smallNumber(const Metadata& metadata, std::string_view key, std::uint32_t fallback)
{
    const auto value = metadata.unsignedInteger(key);
    return value && *value <= UINT32_MAX ? static_cast<std::uint32_t>(*value) : fallback;
}

Result<ImportanceMatrix> readGgufForm(const std::shared_ptr<const MappedFile>& file)
{
    WW_TRY(const ModelFile::Parts parts, readGguf(file));
    std::unordered_map<std::string_view, const TensorInfo*> byName;
    for (const auto& tensor : parts.tensors) byName.emplace(tensor.name, &tensor);

    ImportanceMatrix matrix;
    for (const auto& tensor : parts.tensors) {
        const std::string_view full = tensor.name;
        const bool isSums = full.ends_with(kSumsSuffix);
        const bool isCounts = full.ends_with(kCountsSuffix);
        if (!isSums && !isCounts) continue;  // other statistics of newer programs
        std::string weight(full.substr(0, full.size() - (isSums ? kSumsSuffix : kCountsSuffix).size()));
        const auto partner = byName.find(weight + std::string(isSums ? kCountsSuffix : kSumsSuffix));
        if (partner == byName.end())
            return fail(corrupt(fmt::format("The importance matrix has {} for this tensor; the file is damaged or incomplete.",
                                            isSums ? "sums without counts" : "counts without sums"),
                                std::move(weight)));
        if (isCounts) continue;
        WW_TRY(ImportanceEntry entry, readGgufEntry(parts, std::move(weight), tensor, *partner->second));
        matrix.entries.push_back(std::move(entry));
    }
    if (matrix.entries.empty())
        return fail(
            corrupt(parts.metadata.string(kTypeKey) == kTypeName
                        ? "The importance matrix has no entries; compute it with more text."
                        : "This GGUF file is not an importance matrix: it has no tensors whose names end in \".in_sum2\"."));
    WW_TRY_VOID(sortEntries(matrix));
    if (const auto* datasets = parts.metadata.stringArray(kDatasetsKey)) matrix.datasets = *datasets;
    matrix.chunkCount = smallNumber(parts.metadata, kChunkCountKey, 0);
    matrix.chunkSize = std::max(1U, smallNumber(parts.metadata, kChunkSizeKey, kUsualChunkSize));
    return matrix;
}

// ---------------------------------------------------------------------------------------------------------------------
// The older form.

class LegacyReader {
public:
    explicit LegacyReader(std::span<const std::byte> bytes) : m_bytes(bytes) {}

    Result<ImportanceMatrix> read()
    {
        constexpr std::size_t kSmallestEntry = 4 + 1 + 4 + 4 + 4;
        WW_TRY(const std::int32_t entries, number());
        if (entries < 1 || static_cast<std::uint64_t>(entries) > remaining() / kSmallestEntry) return fail(notOurs());
        ImportanceMatrix matrix;
        for (std::int32_t i = 0; i < entries; ++i) {
            auto entry = readEntry();
            // There is no magic number: when not even the first name makes sense, it is some other kind of file.
            if (!entry) return fail(m_sawName ? std::move(entry.error()) : notOurs());
            matrix.entries.push_back(std::move(*entry));
        }
        WW_TRY_VOID(sortEntries(matrix));
        if (remaining() > 0) WW_TRY_VOID(readTail(matrix));
        return matrix;
    }

private:
    [[nodiscard]] std::size_t remaining() const { return m_bytes.size() - m_position; }

    [[nodiscard]] Error notOurs() const
    {
        return corrupt("The file is no importance matrix, neither in the GGUF form nor in the older form (.dat).");
    }
    [[nodiscard]] Error cut() const
    {
        return corrupt("The importance matrix ends in the middle; the file is cut off.", {}, m_position);
    }

    Result<std::int32_t> number()
    {
        if (remaining() < sizeof(std::int32_t)) return fail(cut());
        std::int32_t value = 0;
        std::memcpy(&value, m_bytes.data() + m_position, sizeof value);
        m_position += sizeof value;
        return value;
    }

    Result<std::string> text(std::int32_t length)
    {
        if (length < 0 || static_cast<std::uint64_t>(length) > remaining()) return fail(cut());
        std::string value(reinterpret_cast<const char*>(m_bytes.data() + m_position), static_cast<std::size_t>(length));
        m_position += value.size();
        return value;
    }

    Result<ImportanceEntry> readEntry()
    {
        constexpr std::int32_t kMaxNameLength = 1024;
        ImportanceEntry entry;
        WW_TRY(const std::int32_t nameLength, number());
        if (nameLength < 1 || nameLength > kMaxNameLength)
            return fail(corrupt("The name of a tensor in the importance matrix has an impossible length.", {}, m_position - 4));
        WW_TRY(entry.tensor, text(nameLength));
        if (std::ranges::any_of(entry.tensor, [](char c) { return static_cast<unsigned char>(c) < 0x20; }))
            return fail(corrupt("The name of a tensor in the importance matrix holds control characters.", {},
                                m_position - entry.tensor.size()));
        m_sawName = true;
        WW_TRY(const std::int32_t windows, number());
        WW_TRY(const std::int32_t values, number());
        if (windows < 0 || values < 1)
            return fail(corrupt("The importance of this tensor has an impossible number of windows or values.", entry.tensor,
                                m_position - 8));
        const std::size_t size = static_cast<std::size_t>(values) * sizeof(float);
        if (size > remaining()) return fail(cut());
        entry.sums.resize(static_cast<std::size_t>(values));
        std::memcpy(entry.sums.data(), m_bytes.data() + m_position, size);
        m_position += size;

        // value / windows is the mean; both times the window length makes them sums and counts of rows (a power of two, so
        // that the mean stays the same float). Without windows the value is the mean.
        const float rows = windows == 0 ? 1.0F : static_cast<float>(kUsualChunkSize);
        for (float& value : entry.sums) {
            value *= rows;
            if (!isUsableSum(value))
                return fail(corrupt("The importance of this tensor holds a value that is negative, too large or not a number; "
                                    "compute the matrix again.",
                                    entry.tensor));
        }
        entry.counts = {windows == 0 ? 1 : static_cast<std::uint64_t>(windows) * kUsualChunkSize};
        return entry;
    }

    Result<void> readTail(ImportanceMatrix& matrix)
    {
        WW_TRY(const std::int32_t chunks, number());
        WW_TRY(const std::int32_t length, number());
        WW_TRY(std::string dataset, text(length));
        if (chunks < 0) return fail(corrupt("The importance matrix has a negative number of windows."));
        matrix.chunkCount = static_cast<std::uint32_t>(chunks);
        if (!dataset.empty()) matrix.datasets.push_back(std::move(dataset));
        return {};
    }

    std::span<const std::byte> m_bytes;
    std::size_t m_position = 0;
    bool m_sawName = false;
};

void put(std::string& out, std::int32_t value)
{
    out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

void put(std::string& out, std::string_view text)
{
    put(out, static_cast<std::int32_t>(text.size()));
    out += text;
}

/// Empty for entries without any count.
std::string legacyEntry(const ImportanceEntry& entry, std::uint32_t chunkSize)
{
    const std::uint64_t rows = entry.counts.empty() ? 0 : *std::ranges::max_element(entry.counts);
    if (rows == 0) return {};
    const std::uint64_t windows = std::min<std::uint64_t>((rows + chunkSize - 1) / chunkSize, INT32_MAX);
    std::string out;
    put(out, entry.tensor);
    put(out, static_cast<std::int32_t>(windows));
    put(out, static_cast<std::int32_t>(entry.sums.size()));
    std::vector<float> values(entry.sums.size());
    entry.meanSquares(0, values);
    for (float& value : values) value *= static_cast<float>(windows);
    out.append(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float));
    return out;
}

Result<ImportanceMatrix> readEither(const std::filesystem::path& path)
{
    WW_TRY(const auto file, MappedFile::open(path));
    if (file->bytes().empty()) return fail(corrupt("The file is empty."));
    auto matrix = looksLikeGguf(file->bytes()) ? readGgufForm(file) : LegacyReader(file->bytes()).read();
    WW_TRY_VOID(file->checkUnchanged());
    return matrix;
}

}  // namespace

Result<ImportanceMatrix> loadImportance(const std::filesystem::path& path)
{
    auto matrix = readEither(path);
    if (matrix)
        matrix->path = path;
    else if (matrix.error().path.empty())
        matrix.error().path = path;
    return matrix;
}

Result<void> saveImportanceGguf(const ImportanceMatrix& matrix, const std::filesystem::path& path)
{
    Metadata metadata;
    metadata.append(std::string(kTypeKey), std::string(kTypeName));
    metadata.append(std::string(kDatasetsKey), MetadataArray(matrix.datasets));
    metadata.append(std::string(kChunkCountKey), matrix.chunkCount);
    metadata.append(std::string(kChunkSizeKey), matrix.chunkSize);
    std::vector<TensorInfo> tensors;
    for (const auto& entry : matrix.entries) {
        const std::uint64_t matrices = entry.counts.size();
        TensorInfo sums{entry.tensor + std::string(kSumsSuffix), TensorType::F32, {{entry.columns(), matrices, 1, 1}, 2}, 0, 0, 0};
        TensorInfo counts{entry.tensor + std::string(kCountsSuffix), TensorType::F32, {{1, matrices, 1, 1}, 2}, 0, 0, 0};
        tensors.push_back(std::move(sums));
        tensors.push_back(std::move(counts));
    }
    WW_TRY(GgufWriter writer, GgufWriter::create(path, metadata, std::move(tensors), {}));
    for (const auto& entry : matrix.entries) {
        WW_TRY_VOID(writer.write(std::as_bytes(std::span(entry.sums))));
        const std::vector<float> counts(entry.counts.begin(), entry.counts.end());
        WW_TRY_VOID(writer.write(std::as_bytes(std::span(counts))));
    }
    return writer.finish();
}

Result<void> saveImportanceLegacy(const ImportanceMatrix& matrix, const std::filesystem::path& path)
{
    std::int32_t written = 0;
    std::string body;
    for (const auto& entry : matrix.entries) {
        if (entry.sums.size() > INT32_MAX / sizeof(float))
            return fail(Error{ErrorCode::Unsupported,
                              "The importance of this tensor is too large for the older form; save it as GGUF.",
                              path,
                              entry.tensor,
                              {}});
        const std::string bytes = legacyEntry(entry, std::max(1U, matrix.chunkSize));
        if (bytes.empty()) continue;
        body += bytes;
        ++written;
    }
    if (written == 0) return fail(ErrorCode::TooShort, "The importance matrix holds no data yet; compute it with more text.", path);
    std::string head;
    put(head, written);
    put(body, static_cast<std::int32_t>(std::min<std::uint32_t>(matrix.chunkCount, INT32_MAX)));
    put(body, matrix.datasets.empty() ? std::string_view() : std::string_view(matrix.datasets.front()));
    WW_TRY(AtomicFile file, AtomicFile::create(path, head.size() + body.size()));
    WW_TRY_VOID(file.write(head));
    WW_TRY_VOID(file.write(body));
    return file.commit();
}

Result<void> saveImportance(const ImportanceMatrix& matrix, const std::filesystem::path& path)
{
    std::string extension = path.extension().string();
    std::ranges::transform(extension, extension.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return extension == ".dat" ? saveImportanceLegacy(matrix, path) : saveImportanceGguf(matrix, path);
}

}  // namespace ww
