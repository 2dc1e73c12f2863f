// SPDX-License-Identifier: MIT
#include "tests/support/gguf_builder.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <limits>
#include <utility>

namespace ww::test {
namespace {

std::uint64_t roundUp(std::uint64_t value, std::uint64_t step)
{
    return step == 0 ? value : (value + step - 1) / step * step;
}

/// Appends numbers and strings in the byte order and width that the file asks for.
struct Output {
    const GgufBuilder& file;
    std::string bytes;

    template <class T>
    void number(T value)
    {
        std::string raw = littleEndian(value);
        if (file.bigEndian) std::ranges::reverse(raw);
        bytes += raw;
    }
    void count(std::uint64_t value)
    {
        if (file.version == 1)
            number(static_cast<std::uint32_t>(value));
        else
            number(value);
    }
    void string(const std::string& text)
    {
        count(text.size());
        bytes += text;
    }
    void scalar(bool value) { number(static_cast<std::uint8_t>(value)); }
    void scalar(BoolByte value) { number(value.value); }
    void scalar(const std::string& value) { string(value); }
    template <class T>
    void scalar(T value)
    {
        number(value);
    }
    void scalar(const MetadataArray& array)
    {
        number(static_cast<std::uint32_t>(elementTypeOf(array)));
        count(sizeOf(array));
        std::visit(
            [this](const auto& elements) {
                for (const auto& element : elements) scalar(element);
            },
            array);
    }
};

}  // namespace

GgufBuilder& GgufBuilder::pair(std::string key, MetadataValue value)
{
    const auto type = static_cast<std::uint32_t>(typeOf(value));
    pairs.push_back({std::move(key), type, std::move(value)});
    return *this;
}

GgufBuilder& GgufBuilder::set(const std::string& key, MetadataValue value)
{
    const auto it = std::ranges::find(pairs, key, &Pair::key);
    if (it == pairs.end()) return pair(key, std::move(value));
    it->type = static_cast<std::uint32_t>(typeOf(value));
    it->value = std::move(value);
    return *this;
}

GgufBuilder& GgufBuilder::rawPair(std::string key, std::uint32_t type, std::string value)
{
    pairs.push_back({std::move(key), type, std::move(value)});
    return *this;
}

GgufBuilder& GgufBuilder::tensor(std::string name, TensorType type, std::vector<std::uint64_t> ne, std::string data)
{
    std::uint64_t size = rowBytes(type, ne.empty() ? 1 : ne[0]).value_or(0);
    for (std::size_t i = 1; i < ne.size(); ++i) size *= ne[i];
    tensors.push_back({std::move(name), static_cast<std::uint32_t>(type), std::move(ne), std::move(data), size});
    return *this;
}

GgufBuilder& GgufBuilder::rawTensor(std::string name, std::uint32_t type, std::vector<std::uint64_t> ne, std::string data)
{
    const std::uint64_t size = data.size();
    tensors.push_back({std::move(name), type, std::move(ne), std::move(data), size});
    return *this;
}

std::string GgufBuilder::header() const
{
    Output out{*this, "GGUF"};
    out.number(version);
    out.count(tensorCount.value_or(tensors.size()));
    out.count(pairCount.value_or(pairs.size()));
    for (const Pair& pair : pairs) {
        out.string(pair.key);
        out.number(pair.type);
        if (const auto* raw = std::get_if<std::string>(&pair.value))
            out.bytes += *raw;
        else
            std::visit([&out](const auto& value) { out.scalar(value); }, std::get<MetadataValue>(pair.value));
    }
    std::uint64_t offset = 0;
    for (const Tensor& tensor : tensors) {
        out.string(tensor.name);
        out.number(tensor.dims.value_or(static_cast<std::uint32_t>(tensor.ne.size())));
        for (const std::uint64_t ne : tensor.ne) out.count(ne);
        out.number(tensor.type);
        out.number(tensor.offset.value_or(offset));
        offset = roundUp(offset + tensor.sizeBytes, alignment);
    }
    if (!tensors.empty()) out.bytes.resize(roundUp(out.bytes.size(), alignment), '\0');
    return out.bytes;
}

std::string GgufBuilder::bytes() const
{
    std::string bytes = header();
    for (std::size_t i = 0; i < tensors.size(); ++i) {
        const std::size_t begin = bytes.size();
        bytes += tensors[i].data;
        const std::uint64_t end = begin + tensors[i].sizeBytes;
        bytes.resize(i + 1 < tensors.size() || tailPadding ? roundUp(end, alignment) : end, '\0');
    }
    return bytes;
}

bool GgufBuilder::write(const std::filesystem::path& path) const
{
    std::ofstream file(path, std::ios::binary | std::ios::trunc);
    const std::string start = header();
    file << start;
    std::uint64_t position = start.size();
    for (std::size_t i = 0; i < tensors.size(); ++i) {
        file.seekp(static_cast<std::streamoff>(position));
        file << tensors[i].data;
        position += tensors[i].sizeBytes;
        if (i + 1 < tensors.size() || tailPadding) position = roundUp(position, alignment);
    }
    file.close();
    std::error_code ec;
    std::filesystem::resize_file(path, position, ec);
    return !file.fail() && !ec;
}

GgufBuilder everyKindOfValue()
{
    GgufBuilder file;
    file.pair("general.architecture", std::string("llama"));
    file.pair("u8", std::uint8_t{200})
        .pair("i8", std::int8_t{-100})
        .pair("u16", std::uint16_t{60000})
        .pair("i16", std::int16_t{-30000});
    file.pair("u32", std::uint32_t{4000000000U}).pair("i32", std::int32_t{-2000000000}).pair("f32", 0.1F).pair("bool", true);
    file.pair("u64", std::uint64_t{1} << 63).pair("i64", std::numeric_limits<std::int64_t>::min()).pair("f64", 0.1);
    file.pair("strings", MetadataArray(std::vector<std::string>{"a", "", "\xFF\xFE"}));
    file.pair("bytes", MetadataArray(std::vector<std::uint8_t>{1, 2, 3}));
    file.pair("signed bytes", MetadataArray(std::vector<std::int8_t>{-1}));
    file.pair("shorts", MetadataArray(std::vector<std::uint16_t>{7}));
    file.pair("signed shorts", MetadataArray(std::vector<std::int16_t>{-7}));
    file.pair("words", MetadataArray(std::vector<std::uint32_t>{8}));
    file.pair("signed words", MetadataArray(std::vector<std::int32_t>{-8}));
    file.pair("floats", MetadataArray(std::vector<float>{1.5F, -0.0F}));
    file.pair("bools", MetadataArray(std::vector<BoolByte>{{1}, {0}}));
    file.pair("longs", MetadataArray(std::vector<std::uint64_t>{9}));
    file.pair("signed longs", MetadataArray(std::vector<std::int64_t>{-9}));
    file.pair("doubles", MetadataArray(std::vector<double>{2.5}));
    file.pair("empty", MetadataArray(std::vector<std::int16_t>{}));
    std::string ramp;
    for (int i = 0; i < 24; ++i) ramp += littleEndian(static_cast<float>(i) / 7.0F);
    file.tensor("token_embd.weight", TensorType::F32, {8, 3}, ramp);
    file.tensor("odd", TensorType::F16, {3}, ramp.substr(0, 6));
    file.tensor("nothing", TensorType::F32, {8, 0});
    file.tensor("experts", TensorType::Q8_0, {64, 2, 3}, std::string(408, '\x11'));
    file.tensor("empty at the end", TensorType::F32, {0});
    return file;
}

bool writeFile(const std::filesystem::path& path, std::string_view bytes)
{
    std::ofstream file(path, std::ios::binary | std::ios::trunc);
    file << bytes;
    file.close();
    return !file.fail();
}

std::string readFile(const std::filesystem::path& path)
{
    std::ifstream file(path, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(file), {});
}

}  // namespace ww::test
