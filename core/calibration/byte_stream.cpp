// SPDX-License-Identifier: MIT
#include "calibration/byte_stream.h"

#include "base/atomic_file.h"

namespace ww {
namespace {

std::string checksum(std::string_view bytes)
{
    return Hasher().bytes(std::as_bytes(std::span(bytes))).finish().text();
}

}  // namespace

Result<void> ByteWriter::save(const std::filesystem::path& path, std::string_view magic) const
{
    WW_TRY(AtomicFile file, AtomicFile::create(path, magic.size() + m_bytes.size()));
    WW_TRY_VOID(file.write(magic));
    WW_TRY_VOID(file.write(m_bytes));
    WW_TRY_VOID(file.write(checksum(m_bytes)));
    return file.commit();
}

Result<ByteReader> ByteReader::open(std::string_view bytes, std::string_view magic, const std::filesystem::path& path)
{
    if (!bytes.starts_with(magic))
        return fail(ErrorCode::Corrupt, "This is not the kind of file that was asked for, or a newer program wrote it.", path);
    bytes.remove_prefix(magic.size());
    const std::size_t sumBytes = checksum({}).size();
    if (bytes.size() < sumBytes || checksum(bytes.substr(0, bytes.size() - sumBytes)) != bytes.substr(bytes.size() - sumBytes))
        return fail(ErrorCode::Corrupt, "The file is cut off or damaged; make it again.", path);
    return ByteReader(bytes.substr(0, bytes.size() - sumBytes));
}

}  // namespace ww
