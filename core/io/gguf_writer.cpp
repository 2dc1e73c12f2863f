// SPDX-License-Identifier: MIT
// The layout is explained in gguf_reader.cpp. What is written here equals what llama.cpp's quantizer writes from the same
// metadata and tensors, byte by byte.
#include "io/gguf_writer.h"

#include <fmt/format.h>

#include <array>
#include <bit>
#include <cstring>
#include <type_traits>
#include <unordered_set>
#include <utility>

namespace ww {
namespace {

static_assert(std::endian::native == std::endian::little, "The writer copies little-endian numbers as they are");

constexpr std::uint32_t kVersion = 3;
constexpr std::array<std::byte, GgufWriter::kAlignment> kZeros{};

constexpr std::uint64_t padded(std::uint64_t bytes)
{
    return (bytes + GgufWriter::kAlignment - 1) / GgufWriter::kAlignment * GgufWriter::kAlignment;
}

/// Bytes of a tensor; 0 for a shape that the format cannot hold, which create() has refused.
std::uint64_t sizeOfTensor(const TensorInfo& tensor)
{
    return rowBytes(tensor.type, tensor.shape.columns()).value_or(0) * tensor.shape.rows();
}

/// The two destinations of a header: memory, or only its length.
struct TextSink {
    std::string bytes;
    void put(const void* data, std::size_t size) { bytes.append(static_cast<const char*>(data), size); }
};
struct CountingSink {
    std::uint64_t size = 0;
    void put(const void*, std::size_t count) { size += count; }
};

template <class Sink>
class HeaderWriter {
public:
    explicit HeaderWriter(Sink& sink) : m_sink(sink) {}

    void write(const Metadata& metadata, std::span<const TensorInfo> tensors)
    {
        m_sink.put("GGUF", 4);
        number(kVersion);
        number(std::uint64_t{tensors.size()});
        std::uint64_t pairs = 0;
        for (const auto& entry : metadata.entries()) pairs += isWritten(entry) ? 1 : 0;
        number(pairs);
        for (const auto& entry : metadata.entries())
            if (isWritten(entry)) pair(entry);
        std::uint64_t offset = 0;
        for (const TensorInfo& tensor : tensors) {
            string(tensor.name);
            const std::uint32_t dims = tensor.shape.significantDims();
            number(dims);
            for (std::uint32_t i = 0; i < dims; ++i) number(tensor.shape.ne[i]);
            number(static_cast<std::uint32_t>(tensor.type));
            number(offset);
            offset += padded(sizeOfTensor(tensor));
        }
    }

private:
    /// A source with another alignment is written with 32; its key would make the file unreadable.
    static bool isWritten(const Metadata::Entry& entry)
    {
        return entry.key != "general.alignment" || entry.value == MetadataValue(GgufWriter::kAlignment);
    }
    template <class T>
    void number(T value)
    {
        static_assert(std::is_arithmetic_v<T>);
        m_sink.put(&value, sizeof value);
    }
    void string(std::string_view text)
    {
        number(std::uint64_t{text.size()});
        m_sink.put(text.data(), text.size());
    }
    /// llama.cpp passes values through C strings, so they end at their first zero byte.
    void stringValue(std::string_view text) { string(text.substr(0, text.find('\0'))); }

    void pair(const Metadata::Entry& entry)
    {
        string(entry.key);
        number(static_cast<std::uint32_t>(typeOf(entry.value)));
        std::visit(
            [this](const auto& value) {
                using T = std::decay_t<decltype(value)>;
                if constexpr (std::is_same_v<T, bool>)
                    number(static_cast<std::uint8_t>(value));
                else if constexpr (std::is_same_v<T, std::string>)
                    stringValue(value);
                else if constexpr (std::is_same_v<T, MetadataArray>)
                    array(value);
                else
                    number(value);
            },
            entry.value);
    }
    void array(const MetadataArray& array)
    {
        number(static_cast<std::uint32_t>(elementTypeOf(array)));
        number(std::uint64_t{sizeOf(array)});
        std::visit(
            [this](const auto& elements) {
                using T = typename std::decay_t<decltype(elements)>::value_type;
                if constexpr (std::is_same_v<T, std::string>) {
                    for (const std::string& element : elements) stringValue(element);
                } else {
                    m_sink.put(elements.data(), elements.size() * sizeof(T));
                }
            },
            array);
    }

