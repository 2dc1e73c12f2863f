// SPDX-License-Identifier: MIT
#include "import/hf_quantized.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "import/hf_decoders.h"
#include "io/json_file.h"

namespace ww {
namespace {

using Json = nlohmann::json;

/// Numbers that go with a matrix in codes and are no tensors of the model.
constexpr std::array<std::string_view, 16> kCompanions = {
    ".qzeros",       ".scales",      ".g_idx",       ".weight_scale",       ".weight_scale_inv",        ".input_scale", ".output_scale",
    ".weight_format", ".SCB",        ".k_scale",     ".v_scale",            ".weight.absmax",           ".weight.quant_map",
    ".weight.nested_absmax", ".weight.nested_quant_map", ".activation_scale"};
constexpr std::array<std::string_view, 2> kStates = {".weight.quant_state.bitsandbytes__nf4", ".weight.quant_state.bitsandbytes__fp4"};

bool consumeEnd(std::string_view& text, std::string_view ending)
{
    if (!text.ends_with(ending)) return false;
    text.remove_suffix(ending.size());
    return true;
}

bool isF8(SafetensorsType type)
{
    return type == SafetensorsType::F8_E4M3 || type == SafetensorsType::F8_E5M2;
}

class Unpacking {
public:
    Unpacking(SafetensorsModel stored, const std::optional<HfQuantization>& quantization, SafetensorsType unpacked)
        : m_stored(std::make_shared<const SafetensorsModel>(std::move(stored))), m_quantization(quantization), m_unpacked(unpacked)
    {
        for (const SafetensorsTensor& tensor : m_stored->tensors) m_byName.emplace(tensor.name, &tensor);
    }

    Result<HfWeights> run()
    {
        auto plain = std::make_shared<SafetensorsModel>();
        plain->metadata = m_stored->metadata;
        plain->files = m_stored->files;
        for (const SafetensorsTensor& tensor : m_stored->tensors) {
            WW_TRY(const auto decoded, decode(tensor));
            if (decoded) {
                plain->tensors.push_back(*decoded);
            } else if (!isPart(tensor)) {
                plain->tensors.push_back(tensor);
            }
        }
        m_weights.model = std::move(plain);
        return std::move(m_weights);
    }

private:
    [[nodiscard]] const SafetensorsTensor* find(std::string_view stem, std::string_view ending) const
    {
        const auto found = m_byName.find(fmt::format("{}{}", stem, ending));
        return found == m_byName.end() ? nullptr : found->second;
    }
    [[nodiscard]] const SafetensorsTensor* stateOf(std::string_view stem) const
    {
        for (const std::string_view state : kStates)
            if (const auto* tensor = find(stem, state)) return tensor;
        return nullptr;
    }

    /// A scale or the like, or the bias of zeros that programs write beside a quantized matrix.
    [[nodiscard]] bool isPart(const SafetensorsTensor& tensor) const
    {
        if (std::ranges::any_of(kStates, [&](std::string_view state) { return tensor.name.ends_with(state); })) return true;
        std::string_view stem = tensor.name;
        if (consumeEnd(stem, ".bias"))
            return find(stem, ".qweight") &&
                   std::ranges::all_of(m_stored->bytes(tensor), [](std::byte byte) { return byte == std::byte{0}; });
        for (const std::string_view ending : kCompanions) {
            stem = tensor.name;
            if (consumeEnd(stem, ending)) return m_quantization.has_value() || find(stem, ".qweight") || find(stem, ".weight");
        }
        return false;
    }

    /// The tensor that takes the place of `tensor` when that holds codes.
    Result<std::optional<SafetensorsTensor>> decode(const SafetensorsTensor& tensor)
    {
        const HfQuantization how = m_quantization.value_or(HfQuantization{});
        HfCodes parts{.model = m_stored, .quantization = how, .codes = &tensor};
        std::string_view stem = tensor.name;
        Result<HfDecoded> decoded;
        if (consumeEnd(stem, ".qweight")) {
            parts.scales = find(stem, ".scales");
            parts.zeros = find(stem, ".qzeros");
            parts.groups = find(stem, ".g_idx");
            if (!m_quantization)
                return fail(Error{ErrorCode::Corrupt,
                                  "This matrix is stored in codes, but neither config.json nor quantize_config.json says how they were made.",
                                  {}, tensor.name, {}});
            if (!parts.scales)
                return fail(Error{ErrorCode::Corrupt, "The scales of this quantized matrix are missing.", {}, tensor.name, {}});
            decoded = how.method == "awq" ? awqDecoder(parts) : gptqDecoder(parts);
        } else if (consumeEnd(stem, ".weight") && isF8(tensor.type)) {
            parts.scales = find(stem, ".weight_scale_inv");
            if (!parts.scales) parts.scales = find(stem, ".weight_scale");
            decoded = fp8Decoder(parts);
        } else if (tensor.name.ends_with(".weight") && tensor.type == SafetensorsType::U8 && stateOf(stem)) {
            parts.state = stateOf(stem);
            parts.scales = find(stem, ".weight.absmax");
            parts.table = find(stem, ".weight.quant_map");
            parts.scaleScales = find(stem, ".weight.nested_absmax");
            parts.scaleTable = find(stem, ".weight.nested_quant_map");
            decoded = nf4Decoder(parts);
        } else if (tensor.name.ends_with(".weight") && tensor.type == SafetensorsType::I8 && find(stem, ".SCB")) {
            parts.scales = find(stem, ".SCB");
            decoded = int8Decoder(parts);
        } else {
            return std::nullopt;
        }
        if (!decoded) return fail(std::move(decoded.error()));
        SafetensorsTensor plain{fmt::format("{}.weight", stem), m_unpacked, {decoded->rows, decoded->columns}, 0, 2 * decoded->rows * decoded->columns, tensor.file};
        m_weights.decoders.emplace(plain.name, std::move(decoded->decoder));
        return plain;
    }

