// SPDX-License-Identifier: MIT
// Text that nobody wrote, through every pre-tokenizer, and SentencePiece models of arbitrary bytes. The first byte chooses.
// Byte-level BPE must give every byte of the text back.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "text/byte_alphabet.h"
#include "text/pre_tokenizer.h"
#include "text/sentencepiece_model.h"
#include "text/tokenizer.h"
#include "text/unicode.h"

namespace {

/// The 256 bytes, a few merges and special tokens.
std::shared_ptr<const ww::Tokenizer> makeTokenizer(std::string_view pre)
{
    std::vector<std::string> tokens;
    for (unsigned byte = 0; byte < 256; ++byte) tokens.push_back(ww::byteAlphabet().text(static_cast<std::uint8_t>(byte)));
    for (const char* token : {"aa", "aaaa", "Ġa", "ĠĠ", "ĊĊ", "<u>", "<u><u>", "u>"}) tokens.push_back(token);
    std::vector<std::int32_t> types(tokens.size(), 1);
    for (std::size_t i = tokens.size() - 3; i < tokens.size(); ++i) types[i] = 4;
    ww::Metadata metadata;
    metadata.append("tokenizer.ggml.model", std::string("gpt2"));
    metadata.append("tokenizer.ggml.pre", std::string(pre));
    metadata.append("tokenizer.ggml.tokens", ww::MetadataArray(tokens));
    metadata.append("tokenizer.ggml.token_type", ww::MetadataArray(types));
    metadata.append("tokenizer.ggml.merges", ww::MetadataArray(std::vector<std::string>{"a a", "aa aa", "Ġ a", "Ġ Ġ", "Ċ Ċ"}));
    auto tokenizer = ww::Tokenizer::create(metadata);
    if (!tokenizer) std::abort();
    return *tokenizer;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    static const auto names = ww::PreTokenizer::names();
    static std::map<std::size_t, std::shared_ptr<const ww::Tokenizer>> tokenizers;
    if (size == 0) return 0;
    const std::span rest(data + 1, size - 1);
    if (data[0] >= names.size()) {
        const auto model = ww::readSentencePieceModel(std::as_bytes(rest));
        if (!model && model.error().message.empty()) std::abort();
        return 0;
    }
    auto& tokenizer = tokenizers[data[0]];
    if (!tokenizer) tokenizer = makeTokenizer(names[data[0]]);
    const std::string_view text(reinterpret_cast<const char*>(rest.data()), rest.size());
    const auto ids = tokenizer->encode(text, {.addSpecial = false, .parseSpecial = false});
    // Special tokens are cut out first and may split a character, so only texts without them come back as a whole.
    if (text.find("u>") == std::string_view::npos && tokenizer->decode(ids) != ww::unicode::repairUtf8(text)) std::abort();
    return 0;
}
