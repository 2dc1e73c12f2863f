// SPDX-License-Identifier: MIT
// Layout of a safetensors file:
//
//   header length  u64, little-endian; at most 100 MB
//   header         a JSON object, perhaps with spaces behind it:
//                    "__metadata__": object of strings (optional)
//                    tensor name:    {"dtype": "BF16", "shape": [out, in], "data_offsets": [begin, end]}
//   data           offsets count from here; the tensors cover it without holes and without overlap
//
// The header is read event by event: nothing is built that the format does not foresee, a deeper nesting than it has ends
// the reading at once, and names or fields that occur twice are noticed, which a JSON document would hide.
#include "io/safetensors_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <limits>
#include <new>
#include <nlohmann/json.hpp>
#include <unordered_map>
#include <unordered_set>

#include "base/atomic_file.h"
#include "io/foreign_content.h"
#include "io/metadata.h"

namespace ww {
namespace {

static_assert(std::endian::native == std::endian::little, "The readers copy little-endian numbers as they are");

using Json = nlohmann::json;

constexpr std::uint64_t kMaximumHeaderBytes = 100'000'000;
constexpr std::uint64_t kMaximumIndexBytes = 32'000'000;  // the index of a model with 90,000 tensors has 8 MB
constexpr std::size_t kMaximumMetadataEntries = 100'000;
constexpr std::size_t kMaximumDimensions = 32;
constexpr std::uint64_t kMaximumElements = std::numeric_limits<std::int64_t>::max();

struct TypeRow {
    SafetensorsType type;
    std::string_view name;
    std::uint32_t bytes;
};
constexpr std::array kTypes = {
    TypeRow{SafetensorsType::F64, "F64", 8},         TypeRow{SafetensorsType::F32, "F32", 4},
    TypeRow{SafetensorsType::F16, "F16", 2},         TypeRow{SafetensorsType::BF16, "BF16", 2},
    TypeRow{SafetensorsType::F8_E4M3, "F8_E4M3", 1}, TypeRow{SafetensorsType::F8_E5M2, "F8_E5M2", 1},
    TypeRow{SafetensorsType::I64, "I64", 8},         TypeRow{SafetensorsType::I32, "I32", 4},
    TypeRow{SafetensorsType::I16, "I16", 2},         TypeRow{SafetensorsType::I8, "I8", 1},
    TypeRow{SafetensorsType::U64, "U64", 8},         TypeRow{SafetensorsType::U32, "U32", 4},
    TypeRow{SafetensorsType::U16, "U16", 2},         TypeRow{SafetensorsType::U8, "U8", 1},
    TypeRow{SafetensorsType::Bool, "BOOL", 1},
};

std::string shown(std::string text)
{
    return displayText(MetadataValue(std::move(text)), 80);
}

/// Refuses every JSON event; the readers below override what they expect. The first problem is kept and ends the parsing.
class JsonEvents : public nlohmann::json_sax<Json> {
public:
    [[nodiscard]] Error takeError(std::string_view fallback)
    {
        if (m_error.message.empty()) m_error = {ErrorCode::Corrupt, std::string(fallback), {}, {}, {}};
        return std::move(m_error);
    }

    bool null() override { return unexpected(); }
    bool boolean(bool) override { return unexpected(); }
    bool number_integer(number_integer_t) override { return unexpected(); }
    bool number_unsigned(number_unsigned_t) override { return unexpected(); }
    bool number_float(number_float_t, const string_t&) override { return unexpected(); }
    bool string(string_t&) override { return unexpected(); }
    bool binary(binary_t&) override { return unexpected(); }
    bool start_object(std::size_t) override { return unexpected(); }
    bool key(string_t&) override { return unexpected(); }
    bool end_object() override { return unexpected(); }
    bool start_array(std::size_t) override { return unexpected(); }
    bool end_array() override { return unexpected(); }
    bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&) override
    {
        return refuse(ErrorCode::Corrupt,
                      fmt::format("The description is not valid JSON from its byte {} on; perhaps the download is incomplete or "
                                  "the file is damaged.",
                                  position));
    }

protected:
    bool refuse(ErrorCode code, std::string message, std::string tensor = {})
    {
        if (m_error.message.empty()) m_error = {code, std::move(message), {}, shown(std::move(tensor)), {}};
        return false;
    }
    virtual bool unexpected()
    {
        return refuse(ErrorCode::Corrupt, "The description does not have the structure of this format; the file is damaged.");
    }

private:
    Error m_error;
};

/// The header of a file. Offsets of the tensors still count from the data section.
class HeaderEvents final : public JsonEvents {
public:
    std::vector<SafetensorsTensor> tensors;
    std::vector<std::pair<std::string, std::string>> metadata;

