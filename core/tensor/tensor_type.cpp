// SPDX-License-Identifier: MIT
#include "tensor/tensor_type.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace ww {
namespace {

using enum TensorTypeKind;
using enum ImportanceUse;

constexpr std::array kTypes = {
    TensorTypeTraits{TensorType::F32, "F32", 1, 4, Float, Ignored, true},
    TensorTypeTraits{TensorType::F16, "F16", 1, 2, Float, Ignored, true},
    TensorTypeTraits{TensorType::Q4_0, "Q4_0", 32, 18, Legacy, Optional, true},
    TensorTypeTraits{TensorType::Q4_1, "Q4_1", 32, 20, Legacy, Optional, true},
    TensorTypeTraits{TensorType::Q5_0, "Q5_0", 32, 22, Legacy, Optional, true},
    TensorTypeTraits{TensorType::Q5_1, "Q5_1", 32, 24, Legacy, Optional, true},
    TensorTypeTraits{TensorType::Q8_0, "Q8_0", 32, 34, Legacy, Ignored, true},
    TensorTypeTraits{TensorType::Q8_1, "Q8_1", 32, 36, ActivationOnly, Ignored, false},
    TensorTypeTraits{TensorType::Q2_K, "Q2_K", 256, 84, K, Optional, true},
    TensorTypeTraits{TensorType::Q3_K, "Q3_K", 256, 110, K, Optional, true},
    TensorTypeTraits{TensorType::Q4_K, "Q4_K", 256, 144, K, Optional, true},
    TensorTypeTraits{TensorType::Q5_K, "Q5_K", 256, 176, K, Optional, true},
    TensorTypeTraits{TensorType::Q6_K, "Q6_K", 256, 210, K, Optional, true},
    TensorTypeTraits{TensorType::Q8_K, "Q8_K", 256, 292, ActivationOnly, Ignored, false},
    TensorTypeTraits{TensorType::IQ2_XXS, "IQ2_XXS", 256, 66, IQ, Required, true},
    TensorTypeTraits{TensorType::IQ2_XS, "IQ2_XS", 256, 74, IQ, Required, true},
    TensorTypeTraits{TensorType::IQ3_XXS, "IQ3_XXS", 256, 98, IQ, Optional, true},
    TensorTypeTraits{TensorType::IQ1_S, "IQ1_S", 256, 50, IQ, Required, true},
    TensorTypeTraits{TensorType::IQ4_NL, "IQ4_NL", 32, 18, IQ, Optional, true},
    TensorTypeTraits{TensorType::IQ3_S, "IQ3_S", 256, 110, IQ, Optional, true},
    TensorTypeTraits{TensorType::IQ2_S, "IQ2_S", 256, 82, IQ, Optional, true},
    TensorTypeTraits{TensorType::IQ4_XS, "IQ4_XS", 256, 136, IQ, Optional, true},
    TensorTypeTraits{TensorType::I8, "I8", 1, 1, Integer, Ignored, false},
    TensorTypeTraits{TensorType::I16, "I16", 1, 2, Integer, Ignored, false},
    TensorTypeTraits{TensorType::I32, "I32", 1, 4, Integer, Ignored, false},
    TensorTypeTraits{TensorType::I64, "I64", 1, 8, Integer, Ignored, false},
    TensorTypeTraits{TensorType::F64, "F64", 1, 8, Float, Ignored, false},
    TensorTypeTraits{TensorType::IQ1_M, "IQ1_M", 256, 56, IQ, Optional, true},
    TensorTypeTraits{TensorType::BF16, "BF16", 1, 2, Float, Ignored, true},
    TensorTypeTraits{TensorType::TQ1_0, "TQ1_0", 256, 54, Ternary, Ignored, true},
    TensorTypeTraits{TensorType::TQ2_0, "TQ2_0", 256, 66, Ternary, Ignored, true},
    TensorTypeTraits{TensorType::MXFP4, "MXFP4", 32, 17, Fp4, Ignored, true},
    TensorTypeTraits{TensorType::NVFP4, "NVFP4", 64, 36, Fp4, Ignored, true},
    TensorTypeTraits{TensorType::Q1_0, "Q1_0", 128, 18, FewBit, Ignored, true},
    TensorTypeTraits{TensorType::Q2_0, "Q2_0", 64, 18, FewBit, Ignored, true},
};

}  // namespace

const TensorTypeTraits* traitsForId(std::uint32_t id)
{
    for (const auto& t : kTypes)
        if (static_cast<std::uint32_t>(t.type) == id) return &t;
    return nullptr;
}

const TensorTypeTraits& traits(TensorType type)
{
    return *traitsForId(static_cast<std::uint32_t>(type));
}

std::optional<TensorType> tensorTypeFromName(std::string_view name)
{
    // Locale-independent: the names are ASCII.
    const auto lower = [](char c) { return (c >= 'A' && c <= 'Z') ? static_cast<char>(c - 'A' + 'a') : c; };
    for (const auto& t : kTypes)
        if (std::ranges::equal(t.name, name, {}, lower, lower)) return t.type;
    return std::nullopt;
}

std::span<const TensorTypeTraits> allTensorTypes()
{
    return kTypes;
}

std::optional<std::uint64_t> rowBytes(TensorType type, std::uint64_t columns)
{
    const auto& t = traits(type);
    if (columns % t.blockLength != 0) return std::nullopt;
    std::uint64_t bytes = 0;
    if (__builtin_mul_overflow(columns / t.blockLength, std::uint64_t{t.blockBytes}, &bytes)) return std::nullopt;
    return bytes;
}

}  // namespace ww
