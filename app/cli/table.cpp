// SPDX-License-Identifier: MIT
#include "app/cli/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace ww::cli {

Table::Table(std::vector<Column> columns) : m_columns(std::move(columns)) {}

void Table::addRow(std::vector<std::string> cells)
{
    cells.resize(m_columns.size());
    m_rows.push_back(std::move(cells));
}

std::string Table::text(std::size_t indent) const
{
    std::vector<std::string> titles;
    std::vector<std::size_t> widths;
    for (const Column& column : m_columns) {
        titles.push_back(column.title);
        widths.push_back(displayWidth(column.title));
    }
    for (const auto& row : m_rows)
        for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], displayWidth(row[i]));

    std::string text;
    const auto addLine = [&](const std::vector<std::string>& cells) {
        std::string line(indent, ' ');
        for (std::size_t i = 0; i < cells.size(); ++i) {
            const std::string padding(widths[i] - displayWidth(cells[i]), ' ');
            if (i > 0) line += "  ";
            line += m_columns[i].align == Align::Right ? padding + cells[i] : cells[i] + padding;
        }
        line.erase(line.find_last_not_of(' ') + 1);
        text += line + '\n';
    };
    addLine(titles);
    for (const auto& row : m_rows) addLine(row);
    return text;
}

std::size_t displayWidth(std::string_view text)
{
    return static_cast<std::size_t>(
        std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

std::string sizeText(double bytes)
{
    static constexpr std::array kUnits{"KiB", "MiB", "GiB", "TiB", "PiB"};
    if (std::abs(bytes) < 1024) return fmt::format("{:.0f} B", bytes);
    std::size_t unit = 0;
    bytes /= 1024;
    while (std::abs(bytes) >= 1023.995 && unit + 1 < kUnits.size()) {
        bytes /= 1024;
        ++unit;
    }
    return fmt::format("{:.2f} {}", bytes, kUnits[unit]);
}

std::string countText(std::uint64_t count)
{
    std::string digits = fmt::format("{}", count);
    for (std::size_t i = digits.size(); i > 3; i -= 3) digits.insert(i - 3, 1, ',');
    return digits;
}

std::string countText(std::uint64_t count, std::string_view thing)
{
    return fmt::format("{} {}{}", countText(count), thing, count == 1 ? "" : "s");
}

std::string fixedText(double value, int decimals)
{
    std::string text = fmt::format("{:.{}f}", value, decimals);
    if (text.find_first_not_of("-0.") == std::string::npos && text.front() == '-') text.erase(0, 1);
    return text;
}

std::string durationText(double seconds)
{
    if (seconds < 59.95) return fmt::format("{:.1f} s", seconds);
    const auto whole = static_cast<std::uint64_t>(std::llround(seconds));
    if (whole < 3600) return fmt::format("{}:{:02} min", whole / 60, whole % 60);
    return fmt::format("{}:{:02}:{:02} h", whole / 3600, whole / 60 % 60, whole % 60);
}

std::string plainText(std::string_view text)
{
    std::string plain(text);
    for (char& c : plain)
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';
    return plain;
}

std::string wrapped(std::string_view text, std::size_t width)
{
    std::string out;
    std::size_t column = 0;
    while (!text.empty()) {
        if (text.front() == '\n') {
            out += '\n';
            column = 0;
            text.remove_prefix(1);
            continue;
        }
        const std::size_t spaces = std::min(text.find_first_not_of(' '), text.size());
        const std::size_t end = std::min(text.find_first_of(" \n", spaces), text.size());
        const std::string_view word = text.substr(spaces, end - spaces);
        if (column > 0 && column + spaces + displayWidth(word) > width) {
            out += '\n';
            column = 0;
        } else {
            out.append(spaces, ' ');
            column += spaces;
        }
        out += word;
        column += displayWidth(word);
        text.remove_prefix(end);
    }
    return out;
}

}  // namespace ww::cli
