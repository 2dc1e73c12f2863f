// SPDX-License-Identifier: MIT
// For each tensor in export order: kept, option, rule, preset (with its table of exceptions), then the replacement type for
// rows that do not fit. The order of these decisions is llama.cpp's.
#include "plan/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "io/gguf_writer.h"
#include "methods/quantizer.h"
#include "plan/export_metadata.h"
#include "plan/preset.h"
#include "plan/rule_matcher.h"

namespace ww {
namespace {

bool isFloat(TensorType type)
{
    return traits(type).kind == TensorTypeKind::Float;
}

/// The first names, for messages.
std::string listed(std::span<const std::string> names)
{
    constexpr std::size_t kShown = 4;
    std::string text;
    for (const std::string& name : names.first(std::min(names.size(), kShown))) text += fmt::format("{}{}", text.empty() ? "" : ", ", name);
    return names.size() > kShown ? text + ", …" : text;
}

/// What a recipe starts from, before its rules.
struct Start {
    const Preset* preset = nullptr;  ///< null for uniform recipes and for COPY
    std::optional<TensorType> base;  ///< empty for COPY
    bool exceptions = false;         ///< the preset's rules per tensor apply
    std::string label;               ///< "Q4_K_M"
};

Result<Start> startOf(const Recipe& recipe)
{
    if (recipe.base) {
        if (!traits(*recipe.base).target)
            return fail(ErrorCode::InvalidArgument,
                        fmt::format("{} is not a format for weights; choose another base format.", name(*recipe.base)));
        return Start{nullptr, recipe.base, false, std::string(name(*recipe.base))};
    }
    if (recipe.preset.empty())
        return fail(ErrorCode::InvalidArgument, "The recipe names neither a preset nor a base format; choose one.");
    if (isCopyPreset(recipe.preset)) return Start{nullptr, std::nullopt, false, std::string(kCopyPreset)};
    const Preset* preset = findPreset(recipe.preset);
    if (!preset)
        return fail(ErrorCode::InvalidArgument,
                    fmt::format("There is no preset called \"{}\"; known ones are Q8_0, Q6_K, Q5_K_M, Q4_K_M, Q4_0 and others.",
                                recipe.preset));
    return Start{preset, preset->base, !recipe.pure && !isFloat(preset->base), std::string(preset->name)};
}

/// One resolve. Tensors are decided one after another in export order.
class Resolver {
public:
    Resolver(const Recipe& recipe, const ModelSurvey& survey, const PlanOptions& options, const Start& start,
             const RuleMatcher& matcher)
        : m_recipe(recipe), m_survey(survey), m_options(options), m_start(start), m_matcher(matcher),
          m_ruleUsed(recipe.rules.size(), false)
    {
        m_haveMatrix = options.importance && !options.importance->entries.empty();
        if (start.exceptions) m_presetRules.emplace(*start.preset, survey.facts(), m_haveMatrix || options.assumeImportance);
    }

    Result<Plan> run()
    {
        Plan plan;
        plan.entries.reserve(m_survey.tensors().size());
        for (const auto& tensor : m_survey.tensors()) {
            auto entry = decide(tensor);
            if (!entry) {
                entry.error().tensor = m_survey.model().tensors()[tensor.index].name;
                return fail(std::move(entry.error()));
            }
            plan.entries.push_back(std::move(*entry));
        }
        WW_TRY_VOID(checkMethodUsed(plan));
        if (m_haveMatrix) plan.importance = m_options.importance;
        plan.fileType = fileType(plan);
        plan.parameters = m_survey.parameters();
        plan.changedPairs = m_survey.changedPairs();
        plan.sourceSizeBytes = m_survey.model().fileSizeBytes();
        plan.sizeBytes = wholeFileBytes(plan);
        addPlanWarnings(plan);
        return plan;
    }

private:
    TensorInfo info(const ModelSurvey::Tensor& tensor) const
    {
        TensorInfo info = m_survey.model().tensors()[tensor.index];
        if (!tensor.newName.empty()) info.name = tensor.newName;
        return info;
    }