    bool start_object(std::size_t) override
    {
        if (m_place == Place::Start)
            m_place = Place::Root;
        else if (m_place == Place::RootValue && m_inMetadata)
            m_place = Place::Metadata;
        else if (m_place == Place::RootValue)
            beginTensor();
        else
            return unexpected();
        return true;
    }
    bool key(string_t& text) override
    {
        if (m_place == Place::Root) return rootKey(text);
        if (m_place == Place::Metadata) {
            if (metadata.size() == kMaximumMetadataEntries)
                return refuse(ErrorCode::Unsupported,
                              fmt::format("The file has more than {} metadata entries; no known model comes near this.",
                                          kMaximumMetadataEntries));
            metadata.emplace_back(std::move(text), std::string());
            m_place = Place::MetadataValue;
            return true;
        }
        return m_place == Place::Tensor ? tensorKey(text) : unexpected();
    }
    bool string(string_t& text) override
    {
        if (m_place == Place::MetadataValue) {
            metadata.back().second = std::move(text);
            m_place = Place::Metadata;
            return true;
        }
        if (m_place != Place::Type) return unexpected();
        const auto type = safetensorsTypeFromName(text);
        if (!type)
            return refuse(
                ErrorCode::Unsupported,
                fmt::format("The elements are stored as \"{}\", which this program does not know; a newer Weightwright may.",
                            shown(text)),
                m_name);
        tensors.back().type = *type;
        m_place = Place::Tensor;
        return true;
    }
    bool start_array(std::size_t) override
    {
        if (m_place == Place::Shape)
            m_place = Place::ShapeValues;
        else if (m_place == Place::Offsets)
            m_place = Place::OffsetValues;
        else
            return unexpected();
        return true;
    }
    bool number_unsigned(number_unsigned_t value) override
    {
        if (m_place == Place::ShapeValues) {
            auto& shape = tensors.back().shape;
            if (shape.size() == kMaximumDimensions)
                return refuse(ErrorCode::Corrupt,
                              fmt::format("The tensor has more than {} dimensions; the file is damaged.", kMaximumDimensions),
                              m_name);
            shape.push_back(value);
            return true;
        }
        if (m_place != Place::OffsetValues) return unexpected();
        if (m_offsetCount == m_offsets.size())
            return refuse(ErrorCode::Corrupt, "The tensor has more than two data offsets; the file is damaged.", m_name);
        m_offsets[m_offsetCount++] = value;
        return true;
    }
    bool end_array() override
    {
        if (m_place != Place::ShapeValues && m_place != Place::OffsetValues) return unexpected();
        m_place = Place::Tensor;
        return true;
    }
    bool end_object() override
    {
        if (m_place == Place::Tensor) return endTensor();
        if (m_place == Place::Metadata)
            m_place = Place::Root;
        else if (m_place == Place::Root)
            m_place = Place::End;
        else
            return unexpected();
        return true;
    }

private:
    /// What is expected next. …Value: directly behind a key.
    enum class Place {
        Start,
        Root,
        RootValue,
        Metadata,
        MetadataValue,
        Tensor,
        Type,
        Shape,
        ShapeValues,
        Offsets,
        OffsetValues,
        End
    };