    std::shared_ptr<const SafetensorsModel> m_stored;
    const std::optional<HfQuantization>& m_quantization;
    SafetensorsType m_unpacked;
    std::unordered_map<std::string, const SafetensorsTensor*> m_byName;
    HfWeights m_weights;
};

Result<std::uint32_t> countOf(const Json& json, std::string_view name, std::uint32_t fallback, const std::filesystem::path& path)
{
    const Json* value = jsonMember(json, name);
    if (!value || value->is_null()) return fallback;
    if (!value->is_number_unsigned() || value->get<std::uint64_t>() == 0 || value->get<std::uint64_t>() > 1U << 20)
        return fail(ErrorCode::Corrupt, fmt::format("\"{}\" of the model's quantization makes no sense.", name), path);
    return static_cast<std::uint32_t>(value->get<std::uint64_t>());
}

bool isIn(std::string_view text, std::initializer_list<std::string_view> list)
{
    return std::ranges::find(list, text) != list.end();
}

/// How GPTQ and AWQ codes are ordered, when it is not as their first programs wrote them; else empty.
std::string orderOfCodes(const Json& section)
{
    if (jsonFlag(section, "is_marlin_format").value_or(false)) return "marlin";
    std::string format(jsonText(section, "checkpoint_format").value_or(""));
    if (!isIn(format, {"", "gptq", "gptq_v2", "gemm"})) return format.substr(0, 40);
    format = jsonText(section, "version").value_or("");
    for (char& c : format) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    return isIn(format, {"", "gemm", "exllama", "ipex", "1", "2"}) ? std::string() : format.substr(0, 40);
}

}  // namespace

Result<std::optional<HfQuantization>> readOldHfQuantization(const std::filesystem::path& folder)
{
    for (const auto& [name, method] : {std::pair{"quantize_config.json", "gptq"}, std::pair{"quant_config.json", "awq"}}) {
        std::error_code ec;
        if (!std::filesystem::exists(folder / name, ec)) continue;
        WW_TRY(Json section, readJsonFile(folder / name));
        if (!section.is_object()) return fail(ErrorCode::Corrupt, "This description of a quantization is no JSON object.", folder / name);
        if (!section.contains("quant_method")) section["quant_method"] = method;
        for (const auto& [older, usual] : {std::pair{"w_bit", "bits"}, std::pair{"q_group_size", "group_size"}})
            if (section.contains(older) && !section.contains(usual)) section[usual] = section[older];
        return readHfQuantization(Json{{"quantization_config", std::move(section)}}, folder / name);
    }
    return std::nullopt;
}

Result<std::optional<HfQuantization>> readHfQuantization(const Json& config, const std::filesystem::path& path)
{
    const Json* section = jsonMember(config, "quantization_config");
    if (!section || section->is_null()) return std::nullopt;
    HfQuantization result;
    result.method = std::string(jsonText(*section, "quant_method").value_or(""));
    if (result.method.empty() && (jsonFlag(*section, "load_in_4bit") || jsonFlag(*section, "load_in_8bit"))) result.method = "bitsandbytes";
    constexpr std::array<std::string_view, 6> kKnown = {"gptq", "awq", "bitsandbytes", "fp8", "fbgemm_fp8", "compressed-tensors"};
    const bool isPacked = result.method == "compressed-tensors" && jsonText(*section, "format").value_or("") != "float-quantized";
    // The same codes in an order made for one kernel.
    const std::string order = isIn(result.method, {"gptq", "awq"}) ? orderOfCodes(*section) : std::string();
    if (!order.empty())
        return fail(ErrorCode::Unsupported,
                    fmt::format("The codes of this {} checkpoint are in the order \"{}\", which cannot be read; choose the checkpoint in the usual order.",
                                result.method, order),
                    path);
    if (std::ranges::find(kKnown, result.method) == kKnown.end() || isPacked)
        return fail(ErrorCode::Unsupported,
                    fmt::format("The model in this folder is already quantized (method \"{}\") in a way that cannot be read; choose the "
                                "unquantized one.",
                                result.method.empty() ? "unknown" : result.method),
                    path);
    WW_TRY(result.bits, countOf(*section, "bits", 4, path));
    if (const Json* size = jsonMember(*section, "group_size"); size && size->is_number_integer() && size->get<std::int64_t>() == -1) {
        result.groupSize = 0;
    } else {
        WW_TRY(result.groupSize, countOf(*section, "group_size", 128, path));
    }
    result.zeroPointsAreExact = jsonText(*section, "checkpoint_format") == "gptq_v2";
    if (const Json* block = jsonMember(*section, "weight_block_size"); block && block->is_array() && block->size() == 2) {
        const Json sizes{{"rows", (*block)[0]}, {"columns", (*block)[1]}};
        WW_TRY(result.blockRows, countOf(sizes, "rows", 128, path));
        WW_TRY(result.blockColumns, countOf(sizes, "columns", 128, path));
    }
    return result;
}

Result<HfWeights> unpackHfWeights(SafetensorsModel stored, const std::optional<HfQuantization>& quantization, SafetensorsType unpacked,
                                  const std::filesystem::path& folder)
{
    auto result = Unpacking(std::move(stored), quantization, unpacked).run();
    if (!result) result.error().path = folder;
    return result;
}

}  // namespace ww