    Result<PlanEntry> decide(const ModelSurvey::Tensor& tensor)
    {
        const TensorInfo source = info(tensor);
        PlanEntry entry;
        entry.tensorIndex = tensor.index;
        entry.newName = tensor.newName;
        entry.identity = tensor.identity;
        entry.source = source.type;
        entry.target = source.type;
        entry.editable = tensor.whyKept.empty();
        if (entry.editable) {
            WW_TRY(const auto rule, m_matcher.firstMatch(source.name, tensor.identity.role));
            choose(tensor, rule, entry);
            chooseMethod(tensor, entry);
            storeAnalysis(entry);
            WW_TRY_VOID(fit(source, entry));
            WW_TRY_VOID(checkRequantizing(entry));
            WW_TRY_VOID(findImportance(tensor, source, entry));
            WW_TRY_VOID(findGrams(source, entry));
        } else {
            entry.reason = tensor.whyKept;
        }
        entry.quantized = changes(entry);
        if (!entry.quantized) entry.method.clear();
        if (!entry.quantized) entry.analysis.clear();
        entry.sizeBytes =
            entry.quantized ? *rowBytes(entry.target, source.shape.columns()) * source.shape.rows() : source.sizeBytes;
        return entry;
    }

    /// Sets target, decision, rule, method and reason.
    void choose(const ModelSurvey::Tensor& tensor, std::optional<std::size_t> rule, PlanEntry& entry)
    {
        const bool ruleForThisTensor = rule && m_recipe.rules[*rule].match == RecipeRule::Match::Exact;
        if (!ruleForThisTensor && chooseOption(tensor.category, entry)) return;
        if (rule) {
            chooseRule(*rule, entry);
            return;
        }
        if (!m_start.base) {
            entry.decision = Decision::KeptSource;
            entry.reason = "The recipe keeps every tensor that no rule changes.";
            return;
        }
        entry.target = *m_start.base;
        entry.decision = Decision::Preset;
        if (!m_presetRules) {
            entry.reason = fmt::format("{} is used for all weights.", name(entry.target));
            return;
        }
        if (tensor.category == RuleCategory::Embedding && m_survey.facts().tiedOutput && m_recipe.outputType) {
            set(entry, *m_recipe.outputType, Decision::OutputOption,
                "The recipe sets the type of the output matrix, which is the embedding here.");
            return;
        }
        const RuleDecision decided = m_presetRules->decide(info(tensor), tensor.identity.block);
        entry.target = decided.type;
        if (decided.because && decided.type != *m_start.base) entry.decision = Decision::PresetRule;
        entry.reason = presetReason(tensor, decided);
    }

    bool chooseOption(RuleCategory category, PlanEntry& entry) const
    {
        if (category == RuleCategory::Output && m_recipe.leaveOutput) {
            set(entry, entry.source, Decision::KeptSource, "The recipe leaves the output matrix as it is.");
            return true;
        }
        if (category == RuleCategory::Embedding && m_recipe.tokenEmbeddingType) {
            set(entry, *m_recipe.tokenEmbeddingType, Decision::EmbeddingOption, "The recipe sets the type of the token embedding.");
            return true;
        }
        if (category == RuleCategory::Output && m_recipe.outputType) {
            set(entry, *m_recipe.outputType, Decision::OutputOption, "The recipe sets the type of the output matrix.");
            return true;
        }
        return false;
    }

    /// The method of the recipe where no rule named one and it can make the format.
    void chooseMethod(const ModelSurvey::Tensor& tensor, PlanEntry& entry)
    {
        const bool named = !entry.method.empty();
        if (!named) entry.method = kDefaultMethod;
        const bool kept = entry.decision == Decision::KeptSource ||
                          (entry.decision == Decision::Rule && !m_recipe.rules[static_cast<std::size_t>(entry.rule)].format);
        if (named || kept || m_recipe.method.empty()) return;
        const auto method = parseMethod(m_recipe.method);
        if (method->quantizer->changesInputs(method->values) && !tensor.identity.block) return;
        if (method->quantizer->supports(entry.target))
            entry.method = m_recipe.method;
        else if (entry.target != entry.source)
            ++m_withoutMethod;
    }