    bool rootKey(string_t& text)
    {
        if (!m_names.insert(text).second)
            return refuse(ErrorCode::Corrupt, "The tensor is described twice; the file is damaged.", text);
        m_inMetadata = text == "__metadata__";
        m_name = std::move(text);
        m_place = Place::RootValue;
        return true;
    }
    void beginTensor()
    {
        tensors.emplace_back().name = m_name;
        m_offsetCount = 0;
        m_hasType = m_hasShape = m_hasOffsets = false;
        m_place = Place::Tensor;
    }
    bool tensorKey(const string_t& text)
    {
        const bool isType = text == "dtype";
        const bool isShape = text == "shape";
        if (!isType && !isShape && text != "data_offsets") return unexpected();
        bool& seen = isType ? m_hasType : isShape ? m_hasShape : m_hasOffsets;
        if (std::exchange(seen, true))
            return refuse(ErrorCode::Corrupt, "A field of the tensor's description occurs twice; the file is damaged.", m_name);
        m_place = isType ? Place::Type : isShape ? Place::Shape : Place::Offsets;
        return true;
    }
    bool endTensor()
    {
        if (!m_hasType || !m_hasShape || !m_hasOffsets || m_offsetCount != 2)
            return refuse(ErrorCode::Corrupt, "The tensor's description lacks its type, shape or place; the file is damaged.",
                          m_name);
        SafetensorsTensor& tensor = tensors.back();
        std::uint64_t elements = 1;
        std::uint64_t product = 1;  // zeros count as ones, so that no partial product can overflow later
        for (const std::uint64_t length : tensor.shape) {
            elements *= length;
            if (__builtin_mul_overflow(product, std::max<std::uint64_t>(length, 1), &product) || product > kMaximumElements)
                return refuse(ErrorCode::Corrupt,
                              "The tensor has more elements than can be counted in 63 bits; the file is damaged.", m_name);
        }
        const auto [begin, end] = m_offsets;
        if (begin > end || __builtin_mul_overflow(elements, std::uint64_t{elementBytes(tensor.type)}, &tensor.sizeBytes) ||
            end - begin != tensor.sizeBytes)
            return refuse(
                ErrorCode::Corrupt,
                fmt::format(
                    "The data of the tensor are said to lie from byte {} to {}, which does not fit its shape; the file is damaged.",
                    begin, end),
                m_name);
        tensor.offset = begin;
        m_place = Place::Root;
        return true;
    }
    bool unexpected() override
    {
        const bool inTensor = m_place >= Place::Tensor && m_place < Place::End;
        return refuse(ErrorCode::Corrupt, "The header does not have the structure of a safetensors file; the file is damaged.",
                      inTensor ? m_name : std::string());
    }

    Place m_place = Place::Start;
    bool m_inMetadata = false;
    bool m_hasType = false;
    bool m_hasShape = false;
    bool m_hasOffsets = false;
    std::string m_name;
    std::array<std::uint64_t, 2> m_offsets{};
    std::size_t m_offsetCount = 0;
    std::unordered_set<std::string> m_names;
};

/// The index of a model in several files: {"metadata": {…}, "weight_map": {tensor name: file name}}.
class IndexEvents final : public JsonEvents {
public:
    std::unordered_map<std::string, std::string> fileOf;
    std::vector<std::string> files;  ///< each once, in order of first mention

