// SPDX-License-Identifier: MIT
#include "plan/preset.h"

#include <algorithm>
#include <array>
#include <string>

namespace ww {
namespace {

using T = TensorType;

// Ids are those of general.file_type in llama.cpp v0.5.0. Id 39 (NVFP4) is not a quantization target there.
constexpr std::array kPresets = {
    Preset{0, "F32", T::F32, false,
           "Full single precision: twice the size of F16 and no benefit for running; for further processing."},
    Preset{32, "BF16", T::BF16, false, "The 16-bit format most models are trained in: exact for BF16 sources, a good master copy."},
    Preset{1, "F16", T::F16, false,
           "Half precision: practically lossless and runs everywhere; the usual starting point for quantizing."},
    Preset{7, "Q8_0", T::Q8_0, false, "Practically lossless at about half the size of F16; for when memory is no concern."},
    Preset{38, "MXFP4_MOE", T::MXFP4, false, "For mixture-of-experts models: experts in 4-bit MXFP4, everything else in Q8_0."},
    Preset{18, "Q6_K", T::Q6_K, false, "Very close to the original; a safe choice when it fits."},
    Preset{9, "Q5_1", T::Q5_1, false, "Older 5-bit format with an offset per block; Q5_K_M is usually better at a smaller size."},
    Preset{17, "Q5_K_M", T::Q5_K, false, "High quality: hardly any measurable loss at about a third of the size of F16."},
    Preset{16, "Q5_K_S", T::Q5_K, false, "High quality, a little smaller than Q5_K_M."},
    Preset{8, "Q5_0", T::Q5_0, false, "Older 5-bit format that also fits rows of 32; Q5_K_S is usually better."},
    Preset{3, "Q4_1", T::Q4_1, false, "Older 4-bit format with an offset per block; Q4_K_M is usually better at a smaller size."},
    Preset{15, "Q4_K_M", T::Q4_K, false, "The usual recommendation: good quality at less than a third of the size of F16."},
    Preset{14, "Q4_K_S", T::Q4_K, false, "A little smaller than Q4_K_M, with a little more loss."},
    Preset{25, "IQ4_NL", T::IQ4_NL, false, "4-bit format with uneven steps; also fits models whose rows are not multiples of 256."},
    Preset{2, "Q4_0", T::Q4_0, false, "Simple 4-bit format, fastest on many processors; Q4_K_S is more accurate at the same size."},
    Preset{30, "IQ4_XS", T::IQ4_XS, false, "Smallest of the good 4-bit presets; best with an importance matrix."},
    Preset{13, "Q3_K_L", T::Q3_K, false, "Largest of the 3-bit presets: noticeable loss, but coherent."},
    Preset{12, "Q3_K_M", T::Q3_K, false, "Medium 3-bit preset for when 4 bits do not fit: noticeable loss."},
    Preset{27, "IQ3_M", T::IQ3_S, false, "Better than Q3_K_M at a smaller size; best with an importance matrix."},
    Preset{11, "Q3_K_S", T::Q3_K, false, "Smallest of the plain 3-bit presets: considerable loss."},
    Preset{26, "IQ3_S", T::IQ3_S, false, "3-bit codebook format throughout; best with an importance matrix."},
    Preset{22, "IQ3_XS", T::IQ3_S, true, "Just above 3 bits; needs an importance matrix."},
    Preset{23, "IQ3_XXS", T::IQ3_XXS, true, "3 bits on average with usable quality; needs an importance matrix."},
    Preset{10, "Q2_K", T::Q2_K, false, "Small, with a clear loss of quality; give it an importance matrix."},
    Preset{29, "IQ2_M", T::IQ2_S, true,
           "Best of the 2-bit presets: for large models that would not fit otherwise; needs an importance matrix."},
    Preset{21, "Q2_K_S", T::Q2_K, true, "Smaller than Q2_K with more loss; needs an importance matrix."},
    Preset{28, "IQ2_S", T::IQ2_XS, true, "About 2.5 bits: strong loss, for large models; needs an importance matrix."},
    Preset{20, "IQ2_XS", T::IQ2_XS, true, "About 2.3 bits: strong loss, for very large models; needs an importance matrix."},
    Preset{41, "Q2_0", T::Q2_0, false, "Plain 2-bit format for models that were trained for it; others lose their sense."},
    Preset{19, "IQ2_XXS", T::IQ2_XXS, true, "About 2.1 bits: strong loss, for very large models; needs an importance matrix."},
    Preset{37, "TQ2_0", T::TQ2_0, false, "For models trained with ternary weights: 2 bits, fast to decode."},
    Preset{31, "IQ1_M", T::IQ1_M, true, "About 1.8 bits: severe loss, only for giant models; needs an importance matrix."},
    Preset{36, "TQ1_0", T::TQ1_0, false, "For models trained with ternary weights: the most compact form."},
    Preset{24, "IQ1_S", T::IQ1_S, true,
           "About 1.6 bits: the most extreme codebook preset, mostly a curiosity; needs an importance matrix."},
    Preset{40, "Q1_0", T::Q1_0, false, "One bit per weight, for models that were trained for it; others lose their sense."},
};

struct Alias {
    std::string_view alias;
    std::string_view name;
};
constexpr std::array kAliases = {Alias{"Q3_K", "Q3_K_M"}, Alias{"Q4_K", "Q4_K_M"}, Alias{"Q5_K", "Q5_K_M"}};

struct TypeFileType {
    TensorType type;
    std::uint32_t fileType;
};
constexpr std::array kFileTypes = {
    TypeFileType{T::F32, 0},      TypeFileType{T::F16, 1},      TypeFileType{T::BF16, 32},   TypeFileType{T::Q4_0, 2},
    TypeFileType{T::Q4_1, 3},     TypeFileType{T::Q5_0, 8},     TypeFileType{T::Q5_1, 9},    TypeFileType{T::Q8_0, 7},
    TypeFileType{T::Q2_K, 10},    TypeFileType{T::Q3_K, 12},    TypeFileType{T::Q4_K, 15},   TypeFileType{T::Q5_K, 17},
    TypeFileType{T::Q6_K, 18},    TypeFileType{T::IQ2_XXS, 19}, TypeFileType{T::IQ2_XS, 20}, TypeFileType{T::IQ2_S, 28},
    TypeFileType{T::IQ3_XXS, 23}, TypeFileType{T::IQ1_S, 24},   TypeFileType{T::IQ1_M, 31},  TypeFileType{T::IQ4_NL, 25},
    TypeFileType{T::IQ4_XS, 30},  TypeFileType{T::IQ3_S, 26},   TypeFileType{T::TQ1_0, 36},  TypeFileType{T::TQ2_0, 37},
    TypeFileType{T::NVFP4, 39},   TypeFileType{T::Q1_0, 40},    TypeFileType{T::Q2_0, 41},
};

constexpr char upper(char c)
{
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

bool equalIgnoringCase(std::string_view a, std::string_view b)
{
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return upper(x) == upper(y); });
}

}  // namespace

std::span<const Preset> presets()
{
    return kPresets;
}

const Preset* findPreset(std::string_view name)
{
    for (const auto& alias : kAliases)
        if (equalIgnoringCase(alias.alias, name)) name = alias.name;
    for (const auto& preset : kPresets)
        if (equalIgnoringCase(preset.name, name) || std::to_string(preset.fileType) == name) return &preset;
    return nullptr;
}

bool isCopyPreset(std::string_view name)
{
    return equalIgnoringCase(name, kCopyPreset);
}

std::uint32_t fileTypeForTensorType(TensorType type)
{
    for (const auto& entry : kFileTypes)
        if (entry.type == type) return entry.fileType;
    return 0;
}

std::string_view fileTypeName(std::uint32_t fileType)
{
    const std::uint32_t id = fileType & ~kGuessedFileType;
    for (const auto& preset : kPresets)
        if (preset.fileType == id) return preset.name;
    return id == fileTypeForTensorType(TensorType::NVFP4) ? std::string_view("NVFP4") : std::string_view();
}

}  // namespace ww