    /// What stands in a file for a method that GGUF cannot hold.
    void storeAnalysis(PlanEntry& entry) const
    {
        const auto method = parseMethod(entry.method);
        if (!method || method->quantizer->exportable() || !method->quantizer->supports(entry.target)) return;
        entry.analysis = entry.method;
        if (m_options.analysisAs == AnalysisAs::Chosen) return;
        if (m_options.analysisAs == AnalysisAs::F16) {
            entry.target = TensorType::F16;
        } else {
            entry.target = method->quantizer->nearestFormat(method->values);
            entry.method = kDefaultMethod;
        }
        entry.reason = fmt::format("{} stands for the method {}, which GGUF cannot hold.", name(entry.target), entry.analysis);
    }

    /// A method that no tensor takes is a mistake, not a detail: the file would be llama.cpp's under another name. A plan that
    /// is only looked at gets the warning instead.
    Result<void> checkMethodUsed(const Plan& plan) const
    {
        if (m_withoutMethod == 0 || !m_options.requireImportance) return {};
        const auto takes = [this](const PlanEntry& entry) {
            return entry.quantized && (entry.method == m_recipe.method || entry.analysis == m_recipe.method);
        };
        if (std::ranges::any_of(plan.entries, takes)) return {};
        const auto method = parseMethod(m_recipe.method);
        std::string formats;
        for (const TensorTypeTraits& t : allTensorTypes())
            if (t.target && method->quantizer->supports(t.type)) formats += fmt::format("{}{}", formats.empty() ? "" : ", ", t.name);
        return fail(ErrorCode::InvalidArgument,
                    fmt::format("The method \"{}\" can make none of the formats of this recipe; it makes {}.",
                                methodName(m_recipe.method), formats));
    }

    /// Analysis methods change the values even when they are stored in the type that they had.
    static bool changes(const PlanEntry& entry)
    {
        if (entry.target != entry.source) return true;
        const Quantizer* method = findQuantizer(entry.method);
        return method && !method->exportable() && method->supports(entry.target);
    }

    void chooseRule(std::size_t index, PlanEntry& entry)
    {
        const RecipeRule& rule = m_recipe.rules[index];
        m_ruleUsed[index] = true;
        entry.rule = static_cast<int>(index);
        entry.decision = Decision::Rule;
        entry.target = rule.format.value_or(entry.source);
        if (!rule.method.empty()) entry.method = rule.method;
        entry.reason = rule.format ? fmt::format("{} sets {}.", ruleLabel(rule, index), name(*rule.format))
                                   : fmt::format("{} keeps the type of the source.", ruleLabel(rule, index));
        if (!rule.note.empty()) entry.reason += " " + rule.note;
    }

    static void set(PlanEntry& entry, TensorType target, Decision decision, const char* reason)
    {
        entry.target = target;
        entry.decision = decision;
        entry.reason = reason;
    }

    std::string presetReason(const ModelSurvey::Tensor& tensor, const RuleDecision& decided) const
    {
        if (!decided.because) return fmt::format("{} is the base format of {}.", name(decided.type), m_start.label);
        const auto role =
            tensor.identity.role == TensorRole::Other ? std::string_view("this kind of tensor") : roleName(tensor.identity.role);
        if (!*decided.because) return fmt::format("{} uses {} for {}.", m_start.label, name(decided.type), role);
        return fmt::format("{} uses {} for {} because {}.", m_start.label, name(decided.type), role, decided.because);
    }

    /// Replaces a type that the rows do not fit.
    Result<void> fit(const TensorInfo& source, PlanEntry& entry)
    {
        const std::uint64_t columns = source.shape.columns();
        const TensorType wanted = entry.target;
        const auto fitting = fittingType(wanted, columns);
        const std::uint32_t block = traits(wanted).blockLength;
        if (!fitting)
            return fail(ErrorCode::Unsupported,
                        fmt::format("Rows of {} are not a multiple of {}, and there is no replacement for {}; choose another "
                                    "format for this tensor.",
                                    columns, block, name(wanted)));
        if (*fitting == wanted) return {};
        entry.target = *fitting;
        entry.decision = Decision::ShapeFallback;
        const Quantizer* method = findQuantizer(entry.method);
        if (!method || !method->supports(*fitting)) entry.method = kDefaultMethod;

        const double ideal = static_cast<double>(source.shape.elements()) * traits(wanted).blockBytes / block;
        const double actual = static_cast<double>(source.shape.elements()) * traits(*fitting).bitsPerWeight() / 8;
        const auto extra = static_cast<std::uint64_t>(std::max(0.0, actual - ideal));
        entry.warnings.push_back({WarningKind::RowsDoNotFit, {columns, std::uint64_t{block}, *fitting, wanted, ByteCount{extra}}});
        ++m_fallbacks;
        m_fallbackBytes += extra;
        return {};
    }