    bool null() override { return skipped(); }
    bool boolean(bool) override { return skipped(); }
    bool number_integer(number_integer_t) override { return skipped(); }
    bool number_unsigned(number_unsigned_t) override { return skipped(); }
    bool number_float(number_float_t, const string_t&) override { return skipped(); }
    bool start_array(std::size_t) override { return deeper(); }
    bool end_array() override
    {
        --m_depth;
        return true;
    }
    bool start_object(std::size_t) override
    {
        if (m_depth == 0 || (m_depth == 1 && m_inMap)) {
            ++m_depth;
            return true;
        }
        return deeper();
    }
    bool end_object() override
    {
        --m_depth;
        return true;
    }
    bool key(string_t& text) override
    {
        if (m_depth == 1) {
            m_inMap = text == "weight_map";
            if (m_inMap && std::exchange(m_hasMap, true))
                return refuse(ErrorCode::Corrupt, "The index has two lists of tensors; it is damaged.");
            return true;
        }
        if (m_inMap && !fileOf.try_emplace(text).second)
            return refuse(ErrorCode::Corrupt, "The index names the tensor twice; it is damaged.", text);
        m_name = std::move(text);
        return true;
    }
    bool string(string_t& text) override
    {
        if (!m_inMap) return skipped();
        if (m_depth != 2) return unexpected();
        // Only names of files beside the index: a path could lead anywhere.
        if (text.empty() || text == "." || text == ".." || text.find('/') != std::string::npos ||
            text.find('\\') != std::string::npos || text.find('\0') != std::string::npos)
            return refuse(
                ErrorCode::Corrupt,
                fmt::format("The index places the tensor in \"{}\", which is not the name of a file beside it.", shown(text)),
                m_name);
        if (m_seenFiles.insert(text).second) files.push_back(text);
        fileOf[m_name] = std::move(text);
        return true;
    }
    [[nodiscard]] bool hasMap() const { return m_hasMap; }

private:
    static constexpr int kMaximumDepth = 16;

    /// Everything outside the list of tensors is allowed and ignored, up to a depth that no real file has.
    bool skipped() { return m_depth >= 1 && !m_inMap ? true : unexpected(); }
    bool deeper()
    {
        if (m_depth == 0 || m_inMap || m_depth == kMaximumDepth) return unexpected();
        ++m_depth;
        return true;
    }
    bool unexpected() override
    {
        return refuse(ErrorCode::Corrupt, "This is not the index of a safetensors model, or it is damaged.");
    }

