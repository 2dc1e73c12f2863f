// SPDX-License-Identifier: MIT
#include "calibration/calibration_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <new>
#include <string_view>

#include "base/atomic_file.h"
#include "calibration/byte_stream.h"

namespace ww {
namespace {

static_assert(std::endian::native == std::endian::little);
constexpr std::string_view kMagic = "WWCALIB3";
constexpr std::string_view kAnyVersion = "WWCALIB";
constexpr std::uint64_t kMaximumBytes = std::uint64_t{64} << 30;

/// What a person gave instead of a calibration.
std::string_view kindOf(std::string_view bytes)
{
    constexpr std::size_t kLooked = 4096;
    const std::string_view start = bytes.substr(0, kLooked);
    if (start.empty()) return "an empty file";
    if (start.starts_with(kAnyVersion)) return "a calibration that another version of the program wrote";
    if (start.starts_with("GGUF")) return start.find("imatrix") == std::string_view::npos ? "a GGUF model" : "an importance matrix";
    if (start.starts_with("{")) return "a JSON file";
    const auto isText = [](char c) { return static_cast<unsigned char>(c) >= ' ' || (c >= '\t' && c <= '\r'); };
    return std::ranges::all_of(start, isText) ? "a text" : "a file of another kind, or damaged";
}

}  // namespace

void writeStatistics(ByteWriter& out, const InputStatistics& input)
{
    out.number(input.tensors.size());
    for (const std::string& tensor : input.tensors) out.text(tensor);
    for (const std::uint64_t value : {std::uint64_t{input.matrix}, std::uint64_t{input.matrices}, std::uint64_t{input.columns}, input.count})
        out.number(value);
    out.values(input.sumSquares);
    out.values(input.sum);
    out.values(input.sumAbs);
    out.values(input.absMax);
    out.values(input.magnitudes);
    out.values(input.halfSquares);
    out.number(input.halfCount);
    out.values(input.gram);
}

bool readStatistics(ByteReader& in, InputStatistics& input)
{
    const std::uint64_t names = in.number();
    for (std::uint64_t i = 0; i < names && in.good(); ++i) input.tensors.push_back(in.text());
    input.matrix = in.number();
    input.matrices = in.number();
    input.columns = in.number();
    input.count = in.number();
    in.values(input.sumSquares);
    in.values(input.sum);
    in.values(input.sumAbs);
    in.values(input.absMax);
    in.values(input.magnitudes);
    in.values(input.halfSquares);
    input.halfCount = in.number();
    in.values(input.gram);
    const std::size_t n = input.columns;
    return in.good() && !input.tensors.empty() && input.sumSquares.size() == n && input.sum.size() == n && input.sumAbs.size() == n &&
           input.absMax.size() == n && (input.magnitudes.empty() || input.magnitudes.size() == kMagnitudeBins) && input.halfSquares.size() == n && (input.gram.empty() || (n < (std::size_t{1} << 31) && input.gram.size() == n * n));
}

Result<void> saveCalibration(const StoredCalibration& stored, const std::filesystem::path& path)
{
    ByteWriter out;
    out.hash(stored.model);
    out.hash(stored.settings);
    out.values(stored.weights);
    const Calibration& c = stored.calibration;
    out.text(c.textName);
    for (const std::uint64_t value : {c.tokens, std::uint64_t{c.windows}, std::uint64_t{c.contextLength}, std::uint64_t{c.inputs.size()}})
        out.number(value);
    for (const InputStatistics& input : c.inputs) writeStatistics(out, input);
    return out.save(path, kMagic);
}

Result<StoredCalibration> loadCalibration(const std::filesystem::path& path)
{
    try {
        WW_TRY(const std::string bytes, readTextFile(path, kMaximumBytes));
        if (!bytes.starts_with(kMagic))
            return fail(ErrorCode::Corrupt,
                        fmt::format("This is {}, where a calibration is needed; \"weightwright-cli calibrate\" makes one.", kindOf(bytes)), path);
        WW_TRY(ByteReader in, ByteReader::open(bytes, kMagic, path));
        StoredCalibration stored;
        stored.model = in.hash();
        stored.settings = in.hash();
        in.values(stored.weights);
        Calibration& c = stored.calibration;
        c.textName = in.text();
        c.tokens = in.number();
        c.windows = static_cast<std::uint32_t>(in.number());
        c.contextLength = static_cast<std::uint32_t>(in.number());
        const std::uint64_t inputs = in.number();
        for (std::uint64_t i = 0; i < inputs && in.good(); ++i)
            if (!readStatistics(in, c.inputs.emplace_back())) break;
        if (!in.finished()) return fail(ErrorCode::Corrupt, "The calibration file is damaged; calibrate again.", path);
        return stored;
    } catch (const std::bad_alloc&) {
        return fail(ErrorCode::OutOfMemory, "There is not enough memory for this calibration file.", path);
    }
}

}  // namespace ww
