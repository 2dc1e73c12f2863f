// SPDX-License-Identifier: MIT
// Layout of a GGUF file, versions 2 and 3. Integers are little-endian; a "string" is a u64 length and that many bytes.
//
//   magic          4 bytes  "GGUF"
//   version        u32      2 or 3 (1 had 32-bit counts and is refused everywhere today)
//   tensor count   u64
//   pair count     u64
//   pairs          string key, u32 value type, value               no padding between pairs
//                    scalar: 1, 2, 4 or 8 bytes; bool: 1 byte
//                    array:  u32 element type, u64 count, elements back to back; no arrays of arrays
//   tensor infos   string name, u32 n_dims, n_dims × u64 ne, u32 type, u64 offset     no padding between infos
//   padding        up to a multiple of general.alignment (32 when the key is absent), counted from the file's start
//   tensor data    tensor i begins at data start + its offset; each is padded to the alignment
//
// ne[0] is the contiguous dimension. Tensors are stored in the order of the infos without holes, so every offset is known
// before it is read; other offsets are refused, as llama.cpp does. The padding behind the last tensor may be missing.
//
// Nothing in the file is believed: a count is compared with the bytes that remain, and what it would allocate with a
// memory limit, before anything is allocated; sums and products are tested for overflow.
#include "io/gguf_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>
#include <new>
#include <type_traits>
#include <unordered_set>
#include <utility>

namespace ww {
namespace {

static_assert(std::endian::native == std::endian::little, "The readers copy little-endian numbers as they are");

constexpr std::uint64_t kMinimumPairBytes = 8 + 1 + 4 + 1;
constexpr std::uint64_t kMinimumTensorBytes = 8 + 4 + 4 + 8;
constexpr std::uint64_t kMaximumKeyBytes = 65535;
constexpr std::uint64_t kMaximumTensorNameBytes = 63;  // ggml stores 64 with the terminator
constexpr std::uint32_t kMaximumAlignment = 1U << 20;
constexpr std::uint64_t kMaximumElements = std::numeric_limits<std::int64_t>::max();
/// An empty tensor passes every test of size, but a loop over its 2^62 rows would never end.
constexpr std::uint64_t kMaximumEmptyExtent = std::uint64_t{1} << 32;
/// What the header may occupy in memory. A vocabulary of a million tokens needs less than a tenth of it; without a limit
/// a sparse file of some gigabytes could ask for several times its size.
constexpr std::uint64_t kMemoryLimit = std::uint64_t{1} << 30;
/// Rough cost of an entry beside its content: list, hash index, heap block.
constexpr std::uint64_t kEntryOverhead = 128;

constexpr std::string_view kIncompleteHint = "perhaps the download is incomplete or the file is damaged";

/// Name in messages: whatever stands in the file, but short, on one line and valid UTF-8.
std::string shown(const std::string& text)
{
    return displayText(MetadataValue(text), 80);
}

class HeaderReader {
public:
    HeaderReader(std::span<const std::byte> bytes, ModelFile::Parts& parts) : m_bytes(bytes), m_parts(parts) {}

    Result<void> read()
    {
        WW_TRY_VOID(readStart());
        WW_TRY_VOID(readPairs());
        WW_TRY_VOID(readAlignment());
        WW_TRY_VOID(readTensors());
        return {};
    }
    [[nodiscard]] std::uint64_t position() const { return m_position; }

private:
    [[nodiscard]] std::uint64_t remaining() const { return m_bytes.size() - m_position; }
    [[nodiscard]] static tl::unexpected<Error> corrupt(std::string message) { return fail(ErrorCode::Corrupt, std::move(message)); }
    [[nodiscard]] static tl::unexpected<Error> endsInside(std::string_view what)
    {
        return corrupt(fmt::format("The file ends inside {}; {}.", what, kIncompleteHint));
    }

    [[nodiscard]] static tl::unexpected<Error> inTensor(Error error, const TensorInfo& tensor)
    {
        error.tensor = shown(tensor.name);
        return fail(std::move(error));
    }

