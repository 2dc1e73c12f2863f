// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ww::cli {

/// Rows of text in aligned columns. Widths count characters, not bytes, so that "×" and "±" do not shift a column.
class Table {
public:
    enum class Align { Left, Right };
    struct Column {
        std::string title;
        Align align = Align::Left;
    };
    explicit Table(std::vector<Column> columns);

    /// One cell per column.
    void addRow(std::vector<std::string> cells);
    /// Title line, rows, each with a line end; `indent` spaces in front. Nothing but titles when there are no rows.
    [[nodiscard]] std::string text(std::size_t indent = 0) const;

private:
    std::vector<Column> m_columns;
    std::vector<std::vector<std::string>> m_rows;
};

/// Number of characters (code points) of a UTF-8 text.
[[nodiscard]] std::size_t displayWidth(std::string_view text);
/// "16.11 MiB"; bytes below a KiB as "812 B".
[[nodiscard]] std::string sizeText(double bytes);
/// "8,392,960"
[[nodiscard]] std::string countText(std::uint64_t count);
/// "1 token", "8,392 tokens"
[[nodiscard]] std::string countText(std::uint64_t count, std::string_view thing);
/// So many decimals, and no "-0.000".
[[nodiscard]] std::string fixedText(double value, int decimals);
/// "12.3 s", "4:05 min", "1:02:03 h"
[[nodiscard]] std::string durationText(double seconds);
/// Control characters (other than what UTF-8 needs) become spaces: text from files must not steer a terminal.
[[nodiscard]] std::string plainText(std::string_view text);
/// Words on lines of at most `width` characters; line ends in the text stay.
[[nodiscard]] std::string wrapped(std::string_view text, std::size_t width);

}  // namespace ww::cli
