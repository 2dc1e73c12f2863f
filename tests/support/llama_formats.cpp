// SPDX-License-Identifier: MIT
#include "tests/support/llama_formats.h"

#include <dlfcn.h>

#include <cstring>
#include <filesystem>

#include "tests/support/paths.h"

namespace ww::test {
namespace {

// Byte offsets in the structure that ggml_get_type_traits returns.
constexpr std::size_t kBlockLengthOffset = 8;
constexpr std::size_t kSizeOffset = 24;
constexpr std::size_t kToFloatOffset = 40;
using ToFloat = void (*)(const void*, float*, std::int64_t);

template <class T>
T fieldAt(const void* structure, std::size_t offset)
{
    T value{};
    std::memcpy(&value, static_cast<const char*>(structure) + offset, sizeof value);
    return value;
}

template <class Function>
bool resolve(void* library, const char* name, Function& function)
{
    function = reinterpret_cast<Function>(dlsym(library, name));
    return function != nullptr;
}

}  // namespace

const LlamaFormats* LlamaFormats::load(std::string& reason)
{
    static LlamaFormats formats;
    static const std::string problem = []() -> std::string {
        const auto folder = llamaLibsDir();
        if (folder.empty()) return "WW_LLAMA_LIBS does not name a folder with llama.cpp's libraries";
        void* library = nullptr;
        std::error_code ec;
        for (const auto& entry : std::filesystem::directory_iterator(folder, ec))
            if (!library && entry.path().filename().string().starts_with("libggml-base"))
                library = dlopen(entry.path().c_str(), RTLD_NOW | RTLD_LOCAL);
        if (!library) return "there is no loadable libggml-base in " + folder.string();
        if (!resolve(library, "ggml_quantize_init", formats.m_quantizeInit) ||
            !resolve(library, "ggml_quantize_chunk", formats.m_quantizeChunk) ||
            !resolve(library, "ggml_get_type_traits", formats.m_typeTraits))
            return "libggml-base lacks a function";
        for (const auto& type : allTensorTypes()) {
            const void* traits = formats.m_typeTraits(static_cast<int>(type.type));
            if (fieldAt<std::int64_t>(traits, kBlockLengthOffset) != type.blockLength ||
                fieldAt<std::size_t>(traits, kSizeOffset) != type.blockBytes)
                return "libggml-base is of a version with another layout";
        }
        return {};
    }();
    reason = problem;
    return problem.empty() ? &formats : nullptr;
}

void LlamaFormats::encodeRows(TensorType type, const float* rows, void* out, std::size_t rowCount, std::size_t columns,
                              const float* importance) const
{
    m_quantizeChunk(static_cast<int>(type), rows, out, 0, static_cast<std::int64_t>(rowCount), static_cast<std::int64_t>(columns),
                    importance);
}

bool LlamaFormats::decodeRow(TensorType type, const void* row, float* out, std::size_t columns) const
{
    const auto toFloat = fieldAt<ToFloat>(m_typeTraits(static_cast<int>(type)), kToFloatOffset);
    if (!toFloat) return false;
    toFloat(row, out, static_cast<std::int64_t>(columns));
    return true;
}

}  // namespace ww::test