    Result<void> checkRequantizing(PlanEntry& entry)
    {
        if (entry.target == entry.source || isFloat(entry.source)) return {};
        if (!m_options.allowRequantize)
            return fail(ErrorCode::Unsupported,
                        fmt::format("The tensor is already quantized as {}, and quantizing again is switched off; start "
                                    "from an F16, BF16 or F32 model or allow it.",
                                    name(entry.source)));
        if (isFloat(entry.target)) return {};
        entry.warnings.push_back({WarningKind::AlreadyQuantized, {entry.source}});
        ++m_requantized;
        return {};
    }

    Result<void> findImportance(const ModelSurvey::Tensor& tensor, const TensorInfo& source, PlanEntry& entry)
    {
        if (!changes(entry)) return {};
        if (m_haveMatrix) WW_TRY_VOID(takeImportance(tensor, source, entry));
        const auto& target = traits(entry.target);
        if (entry.importance || m_options.assumeImportance || target.importance == ImportanceUse::Ignored) return {};
        if (needsImportance(source.name, entry.target, m_start.preset)) {
            if (m_options.requireImportance)
                return fail(ErrorCode::MissingImportance,
                            fmt::format("{} needs an importance matrix here and {}; compute one or choose another format.", target.name,
                                        m_haveMatrix ? "the one given has no entry for this tensor" : "none is given"));
            entry.warnings.push_back({m_haveMatrix ? WarningKind::ImportanceWithoutEntry : WarningKind::ImportanceNotGiven, {entry.target}});
            ++m_missingImportance;
        } else if (m_haveMatrix) {
            // Embeddings are looked up, not multiplied, so that no matrix has them; the output matrix often is left out.
            if (tensor.category != RuleCategory::Embedding && tensor.category != RuleCategory::Output) ++m_withoutEntry;
        } else if (target.bitsPerWeight() < 4) {
            ++m_betterWithImportance;
        }
        return {};
    }

    Result<void> takeImportance(const ModelSurvey::Tensor& tensor, const TensorInfo& source, PlanEntry& entry) const
    {
        const ImportanceEntry* found = m_options.importance->find(m_survey.model().tensors()[tensor.index].name);
        if (!found) return {};
        if (fits(*found, source.shape)) {
            entry.importance = {m_options.importance, found};
            if (entry.method == kDefaultMethod && std::ranges::all_of(found->sums, [](float sum) { return sum == 0; }))
                entry.warnings.push_back({WarningKind::ImportanceAllZero});
            return {};
        }
        if (tensor.category == RuleCategory::Embedding) return {};
        return fail(
            ErrorCode::InvalidArgument,
            fmt::format("The importance matrix has {} values for this tensor, but {} are needed; it belongs to another model.",
                        found->sums.size(), source.shape.ne[0] * source.shape.ne[2]));
    }

