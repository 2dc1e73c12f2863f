// SPDX-License-Identifier: MIT
#include "tests/support/llama_library.h"

#include <dlfcn.h>

#include <algorithm>
#include <numeric>
#include <utility>

#include "tests/support/paths.h"

namespace ww::test {
namespace {

// Offsets into the opaque parameter structs of version 0.5.0.
constexpr std::size_t kModelGpuLayers = 16, kModelSplitMode = 20, kModelVocabOnly = 72, kModelExtraBuffers = 74;
constexpr std::size_t kContextSize = 0, kContextBatch = 4, kContextMicroBatch = 8, kContextOutputs = 20,
                      kContextOutputsPerSequence = 24, kContextThreads = 28, kContextThreadsBatch = 32, kContextFlashAttention = 52,
                      kContextTypeK = 104, kContextTypeV = 108;
constexpr int kLogLevelError = 4;

void collectLog(int level, const char* text, void* target)
{
    static int lastLevel = 0;
    constexpr int kContinuation = 5;
    if (level != kContinuation) lastLevel = level;
    if (lastLevel == kLogLevelError) *static_cast<std::string*>(target) += text;
}

std::filesystem::path findLibrary(const std::filesystem::path& folder, std::string_view prefix)
{
    std::error_code ec;
    std::vector<std::filesystem::path> found;
    for (const auto& entry : std::filesystem::directory_iterator(folder, ec)) {
        const std::string name = entry.path().filename().string();
        if (name.starts_with(prefix) && name.find(".so") != std::string::npos) found.push_back(entry.path());
    }
    std::sort(found.begin(), found.end());
    return found.empty() ? std::filesystem::path() : found.front();
}

/// Size that a function returning a struct by value really writes: sentinels show what it leaves untouched.
template <class F>
std::size_t writtenSize(F function)
{
    constexpr std::size_t kSpace = 512;
    alignas(8) unsigned char a[kSpace];
    alignas(8) unsigned char b[kSpace];
    std::memset(a, 0xCD, kSpace);
    std::memset(b, 0x5A, kSpace);
    // Structs of more than 16 bytes are returned through a hidden first argument on x86-64.
    auto raw = reinterpret_cast<void* (*)(void*)>(reinterpret_cast<void*>(function));
    raw(a);
    raw(b);
    std::size_t size = kSpace;
    while (size > 0 && a[size - 1] == 0xCD && b[size - 1] == 0x5A) --size;
    return (size + 7) / 8 * 8;
}

}  // namespace

struct LlamaLibrary::Batch {
    std::int32_t tokenCount;
    std::int32_t* tokens;
    float* embeddings;
    std::int32_t* positions;
    std::int32_t* sequenceCounts;
    std::int32_t** sequences;
    std::int8_t* wantsLogits;
};

LlamaLibrary* LlamaLibrary::instance(std::string& reason)
{
    static std::string problem;
    static LlamaLibrary* library = []() -> LlamaLibrary* {
        const auto folder = llamaLibsDir();
        if (folder.empty()) {
            problem = "llama.cpp's libraries are not here (set WW_LLAMA_LIBS to their folder)";
            return nullptr;
        }
        auto* loaded = new LlamaLibrary;  // lives as long as the process: the library cannot be unloaded safely
        problem = loaded->load(folder);
        return problem.empty() ? loaded : nullptr;
    }();
    reason = problem;
    return library;
}

void* LlamaLibrary::symbol(const char* name) const
{
    for (void* handle : m_handles)
        if (void* address = dlsym(handle, name)) return address;
    return nullptr;
}

std::string LlamaLibrary::takeLog()
{
    return std::exchange(m_log, {});
}

std::string LlamaLibrary::load(const std::filesystem::path& folder)
{
#if !defined(__x86_64__)
    return "the interop tests know llama.cpp's interface on x86-64 only";
#endif
    for (const char* prefix : {"libggml-base.", "libggml.", "libllama."}) {
        const auto path = findLibrary(folder, prefix);
        if (path.empty()) return "no " + std::string(prefix) + "so in " + folder.string();
        void* handle = dlopen(path.c_str(), RTLD_NOW | RTLD_GLOBAL);
        if (!handle) return dlerror();
        m_handles.push_back(handle);
    }
    if (auto problem = bind(); !problem.empty()) return problem;
    if (auto problem = checkLayouts(); !problem.empty()) return problem;

    using LogSet = void(void (*)(int, const char*, void*), void*);
    function<LogSet>("ggml_log_set")(collectLog, &m_log);
    function<LogSet>("llama_log_set")(collectLog, &m_log);
    function<void()>("llama_backend_init")();
    function<void(const char*)>("ggml_backend_load_all_from_path")(folder.c_str());
    if (function<std::size_t()>("ggml_backend_dev_count")() == 0) return "llama.cpp found no backend in " + folder.string();
    m_log.clear();
    return {};
}

std::string LlamaLibrary::bind()
{
    std::string missing;
    auto get = [&](auto& target, const char* name) {
        target = reinterpret_cast<std::remove_reference_t<decltype(target)>>(symbol(name));
        if (!target) missing = name;
    };
    get(quantizeDefaultParams, "llama_model_quantize_default_params");
    get(quantize, "llama_model_quantize");
    get(m_modelDefaultParams, "llama_model_default_params");
    get(m_contextDefaultParams, "llama_context_default_params");
    get(m_loadModel, "llama_model_load_from_file");
    get(m_freeModel, "llama_model_free");
    get(m_newContext, "llama_init_from_model");
    get(m_freeContext, "llama_free");
    get(m_vocabulary, "llama_model_get_vocab");
    get(m_tokenCount, "llama_vocab_n_tokens");
    get(m_bos, "llama_vocab_bos");
    get(m_eos, "llama_vocab_eos");
    get(m_addsBos, "llama_vocab_get_add_bos");
    get(m_addsEos, "llama_vocab_get_add_eos");
    get(m_isEndOfGeneration, "llama_vocab_is_eog");
    get(m_tokenize, "llama_tokenize");
    get(m_tokenToPiece, "llama_token_to_piece");
    get(m_decode, "llama_decode");
    get(m_logits, "llama_get_logits");
    for (const char* name :
         {"ggml_log_set", "llama_log_set", "llama_backend_init", "ggml_backend_load_all_from_path", "ggml_backend_dev_count"})
        if (!symbol(name)) missing = name;
    return missing.empty() ? std::string() : "this llama.cpp has no " + missing + "; the tests know version 0.5.0";
}

std::string LlamaLibrary::checkLayouts() const
{
    const std::string other = " differs from version 0.5.0 of llama.cpp, which the tests know";
    if (writtenSize(m_modelDefaultParams) != sizeof(LlamaModelParams)) return "the size of the model parameters" + other;
    if (writtenSize(m_contextDefaultParams) != sizeof(LlamaContextParams)) return "the size of the context parameters" + other;
    if (writtenSize(quantizeDefaultParams) != sizeof(LlamaQuantizeParams)) return "the size of the quantize parameters" + other;

    const auto model = m_modelDefaultParams();
    if (model.get<std::int32_t>(kModelGpuLayers) != -1 || model.get<std::int32_t>(kModelSplitMode) != 1 ||
        model.get<bool>(kModelVocabOnly) || !model.get<bool>(kModelExtraBuffers))
        return "the layout of the model parameters" + other;
    const auto context = m_contextDefaultParams();
    if (context.get<std::int32_t>(kContextSize) != 512 || context.get<std::int32_t>(kContextBatch) != 2048 ||
        context.get<std::int32_t>(kContextMicroBatch) != 512 || context.get<std::int32_t>(kContextFlashAttention) != -1 ||
        context.get<std::int32_t>(kContextTypeK) != 1 || context.get<std::int32_t>(kContextTypeV) != 1)
        return "the layout of the context parameters" + other;
    const auto params = quantizeDefaultParams();
    if (params.get<std::int32_t>(llama_quantize::kOutputType) != params.get<std::int32_t>(llama_quantize::kEmbeddingType) ||
        !params.get<bool>(llama_quantize::kQuantizeOutput) || params.get<bool>(llama_quantize::kPure))
        return "the layout of the quantize parameters" + other;
    return {};
}

std::unique_ptr<LlamaModel> LlamaModel::open(LlamaLibrary& library, const std::filesystem::path& path, bool vocabularyOnly,
                                             std::string& reason)
{
    library.takeLog();
    auto params = library.m_modelDefaultParams();
    params.set<std::int32_t>(kModelGpuLayers, 0);
    params.set<bool>(kModelVocabOnly, vocabularyOnly);
    params.set<bool>(kModelExtraBuffers, false);  // weights stay in their file layout: plain kernels, comparable sums
    void* model = library.m_loadModel(path.c_str(), params);
    reason = library.takeLog();
    if (!model) return nullptr;
    std::unique_ptr<LlamaModel> opened(new LlamaModel(library, model));
    opened->m_vocabulary = library.m_vocabulary(model);
    return opened;
}

LlamaModel::~LlamaModel()
{
    m_library.m_freeModel(m_model);
}

std::int32_t LlamaModel::tokenCount() const
{
    return m_library.m_tokenCount(m_vocabulary);
}
std::int32_t LlamaModel::bos() const
{
    return m_library.m_bos(m_vocabulary);
}
std::int32_t LlamaModel::eos() const
{
    return m_library.m_eos(m_vocabulary);
}
bool LlamaModel::addsBos() const
{
    return m_library.m_addsBos(m_vocabulary);
}
bool LlamaModel::addsEos() const
{
    return m_library.m_addsEos(m_vocabulary);
}
bool LlamaModel::isEndOfGeneration(std::int32_t token) const
{
    return m_library.m_isEndOfGeneration(m_vocabulary, token);
}

std::vector<std::int32_t> LlamaModel::tokenize(std::string_view text, bool addSpecial, bool parseSpecial) const
{
    std::vector<std::int32_t> tokens(text.size() + 8);
    const auto run = [&] {
        return m_library.m_tokenize(m_vocabulary, text.data(), static_cast<std::int32_t>(text.size()), tokens.data(),
                                    static_cast<std::int32_t>(tokens.size()), addSpecial, parseSpecial);
    };
    std::int32_t count = run();
    if (count < 0) {  // the buffer was too small: minus the size that is needed
        tokens.resize(static_cast<std::size_t>(-count));
        count = run();
    }
    tokens.resize(static_cast<std::size_t>(std::max(count, 0)));
    return tokens;
}

std::string LlamaModel::piece(std::int32_t token, bool special) const
{
    std::string text(256, '\0');
    std::int32_t size =
        m_library.m_tokenToPiece(m_vocabulary, token, text.data(), static_cast<std::int32_t>(text.size()), 0, special);
    if (size < 0) {
        text.resize(static_cast<std::size_t>(-size));
        size = m_library.m_tokenToPiece(m_vocabulary, token, text.data(), static_cast<std::int32_t>(text.size()), 0, special);
    }
    text.resize(static_cast<std::size_t>(std::max(size, 0)));
    return text;
}

std::vector<float> LlamaModel::logits(const std::vector<std::int32_t>& tokens, Attention attention, std::uint32_t contextSize) const
{
    const auto count = static_cast<std::int32_t>(tokens.size());
    if (count == 0) return {};
    auto params = m_library.m_contextDefaultParams();
    params.set<std::int32_t>(kContextSize, std::max(count, static_cast<std::int32_t>(contextSize)));
    if (attention == Attention::Exact) {
        params.set<std::int32_t>(kContextFlashAttention, 0);
        params.set<std::int32_t>(kContextTypeK, 0);
        params.set<std::int32_t>(kContextTypeV, 0);
    }
    params.set<std::int32_t>(kContextBatch, count);
    params.set<std::int32_t>(kContextMicroBatch, std::min(count, 512));
    params.set<std::int32_t>(kContextOutputs, count);
    params.set<std::int32_t>(kContextOutputsPerSequence, count);
    params.set<std::int32_t>(kContextThreads, 1);
    params.set<std::int32_t>(kContextThreadsBatch, 1);
    void* context = m_library.m_newContext(m_model, params);
    if (!context) return {};

    std::vector<std::int32_t> ids = tokens, positions(tokens.size()), sequenceCounts(tokens.size(), 1);
    std::iota(positions.begin(), positions.end(), 0);
    std::int32_t sequence = 0;
    std::vector<std::int32_t*> sequences(tokens.size(), &sequence);
    std::vector<std::int8_t> wants(tokens.size(), 1);
    const LlamaLibrary::Batch batch{count,       ids.data(), nullptr, positions.data(), sequenceCounts.data(), sequences.data(),
                                    wants.data()};
    std::vector<float> result;
    if (m_library.m_decode(context, batch) == 0) {
        const float* values = m_library.m_logits(context);
        if (values) result.assign(values, values + tokens.size() * static_cast<std::size_t>(tokenCount()));
    }
    m_library.m_freeContext(context);
    return result;
}

}  // namespace ww::test
