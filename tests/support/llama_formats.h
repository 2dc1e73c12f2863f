// SPDX-License-Identifier: MIT
// The few functions of llama.cpp's own library that convert rows, loaded at run time for comparison, without Qt so that
// benchmarks can use it (llama_library.h loads the rest of llama.cpp, for models). No header of
// llama.cpp is used; the declarations are the C functions the library exports, its layout is checked before use.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "tensor/tensor_type.h"

namespace ww::test {

class LlamaFormats {
public:
    /// The library below $WW_LLAMA_LIBS, loaded once. Null when it is absent or of another layout; `reason` then says why.
    static const LlamaFormats* load(std::string& reason);

    /// Must be called once before encoding a type; builds tables of the IQ types, which takes up to seconds.
    void prepare(TensorType type) const { m_quantizeInit(static_cast<int>(type)); }
    void encodeRows(TensorType type, const float* rows, void* out, std::size_t rowCount, std::size_t columns,
                    const float* importance) const;
    /// False when the library has no decoder (F32).
    bool decodeRow(TensorType type, const void* row, float* out, std::size_t columns) const;

private:
    using QuantizeInit = void (*)(int);
    using QuantizeChunk = std::size_t (*)(int, const float*, void*, std::int64_t, std::int64_t, std::int64_t, const float*);
    using TypeTraits = const void* (*)(int);
    QuantizeInit m_quantizeInit = nullptr;
    QuantizeChunk m_quantizeChunk = nullptr;
    TypeTraits m_typeTraits = nullptr;
};

}  // namespace ww::test
