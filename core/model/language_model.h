// SPDX-License-Identifier: MIT
// Forward pass. Layer by layer: every window of a batch passes block l before block l+1 is touched, so each weight is
// read and dequantized once per batch and at most two blocks are in memory as float.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "base/progress.h"
#include "base/result.h"
#include "model/hyperparameters.h"
#include "model/weight_source.h"
#include "text/tokenizer.h"

namespace ww {

class LinearInputObserver;

/// One text with the keys and values of its tokens. Not thread-safe.
class TextSession {
public:
    virtual ~TextSession() = default;
    /// Appends tokens and returns the logits after the last one: vocabularySize floats, valid until the next call.
    /// Errors: InvalidArgument for no tokens, ids outside the vocabulary, or more tokens than the session was started for.
    virtual Result<std::span<const float>> append(std::span<const TokenId> tokens, const JobContext& context) = 0;
    [[nodiscard]] virtual std::size_t length() const = 0;
};

/// One architecture bound to one source of weights. Immutable and thread-safe.
class LanguageModel {
public:
    /// Checks that all tensors the architecture needs are there with the right shapes. Errors: Unsupported, Corrupt.
    static Result<std::shared_ptr<const LanguageModel>> create(std::shared_ptr<const WeightSource> weights);
    virtual ~LanguageModel() = default;

    [[nodiscard]] virtual const Hyperparameters& hyperparameters() const = 0;

    /// Runs windows of equal length, each from position 0 with an empty cache, through all blocks and the output norm.
    /// tokens: windowCount × windowLength ids; hidden: windowCount × windowLength × embeddingLength floats (out).
    /// Progress counts tokens × blocks. Results do not depend on the number of threads or windows per call.
    virtual Result<void> forward(std::span<const TokenId> tokens, std::size_t windowLength, std::span<float> hidden,
                                 const JobContext& context) const = 0;

    /// The same, and shows the input of every linear map, the output matrix included (see linear_inputs.h): for calibration.
    /// A model that cannot show them fails with Unsupported.
    virtual Result<void> forwardObserved(std::span<const TokenId> tokens, std::size_t windowLength, std::span<float> hidden,
                                         LinearInputObserver& observer, const JobContext& context) const;

    /// A part of a pass: step 0 looks up the embeddings, steps 1 to blockCount are the blocks, step blockCount + 1 is the output
    /// norm; steps [first, end) change `hidden` in place. All steps one after the other, in whatever parts, give the bits of
    /// forward(). `observer` null: nobody looks; else it sees the output matrix's input with the last step. A model that cannot
    /// stop in between fails with Unsupported.
    virtual Result<void> forwardSteps(std::size_t first, std::size_t end, std::span<const TokenId> tokens, std::size_t windowLength,
                                      std::span<float> hidden, LinearInputObserver* observer, const JobContext& context) const;
    [[nodiscard]] std::size_t stepCount() const { return std::size_t{hyperparameters().blockCount} + 2; }

    /// Logits of normed hidden states (any number of windows of windowRows rows each; results do not depend on how many),
    /// streamed over the vocabulary so that the output matrix is never whole in memory:
    /// calls sink(firstRow, rows, firstToken, tokenCount, logits) with blocks logits[rows × tokenCount] that together
    /// cover all rows and all vocabulary entries; for one row the vocabulary ranges come in ascending order. The sink may
    /// be called from several threads for different rows.
    using LogitSink = std::function<void(std::size_t firstRow, std::size_t rowCount, std::size_t firstToken, std::size_t tokenCount,
                                         const float* logits)>;
    virtual Result<void> logits(std::span<const float> hidden, std::size_t windowRows, const LogitSink& sink,
                                const JobContext& context) const = 0;

    /// A text that grows token by token up to maxTokens. Weights stay in memory as float when they fit weightBudgetBytes, else
    /// they are loaded block by block for every call. The session borrows the model.
    virtual Result<std::unique_ptr<TextSession>> startSession(std::size_t maxTokens, std::uint64_t weightBudgetBytes,
                                                              const JobContext& context) const = 0;

    /// Bytes that forward() needs per token of a call, for choosing how many windows to pass at once.
    [[nodiscard]] virtual std::uint64_t bytesPerToken(std::size_t windowLength) const = 0;
};

/// Greedy or sampled text with a KV cache. Weights of all blocks are kept as float while it lives when they fit
/// `weightBudgetBytes`, else they are loaded block by block for every token (slow, but it works).
struct GenerateOptions {
    std::uint32_t tokenCount = 64;
    float temperature = 0;          ///< 0: greedy
    float topP = 0.95F;
    std::uint64_t seed = 1;
    std::uint64_t weightBudgetBytes = std::uint64_t{4} << 30;
};
/// onToken gets the bytes of each new token (parts of UTF-8 characters are held back until complete) and returns false to
/// stop. Ends at end-of-generation tokens, at tokenCount, or at the context length. Returns the generated ids.
Result<std::vector<TokenId>> generate(const LanguageModel& model, const Tokenizer& tokenizer, std::string_view prompt,
                                      const GenerateOptions& options, const std::function<bool(std::string_view)>& onToken,
                                      const JobContext& context);

}  // namespace ww
