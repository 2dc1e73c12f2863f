// SPDX-License-Identifier: MIT
// The real llama.cpp 0.5.0, opened at run time from $WW_LLAMA_LIBS, as a second opinion for the interop tests. It is
// never linked and never shipped. Parameter structs are opaque bytes whose size and defaults are checked before use, so
// a library of another version is refused with a reason instead of being misused.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace ww::test {

/// A struct of the library that crosses calls by value: N bytes with fields at known offsets.
template <std::size_t N>
struct alignas(8) OpaqueStruct {
    std::array<unsigned char, N> bytes;
    template <class T>
    void set(std::size_t offset, T value)
    {
        std::memcpy(bytes.data() + offset, &value, sizeof value);
    }
    template <class T>
    [[nodiscard]] T get(std::size_t offset) const
    {
        T value;
        std::memcpy(&value, bytes.data() + offset, sizeof value);
        return value;
    }
};

using LlamaModelParams = OpaqueStruct<80>;
using LlamaContextParams = OpaqueStruct<160>;
using LlamaQuantizeParams = OpaqueStruct<64>;

/// Byte offsets of the quantize parameters that tests set.
namespace llama_quantize {
inline constexpr std::size_t kThreads = 0, kFileType = 4, kOutputType = 8, kEmbeddingType = 12, kAllowRequantize = 16,
                             kQuantizeOutput = 17, kOnlyCopy = 18, kPure = 19, kKeepSplit = 20, kImatrix = 24, kTensorTypes = 40,
                             kPruneLayers = 48;
}

/// The loaded library. One per process, never unloaded. Not thread-safe.
class LlamaLibrary {
public:
    /// Null when it is absent or of another version; `reason` then says why, ready for QSKIP.
    static LlamaLibrary* instance(std::string& reason);

    /// A function by its exported name, or null.
    [[nodiscard]] void* symbol(const char* name) const;
    template <class F>
    [[nodiscard]] F* function(const char* name) const
    {
        return reinterpret_cast<F*>(symbol(name));
    }
    /// Error lines that the library has logged since the last call.
    std::string takeLog();

    LlamaQuantizeParams (*quantizeDefaultParams)() = nullptr;
    std::uint32_t (*quantize)(const char* input, const char* output, const LlamaQuantizeParams*) = nullptr;

private:
    friend class LlamaModel;
    LlamaLibrary() = default;
    std::string load(const std::filesystem::path& folder);
    std::string bind();
    std::string checkLayouts() const;

    std::vector<void*> m_handles;
    std::string m_log;
    LlamaModelParams (*m_modelDefaultParams)() = nullptr;
    LlamaContextParams (*m_contextDefaultParams)() = nullptr;
    void* (*m_loadModel)(const char*, LlamaModelParams) = nullptr;
    void (*m_freeModel)(void*) = nullptr;
    void* (*m_newContext)(void*, LlamaContextParams) = nullptr;
    void (*m_freeContext)(void*) = nullptr;
    const void* (*m_vocabulary)(const void*) = nullptr;
    std::int32_t (*m_tokenCount)(const void*) = nullptr;
    std::int32_t (*m_bos)(const void*) = nullptr;
    std::int32_t (*m_eos)(const void*) = nullptr;
    bool (*m_addsBos)(const void*) = nullptr;
    bool (*m_addsEos)(const void*) = nullptr;
    bool (*m_isEndOfGeneration)(const void*, std::int32_t) = nullptr;
    std::int32_t (*m_tokenize)(const void*, const char*, std::int32_t, std::int32_t*, std::int32_t, bool, bool) = nullptr;
    std::int32_t (*m_tokenToPiece)(const void*, std::int32_t, char*, std::int32_t, std::int32_t, bool) = nullptr;
    struct Batch;
    std::int32_t (*m_decode)(void*, Batch) = nullptr;
    float* (*m_logits)(void*) = nullptr;
};

/// One model opened by the library.
class LlamaModel {
public:
    /// Null when the library refuses the file; `reason` holds its error lines. Vocabulary-only files need `vocabularyOnly`.
    static std::unique_ptr<LlamaModel> open(LlamaLibrary& library, const std::filesystem::path& path, bool vocabularyOnly,
                                            std::string& reason);
    ~LlamaModel();
    LlamaModel(const LlamaModel&) = delete;
    LlamaModel& operator=(const LlamaModel&) = delete;

    [[nodiscard]] std::int32_t tokenCount() const;
    [[nodiscard]] std::int32_t bos() const;  ///< -1: none
    [[nodiscard]] std::int32_t eos() const;
    [[nodiscard]] bool addsBos() const;
    [[nodiscard]] bool addsEos() const;
    [[nodiscard]] bool isEndOfGeneration(std::int32_t token) const;
    [[nodiscard]] std::vector<std::int32_t> tokenize(std::string_view text, bool addSpecial, bool parseSpecial) const;
    [[nodiscard]] std::string piece(std::int32_t token, bool special) const;
    enum class Attention {
        Default,  ///< keys and values kept as F16, flash attention where possible
        Exact     ///< keys and values kept as F32, no flash attention
    };
    /// Logits of every position, [tokens × vocabulary], from an empty cache, on one thread. `contextSize` 0: as many
    /// as there are tokens. Empty on failure.
    [[nodiscard]] std::vector<float> logits(const std::vector<std::int32_t>& tokens, Attention attention = Attention::Default,
                                            std::uint32_t contextSize = 0) const;

private:
    LlamaModel(LlamaLibrary& library, void* model) : m_library(library), m_model(model) {}
    LlamaLibrary& m_library;
    void* m_model;
    const void* m_vocabulary = nullptr;
};

}  // namespace ww::test
