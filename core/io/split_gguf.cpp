// SPDX-License-Identifier: MIT
#include "io/split_gguf.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "io/gguf_reader.h"

namespace ww {
namespace {

constexpr std::string_view kNumberKey = "split.no";
constexpr std::string_view kCountKey = "split.count";
constexpr std::string_view kTensorCountKey = "split.tensors.count";
constexpr std::string_view kExtension = ".gguf";
constexpr std::string_view kBetween = "-of-";
constexpr std::size_t kDigits = 5;
constexpr std::size_t kListedMissingParts = 5;

/// Exactly five digits.
std::optional<std::uint32_t> fiveDigits(std::string_view text)
{
    std::uint32_t number = 0;
    if (text.size() != kDigits || !std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; })) return std::nullopt;
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
}

struct SplitKeys {
    std::uint64_t number = 0;  ///< from 0
    std::uint64_t count = 0;
};

/// The split keys of a part, checked for themselves.
Result<SplitKeys> keysOf(const ModelFile::Parts& part)
{
    const auto number = part.metadata.unsignedInteger(kNumberKey);
    const auto count = part.metadata.unsignedInteger(kCountKey);
    if (!number || !count || *number >= *count || *count > 99999)
        return fail(
            ErrorCode::Corrupt,
            "The metadata keys that number the parts of this split model are missing or make no sense; download the part again.",
            part.path);
    return SplitKeys{*number, *count};
}

/// Paths of all parts, derived from the name of the opened one.
Result<std::vector<std::filesystem::path>> pathsOfParts(const ModelFile::Parts& opened, const SplitKeys& keys)
{
    const auto name = parseSplitName(opened.path.filename().string());
    if (!name)
        return fail(ErrorCode::Unsupported,
                    fmt::format("This is part {} of {} of a split model, but the other parts cannot be found because the file was "
                                "renamed; give all "
                                "parts names like NAME-00001-of-{:05}.gguf.",
                                keys.number + 1, keys.count, keys.count),
                    opened.path);
    if (name->number != keys.number + 1 || name->count != keys.count)
        return fail(
            ErrorCode::Corrupt,
            fmt::format("The name says part {} of {}, but the content is part {} of {}; the files of a split model were mixed up.",
                        name->number, name->count, keys.number + 1, keys.count),
            opened.path);
    std::vector<std::filesystem::path> paths;
    for (std::uint32_t number = 1; number <= name->count; ++number)
        paths.push_back(opened.path.parent_path() / formatSplitName({name->prefix, number, name->count}));
    return paths;
}

Result<void> checkAllPresent(std::span<const std::filesystem::path> paths, const std::filesystem::path& opened)
{
    std::string missing;
    std::size_t count = 0;
    for (const auto& path : paths) {
        std::error_code ec;
        if (std::filesystem::exists(path, ec)) continue;
        if (count < kListedMissingParts) missing += (count == 0 ? "" : ", ") + path.filename().string();
        ++count;
    }
    if (count == 0) return {};
    if (count > kListedMissingParts) missing += fmt::format(" and {} more", count - kListedMissingParts);
    return fail(ErrorCode::NotFound,
                fmt::format("{} of {} parts of this split model are missing in its folder: {}.", count, paths.size(), missing),
                opened);
}

/// Appends the tensors of a part.
Result<void> appendPart(ModelFile::Parts& joined, ModelFile::Parts part, std::unordered_set<std::string>& names)
{
    const auto file = static_cast<std::uint32_t>(joined.files.size());
    for (TensorInfo& tensor : part.tensors) {
        if (!names.insert(tensor.name).second)
            return fail(Error{ErrorCode::Corrupt,
                              "The tensor occurs in an earlier part of the split model, too; the parts do not belong together.",
                              part.path,
                              displayText(MetadataValue(tensor.name), 80),
                              {}});
        tensor.file = file;
        joined.tensors.push_back(std::move(tensor));
    }
    joined.files.push_back(std::move(part.files.front()));
    return {};
}

}  // namespace

std::optional<SplitName> parseSplitName(std::string_view fileName)
{
    constexpr std::size_t kEnding = 1 + kDigits + kBetween.size() + kDigits + kExtension.size();
    if (fileName.size() < kEnding || !fileName.ends_with(kExtension)) return std::nullopt;
    const std::string_view ending = fileName.substr(fileName.size() - kEnding);
    const auto number = fiveDigits(ending.substr(1, kDigits));
    const auto count = fiveDigits(ending.substr(1 + kDigits + kBetween.size(), kDigits));
    if (ending[0] != '-' || ending.substr(1 + kDigits, kBetween.size()) != kBetween || !number || !count) return std::nullopt;
    if (*number == 0 || *number > *count) return std::nullopt;
    return SplitName{std::string(fileName.substr(0, fileName.size() - kEnding)), *number, *count};
}

std::string formatSplitName(const SplitName& name)
{
    return fmt::format("{}-{:05}-of-{:05}.gguf", name.prefix, name.number, name.count);
}

bool isSplit(const Metadata& metadata)
{
    return metadata.unsignedInteger(kCountKey).value_or(0) > 1;
}

Result<ModelFile::Parts> joinSplitGguf(ModelFile::Parts opened)
{
    WW_TRY(const SplitKeys keys, keysOf(opened));
    WW_TRY(const auto paths, pathsOfParts(opened, keys));
    WW_TRY_VOID(checkAllPresent(paths, opened.path));

    ModelFile::Parts joined;
    std::unordered_set<std::string> names;
    std::optional<std::int64_t> announced;
    for (std::size_t i = 0; i < paths.size(); ++i) {
        ModelFile::Parts part;
        if (i == keys.number) {
            part = std::move(opened);
        } else {
            WW_TRY(auto file, MappedFile::open(paths[i]));
            WW_TRY(part, readGguf(std::move(file)));
            WW_TRY(const SplitKeys own, keysOf(part));
            if (own.number != i || own.count != keys.count)
                return fail(
                    ErrorCode::Corrupt,
                    fmt::format(
                        "The name says part {} of {}, but the content is part {} of {}; the files of a split model were mixed up.",
                        i + 1, paths.size(), own.number + 1, own.count),
                    paths[i]);
        }
        if (i == 0) {
            announced = part.metadata.integer(kTensorCountKey);
            joined.path = part.path;
            joined.metadata = std::move(part.metadata);
            joined.alignment = part.alignment;
        }
        WW_TRY_VOID(appendPart(joined, std::move(part), names));
    }
    if (announced && *announced != static_cast<std::int64_t>(joined.tensors.size()))
        return fail(
            ErrorCode::Corrupt,
            fmt::format(
                "The parts of this split model hold {} tensors together, but the first part announces {}; the parts do not belong "
                "together.",
                joined.tensors.size(), *announced),
            joined.path);
    return joined;
}

}  // namespace ww
