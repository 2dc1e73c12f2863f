// SPDX-License-Identifier: MIT
#include "plan/allocated_recipe.h"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "io/gguf_writer.h"
#include "io/model_identity.h"
#include "methods/quantizer.h"
#include "plan/name_pattern.h"
#include "plan/preset.h"
#include "plan/rule_matcher.h"

namespace ww {
namespace {

std::uint64_t padded(std::uint64_t bytes)
{
    return (bytes + GgufWriter::kAlignment - 1) / GgufWriter::kAlignment * GgufWriter::kAlignment;
}

Recipe recipeOf(const Sensitivity& sensitivity, std::span<const TensorType> formats)
{
    Recipe recipe;
    recipe.name = "allocated";
    recipe.preset = std::string(kCopyPreset);
    recipe.withImportance = sensitivity.withImportance;
    if (sensitivity.method != kDefaultMethod) recipe.method = sensitivity.method;
    for (std::size_t i = 0; i < formats.size(); ++i) {
        RecipeRule rule;
        rule.match = RecipeRule::Match::Exact;
        rule.pattern = sensitivity.tensors[i].tensor;
        chooseFormat(rule, sensitivity, i, formats[i]);
        recipe.rules.push_back(std::move(rule));
    }
    return recipe;
}

// What an importance matrix adds to the metadata: four pairs, two of them paths.
constexpr std::uint64_t kImportanceRoom = 1024;

/// Size of the exported file.
Result<std::uint64_t> sizeOf(const Recipe& recipe, const ModelFile& model, const Sensitivity& sensitivity,
                             const AllocationRequest& request)
{
    PlanOptions options;
    options.importance = request.importance;
    options.requireImportance = false;
    WW_TRY(const Plan plan, resolve(recipe, model, options));
    return plan.sizeBytes + (sensitivity.withImportance && !request.importance ? kImportanceRoom : 0);
}

/// Adds a format that was not measured as one choice at the cost of the nearest larger error: pins are the user's business.
std::optional<double> costOrNearest(const DamageModel& damage, const TensorSensitivity& figures, std::size_t tensor, TensorType format)
{
    if (const auto cost = damage.cost(tensor, format)) return cost;
    std::optional<double> nearest;
    double bits = 0;
    for (const FormatError& error : figures.formats) {
        const double candidate = traits(error.format).bitsPerWeight();
        if (candidate > traits(format).bitsPerWeight() || candidate <= bits) continue;
        bits = candidate;
        nearest = damage.cost(tensor, error.format);
    }
    if (!nearest && !figures.formats.empty()) nearest = damage.cost(tensor, figures.formats.back().format);
    return nearest;
}

/// Numbers of the groups of tensors that take the same format.
class TiedGroups {
public:
    static Result<TiedGroups> compile(const std::vector<std::string>& patterns)
    {
        TiedGroups groups;
        for (const std::string& text : patterns) {
            WW_TRY(NamePattern pattern, NamePattern::compile(text));
            groups.m_patterns.push_back(std::move(pattern));
        }
        return groups;
    }
    /// 0 for tensors that no pattern matches; the first that matches counts, and every block has its own groups.
    Result<std::uint32_t> groupOf(const std::string& tensor)
    {
        for (std::size_t i = 0; i < m_patterns.size(); ++i) {
            WW_TRY(const bool found, m_patterns[i].foundIn(tensor));
            if (!found) continue;
            const auto block = identify(tensor).block;
            const std::pair key{i, block ? std::int64_t{*block} : -1};
            return m_numbers.try_emplace(key, static_cast<std::uint32_t>(m_numbers.size() + 1)).first->second;
        }
        return 0U;
    }

private:
    std::vector<NamePattern> m_patterns;
    std::map<std::pair<std::size_t, std::int64_t>, std::uint32_t> m_numbers;
};

std::string sizeNote(std::int64_t bytes)
{
    constexpr double kMebibyte = 1 << 20;
    constexpr double kKibibyte = 1 << 10;
    const auto size = static_cast<double>(bytes);
    return std::abs(bytes) >= (std::int64_t{1} << 20) ? fmt::format("{:+.1f} MiB", size / kMebibyte) : fmt::format("{:+.1f} KiB", size / kKibibyte);
}

/// Why a tensor has its format, and what the neighbouring ones would change.
std::string noteFor(const AllocationTensor& tensor, const AllocationPrices& prices, double cost)
{
    std::string note = tensor.pin ? fmt::format("Pinned; it adds {:.5f} KLD.", cost)
                                  : fmt::format("Least damage for the size; it adds {:.5f} KLD.", cost);
    if (tensor.group != 0) note += " The tied tensors go together.";
    const auto format = [&](const AllocationStep& step) { return name(tensor.candidates[step.candidate].format); };
    if (prices.up) note += fmt::format(" {} ({}) buys {:+.2g} KLD.", sizeNote(prices.up->bytes), format(*prices.up), prices.up->cost);
    if (prices.down)
        note += fmt::format(" {} ({}) costs {:+.2g} KLD.", sizeNote(prices.down->bytes), format(*prices.down), prices.down->cost);
    if (!tensor.pin && tensor.minimum) note += fmt::format(" At least {} was asked for.", name(*tensor.minimum));
    return note;
}

Result<Allocation> solve(const Allocator& allocator, const AllocationRequest& request, std::uint64_t overhead,
                         std::uint64_t reduction)
{
    const auto& curve = allocator.curve();
    if (request.maximumKld) {
        auto result = allocator.bestForCost(*request.maximumKld);
        if (!result)
            return fail(ErrorCode::InvalidArgument,
                        fmt::format("No choice of formats has a divergence as small as {:.6g}; the best has {:.6g}.",
                                    *request.maximumKld, curve.back().cost));
        return result;
    }
    const std::uint64_t room = overhead + reduction;
    auto result = *request.targetBytes > room ? allocator.best(*request.targetBytes - room)
                                              : Result<Allocation>(fail(ErrorCode::TooShort, "too small"));
    if (!result)
        return fail(ErrorCode::TooShort, fmt::format("No choice of formats is as small as {} bytes; the smallest file has {} bytes.",
                                                     *request.targetBytes, curve.front().bytes + overhead));
    return result;
}

}  // namespace

void chooseFormat(RecipeRule& rule, const Sensitivity& sensitivity, std::size_t tensor, TensorType format)
{
    rule.format.reset();
    rule.method.clear();
    if (format == sensitivity.tensors[tensor].source) return;
    rule.format = format;
    if (const FormatError* error = sensitivity.tensors[tensor].find(format)) rule.method = error->method;
}

std::size_t otherMethods(const Plan& plan, const ModelFile& model, const Sensitivity& sensitivity)
{
    std::size_t count = 0;
    for (const PlanEntry& entry : plan.entries) {
        const TensorSensitivity* figures = entry.quantized ? sensitivity.find(model.tensors()[entry.tensorIndex].name) : nullptr;
        const FormatError* error = figures ? figures->find(entry.target) : nullptr;
        const std::string& measured = error && !error->method.empty() ? error->method : sensitivity.method;
        count += error && entry.method != measured ? 1 : 0;
    }
    return count;
}

std::optional<std::uint64_t> storedBytes(const TensorInfo& tensor, TensorType format)
{
    if (format == tensor.type) return padded(tensor.sizeBytes);
    const auto row = rowBytes(format, tensor.shape.columns());
    return row ? std::optional(padded(*row * tensor.shape.rows())) : std::nullopt;
}

Result<std::vector<AllocationTensor>> allocationTensors(const ModelFile& model, const Sensitivity& sensitivity,
                                                        const DamageModel& damage, const AllocationRequest& request)
{
    WW_TRY(const Hash identity, modelIdentity(model));
    if (identity != sensitivity.model)
        return fail(ErrorCode::InvalidArgument, "The sensitivities were measured on another model; measure this one.");
    WW_TRY(const RuleMatcher pins, RuleMatcher::compile(request.pins));
    WW_TRY(const RuleMatcher minimums, RuleMatcher::compile(request.minimums));
    WW_TRY(TiedGroups ties, TiedGroups::compile(request.ties));
    std::vector<AllocationTensor> tensors;
    for (std::size_t i = 0; i < sensitivity.tensors.size(); ++i) {
        const TensorSensitivity& figures = sensitivity.tensors[i];
        const TensorInfo* info = model.find(figures.tensor);
        if (!info) return fail(ErrorCode::InvalidArgument, "The sensitivities were measured on another model; measure this one.");
        AllocationTensor tensor;
        tensor.name = figures.tensor;
        const auto add = [&](TensorType format, std::optional<double> cost) {
            const auto bytes = storedBytes(*info, format);
            if (bytes && cost) tensor.candidates.push_back({format, *bytes, *cost, 0});
        };
        add(info->type, 0.0);
        for (const FormatError& error : figures.formats) add(error.format, damage.cost(i, error.format));
        WW_TRY(const auto minimum, minimums.firstMatch(info->name, identify(info->name).role));
        if (minimum) tensor.minimum = request.minimums[*minimum].format.value_or(info->type);
        WW_TRY(tensor.group, ties.groupOf(info->name));
        WW_TRY(const auto pin, pins.firstMatch(info->name, identify(info->name).role));
        if (pin) {
            tensor.pin = request.pins[*pin].format.value_or(info->type);
            const bool known = std::ranges::find(tensor.candidates, *tensor.pin, &AllocationCandidate::format) != tensor.candidates.end();
            if (!known) add(*tensor.pin, costOrNearest(damage, figures, i, *tensor.pin));
        }
        tensors.push_back(std::move(tensor));
    }
    return tensors;
}

Result<AllocatedRecipe> allocateRecipe(const ModelFile& model, const Sensitivity& sensitivity, const AllocationRequest& request)
{
    if (request.targetBytes.has_value() == request.maximumKld.has_value())
        return fail(ErrorCode::InvalidArgument, "Give either a size or a divergence to keep to.");
    const DamageModel damage(sensitivity);
    WW_TRY(const auto tensors, allocationTensors(model, sensitivity, damage, request));
    WW_TRY(const Allocator allocator, Allocator::create(tensors, request.allowed));
    const auto formatsOfChoice = [&](const Allocation& allocation) {
        std::vector<TensorType> formats;
        for (std::size_t i = 0; i < tensors.size(); ++i) formats.push_back(tensors[i].candidates[allocation.choice[i]].format);
        return formats;
    };
    // What the file holds beside these tensors depends on the recipe by a few bytes at most.
    WW_TRY(const Allocation smallest, allocator.quick(allocator.curve().front().bytes));
    WW_TRY(const std::uint64_t smallestFile, sizeOf(recipeOf(sensitivity, formatsOfChoice(smallest)), model, sensitivity, request));
    const std::uint64_t overhead = smallestFile - std::min(smallestFile, smallest.bytes);
    AllocatedRecipe result;
    std::uint64_t reduction = 0;
    constexpr int kTries = 4;
    for (int i = 0; i < kTries; ++i) {
        WW_TRY(result.allocation, solve(allocator, request, overhead, reduction));
        result.formats = formatsOfChoice(result.allocation);
        result.recipe = recipeOf(sensitivity, result.formats);
        WW_TRY(result.sizeBytes, sizeOf(result.recipe, model, sensitivity, request));
        if (!request.targetBytes || result.sizeBytes <= *request.targetBytes) break;
        reduction += result.sizeBytes - *request.targetBytes;
    }
    if (request.targetBytes && result.sizeBytes > *request.targetBytes)
        return fail(ErrorCode::TooShort, fmt::format("No choice of formats is as small as {} bytes.", *request.targetBytes));
    result.reservedBytes = sensitivity.withImportance && !request.importance ? kImportanceRoom : 0;
    const double bits = model.parameterCount() == 0 ? 0 : 8.0 * static_cast<double>(result.sizeBytes) / static_cast<double>(model.parameterCount());
    if (const auto prediction = damage.predict(result.formats, bits)) result.prediction = *prediction;
    result.prices = allocator.prices(result.allocation);
    for (std::size_t i = 0; i < tensors.size(); ++i)
        result.recipe.rules[i].note =
            noteFor(tensors[i], result.prices[i], tensors[i].candidates[result.allocation.choice[i]].cost);
    constexpr std::uint64_t kMebibyte = std::uint64_t{1} << 20;
    if (const auto more = allocator.best(result.allocation.bytes + kMebibyte); more && more->cost < result.allocation.cost)
        result.nextMebibyte = Allocator::Point{more->bytes - std::min(more->bytes, result.allocation.bytes), result.allocation.cost - more->cost};
    return result;
}

std::vector<TensorType> formatsOf(const Plan& plan, const ModelFile& model, const Sensitivity& sensitivity)
{
    std::vector<TensorType> formats;
    for (const TensorSensitivity& tensor : sensitivity.tensors) formats.push_back(tensor.source);
    for (const PlanEntry& entry : plan.entries) {
        const auto found = std::ranges::find(sensitivity.tensors, model.tensors()[entry.tensorIndex].name, &TensorSensitivity::tensor);
        if (found != sensitivity.tensors.end()) formats[static_cast<std::size_t>(found - sensitivity.tensors.begin())] = entry.target;
    }
    return formats;
}

}  // namespace ww