    Sink& m_sink;
};

tl::unexpected<Error> refuse(std::string message, const TensorInfo& tensor)
{
    return fail(Error{ErrorCode::InvalidArgument, std::move(message), {}, tensor.name, {}});
}

Result<void> checkTensors(std::span<const TensorInfo> tensors)
{
    std::unordered_set<std::string_view> names;
    for (const TensorInfo& tensor : tensors) {
        if (tensor.name.size() > 63 || tensor.name.find('\0') != std::string::npos)
            return refuse("A tensor name in a GGUF file has at most 63 bytes and no zero byte; rename the tensor.", tensor);
        if (!names.insert(tensor.name).second) return refuse("Two tensors have the same name; rename one of them.", tensor);
        if (!rowBytes(tensor.type, tensor.shape.columns()))
            return refuse(
                fmt::format("Rows of {} elements cannot be stored as {}, which needs a multiple of {}; choose another format.",
                            tensor.shape.columns(), name(tensor.type), traits(tensor.type).blockLength),
                tensor);
    }
    return {};
}

/// The target must not be one of the sources, whatever the links between the names are.
Result<void> checkNotASource(const std::filesystem::path& target, std::span<const std::filesystem::path> sources)
{
    for (const auto& source : sources) {
        std::error_code ec;
        if (!std::filesystem::equivalent(target, source, ec) || ec) continue;
        const bool sameName = target.lexically_normal() == source.lexically_normal();
        return fail(
            ErrorCode::Unwritable,
            sameName ? std::string("The output would overwrite the model that is being read; choose another name.")
                     : fmt::format(
                           "The output would overwrite the model that is being read: through a link this name and {} mean the same "
                           "file. Choose another name.",
                           source.string()),
            target);
    }
    return {};
}

}  // namespace

GgufWriter::GgufWriter(AtomicFile file, std::vector<TensorInfo> tensors) : m_file(std::move(file)), m_tensors(std::move(tensors)) {}

std::uint64_t GgufWriter::headerBytes(const Metadata& metadata, std::span<const TensorInfo> tensors)
{
    CountingSink header;
    HeaderWriter(header).write(metadata, tensors);
    return header.size;
}

std::uint64_t GgufWriter::fileSizeBytes(const Metadata& metadata, std::span<const TensorInfo> tensors)
{
    std::uint64_t size = padded(headerBytes(metadata, tensors));
    for (const TensorInfo& tensor : tensors) size += padded(sizeOfTensor(tensor));
    return size;
}

Result<GgufWriter> GgufWriter::create(const std::filesystem::path& target, const Metadata& metadata,
                                      std::vector<TensorInfo> tensors, std::span<const std::filesystem::path> sources)
{
    WW_TRY_VOID(checkTensors(tensors));
    WW_TRY_VOID(checkNotASource(target, sources));
    WW_TRY(AtomicFile file, AtomicFile::create(target, fileSizeBytes(metadata, tensors)));
    TextSink header;
    HeaderWriter(header).write(metadata, tensors);
    header.bytes.resize(padded(header.bytes.size()), '\0');
    WW_TRY_VOID(file.write(header.bytes));

    std::uint64_t offset = header.bytes.size();
    for (TensorInfo& tensor : tensors) {
        tensor.sizeBytes = sizeOfTensor(tensor);
        tensor.offset = offset;
        offset += padded(tensor.sizeBytes);
    }
    GgufWriter writer(std::move(file), std::move(tensors));
    writer.skipEmpty();
    return writer;
}

void GgufWriter::skipEmpty()
{
    while (m_current < m_tensors.size() && m_tensors[m_current].sizeBytes == 0) ++m_current;
}

Result<void> GgufWriter::write(std::span<const std::byte> bytes)
{
    if (bytes.empty()) return {};
    if (m_current == m_tensors.size())
        return fail(ErrorCode::Internal, "More data were written than the tensors of the file have.");
    const TensorInfo& tensor = m_tensors[m_current];
    if (bytes.size() > tensor.sizeBytes - m_inTensor)
        return fail(Error{ErrorCode::Internal, "More data were written than the tensor has.", {}, tensor.name, {}});
    WW_TRY_VOID(m_file.write(bytes));
    m_inTensor += bytes.size();
    if (m_inTensor < tensor.sizeBytes) return {};
    const std::uint64_t padding = padded(tensor.sizeBytes) - tensor.sizeBytes;
    if (padding > 0) WW_TRY_VOID(m_file.write(std::span(kZeros).first(padding)));
    m_inTensor = 0;
    ++m_current;
    skipEmpty();
    return {};
}

Result<void> GgufWriter::finish()
{
    if (m_current < m_tensors.size())
        return fail(
            Error{ErrorCode::Internal, "The data of the tensor were not written completely.", {}, m_tensors[m_current].name, {}});
    return m_file.commit();
}

}  // namespace ww
