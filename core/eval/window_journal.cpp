// SPDX-License-Identifier: MIT
#include "eval/window_journal.h"

#include <cstring>
#include <fstream>
#include <string>
#include <system_error>
#include <utility>

#include "base/atomic_file.h"

namespace ww {
namespace {

constexpr std::uint64_t kLargestFile = std::uint64_t{4} << 30;

}  // namespace

WindowJournal::WindowJournal(std::filesystem::path path, const Hash& identity, std::size_t valuesPerWindow)
    : m_path(std::move(path)), m_identity(identity), m_valuesPerWindow(valuesPerWindow)
{
    if (m_path.empty() || m_valuesPerWindow == 0) return;
    const std::string head = "weightwright-windows 1 " + m_identity.text() + "\n";
    std::string kept = head;
    std::error_code error;
    if (std::filesystem::exists(m_path, error))
        if (const auto text = readTextFile(m_path, kLargestFile); text && text->starts_with(head)) {
            const std::size_t valueBytes = m_valuesPerWindow * sizeof(double);
            std::vector<double> window(m_valuesPerWindow);
            for (std::size_t at = head.size();; at = kept.size()) {
                const std::size_t hashBytes = m_identity.text().size();
                if (text->size() - at < valueBytes + hashBytes) break;
                std::memcpy(window.data(), text->data() + at, valueBytes);
                if (checksum(m_written, window).text() != text->substr(at + valueBytes, hashBytes)) break;
                m_values.insert(m_values.end(), window.begin(), window.end());
                ++m_written;
                kept.append(*text, at, valueBytes + hashBytes);
            }
        }
    std::filesystem::create_directories(m_path.parent_path(), error);
    if (!writeTextFile(m_path, kept)) m_path.clear();
}

Hash WindowJournal::checksum(std::size_t window, std::span<const double> values) const
{
    return Hasher().hash(m_identity).number(window).values(values).finish();
}

void WindowJournal::append(std::span<const double> values)
{
    if (m_path.empty()) return;
    std::ofstream file(m_path, std::ios::binary | std::ios::app);
    for (std::size_t at = 0; at + m_valuesPerWindow <= values.size(); at += m_valuesPerWindow) {
        const auto window = values.subspan(at, m_valuesPerWindow);
        file.write(reinterpret_cast<const char*>(window.data()), static_cast<std::streamsize>(window.size_bytes()));
        file << checksum(m_written++, window).text();
    }
    file.flush();
    if (!file) m_path.clear();  // what is there ends with a whole record or is dropped at the next start
}

}  // namespace ww
