// SPDX-License-Identifier: MIT
#include "eval/text_overlap.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <system_error>
#include <unordered_set>
#include <utility>

#include <fmt/format.h>

#include "base/mapped_file.h"

namespace ww {
namespace {

constexpr std::size_t kLength = 48;
constexpr double kWorthSaying = 0.02;
constexpr std::uint64_t kFactor = 0x9E3779B97F4A7C15ULL | 1;
// Of all places, those whose hash is a multiple of this are compared: the same in both texts.
constexpr std::uint64_t kStride = 8;

bool isSpace(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

std::string normalized(std::string_view text)
{
    std::string result;
    result.reserve(text.size());
    for (const char c : text)
        if (!isSpace(c))
            result.push_back(c);
        else if (!result.empty() && result.back() != ' ')
            result.push_back(' ');
    return result;
}

/// Calls visit(hash) for every sampled run of kLength characters (a rolling polynomial).
template <class Visit>
void forEachRun(const std::string& text, const Visit& visit)
{
    if (text.size() < kLength) return;
    std::uint64_t oldest = 1;
    for (std::size_t i = 1; i < kLength; ++i) oldest *= kFactor;
    const auto value = [&](std::size_t i) { return std::uint64_t{static_cast<unsigned char>(text[i])} + 1; };
    std::uint64_t hash = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (i >= kLength) hash -= value(i - kLength) * oldest;
        hash = hash * kFactor + value(i);
        const std::uint64_t mixed = (hash ^ (hash >> 29U)) * kFactor;
        if (i + 1 >= kLength && (mixed >> 32U) % kStride == 0) visit(mixed);
    }
}

}  // namespace

double textOverlap(std::string_view evaluation, std::string_view calibration)
{
    std::unordered_set<std::uint64_t> known;
    forEachRun(normalized(calibration), [&](std::uint64_t hash) { known.insert(hash); });
    std::uint64_t places = 0;
    std::uint64_t found = 0;
    forEachRun(normalized(evaluation), [&](std::uint64_t hash) {
        ++places;
        found += known.contains(hash) ? 1 : 0;
    });
    return places == 0 ? 0 : static_cast<double>(found) / static_cast<double>(places);
}

std::string overlapWarning(std::string_view evaluation, const std::string& evaluationName, std::span<const std::string> datasets)
{
    for (const std::string& dataset : datasets) {
        if (dataset.empty()) continue;
        std::error_code error;
        const bool readable = std::filesystem::is_regular_file(dataset, error);
        std::shared_ptr<const MappedFile> file;
        if (readable)
            if (auto opened = MappedFile::open(dataset)) file = std::move(*opened);
        if (!file) {
            if (std::filesystem::path(dataset).filename() == std::filesystem::path(evaluationName).filename())
                return fmt::format("The evaluation text has the name of the calibration text ({}); if they are the same, the figures "
                                   "flatter: judge with another text.",
                                   dataset);
            continue;
        }
        const auto bytes = file->bytes();
        const double share = textOverlap(evaluation, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
        if (share >= kWorthSaying)
            return fmt::format("{:.0f} % of the evaluation text also stand in the calibration text {}, so the figures flatter: judge "
                               "with another text.",
                               100 * share, dataset);
    }
    return {};
}

}  // namespace ww