    int m_depth = 0;
    bool m_inMap = false;
    bool m_hasMap = false;
    std::string m_name;
    std::unordered_set<std::string> m_seenFiles;
};

/// Sorts the tensors by place, checks that they cover the data section and makes offsets count from the file's start.
Result<void> placeTensors(std::vector<SafetensorsTensor>& tensors, std::uint64_t dataStart, std::uint64_t fileBytes)
{
    std::ranges::stable_sort(tensors, {}, [](const SafetensorsTensor& t) { return std::pair(t.offset, t.sizeBytes); });
    std::uint64_t next = 0;
    for (SafetensorsTensor& tensor : tensors) {
        if (tensor.offset != next)
            return fail(Error{
                ErrorCode::Corrupt,
                fmt::format(
                    "The data of the tensor begin at byte {} of the data section, but those of the one before end at byte {}; the "
                    "file is damaged.",
                    tensor.offset, next),
                {},
                shown(tensor.name),
                {}});
        next += tensor.sizeBytes;  // equals the end offset that the file gave, so it cannot wrap
        tensor.offset += dataStart;
    }
    const std::uint64_t dataBytes = fileBytes - dataStart;
    if (next > dataBytes)
        return fail(ErrorCode::Corrupt,
                    fmt::format("The file ends too early: its tensors need {} bytes, but it has only {}; perhaps the download is "
                                "incomplete or the file is damaged.",
                                dataStart + next, fileBytes));
    if (next < dataBytes)
        return fail(
            ErrorCode::Corrupt,
            fmt::format("The file has {} bytes behind its last tensor that nothing describes; it is damaged.", dataBytes - next));
    return {};
}

Result<SafetensorsModel> readHeader(const MappedFile& file)
{
    const auto bytes = file.bytes();
    if (auto sentence = failedDownload(bytes))
        return fail(bytes.empty() ? ErrorCode::Corrupt : ErrorCode::Unsupported, std::move(*sentence));
    std::uint64_t length = 0;
    if (bytes.size() < sizeof length + 2)
        return fail(ErrorCode::Corrupt, "The file is too short for a safetensors file; perhaps the download is incomplete.");
    std::memcpy(&length, bytes.data(), sizeof length);
    const auto header = bytes.subspan(sizeof length);
    if (header.front() != std::byte{'{'})
        return fail(ErrorCode::Unsupported, "This is not a safetensors file: its description does not begin where it should.");
    if (length > kMaximumHeaderBytes)
        return fail(
            ErrorCode::Unsupported,
            fmt::format("The header is said to have {} bytes; more than {} are not read, because no known model needs them.",
                        length, kMaximumHeaderBytes));
    if (length > header.size())
        return fail(ErrorCode::Corrupt,
                    "The file ends inside its header; perhaps the download is incomplete or the file is damaged.");

    const char* const text = reinterpret_cast<const char*>(header.data());
    HeaderEvents events;
    if (!Json::sax_parse(text, text + length, &events))
        return fail(events.takeError("The header of this safetensors file is damaged."));
    SafetensorsModel model;
    model.tensors = std::move(events.tensors);
    model.metadata = std::move(events.metadata);
    WW_TRY_VOID(placeTensors(model.tensors, sizeof length + length, bytes.size()));
    return model;
}

Result<void> checkAllPresent(const std::filesystem::path& index, std::span<const std::string> files)
{
    constexpr std::size_t kListed = 5;
    std::string missing;
    std::size_t count = 0;
    for (const std::string& file : files) {
        std::error_code ec;
        if (std::filesystem::exists(index.parent_path() / file, ec)) continue;
        if (count < kListed) missing += (count == 0 ? "" : ", ") + shown(file);
        ++count;
    }
    if (count == 0) return {};
    if (count > kListed) missing += fmt::format(" and {} more", count - kListed);
    return fail(ErrorCode::NotFound,
                fmt::format("{} of {} files of this model are missing in its folder: {}.", count, files.size(), missing), index);
}

/// A file of the folder itself, or of the blobs of a Hugging Face cache, to which the files of a snapshot lead.
bool staysInside(const std::filesystem::path& folder, const std::filesystem::path& file)
{
    std::error_code ec;
    const auto from = std::filesystem::canonical(folder.empty() ? std::filesystem::path(".") : folder, ec);
    if (ec) return false;
    const auto to = std::filesystem::canonical(file, ec);
    if (ec) return false;
    if (std::mismatch(from.begin(), from.end(), to.begin(), to.end()).first == from.end()) return true;
    const auto blobs = to.parent_path();
    return blobs.filename() == "blobs" && blobs.parent_path().filename().string().starts_with("models--");
}

std::pair<std::string, std::string> stemAndCount(std::string_view name)
{
    // "model-00001-of-00003.safetensors"
    constexpr std::string_view kEnding = ".safetensors";
    constexpr std::size_t kNumber = 5;
    const auto isNumber = [](std::string_view text) { return std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; }); };
    if (!name.ends_with(kEnding)) return {};
    name.remove_suffix(kEnding.size());
    constexpr std::size_t kTail = 1 + kNumber + 4 + kNumber;  // "-00001-of-00003"
    if (name.size() <= kTail) return {};
    const std::string_view tail = name.substr(name.size() - kTail);
    const bool fits = tail[0] == '-' && isNumber(tail.substr(1, kNumber)) && tail.substr(1 + kNumber, 4) == "-of-" && isNumber(tail.substr(kTail - kNumber));
    if (!fits) return {};
    return {std::string(name.substr(0, name.size() - kTail)), std::string(tail.substr(kTail - kNumber))};
}

/// Shards that the index should name by their names, but does not: it is incomplete.
Result<void> checkNoneLeftOut(const std::filesystem::path& index, std::span<const std::string> files)
{
    std::string surplus;
    std::size_t count = 0;
    for (const std::string& name : surplusShards(index.parent_path(), files)) {
        const bool belongs = std::ranges::any_of(files, [&](const std::string& file) { return stemAndCount(file) == stemAndCount(name); });
        if (belongs && count++ < 5) surplus += (surplus.empty() ? "" : ", ") + shown(name);
    }
    if (count == 0) return {};
    return fail(ErrorCode::Corrupt,
                fmt::format("The index does not use {} of the files that belong to this model by their names: {}{}; it is incomplete or of another version.",
                            count, surplus, count > 5 ? " …" : ""),
                index);
}

