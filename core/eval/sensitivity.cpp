// SPDX-License-Identifier: MIT
#include "eval/sensitivity.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "base/atomic_file.h"
#include "base/blas.h"
#include "io/json_file.h"

namespace ww {
namespace {

using Json = nlohmann::ordered_json;
using nlohmann::json;

constexpr const char* kMark = "weightwright-sensitivity";

Json formatsJson(const TensorSensitivity& tensor)
{
    Json list = Json::array();
    for (const FormatError& error : tensor.formats) {
        Json entry;
        entry["format"] = name(error.format);
        if (!error.method.empty()) entry["method"] = error.method;
        entry["weight"] = error.weight;
        if (error.weighted) entry["weighted"] = *error.weighted;
        if (error.output) entry["output"] = *error.output;
        list.push_back(std::move(entry));
    }
    return list;
}

Json probeJson(const SensitivityProbe& probe)
{
    Json entry;
    entry["format"] = name(probe.format);
    entry["kld"] = probe.kld;
    entry["error"] = probe.error;
    return entry;
}

std::optional<double> figure(const json& object, std::string_view member)
{
    const json* value = jsonMember(object, member);
    if (!value || !value->is_number()) return std::nullopt;
    const double number = value->get<double>();
    if (!std::isfinite(number)) return std::nullopt;
    return number;
}

std::optional<TensorType> formatOf(const json& object, std::string_view member = "format")
{
    const auto text = jsonText(object, member);
    return text ? tensorTypeFromName(*text) : std::nullopt;
}

std::optional<FormatError> readFormat(const json& object)
{
    const auto format = formatOf(object);
    const auto weight = figure(object, "weight");
    if (!format || !weight || *weight < 0) return std::nullopt;
    FormatError error{*format, *weight, figure(object, "weighted"), figure(object, "output"), std::string(jsonText(object, "method").value_or(""))};
    if (error.weighted.value_or(0) < 0 || error.output.value_or(0) < 0) return std::nullopt;
    return error;
}

std::optional<SensitivityProbe> readProbe(const json& object)
{
    const auto format = formatOf(object);
    const auto kld = figure(object, "kld");
    const auto error = figure(object, "error");
    if (!format || !kld || !error) return std::nullopt;
    return SensitivityProbe{*format, *kld, *error};
}

/// "tensor", "source", "formats" and perhaps "probes".
std::optional<TensorSensitivity> readTensor(const json& object)
{
    const auto tensorName = jsonText(object, "tensor");
    const auto source = formatOf(object, "source");
    const json* formats = jsonMember(object, "formats");
    if (!tensorName || !source || !formats || !formats->is_array()) return std::nullopt;
    TensorSensitivity tensor;
    tensor.tensor = *tensorName;
    tensor.source = *source;
    for (const json& entry : *formats) {
        const auto error = readFormat(entry);
        if (!error) return std::nullopt;
        tensor.formats.push_back(*error);
    }
    if (const json* probes = jsonMember(object, "probes"); probes && probes->is_array())
        for (const json& entry : *probes) {
            const auto probe = readProbe(entry);
            if (!probe) return std::nullopt;
            tensor.probes.push_back(*probe);
        }
    return tensor;
}

TensorSensitivity& tensorIn(Sensitivity& into, std::string_view tensorName)
{
    const auto found = std::ranges::find(into.tensors, tensorName, &TensorSensitivity::tensor);
    if (found != into.tensors.end()) return *found;
    into.tensors.emplace_back();
    into.tensors.back().tensor = tensorName;
    return into.tensors.back();
}

}  // namespace

void ErrorSums::merge(const ErrorSums& other)
{
    error += other.error;
    original += other.original;
    weightedError += other.weightedError;
    weightedOriginal += other.weightedOriginal;
    outputError += other.outputError;
    outputOriginal += other.outputOriginal;
}

ErrorMeter::ErrorMeter(const float* original, std::size_t rows, std::size_t columns, InputMoments moments)
    : m_original(original), m_rows(rows), m_columns(columns), m_moments(moments), m_delta(rows * columns),
      m_product(moments.gram ? rows * columns : 0)
{
    const auto weighted = [&](const float* row) {
        double sum = 0;
        for (std::size_t c = 0; c < columns; ++c)
            sum += static_cast<double>(m_moments.diagonal[c]) * static_cast<double>(row[c]) * static_cast<double>(row[c]);
        return sum;
    };
    for (std::size_t r = 0; r < rows; ++r) {
        const float* row = original + r * columns;
        m_base.original += blas::dot(columns, row, row);
        if (m_moments.diagonal) m_base.weightedOriginal += weighted(row);
    }
    if (m_moments.gram) m_base.outputOriginal = throughGram(original);
}

double ErrorMeter::throughGram(const float* values)
{
    blas::gemmNN(m_rows, m_columns, m_columns, 1, values, m_columns, m_moments.gram, m_columns, 0, m_product.data(), m_columns);
    double sum = 0;
    for (std::size_t r = 0; r < m_rows; ++r)
        sum += blas::dot(m_columns, values + r * m_columns, m_product.data() + r * m_columns);
    return std::max(0.0, sum);
}

ErrorSums ErrorMeter::compare(const float* quantized)
{
    ErrorSums sums = m_base;
    for (std::size_t r = 0; r < m_rows; ++r)
        for (std::size_t c = 0; c < m_columns; ++c) {
            const std::size_t i = r * m_columns + c;
            m_delta[i] = quantized[i] - m_original[i];
            const double square = static_cast<double>(m_delta[i]) * static_cast<double>(m_delta[i]);
            sums.error += square;
            if (m_moments.diagonal) sums.weightedError += static_cast<double>(m_moments.diagonal[c]) * square;
        }
    if (m_moments.gram) sums.outputError = throughGram(m_delta.data());
    return sums;
}

const FormatError* TensorSensitivity::find(TensorType format) const
{
    const auto found = std::ranges::find(formats, format, &FormatError::format);
    return found == formats.end() ? nullptr : &*found;
}

const SensitivityProbe* TensorSensitivity::probe(TensorType format) const
{
    const auto found = std::ranges::find(probes, format, &SensitivityProbe::format);
    return found == probes.end() ? nullptr : &*found;
}

const TensorSensitivity* Sensitivity::find(std::string_view tensor) const
{
    const auto found = std::ranges::find(tensors, tensor, &TensorSensitivity::tensor);
    return found == tensors.end() ? nullptr : &*found;
}

const std::string& Sensitivity::methodOf(std::size_t tensor, TensorType format) const
{
    const FormatError* error = tensors[tensor].find(format);
    return error && !error->method.empty() ? error->method : method;
}

std::string sensitivityToJson(const Sensitivity& sensitivity)
{
    Json file;
    file[kMark] = 1;
    file["model"] = sensitivity.model.text();
    file["settings"] = sensitivity.settings.text();
    file["method"] = sensitivity.method;
    file["text"] = sensitivity.textName;
    file["importance"] = sensitivity.withImportance;
    file["contextLength"] = sensitivity.contextLength;
    file["probeTokens"] = sensitivity.probeTokens;
    Json tensors = Json::array();
    for (const TensorSensitivity& tensor : sensitivity.tensors) {
        Json entry;
        entry["tensor"] = tensor.tensor;
        entry["source"] = name(tensor.source);
        entry["formats"] = formatsJson(tensor);
        Json probes = Json::array();
        for (const SensitivityProbe& probe : tensor.probes) probes.push_back(probeJson(probe));
        entry["probes"] = std::move(probes);
        tensors.push_back(std::move(entry));
    }
    file["tensors"] = std::move(tensors);
    Json measured = Json::array();
    for (const MeasuredRecipe& recipe : sensitivity.measured) {
        Json entry;
        entry["predicted"] = recipe.predicted;
        entry["measured"] = recipe.measured;
        if (recipe.byProbes) entry["byProbes"] = true;
        measured.push_back(std::move(entry));
    }
    file["measured"] = std::move(measured);
    return file.dump(1) + '\n';
}

Result<Sensitivity> loadSensitivity(const std::filesystem::path& path)
{
    WW_TRY(const json file, readJsonFile(path));
    const auto version = jsonUnsigned(file, kMark);
    if (!version) return fail(ErrorCode::Corrupt, "This is no sensitivity file; \"sensitivity\" makes them.", path);
    if (*version != 1)
        return fail(ErrorCode::Unsupported, "The sensitivity file was written by a newer version of this program; measure again.",
                    path);
    const auto broken = [&](std::string_view tensor) {
        return fail(Error{ErrorCode::Corrupt, "The sensitivity file is damaged; measure again.", path, std::string(tensor), {}});
    };
    Sensitivity result;
    const auto model = Hash::fromText(jsonText(file, "model").value_or(""));
    const auto settings = Hash::fromText(jsonText(file, "settings").value_or(""));
    const json* tensors = jsonMember(file, "tensors");
    if (!model || !settings || !tensors || !tensors->is_array()) return broken({});
    result.model = *model;
    result.settings = *settings;
    result.method = jsonText(file, "method").value_or("");
    result.textName = jsonText(file, "text").value_or("");
    result.withImportance = jsonFlag(file, "importance").value_or(false);
    result.contextLength = static_cast<std::uint32_t>(jsonUnsigned(file, "contextLength").value_or(0));
    result.probeTokens = jsonUnsigned(file, "probeTokens").value_or(0);
    for (const json& entry : *tensors) {
        auto tensor = readTensor(entry);
        if (!tensor) return broken(jsonText(entry, "tensor").value_or(""));
        result.tensors.push_back(std::move(*tensor));
    }
    if (const json* measured = jsonMember(file, "measured"); measured && measured->is_array())
        for (const json& entry : *measured) {
            const auto predicted = figure(entry, "predicted");
            const auto kld = figure(entry, "measured");
            if (!predicted || !kld || *predicted <= 0 || *kld <= 0) return broken({});
            result.measured.push_back({*predicted, *kld, jsonFlag(entry, "byProbes").value_or(false)});
        }
    return result;
}

Result<void> saveSensitivity(const Sensitivity& sensitivity, const std::filesystem::path& path)
{
    return writeTextFile(path, sensitivityToJson(sensitivity));
}

std::string sensitivityUnit(const TensorSensitivity& errors)
{
    Json unit;
    unit["tensor"] = errors.tensor;
    unit["source"] = name(errors.source);
    unit["formats"] = formatsJson(errors);
    return unit.dump();
}

std::string sensitivityUnit(std::string_view tensor, const SensitivityProbe& probe)
{
    Json unit;
    unit["tensor"] = tensor;
    unit["probe"] = probeJson(probe);
    return unit.dump();
}

bool addSensitivityUnit(Sensitivity& into, std::string_view line)
{
    const json unit = json::parse(line, nullptr, false);
    if (const json* object = jsonMember(unit, "probe")) {
        const auto tensor = jsonText(unit, "tensor");
        const auto probe = readProbe(*object);
        if (!tensor || !probe) return false;
        TensorSensitivity& target = tensorIn(into, *tensor);
        if (!target.probe(probe->format)) target.probes.push_back(*probe);
        return true;
    }
    auto tensor = readTensor(unit);
    if (!tensor) return false;
    TensorSensitivity& target = tensorIn(into, tensor->tensor);
    target.source = tensor->source;
    target.formats = std::move(tensor->formats);
    return true;
}

}  // namespace ww
