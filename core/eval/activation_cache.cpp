// SPDX-License-Identifier: MIT
#include "eval/activation_cache.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <fstream>
#include <new>
#include <system_error>

#include "base/atomic_file.h"

namespace ww {
namespace {

constexpr std::string_view kSuffix = ".activations";
constexpr std::uint64_t kMagic = 0x3153544341575757;  // "WWWACTS1"

/// At the beginning of a file; the values follow.
struct Header {
    std::uint64_t magic = kMagic;
    Hash key;
    std::uint64_t count = 0;
    Hash content;
};

Hash contentOf(std::span<const float> values)
{
    return Hasher().values(values).finish();
}

}  // namespace

ActivationCache::ActivationCache(ActivationCacheOptions options) : m_options(std::move(options))
{
    if (m_options.folder.empty()) return;
    std::error_code error;
    std::filesystem::create_directories(m_options.folder, error);
    std::vector<std::pair<std::filesystem::file_time_type, Hash>> found;
    for (std::filesystem::directory_iterator it(m_options.folder, error), end; !error && it != end; it.increment(error)) {
        const std::filesystem::path path = it->path();
        const auto key = Hash::fromText(path.stem().string());
        std::error_code problem;
        const auto time = it->last_write_time(problem);
        const auto bytes = problem ? 0 : it->file_size(problem);
        if (path.extension() != kSuffix || !key || problem) continue;
        found.emplace_back(time, *key);
        m_files[*key].bytes = bytes;
        m_diskBytes += bytes;
    }
    std::ranges::sort(found);
    for (const auto& [time, key] : found) m_files[key].place = m_fileOrder.insert(m_fileOrder.end(), key);
    while (m_diskBytes > m_options.diskBudgetBytes && !m_fileOrder.empty()) forgetOnDisk(Hash(m_fileOrder.front()));
}

ActivationCache::~ActivationCache() = default;

std::filesystem::path ActivationCache::fileOf(const Hash& key) const
{
    return m_options.folder / (key.text() + std::string(kSuffix));
}

bool ActivationCache::contains(const Hash& key) const
{
    return m_entries.contains(key) || m_files.contains(key);
}

bool ActivationCache::load(const Hash& key, std::span<float> out)
{
    if (const auto found = m_entries.find(key); found != m_entries.end()) {
        if (found->second.values.size() != out.size()) return false;
        std::ranges::copy(found->second.values, out.begin());
        m_order.splice(m_order.end(), m_order, found->second.place);
        return true;
    }
    if (!m_files.contains(key)) return false;
    if (!readFromDisk(key, out)) {
        forgetOnDisk(key);
        return false;
    }
    keep(key, out);
    return true;
}

void ActivationCache::store(const Hash& key, std::span<const float> values, bool lasting)
{
    if (lasting) writeToDisk(key, values);
    keep(key, values);
}

void ActivationCache::keep(const Hash& key, std::span<const float> values)
{
    const std::uint64_t bytes = values.size_bytes();
    if (const auto found = m_entries.find(key); found != m_entries.end()) {
        m_order.splice(m_order.end(), m_order, found->second.place);
        return;
    }
    if (bytes > m_options.memoryBudgetBytes) return writeToDisk(key, values);
    evict(bytes);
    try {
        Entry entry;
        entry.values.assign(values.begin(), values.end());
        entry.place = m_order.insert(m_order.end(), key);
        m_entries.emplace(key, std::move(entry));
        m_memoryBytes += bytes;
    } catch (const std::bad_alloc&) {
        writeToDisk(key, values);  // a cache that cannot grow is no reason to stop
    }
}

void ActivationCache::evict(std::uint64_t needed)
{
    while (m_memoryBytes + needed > m_options.memoryBudgetBytes && !m_order.empty()) {
        const auto found = m_entries.find(m_order.front());
        writeToDisk(found->first, found->second.values);
        m_memoryBytes -= found->second.values.size() * sizeof(float);
        m_entries.erase(found);
        m_order.pop_front();
    }
}

void ActivationCache::writeToDisk(const Hash& key, std::span<const float> values)
{
    if (m_options.folder.empty() || m_files.contains(key)) return;
    Header header;
    header.key = key;
    header.count = values.size();
    header.content = contentOf(values);
    const std::uint64_t bytes = sizeof header + values.size_bytes();
    if (bytes > m_options.diskBudgetBytes) return;
    while (m_diskBytes + bytes > m_options.diskBudgetBytes && !m_fileOrder.empty()) forgetOnDisk(Hash(m_fileOrder.front()));
    auto file = AtomicFile::create(fileOf(key), bytes);
    if (!file) return;
    if (!file->write(std::as_bytes(std::span(&header, 1))) || !file->write(std::as_bytes(values)) || !file->commit()) return;
    m_files[key] = {bytes, m_fileOrder.insert(m_fileOrder.end(), key)};
    m_diskBytes += bytes;
}

bool ActivationCache::readFromDisk(const Hash& key, std::span<float> out)
{
    std::ifstream file(fileOf(key), std::ios::binary);
    std::array<char, sizeof(Header)> bytes{};
    if (!file.read(bytes.data(), bytes.size())) return false;
    Header header;
    std::memcpy(&header, bytes.data(), sizeof header);
    if (header.magic != kMagic || header.key != key || header.count != out.size()) return false;
    if (!file.read(reinterpret_cast<char*>(out.data()), static_cast<std::streamsize>(out.size_bytes()))) return false;
    if (file.peek() != std::ifstream::traits_type::eof() || contentOf(out) != header.content) return false;
    const auto found = m_files.find(key);
    m_fileOrder.splice(m_fileOrder.end(), m_fileOrder, found->second.place);
    std::error_code error;
    std::filesystem::last_write_time(fileOf(key), std::filesystem::file_time_type::clock::now(), error);
    return true;
}

void ActivationCache::forgetOnDisk(const Hash& key)
{
    const auto found = m_files.find(key);
    if (found == m_files.end()) return;
    std::error_code error;
    std::filesystem::remove(fileOf(key), error);
    m_diskBytes -= found->second.bytes;
    m_fileOrder.erase(found->second.place);
    m_files.erase(found);
}

}  // namespace ww