    /// Methods that need Gram matrices get them, or give way to llama.cpp's search where no text reached the tensor.
    Result<void> findGrams(const TensorInfo& source, PlanEntry& entry)
    {
        const auto parsed = parseMethod(entry.analysis.empty() ? entry.method : entry.analysis);
        if (!parsed || !changes(entry)) return {};
        const Quantizer* method = parsed->quantizer;
        const MethodData needed = method->dataNeededFor(parsed->values);
        if (!needsCalibration(needed)) return {};
        if (!m_options.grams) {
            PlanWarning warning{needed == MethodData::Gram ? WarningKind::GramNotGiven : WarningKind::CalibrationNotGiven,
                                {NamedMethod{std::string(method->name())}}};
            if (m_options.requireImportance) return fail(ErrorCode::MissingCalibration, warning.text());
            entry.warnings.push_back(std::move(warning));
            m_missingGrams = method;
            return {};
        }
        const std::uint64_t columns = source.shape.columns();
        const std::uint64_t matrices = source.shape.ne[2];
        std::uint64_t reached = 0;
        for (std::uint64_t m = 0; m < matrices; ++m) {
            const InputStatistics* input = needed == MethodData::Gram ? m_options.grams->input(source.name, m)
                                                                       : m_options.grams->calibration().find(source.name, m);
            if (!input || input->count == 0) continue;
            if (input->columns != columns)
                return fail(ErrorCode::InvalidArgument,
                            fmt::format("The calibration has {} columns for this tensor, but {} are needed; it belongs to another model.",
                                        input->columns, columns));
            ++reached;
            if (needed == MethodData::Gram && input->count < tokensNeeded(columns)) {
                ++m_fewTokens;
                m_tokensNeeded = std::max(m_tokensNeeded, tokensNeeded(columns));
            }
        }
        if (needed == MethodData::Inputs) {
            // Matrices that the text did not reach are rounded by the values at hand.
            entry.grams = m_options.grams;
            if (reached < matrices) entry.warnings.push_back({WarningKind::InputsNotReached});
            return {};
        }
        if (method->exportable() && reached > 0) m_unreachedExperts += matrices - reached;
        if (reached == 0 && entry.identity.role == TensorRole::TokenEmbedding)
            m_embedding = source.name;
        else if (!method->exportable() && reached < matrices)
            m_unclipped.push_back(source.name);
        else if (reached == 0)
            m_withoutGram.push_back(source.name);
        if (reached == 0 && method->exportable())  // another method instead of one for analysis would measure something else
            entry.method = kDefaultMethod;
        else
            entry.grams = m_options.grams;
        return {};
    }

    std::uint32_t fileType(const Plan& plan) const
    {
        if (m_start.preset) return m_start.preset->fileType;
        if (m_start.base)
            return *m_start.base == TensorType::MXFP4 ? findPreset("MXFP4_MOE")->fileType : fileTypeForTensorType(*m_start.base);
        const bool changed = std::ranges::any_of(plan.entries, &PlanEntry::quantized);
        if (!changed) return sourceFileType(m_survey.model());
        std::vector<TensorType> types;
        types.reserve(plan.entries.size());
        for (const auto& entry : plan.entries) types.push_back(entry.target);
        return guessFileType(types);
    }

    std::uint64_t wholeFileBytes(const Plan& plan) const
    {
        const auto padded = [](std::uint64_t bytes) {
            return (bytes + GgufWriter::kAlignment - 1) / GgufWriter::kAlignment * GgufWriter::kAlignment;
        };
        const auto pairBytes = [](const Metadata& pairs) {
            return GgufWriter::headerBytes(pairs, {}) - GgufWriter::headerBytes({}, {});
        };
        const Metadata added = pairsOfPlan(plan);
        Metadata replaced;
        for (const auto& entry : m_survey.model().metadata().entries())
            if (isCopiedToExport(entry) && added.contains(entry.key)) replaced.append(entry.key, entry.value);
        std::uint64_t bytes = padded(m_survey.headerBytes() + pairBytes(added) - pairBytes(replaced));
        for (const auto& entry : plan.entries) bytes += padded(entry.sizeBytes);
        return bytes;
    }

