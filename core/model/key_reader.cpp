// SPDX-License-Identifier: MIT
#include "model/key_reader.h"

#include <cmath>
#include <limits>

#include <fmt/format.h>

namespace ww {
namespace {

constexpr std::uint64_t kLargest = std::numeric_limits<std::uint32_t>::max();

}  // namespace

tl::unexpected<Error> KeyReader::wrong(std::string_view key, std::string_view what) const
{
    return fail(ErrorCode::Corrupt,
                fmt::format("{}{} {}. The file was not written by a correct converter, or it is damaged.", m_prefix, key, what),
                m_model.path());
}

Result<std::uint32_t> KeyReader::required(std::string_view key) const
{
    if (!has(key)) return wrong(key, "is missing from the metadata");
    WW_TRY(const std::uint32_t value, count(key, 0));
    if (value == 0) return wrong(key, "is 0");
    return value;
}

Result<std::uint32_t> KeyReader::count(std::string_view key, std::uint32_t absent) const
{
    if (!has(key)) return absent;
    const auto value = m_model.metadata().unsignedInteger(m_prefix + std::string(key));
    if (!value || *value > kLargest) return wrong(key, "is not a sensible whole number");
    return static_cast<std::uint32_t>(*value);
}

Result<float> KeyReader::real(std::string_view key, float absent) const
{
    if (!has(key)) return absent;
    const auto value = m_model.metadata().real(m_prefix + std::string(key));
    if (!value || !std::isfinite(static_cast<float>(*value))) return wrong(key, "is not a number");
    return static_cast<float>(*value);
}

Result<float> KeyReader::notNegative(std::string_view key, float absent) const
{
    WW_TRY(const float value, real(key, absent));
    if (value < 0) return wrong(key, "is negative");
    return value;
}

Result<float> KeyReader::requiredReal(std::string_view key) const
{
    if (!has(key)) return wrong(key, "is missing from the metadata");
    return real(key, 0);
}

Result<bool> KeyReader::flag(std::string_view key, bool absent) const
{
    if (!has(key)) return absent;
    const auto value = m_model.metadata().boolean(m_prefix + std::string(key));
    if (!value) return wrong(key, "is not true or false");
    return *value;
}

Result<std::string> KeyReader::text(std::string_view key, std::string_view absent) const
{
    if (!has(key)) return std::string(absent);
    const auto value = m_model.metadata().string(m_prefix + std::string(key));
    if (!value) return wrong(key, "is not a text");
    return std::string(*value);
}

Result<std::vector<std::uint32_t>> KeyReader::perBlock(std::string_view key, std::uint32_t blocks) const
{
    if (!has(key)) return std::vector<std::uint32_t>();
    const auto array = m_model.metadata().integerArray(m_prefix + std::string(key));
    if (!array) {
        WW_TRY(const std::uint32_t value, count(key, 0));
        return std::vector<std::uint32_t>(blocks, value);
    }
    if (array->size() != blocks)
        return wrong(key, fmt::format("has {} values, but the model has {} blocks", array->size(), blocks));
    std::vector<std::uint32_t> values;
    values.reserve(blocks);
    for (const std::int64_t value : *array) {
        if (value < 0 || static_cast<std::uint64_t>(value) > kLargest)
            return wrong(key, "holds a value that is not a sensible whole number");
        values.push_back(static_cast<std::uint32_t>(value));
    }
    return values;
}

}  // namespace ww