    template <class T>
    Result<T> number(std::string_view what)
    {
        static_assert(std::is_arithmetic_v<T>);
        if (remaining() < sizeof(T)) return endsInside(what);
        T value;
        std::memcpy(&value, m_bytes.data() + m_position, sizeof(T));
        m_position += sizeof(T);
        return value;
    }

    Result<std::string> string(std::string_view what, std::uint64_t maximumBytes)
    {
        WW_TRY(const auto length, number<std::uint64_t>(what));
        if (length > maximumBytes)
            return corrupt(
                fmt::format("The length of {} is given as {} bytes, more than the {} that are allowed; the file is damaged.", what,
                            length, maximumBytes));
        if (length > remaining()) return endsInside(what);
        WW_TRY_VOID(charge(length));
        std::string text(reinterpret_cast<const char*>(m_bytes.data()) + m_position, length);
        m_position += length;
        return text;
    }

    /// Accounts for memory about to be allocated.
    Result<void> charge(std::uint64_t bytes)
    {
        if (bytes > kMemoryLimit - m_charged)
            return fail(ErrorCode::Unsupported,
                        fmt::format("The metadata need more than {} MiB of memory; no known model comes near this, so the file is "
                                    "probably damaged.",
                                    kMemoryLimit >> 20));
        m_charged += bytes;
        return {};
    }

    Result<void> readStart();
    Result<void> readPairs();
    Result<MetadataValue> readValue(std::uint32_t type);
    Result<MetadataArray> readArray();
    template <class T>
    Result<MetadataArray> readElements(std::uint64_t count);
    Result<void> readAlignment();
    Result<void> readTensors();
    Result<void> readTensor(TensorInfo& tensor);
    Result<void> placeTensors();