    void addPlanWarnings(Plan& plan) const
    {
        using enum WarningKind;
        const auto warn = [&](WarningKind kind, std::vector<WarningValue> values = {}) { plan.warnings.push_back({kind, std::move(values)}); };
        const auto warnOf = [&](std::uint64_t count, WarningKind kind, std::vector<WarningValue> values = {}) {
            if (count > 0) plan.warnings.push_back({kind, std::move(values), count});
        };
        warnOf(m_fallbacks, TensorsDoNotFit, {ByteCount{m_fallbackBytes}});
        warnOf(m_requantized, TensorsAlreadyQuantized);
        warnOf(m_missingImportance, TensorsNeedImportance);
        warnOf(m_withoutEntry, TensorsWithoutEntry);
        warnOf(m_withoutMethod, TensorsWithoutMethod, {NamedMethod{std::string(methodName(m_recipe.method))}});
        std::uint64_t roundedAgain = 0;
        std::uint64_t asFloats = 0;
        std::uint64_t replaced = 0;
        for (const PlanEntry& entry : plan.entries) {
            const Quantizer* method = entry.quantized ? findQuantizer(entry.method) : nullptr;
            if (method && !method->exportable()) ++(isFloat(entry.target) ? asFloats : roundedAgain);
            replaced += !entry.analysis.empty() && entry.analysis != entry.method ? 1 : 0;
        }
        warnOf(roundedAgain, TensorsRoundedAgain);
        warnOf(asFloats, TensorsStoredAsFloats);
        warnOf(replaced, TensorsInNearestFormat);
        if (m_missingGrams) warn(MethodNeedsCalibration, {NamedMethod{std::string(m_missingGrams->name())}});
        if (!m_embedding.empty()) warn(EmbeddingWithoutGram, {m_embedding});
        warnOf(m_withoutGram.size(), TensorsWithoutGram, {listed(m_withoutGram)});
        warnOf(m_unclipped.size(), TensorsNotClipped, {listed(m_unclipped)});
        warnOf(m_unreachedExperts, ExpertsNotReached);
        warnOf(m_fewTokens, TextTooShort, {m_tokensNeeded});
        if (m_betterWithImportance > 0) warn(BetterWithImportance);
        if (const std::uint64_t alignment = m_survey.model().alignment(); alignment != GgufWriter::kAlignment)
            warn(OtherAlignment, {alignment, std::uint64_t{GgufWriter::kAlignment}});
        for (std::size_t i = 0; i < m_ruleUsed.size(); ++i) {
            if (m_ruleUsed[i]) continue;
            const RecipeRule& rule = m_recipe.rules[i];
            const std::uint64_t number = i + 1;
            if (rule.match == RecipeRule::Match::Role)
                warn(RoleRuleUnused, {number, rule.role});
            else
                warn(PatternRuleUnused, {number, shortPattern(rule)});
        }
    }

