// SPDX-License-Identifier: MIT
#include "plan/plan_warning.h"

#include <fmt/format.h>

namespace ww {
namespace {

std::string sizeText(std::uint64_t bytes)
{
    constexpr const char* kUnits[] = {"KiB", "MiB", "GiB", "TiB"};
    if (bytes < 1024) return fmt::format("{} bytes", bytes);
    double value = static_cast<double>(bytes) / 1024;
    std::size_t unit = 0;
    while (value >= 1024 && unit + 1 < std::size(kUnits)) {
        value /= 1024;
        ++unit;
    }
    return value < 10 ? fmt::format("{:.1f} {}", value, kUnits[unit]) : fmt::format("{:.0f} {}", value, kUnits[unit]);
}

struct ValueText {
    std::string operator()(std::uint64_t number) const { return std::to_string(number); }
    std::string operator()(const ByteCount& size) const { return sizeText(size.bytes); }
    std::string operator()(TensorType type) const { return std::string(name(type)); }
    std::string operator()(TensorRole role) const { return std::string(roleName(role)); }
    std::string operator()(const NamedMethod& method) const { return method.name; }
    std::string operator()(const std::string& text) const { return text; }
};

}  // namespace

WarningText warningText(WarningKind kind)
{
    switch (kind) {
    case WarningKind::RowsDoNotFit: return {"Rows of %1 are not a multiple of %2, so %3 is written instead of %4: +%5."};
    case WarningKind::AlreadyQuantized: return {"The source is already quantized as %1; quantizing again adds to its error."};
    case WarningKind::ImportanceNotGiven:
        return {"%1 needs an importance matrix here and none is given; without it this recipe cannot be exported."};
    case WarningKind::ImportanceWithoutEntry:
        return {"%1 needs an importance matrix here and the one given has no entry for this tensor; without it this recipe cannot be exported."};
    case WarningKind::ImportanceAllZero:
        return {"The importance matrix says that all inputs of this tensor were zero; llama.cpp's search stores zeros then. Use another "
                "method or a longer text."};
    case WarningKind::CalibrationNotGiven:
        return {"The method \"%1\" needs a calibration of this model, and there is none; give a calibration text or choose another method."};
    case WarningKind::GramNotGiven:
        return {"The method \"%1\" needs a calibration of this model with Gram matrices, and there is none; give a calibration text or "
                "choose another method."};
    case WarningKind::InputsNotReached:
        return {"The calibration text did not reach all of this tensor; there, inputs are rounded token by token."};
    case WarningKind::TensorsDoNotFit:
        return {"%n tensors have rows that do not fit the chosen format and get a larger one: +%1.",
                "%n tensor has rows that do not fit the chosen format and gets a larger one: +%1."};
    case WarningKind::TensorsAlreadyQuantized:
        return {"%n tensors are already quantized; quantizing again adds to the error. Start from an F16, BF16 or F32 file if you can.",
                "%n tensor is already quantized; quantizing again adds to the error. Start from an F16, BF16 or F32 file if you can."};
    case WarningKind::TensorsNeedImportance:
        return {"%n tensors need an importance matrix; without one this recipe cannot be exported.",
                "%n tensor needs an importance matrix; without one this recipe cannot be exported."};
    case WarningKind::TensorsWithoutEntry:
        return {"%n tensors have no entry in the importance matrix and will be quantized without.",
                "%n tensor has no entry in the importance matrix and will be quantized without."};
    case WarningKind::TensorsWithoutMethod:
        return {"The method \"%1\" cannot make the format of %n tensors; llama.cpp's search is used there.",
                "The method \"%1\" cannot make the format of %n tensor; llama.cpp's search is used there."};
    case WarningKind::TensorsRoundedAgain:
        return {"GGUF cannot hold what the method of %n tensors makes: its values are rounded again to the chosen formats, in measurements "
                "as well (choose F16 to see the method alone), and what it does to inputs happens in this program only.",
                "GGUF cannot hold what the method of %n tensor makes: its values are rounded again to the chosen format, in measurements "
                "as well (choose F16 to see the method alone), and what it does to inputs happens in this program only."};
    case WarningKind::TensorsStoredAsFloats:
        return {"GGUF cannot hold what the method of %n tensors makes: a file keeps its values as floats, without rounding them again and "
                "as large as floats are, whatever other format the recipe has. What it does to inputs happens in this program only.",
                "GGUF cannot hold what the method of %n tensor makes: a file keeps its values as floats, without rounding them again and "
                "as large as floats are, whatever other format the recipe has. What it does to inputs happens in this program only."};
    case WarningKind::TensorsInNearestFormat:
        return {"GGUF cannot hold what the method of %n tensors makes: a file gets the nearest format instead, made from the original weights.",
                "GGUF cannot hold what the method of %n tensor makes: a file gets the nearest format instead, made from the original weights."};
    case WarningKind::MethodNeedsCalibration:
        return {"The method \"%1\" needs a calibration; without one this recipe cannot be exported."};
    case WarningKind::EmbeddingWithoutGram:
        return {"%1 is looked up, not multiplied, so that a calibration says nothing about it: its values are chosen without, which is normal."};
    case WarningKind::TensorsWithoutGram:
        return {"The calibration has no Gram matrix for %n tensors (%1); llama.cpp's search is used there.",
                "The calibration has no Gram matrix for %n tensor (%1); llama.cpp's search is used there."};
    case WarningKind::TensorsNotClipped:
        return {"The calibration has no Gram matrix for all or some of the inputs of %n tensors (%1); values are not chosen by outputs there.",
                "The calibration has no Gram matrix for all or some of the inputs of %n tensor (%1); values are not chosen by outputs there."};
    case WarningKind::ExpertsNotReached:
        return {"The calibration text reached %n matrices of experts not at all; llama.cpp's search is used there. Use a longer or more "
                "varied text.",
                "The calibration text reached %n matrix of experts not at all; llama.cpp's search is used there. Use a longer or more varied "
                "text."};
    case WarningKind::TextTooShort:
        return {"The calibration text is short for %n matrices, which may become worse than with llama.cpp's search; at least %1 tokens are "
                "needed there.",
                "The calibration text is short for %n matrix, which may become worse than with llama.cpp's search; at least %1 tokens are "
                "needed there."};
    case WarningKind::BetterWithImportance:
        return {"Formats below 4 bits lose clearly less with an importance matrix; none is given."};
    case WarningKind::OtherAlignment:
        return {"The source aligns its tensors to %1 bytes; the export uses %2, which every reader understands."};
    case WarningKind::PatternRuleUnused:
        return {"Rule %1 (\"%2\") changes nothing: it matches no tensor that can be quantized and is not taken by an earlier rule or option."};
    case WarningKind::RoleRuleUnused:
        return {"Rule %1 (role %2) changes nothing: it matches no tensor that can be quantized and is not taken by an earlier rule or option."};
    }
    return {};
}

std::string PlanWarning::text() const
{
    const WarningText texts = warningText(kind);
    const std::string_view pattern = count == 1 && !texts.one.empty() ? texts.one : texts.text;
    std::string sentence;
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        const char next = pattern[i] == '%' && i + 1 < pattern.size() ? pattern[i + 1] : '\0';
        const auto place = static_cast<std::size_t>(next - '1');
        if (next == 'n')
            sentence += std::to_string(count);
        else if (next >= '1' && place < values.size())
            sentence += std::visit(ValueText(), values[place]);
        else {
            sentence += pattern[i];
            continue;
        }
        ++i;
    }
    return sentence;
}

std::string joinedText(std::span<const PlanWarning> warnings)
{
    std::string all;
    for (const PlanWarning& warning : warnings) all += fmt::format("{}{}", all.empty() ? "" : " ", warning.text());
    return all;
}

}  // namespace ww
