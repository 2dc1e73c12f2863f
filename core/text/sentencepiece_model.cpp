// SPDX-License-Identifier: MIT
// The fields that are read, by number:
//   model:      1 piece (message, repeated), 2 trainer (message), 3 normalizer (message)
//   piece:      1 text, 2 score (float), 3 type (1 normal, 2 unknown, 3 control, 4 user-defined, 5 unused, 6 byte)
//   trainer:    3 kind (1 unigram, 2 BPE, 3 word, 4 character), 40 unknown id, 41 bos id, 42 eos id, 43 pad id
//   normalizer: 3 adds a dummy prefix (bool)
// Everything else is skipped.
#include "text/sentencepiece_model.h"

#include <bit>
#include <cstring>

namespace ww {
namespace {

/// One field of a Protocol Buffers message.
struct Field {
    std::uint32_t number = 0;
    std::uint64_t value = 0;             ///< integers, and the bits of fixed-size numbers
    std::span<const std::byte> bytes{};  ///< texts and messages
};

/// Walks over the fields of a message. Groups and broken encodings end the walk with ok() false.
class FieldReader {
public:
    explicit FieldReader(std::span<const std::byte> bytes) : m_rest(bytes) {}

    bool next(Field& field)
    {
        field = {};
        if (!m_ok || m_rest.empty()) return false;
        std::uint64_t key = 0;
        if (!varint(key)) return false;
        field.number = static_cast<std::uint32_t>(key >> 3);
        if (field.number == 0 || key >> 32 != 0) return m_ok = false;
        switch (key & 7) {
        case 0: return varint(field.value);
        case 1: return fixed(8, field.value);
        case 2: return bytes(field.bytes);
        case 5: return fixed(4, field.value);
        default: return m_ok = false;
        }
    }
    [[nodiscard]] bool ok() const { return m_ok; }

private:
    bool varint(std::uint64_t& value)
    {
        value = 0;
        for (unsigned shift = 0; shift < 64; shift += 7) {
            if (m_rest.empty()) return m_ok = false;
            const auto byte = std::to_integer<std::uint64_t>(m_rest.front());
            m_rest = m_rest.subspan(1);
            value |= (byte & 0x7F) << shift;
            if (byte < 0x80) return true;
        }
        return m_ok = false;
    }
    bool fixed(std::size_t size, std::uint64_t& value)
    {
        if (m_rest.size() < size) return m_ok = false;
        value = 0;
        for (std::size_t i = 0; i < size; ++i) value |= std::to_integer<std::uint64_t>(m_rest[i]) << (8 * i);
        m_rest = m_rest.subspan(size);
        return true;
    }
    bool bytes(std::span<const std::byte>& value)
    {
        std::uint64_t size = 0;
        if (!varint(size)) return false;
        if (size > m_rest.size()) return m_ok = false;
        value = m_rest.first(static_cast<std::size_t>(size));
        m_rest = m_rest.subspan(static_cast<std::size_t>(size));
        return true;
    }

    std::span<const std::byte> m_rest;
    bool m_ok = true;
};

std::int32_t toInt32(std::uint64_t value)
{
    return static_cast<std::int32_t>(static_cast<std::uint32_t>(value));  // negative numbers fill all ten bytes
}

bool readPiece(std::span<const std::byte> bytes, SentencePieceModel::Piece& piece)
{
    FieldReader reader(bytes);
    for (Field field; reader.next(field);) {
        if (field.number == 1) piece.text.assign(reinterpret_cast<const char*>(field.bytes.data()), field.bytes.size());
        if (field.number == 2) piece.score = std::bit_cast<float>(static_cast<std::uint32_t>(field.value));
        if (field.number == 3) piece.type = toInt32(field.value);
    }
    return reader.ok();
}

bool readTrainer(std::span<const std::byte> bytes, SentencePieceModel& model)
{
    FieldReader reader(bytes);
    for (Field field; reader.next(field);) {
        if (field.number == 3) model.kind = static_cast<SentencePieceModel::Kind>(toInt32(field.value));
        if (field.number == 40) model.unknownId = toInt32(field.value);
        if (field.number == 41) model.bosId = toInt32(field.value);
        if (field.number == 42) model.eosId = toInt32(field.value);
        if (field.number == 43) model.padId = toInt32(field.value);
    }
    return reader.ok();
}

bool readNormalizer(std::span<const std::byte> bytes, SentencePieceModel& model)
{
    FieldReader reader(bytes);
    for (Field field; reader.next(field);)
        if (field.number == 3) model.addsDummyPrefix = field.value != 0;
    return reader.ok();
}

}  // namespace

Result<SentencePieceModel> readSentencePieceModel(std::span<const std::byte> bytes)
{
    SentencePieceModel model;
    FieldReader reader(bytes);
    bool ok = true;
    for (Field field; ok && reader.next(field);) {
        if (field.number == 1) ok = readPiece(field.bytes, model.pieces.emplace_back());
        if (field.number == 2) ok = readTrainer(field.bytes, model);
        if (field.number == 3) ok = readNormalizer(field.bytes, model);
    }
    if (!ok || !reader.ok() || model.pieces.empty())
        return fail(ErrorCode::Corrupt,
                    "The file is not a SentencePiece model; perhaps the download is incomplete. Download it again.");
    return model;
}

}  // namespace ww