    const Recipe& m_recipe;
    const ModelSurvey& m_survey;
    const PlanOptions& m_options;
    const Start& m_start;
    const RuleMatcher& m_matcher;
    bool m_haveMatrix = false;
    std::optional<PresetRules> m_presetRules;
    std::vector<bool> m_ruleUsed;
    std::size_t m_fallbacks = 0;
    std::uint64_t m_fallbackBytes = 0;
    std::size_t m_requantized = 0;
    std::size_t m_missingImportance = 0;
    std::size_t m_withoutEntry = 0;
    std::size_t m_betterWithImportance = 0;
    std::size_t m_withoutMethod = 0;
    const Quantizer* m_missingGrams = nullptr;
    std::string m_embedding;  ///< without a Gram matrix though the method asks for one
    std::vector<std::string> m_withoutGram;
    std::vector<std::string> m_unclipped;
    std::uint64_t m_unreachedExperts = 0;
    std::size_t m_fewTokens = 0;
    std::uint64_t m_tokensNeeded = 0;
};

Result<void> checkOption(const std::optional<TensorType>& type, const char* what)
{
    if (!type || traits(*type).target) return {};
    return fail(ErrorCode::InvalidArgument,
                fmt::format("The recipe asks for {} as {}, which is not a format for weights.", name(*type), what));
}

}  // namespace

double Plan::bitsPerWeight() const
{
    return parameters == 0 ? 0.0 : 8.0 * static_cast<double>(sizeBytes) / static_cast<double>(parameters);
}

ModelSurvey::ModelSurvey(const ModelFile& model) : ModelSurvey(model, {}) {}

ModelSurvey::ModelSurvey(const ModelFile& model, std::span<const std::uint32_t> leftOut) : m_model(&model)
{
    const auto infos = model.tensors();
    std::vector<TensorInfo> kept;
    kept.reserve(infos.size());
    m_tensors.reserve(infos.size());
    for (std::size_t i = 0; i < infos.size(); ++i) {
        const TensorIdentity identity = identify(infos[i].name);
        TensorInfo info = infos[i];
        std::string newName;
        if (identity.block) {
            if (std::ranges::find(leftOut, *identity.block) != leftOut.end()) continue;
            const auto before = std::ranges::count_if(leftOut, [&](std::uint32_t block) { return block < *identity.block; });
            if (before > 0) {
                const std::size_t afterNumber = info.name.find('.', 4);
                newName = fmt::format("blk.{}{}", *identity.block - static_cast<std::uint32_t>(before), info.name.substr(afterNumber));
                info.name = newName;
            }
        }
        m_parameters += info.shape.elements();
        m_tensors.push_back({i, newName, newName.empty() ? identity : identify(newName), ruleCategory(info.name), ww::whyKept(info)});
        kept.push_back(std::move(info));
    }
    m_facts = readModelFacts(model.metadata(), kept);
    std::ranges::sort(m_tensors, [&infos](const Tensor& a, const Tensor& b) {
        const auto block = [](const Tensor& t) { return t.identity.block ? static_cast<std::int64_t>(*t.identity.block) : -1; };
        if (block(a) != block(b)) return block(a) < block(b);
        return (a.newName.empty() ? infos[a.index].name : a.newName) < (b.newName.empty() ? infos[b.index].name : b.newName);
    });

    Metadata notCopied;
    for (const auto& entry : model.metadata().entries())
        if (!isCopiedToExport(entry)) notCopied.append(entry.key, entry.value);
    m_headerBytes = GgufWriter::headerBytes(model.metadata(), kept) -
                    (GgufWriter::headerBytes(notCopied, {}) - GgufWriter::headerBytes({}, {}));
}

void ModelSurvey::orderAsInSource()
{
    std::ranges::sort(m_tensors, {}, &Tensor::index);
}

Result<ModelSurvey> ModelSurvey::withoutBlocks(const ModelFile& model, std::span<const std::uint32_t> blocks)
{
    std::vector<std::uint32_t> leftOut(blocks.begin(), blocks.end());
    std::ranges::sort(leftOut);
    leftOut.erase(std::unique(leftOut.begin(), leftOut.end()), leftOut.end());
    ModelSurvey survey(model, leftOut);
    if (leftOut.empty()) return survey;
    const auto count = static_cast<std::uint64_t>(std::max<std::int64_t>(0, readModelFacts(model.metadata(), {}).blockCount));
    if (leftOut.back() >= count)
        return fail(ErrorCode::InvalidArgument,
                    fmt::format("There is no block {} to leave out; the model has {}, counted from 0.", leftOut.back(), count));
    if (leftOut.size() >= count) return fail(ErrorCode::InvalidArgument, "Leaving out every block leaves no model.");
    survey.m_changedPairs.append(survey.m_facts.architecture + ".block_count", static_cast<std::uint32_t>(count - leftOut.size()));
    return survey;
}

Result<Plan> resolve(const Recipe& recipe, const ModelSurvey& survey, const PlanOptions& options)
{
    if (!recipe.transform.empty())
        return fail(ErrorCode::Unsupported,
                    fmt::format("This recipe changes the model before it is quantized ({}); weightwright-cli quantize --recipe does that.",
                                transformStepText(recipe.transform.front())));
    WW_TRY(const Start start, startOf(recipe));
    WW_TRY_VOID(checkOption(recipe.outputType, "type of the output matrix"));
    WW_TRY_VOID(checkOption(recipe.tokenEmbeddingType, "type of the token embedding"));
    if (const auto method = parseMethod(recipe.method); !method)
        return fail(ErrorCode::InvalidArgument, fmt::format("The recipe's method: {}", method.error().message));
    WW_TRY(const RuleMatcher matcher, RuleMatcher::compile(recipe.rules));
    return Resolver(recipe, survey, options, start, matcher).run();
}

Result<Plan> resolve(const Recipe& recipe, const ModelFile& model, const PlanOptions& options)
{
    return resolve(recipe, ModelSurvey(model), options);
}

}  // namespace ww