    std::span<const std::byte> m_bytes;
    ModelFile::Parts& m_parts;
    std::uint64_t m_position = 0;
    std::uint64_t m_charged = 0;
    std::uint64_t m_tensorCount = 0;
    std::uint64_t m_pairCount = 0;
};

Result<void> HeaderReader::readStart()
{
    if (!looksLikeGguf(m_bytes))
        return fail(ErrorCode::Unsupported, "This is not a GGUF file: it does not begin with the letters GGUF.");
    m_position = 4;
    WW_TRY(const auto version, number<std::uint32_t>("the file header"));
    if ((version & 0xFFFFU) == 0 && version != 0)
        return fail(
            ErrorCode::Unsupported,
            "This GGUF file was written for big-endian computers; convert it to little-endian first (gguf_convert_endian.py of "
            "llama.cpp does this).");
    if (version == 1)
        return fail(ErrorCode::Unsupported,
                    "This GGUF file has the outdated version 1; convert the original model again with a current llama.cpp.");
    if (version != 2 && version != 3)
        return fail(ErrorCode::Unsupported,
                    fmt::format("This GGUF file has version {}; only versions 2 and 3 are known. A newer Weightwright "
                                "may read it, or the file is damaged.",
                                version));
    WW_TRY(m_tensorCount, number<std::uint64_t>("the file header"));
    WW_TRY(m_pairCount, number<std::uint64_t>("the file header"));
    if (m_pairCount > remaining() / kMinimumPairBytes)
        return corrupt(fmt::format("The header announces {} metadata pairs, more than the {} bytes of the file can hold; {}.",
                                   m_pairCount, m_bytes.size(), kIncompleteHint));
    if (m_tensorCount > remaining() / kMinimumTensorBytes)
        return corrupt(fmt::format("The header announces {} tensors, more than the {} bytes of the file can hold; {}.",
                                   m_tensorCount, m_bytes.size(), kIncompleteHint));
    return {};
}

Result<void> HeaderReader::readPairs()
{
    for (std::uint64_t i = 0; i < m_pairCount; ++i) {
        WW_TRY(std::string key, string("a metadata key", kMaximumKeyBytes));
        if (key.empty()) return corrupt(fmt::format("Metadata pair {} has an empty key; the file is damaged.", i + 1));
        if (key.find('\0') != std::string::npos)
            return corrupt(fmt::format("The key of metadata pair {} contains a zero byte; the file is damaged.", i + 1));
        WW_TRY(const auto type, number<std::uint32_t>("a metadata pair"));
        auto value = readValue(type);
        if (!value) {
            Error error = std::move(value.error());
            error.message = fmt::format("Metadata key \"{}\": {}", shown(key), error.message);
            return fail(std::move(error));
        }
        WW_TRY_VOID(charge(kEntryOverhead + key.size()));
        if (m_parts.metadata.contains(key))
            return corrupt(fmt::format("The metadata key \"{}\" occurs twice; the file is damaged.", shown(key)));
        m_parts.metadata.append(std::move(key), std::move(*value));
    }
    return {};
}

Result<MetadataValue> HeaderReader::readValue(std::uint32_t type)
{
    constexpr std::string_view kWhat = "a metadata value";
    switch (static_cast<MetadataType>(type)) {
    case MetadataType::U8: return number<std::uint8_t>(kWhat);
    case MetadataType::I8: return number<std::int8_t>(kWhat);
    case MetadataType::U16: return number<std::uint16_t>(kWhat);
    case MetadataType::I16: return number<std::int16_t>(kWhat);
    case MetadataType::U32: return number<std::uint32_t>(kWhat);
    case MetadataType::I32: return number<std::int32_t>(kWhat);
    case MetadataType::F32: return number<float>(kWhat);
    case MetadataType::Bool: {
        WW_TRY(const auto byte, number<std::uint8_t>(kWhat));
        return MetadataValue(byte != 0);
    }
    case MetadataType::String: return string(kWhat, kMemoryLimit);
    case MetadataType::Array: {
        WW_TRY(MetadataArray array, readArray());
        return MetadataValue(std::move(array));
    }
    case MetadataType::U64: return number<std::uint64_t>(kWhat);
    case MetadataType::I64: return number<std::int64_t>(kWhat);
    case MetadataType::F64: return number<double>(kWhat);
    }
    return corrupt(fmt::format("The value has the unknown type {}; the file is damaged or newer than this program.", type));
}

Result<MetadataArray> HeaderReader::readArray()
{
    WW_TRY(const auto type, number<std::uint32_t>("a metadata array"));
    WW_TRY(const auto count, number<std::uint64_t>("a metadata array"));
    switch (static_cast<MetadataType>(type)) {
    case MetadataType::U8: return readElements<std::uint8_t>(count);
    case MetadataType::I8: return readElements<std::int8_t>(count);
    case MetadataType::U16: return readElements<std::uint16_t>(count);
    case MetadataType::I16: return readElements<std::int16_t>(count);
    case MetadataType::U32: return readElements<std::uint32_t>(count);
    case MetadataType::I32: return readElements<std::int32_t>(count);
    case MetadataType::F32: return readElements<float>(count);
    case MetadataType::Bool: return readElements<BoolByte>(count);
    case MetadataType::String: return readElements<std::string>(count);
    case MetadataType::Array: return fail(ErrorCode::Unsupported, "An array of arrays is not supported, by llama.cpp neither.");
    case MetadataType::U64: return readElements<std::uint64_t>(count);
    case MetadataType::I64: return readElements<std::int64_t>(count);
    case MetadataType::F64: return readElements<double>(count);
    }
    return corrupt(
        fmt::format("The array has elements of the unknown type {}; the file is damaged or newer than this program.", type));
}

template <class T>
Result<MetadataArray> HeaderReader::readElements(std::uint64_t count)
{
    constexpr bool kStrings = std::is_same_v<T, std::string>;
    constexpr std::uint64_t kBytesInFile = kStrings ? sizeof(std::uint64_t) : sizeof(T);
    if (count > remaining() / kBytesInFile)
        return corrupt(fmt::format("An array of {} elements does not fit in the rest of the file; {}.", count, kIncompleteHint));
    // Cannot overflow: the elements fit in the file, and sizeof(std::string) is a few times their minimum there.
    WW_TRY_VOID(charge(count * sizeof(T)));
    std::vector<T> elements;
    if constexpr (kStrings) {
        elements.reserve(count);
        for (std::uint64_t i = 0; i < count; ++i) {
            WW_TRY(std::string element, string("a string of a metadata array", kMemoryLimit));
            elements.push_back(std::move(element));
        }
    } else {
        elements.resize(count);
        if (count > 0) std::memcpy(elements.data(), m_bytes.data() + m_position, count * sizeof(T));
        m_position += count * sizeof(T);
        if constexpr (std::is_same_v<T, BoolByte>)
            for (BoolByte& element : elements) element.value = element.value != 0;
    }
    return MetadataArray(std::move(elements));
}

Result<void> HeaderReader::readAlignment()
{
    const MetadataValue* value = m_parts.metadata.find("general.alignment");
    if (!value) return {};
    const auto* alignment = std::get_if<std::uint32_t>(value);
    if (!alignment || !std::has_single_bit(*alignment) || *alignment > kMaximumAlignment)
        return corrupt(
            fmt::format("The metadata key \"general.alignment\" is {}; it must be a power of two up to {}, stored as u32.",
                        displayText(*value), kMaximumAlignment));
    m_parts.alignment = *alignment;
    return {};
}

Result<void> HeaderReader::readTensors()
{
    if (m_tensorCount > remaining() / kMinimumTensorBytes)
        return corrupt(fmt::format("The header announces {} tensors, more than the rest of the file can hold; {}.", m_tensorCount,
                                   kIncompleteHint));
    WW_TRY_VOID(charge(m_tensorCount * (sizeof(TensorInfo) + kEntryOverhead)));
    auto& tensors = m_parts.tensors;
    tensors.reserve(m_tensorCount);  // never reallocated below, so views of the names stay valid
    std::unordered_set<std::string_view> names;
    names.reserve(m_tensorCount);
    for (std::uint64_t i = 0; i < m_tensorCount; ++i) {
        WW_TRY(std::string name, string("the name of a tensor", kMaximumTensorNameBytes));
        if (name.find('\0') != std::string::npos)
            return corrupt(fmt::format("The name of tensor {} contains a zero byte; the file is damaged.", i + 1));
        TensorInfo& tensor = tensors.emplace_back();
        tensor.name = std::move(name);
        if (!names.insert(tensor.name).second)
            return corrupt(fmt::format("The tensor \"{}\" is listed twice; the file is damaged.", shown(tensor.name)));
        if (auto result = readTensor(tensor); !result) return inTensor(std::move(result.error()), tensor);
    }

    return placeTensors();
}

/// Everything of a tensor info behind the name. `offset` still counts from the start of the data section.
Result<void> HeaderReader::readTensor(TensorInfo& tensor)
{
    constexpr std::string_view kWhat = "the list of tensors";
    WW_TRY(tensor.shape.dims, number<std::uint32_t>(kWhat));
    if (tensor.shape.dims > tensor.shape.ne.size())
        return corrupt(
            fmt::format("The tensor has {} dimensions, but at most 4 are allowed; the file is damaged.", tensor.shape.dims));
    // Zeros count as ones here, so that no partial product of a shape can overflow later.
    std::uint64_t product = 1;
    for (std::uint32_t i = 0; i < tensor.shape.dims; ++i) {
        WW_TRY(tensor.shape.ne[i], number<std::uint64_t>(kWhat));
        if (__builtin_mul_overflow(product, std::max<std::uint64_t>(tensor.shape.ne[i], 1), &product) || product > kMaximumElements)
            return corrupt("The tensor has more elements than can be counted in 63 bits; the file is damaged.");
    }
    if (tensor.shape.elements() == 0 && product > kMaximumEmptyExtent)
        return corrupt("The tensor is empty, yet one of its dimensions is absurdly large; the file is damaged.");
    WW_TRY(const auto typeId, number<std::uint32_t>(kWhat));
    const TensorTypeTraits* type = traitsForId(typeId);
    if (!type)
        return fail(ErrorCode::Unsupported,
                    fmt::format("The tensor is stored in a format with the number {}, which is retired or not known to "
                                "this program; convert the original model again.",
                                typeId));
    if (type->kind == TensorTypeKind::ActivationOnly)
        return fail(ErrorCode::Unsupported,
                    fmt::format("The tensor is stored as {}, a format that exists only inside computations and cannot "
                                "be loaded from files.",
                                type->name));
    tensor.type = type->type;
    WW_TRY(tensor.offset, number<std::uint64_t>(kWhat));

    if (tensor.shape.columns() % type->blockLength != 0)
        return corrupt(
            fmt::format("The row length of the tensor is {}, which is not a multiple of {} as the format {} requires; the file "
                        "is damaged.",
                        tensor.shape.columns(), type->blockLength, type->name));
    const auto row = rowBytes(tensor.type, tensor.shape.columns());
    if (!row || __builtin_mul_overflow(*row, tensor.shape.rows(), &tensor.sizeBytes) || tensor.sizeBytes > kMaximumElements)
        return corrupt("The tensor has more bytes than can be counted in 63 bits; the file is damaged.");
    return {};
}

/// Checks that the tensors follow each other and that the file holds them; makes their offsets count from its start.
Result<void> HeaderReader::placeTensors()
{
    const std::uint64_t alignment = m_parts.alignment;
    const std::uint64_t dataStart = (m_position + alignment - 1) / alignment * alignment;
    std::uint64_t next = dataStart;  // where the next tensor begins
    std::uint64_t end = 0;           // of the last tensor, without padding
    for (TensorInfo& tensor : m_parts.tensors) {
        if (tensor.offset != next - dataStart) {
            Error error{
                ErrorCode::Corrupt,
                fmt::format(
                    "The data of the tensor begin at offset {} of the data section instead of {}; in a GGUF file the tensors "
                    "follow each other without holes, so the file is damaged.",
                    tensor.offset, next - dataStart),
                {},
                shown(tensor.name),
                {}};
            return fail(std::move(error));
        }
        tensor.offset = next;
        // Both summands have at most 63 bits, so the sum cannot wrap; neither can rounding up a number below 2^63.
        end = next + tensor.sizeBytes;
        if (end > kMaximumElements - alignment)
            return corrupt("The tensors have more bytes than can be counted in 63 bits; the file is damaged.");
        next = (end + alignment - 1) / alignment * alignment;
    }
    if (end > m_bytes.size()) {
        m_position = m_bytes.size();
        return corrupt(fmt::format("The file ends too early: its tensors need {} bytes, but it has only {}; {}.", end,
                                   m_bytes.size(), kIncompleteHint));
    }
    return {};
}

}  // namespace

bool looksLikeGguf(std::span<const std::byte> bytes)
{
    return bytes.size() >= 4 && std::memcmp(bytes.data(), "GGUF", 4) == 0;
}

Result<ModelFile::Parts> readGguf(std::shared_ptr<const MappedFile> file)
{
    ModelFile::Parts parts;
    parts.path = file->path();
    HeaderReader reader(file->bytes(), parts);
    auto result = Result<void>();
    try {
        result = reader.read();
    } catch (const std::bad_alloc&) {
        result = fail(ErrorCode::OutOfMemory, "There is not enough free memory to read the metadata of this file.");
    }
    if (!result) {
        Error error = std::move(result.error());
        error.path = file->path();
        if (error.code == ErrorCode::Corrupt && !error.offset) error.offset = reader.position();
        return fail(std::move(error));
    }
    parts.files.push_back(std::move(file));
    return parts;
}

}  // namespace ww