Result<SafetensorsModel> readIndexed(const std::filesystem::path& index)
{
    WW_TRY(const std::string text, readTextFile(index, kMaximumIndexBytes));
    IndexEvents events;
    if (!Json::sax_parse(text, &events) || !events.hasMap()) {
        Error error = events.takeError("This is not the index of a safetensors model: it has no list of tensors.");
        error.path = index;
        return fail(std::move(error));
    }
    WW_TRY_VOID(checkAllPresent(index, events.files));
    for (const std::string& file : events.files)
        if (!staysInside(index.parent_path(), index.parent_path() / file))
            return fail(ErrorCode::Corrupt,
                        fmt::format("{} is a link to a file outside this folder, which is not followed; put the file itself here.", shown(file)), index);
    WW_TRY_VOID(checkNoneLeftOut(index, events.files));
    SafetensorsModel joined;
    std::unordered_set<std::string> found;
    for (std::size_t i = 0; i < events.files.size(); ++i) {
        WW_TRY(auto file, MappedFile::open(index.parent_path() / events.files[i]));
        WW_TRY(SafetensorsModel part, readSafetensors(std::move(file)));
        for (SafetensorsTensor& tensor : part.tensors) {
            const auto it = events.fileOf.find(tensor.name);
            if (it == events.fileOf.end())
                return fail(Error{ErrorCode::Corrupt,
                                  fmt::format("{} has a tensor that the index does not know; the files do not belong together.", shown(events.files[i])),
                                  index,
                                  shown(tensor.name),
                                  {}});
            if (it->second != events.files[i]) continue;
            found.insert(tensor.name);
            tensor.file = static_cast<std::uint32_t>(i);
            joined.tensors.push_back(std::move(tensor));
        }
        if (i == 0) joined.metadata = std::move(part.metadata);
        joined.files.push_back(std::move(part.files.front()));
    }
    std::erase_if(events.fileOf, [&found](const auto& entry) { return found.contains(entry.first); });
    if (events.fileOf.empty()) return joined;
    const auto first = std::ranges::min_element(events.fileOf);  // the same one every time
    return fail(Error{ErrorCode::Corrupt,
                      fmt::format("The index places {} tensors in files that do not have them, among them this one in {}; the "
                                  "files do not belong together.",
                                  events.fileOf.size(), shown(first->second)),
                      index,
                      shown(first->first),
                      {}});
}

/// Runs a reader so that a lack of memory becomes an error.
template <class Reader>
Result<SafetensorsModel> guarded(const std::filesystem::path& path, Reader reader)
{
    try {
        return reader();
    } catch (const std::bad_alloc&) {
        return fail(ErrorCode::OutOfMemory, "There is not enough free memory to read the description of this model.", path);
    }
}

}  // namespace

std::string_view name(SafetensorsType type)
{
    return std::ranges::find(kTypes, type, &TypeRow::type)->name;
}

std::optional<SafetensorsType> safetensorsTypeFromName(std::string_view name)
{
    const auto* row = std::ranges::find(kTypes, name, &TypeRow::name);
    return row == kTypes.end() ? std::nullopt : std::optional(row->type);
}

std::uint32_t elementBytes(SafetensorsType type)
{
    return std::ranges::find(kTypes, type, &TypeRow::type)->bytes;
}

Result<SafetensorsModel> readSafetensors(std::shared_ptr<const MappedFile> file)
{
    auto model = guarded(file->path(), [&file] { return readHeader(*file); });
    if (!model) {
        model.error().path = file->path();
        return model;
    }
    model->files.push_back(std::move(file));
    return model;
}

std::vector<std::string> surplusShards(const std::filesystem::path& folder, std::span<const std::string> used)
{
    std::vector<std::string> names;
    std::error_code ec;
    for (std::filesystem::directory_iterator it(folder.empty() ? std::filesystem::path(".") : folder, ec), end; !ec && it != end; it.increment(ec)) {
        const std::string name = it->path().filename().string();
        if (!stemAndCount(name).first.empty() && std::ranges::find(used, name) == used.end()) names.push_back(name);
    }
    std::ranges::sort(names);
    return names;
}

Result<SafetensorsModel> readSafetensorsIndex(const std::filesystem::path& index)
{
    return guarded(index, [&index] { return readIndexed(index); });
}

}  // namespace ww
