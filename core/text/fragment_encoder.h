// SPDX-License-Identifier: MIT
// The part in which tokenizer families differ; text/tokenizer.cpp does the rest.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "io/metadata.h"
#include "text/pre_tokenizer.h"
#include "text/vocabulary.h"

namespace ww {

/// Turns text without special tokens into ids. Immutable and thread-safe; borrows the vocabulary.
class FragmentEncoder {
public:
    virtual ~FragmentEncoder() = default;
    /// Appends the ids of one fragment (not empty, at most 1 GiB). `afterSpecial`: it begins the text or follows a token.
    virtual void encode(std::string_view fragment, bool afterSpecial, std::vector<TokenId>& tokens) const = 0;
    /// Bytes that a normal or byte token stands for.
    [[nodiscard]] virtual std::string decode(TokenId token) const = 0;
};

/// Model "llama": SentencePiece-style merging by score.
Result<std::unique_ptr<FragmentEncoder>> makeSpmEncoder(const Metadata& metadata, const Vocabulary& vocabulary);
/// Model "gpt2": byte-level BPE.
Result<std::unique_ptr<FragmentEncoder>> makeBpeEncoder(const Metadata& metadata, const Vocabulary& vocabulary,
                                                        std::shared_ptr<const PreTokenizer> preTokenizer);

}  // namespace ww
