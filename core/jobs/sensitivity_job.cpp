// SPDX-License-Identifier: MIT
#include "jobs/sensitivity_job.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <fstream>
#include <new>
#include <set>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "base/atomic_file.h"
#include "base/parallel.h"
#include "calibration/calibration.h"
#include "eval/prediction.h"
#include "io/model_identity.h"
#include "jobs/plan_evaluation.h"
#include "jobs/row_quantizer.h"
#include "plan/allocation.h"
#include "plan/plan.h"
#include "text/tokenizer.h"

namespace ww {
namespace {

// Rows that are quantized and multiplied with H at a time.
constexpr std::size_t kChunkRows = 64;
// Bits per weight near which tensors are probed, one round after the other; without a time budget the first four.
constexpr std::array kRounds{3.44, 4.5, 2.6, 6.56, 4.25, 5.5, 3.06, 2.1, 8.5};
constexpr std::size_t kUsualRounds = 4;
// Whole recipes that are measured at the end, because errors of many tensors together do a little more damage than their sum: bits
// per weight of the even and the odd tensors.
constexpr std::array kWholes{std::pair{4.5, 4.5}, std::pair{3.44, 5.5}, std::pair{6.56, 4.25}, std::pair{3.44, 4.5}};

Hash importanceHashOf(const ImportanceMatrix& matrix)
{
    Hasher hasher;
    for (const ImportanceEntry& entry : matrix.entries) hasher.text(entry.tensor).hash(importanceHash(entry));
    return hasher.finish();
}

Hash calibrationHashOf(const Calibration& calibration)
{
    Hasher hasher;
    for (const InputStatistics& input : calibration.inputs) {
        for (const std::string& tensor : input.tensors) hasher.text(tensor);
        hasher.number(input.matrix).number(input.count).number(input.gram.size()).values(std::span<const double>(input.sumSquares));
    }
    return hasher.finish();
}

/// Lines of finished units behind a line that says what they belong to.
class Journal {
public:
    Result<void> open(const std::filesystem::path& path, const Hash& settings, Sensitivity& into)
    {
        if (path.empty()) return {};
        const std::string head = "weightwright-sensitivity-journal 1 " + settings.text() + "\n";
        std::string kept = head;
        if (std::error_code error; std::filesystem::exists(path, error)) {
            WW_TRY(const std::string text, readTextFile(path));
            std::size_t begin = text.starts_with(head) ? head.size() : text.size();
            for (std::size_t end = 0; (end = text.find('\n', begin)) != std::string::npos; begin = end + 1) {
                const std::string_view line = std::string_view(text).substr(begin, end - begin);
                if (!addSensitivityUnit(into, line)) break;  // what follows was not finished
                kept.append(line).push_back('\n');
            }
        }
        WW_TRY_VOID(writeTextFile(path, kept));
        m_file.open(path, std::ios::binary | std::ios::app);
        m_path = path;
        return m_file ? Result<void>() : failed();
    }
    Result<void> append(const std::string& line)
    {
        if (m_path.empty()) return {};
        m_file << line << '\n' << std::flush;
        return m_file ? Result<void>() : failed();
    }

private:
    [[nodiscard]] Result<void> failed() const
    {
        return fail(ErrorCode::Unwritable, "The results so far cannot be written; free some space or choose another folder.", m_path);
    }
    std::filesystem::path m_path;
    std::ofstream m_file;
};

/// Evenly spaced chunks of rows that never cross from one expert to the next.
struct Chunk {
    std::size_t firstRow = 0;
    std::size_t rows = 0;
    std::size_t matrix = 0;
};
std::vector<Chunk> chunksOf(const TensorInfo& tensor, std::uint64_t sampleElements)
{
    const std::size_t columns = tensor.shape.columns();
    const std::size_t perMatrix = tensor.shape.ne[1];
    std::vector<Chunk> all;
    for (std::size_t m = 0; m < tensor.shape.rows() / std::max<std::size_t>(1, perMatrix); ++m)
        for (std::size_t row = 0; row < perMatrix; row += kChunkRows)
            all.push_back({m * perMatrix + row, std::min(kChunkRows, perMatrix - row), m});
    const std::size_t wanted =
        sampleElements == 0 ? all.size() : std::max<std::size_t>(4, static_cast<std::size_t>(sampleElements / (kChunkRows * columns)));
    if (wanted >= all.size()) return all;
    std::vector<Chunk> sample;
    for (std::size_t i = 0; i < wanted; ++i) sample.push_back(all[i * all.size() / wanted]);
    return sample;
}

/// Moments of the inputs of a tensor, per expert.
struct Moments {
    std::vector<std::vector<float>> diagonals;
    std::vector<const InputStatistics*> inputs;
};
Moments momentsOf(const std::vector<InputStatistics>& inputs, const std::string& tensor)
{
    Moments moments;
    for (const InputStatistics& input : inputs) {
        if (std::ranges::find(input.tensors, tensor) == input.tensors.end()) continue;
        std::vector<float> diagonal(input.columns);
        const double count = static_cast<double>(std::max<std::uint64_t>(1, input.count));
        for (std::size_t c = 0; c < input.columns; ++c) diagonal[c] = static_cast<float>(input.sumSquares[c] / count);
        moments.diagonals.push_back(std::move(diagonal));
        moments.inputs.push_back(&input);
    }
    return moments;
}

class SensitivityRun {
public:
    SensitivityRun(std::shared_ptr<const ModelFile> model, std::string_view text, const SensitivityOptions& options,
                   const JobContext& context, const std::function<void(const Sensitivity&)>& onUnit)
        : m_model(std::move(model)), m_text(text), m_options(options), m_context(context), m_onUnit(onUnit), m_survey(*m_model)
    {
    }

    Result<Sensitivity> run(const Sensitivity* earlier)
    {
        m_start = std::chrono::steady_clock::now();
        WW_TRY(m_result.model, modelIdentity(*m_model));
        WW_TRY(m_result.settings, sensitivitySettings(*m_model, m_text, m_options));
        m_methods = m_options.moreMethods;
        m_methods.insert(m_methods.begin(), m_options.method.empty() ? std::string(kDefaultMethod) : m_options.method);
        WW_TRY(const auto tokenizer, Tokenizer::create(m_model->metadata()));
        WW_TRY(const auto language, LanguageModel::create(fileWeights(m_model)));
        m_steps = language->stepCount();
        Sensitivity known;
        if (earlier && earlier->settings == m_result.settings) known = *earlier;
        WW_TRY_VOID(m_journal.open(m_options.journal, m_result.settings, known));
        prepare(known);
        WW_TRY_VOID(measureErrors(*language, *tokenizer));
        WW_TRY_VOID(probeAll());
        return std::move(m_result);
    }

private:
    void prepare(const Sensitivity& known)
    {
        m_result.method = m_methods.front();
        m_result.textName = m_options.textName;
        m_result.withImportance = m_options.importance != nullptr;
        m_result.contextLength = m_options.contextLength;
        m_result.measured = known.measured;
        for (const auto& tensor : m_survey.tensors()) {
            if (!tensor.whyKept.empty()) continue;
            const TensorInfo& info = m_model->tensors()[tensor.index];
            TensorSensitivity figures;
            if (const TensorSensitivity* old = known.find(info.name)) figures = *old;
            figures.tensor = info.name;
            figures.source = info.type;
            m_result.tensors.push_back(std::move(figures));
            m_infos.push_back(&info);
            m_identities.push_back(tensor.identity);
        }
    }

    [[nodiscard]] const ImportanceEntry* importanceOf(const TensorInfo& tensor) const
    {
        const ImportanceEntry* entry = m_options.importance ? m_options.importance->find(tensor.name) : nullptr;
        return entry && fits(*entry, tensor.shape) ? entry : nullptr;
    }

    /// The step whose observation shows the inputs of a tensor.
    [[nodiscard]] std::size_t observedStep(std::size_t i) const
    {
        return m_identities[i].block ? std::size_t{*m_identities[i].block} + 1 : m_steps - 1;
    }
    [[nodiscard]] bool finished(std::size_t i) const { return !m_result.tensors[i].formats.empty(); }

    Result<void> measureErrors(const LanguageModel& language, const Tokenizer& tokenizer)
    {
        m_context.begin("Comparing formats", m_result.tensors.size(), ProgressUnit::Tensors);
        CalibrationOptions calibration;
        calibration.contextLength = m_options.contextLength;
        calibration.maxWindows = m_options.calibrationWindows;
        calibration.activationBudgetBytes = m_options.activationBudgetBytes;
        calibration.gramBudgetBytes = m_options.gramBudgetBytes;
        calibration.collectGram = true;
        calibration.wantsGram = [this](std::string_view tensor) { return gramFits(tensor); };
        for (std::size_t i = 0; i < m_infos.size(); ++i)
            if (finished(i)) m_context.advance(1);
        const auto wants = [this](std::size_t step) {
            for (std::size_t i = 0; i < m_infos.size(); ++i)
                if (!finished(i) && observedStep(i) == step) return true;
            return false;
        };
        const auto onStep = [this](const CalibrationStep& step) -> Result<void> {
            for (std::size_t i = 0; i < m_infos.size(); ++i)
                if (!finished(i) && observedStep(i) == step.step) WW_TRY_VOID(measureTensor(i, step.inputs));
            return {};
        };
        const JobContext quiet{m_context.pool, m_context.stop, nullptr};
        return calibrateSteps(language, tokenizer, m_text, calibration, wants, onStep, quiet);
    }

    /// The methods that can make a format of a tensor, each with its place in m_methods; the default when there is none.
    Result<void> addQuantizers(const TensorInfo& tensor, TensorType format, const ImportanceEntry* importance,
                               std::vector<RowQuantizer>& quantizers, std::vector<std::string>& methods) const
    {
        const std::size_t before = quantizers.size();
        for (const std::string& spec : m_methods) {
            if (dataNeededBy(spec) == MethodData::Gram && !(m_options.grams && m_options.grams->input(tensor.name)))
                continue;
            auto quantizer = RowQuantizer::create(*m_model, tensor, format, spec, importance, m_options.grams);
            if (!quantizer) continue;
            quantizers.push_back(std::move(*quantizer));
            methods.push_back(spec);
        }
        if (quantizers.size() > before) return {};
        WW_TRY(RowQuantizer quantizer, RowQuantizer::create(*m_model, tensor, format, kDefaultMethod, importance));
        quantizers.push_back(std::move(quantizer));
        methods.emplace_back(kDefaultMethod);
        return {};
    }

    /// Gram matrices of one block together must stay within the budget; experts count one by one.
    [[nodiscard]] bool gramFits(std::string_view tensor) const
    {
        const TensorInfo* info = m_model->find(tensor);
        if (!info) return false;
        constexpr std::uint64_t kInputsPerBlock = 4;
        const std::uint64_t columns = info->shape.columns();
        const std::uint64_t bytes = columns * columns * (sizeof(double) + sizeof(float)) * std::max<std::uint64_t>(1, info->shape.ne[2]);
        return bytes <= m_options.gramBudgetBytes / kInputsPerBlock;
    }

    Result<void> measureTensor(std::size_t i, const std::vector<InputStatistics>& inputs)
    {
        const TensorInfo& tensor = *m_infos[i];
        m_context.detail(tensor.name);
        const ImportanceEntry* importance = importanceOf(tensor);
        std::vector<RowQuantizer> quantizers;
        std::vector<std::string> methods;
        for (const TensorType format : candidateFormats(tensor, m_options.formats, importance != nullptr))
            if (format != tensor.type) WW_TRY_VOID(addQuantizers(tensor, format, importance, quantizers, methods));
        const Moments moments = momentsOf(inputs, tensor.name);
        const std::vector<Chunk> chunks = chunksOf(tensor, m_options.sampleElements);
        std::vector<std::vector<ErrorSums>> parts(chunks.size(), std::vector<ErrorSums>(quantizers.size()));
        WW_TRY_VOID(parallelTry(m_context, chunks.size(),
                                [&](std::size_t c) { return measureChunk(chunks[c], quantizers, moments, parts[c]); }));
        TensorSensitivity& result = m_result.tensors[i];
        for (std::size_t f = 0; f < quantizers.size(); ++f) {
            ErrorSums sums;
            for (const auto& part : parts) sums.merge(part[f]);
            FormatError error;
            error.format = quantizers[f].format();
            if (methods[f] != m_result.method) error.method = methods[f];
            error.weight = sums.original > 0 ? sums.error / sums.original : 0;
            if (sums.weightedOriginal > 0) error.weighted = sums.weightedError / sums.weightedOriginal;
            if (sums.outputOriginal > 0) error.output = sums.outputError / sums.outputOriginal;
            if (!result.formats.empty() && result.formats.back().format == error.format) {
                if (error.best() < result.formats.back().best()) result.formats.back() = std::move(error);
            } else {
                result.formats.push_back(std::move(error));
            }
        }
        WW_TRY_VOID(m_journal.append(sensitivityUnit(result)));
        m_context.advance(1);
        if (m_onUnit) m_onUnit(m_result);
        return {};
    }

    Result<void> measureChunk(const Chunk& chunk, const std::vector<RowQuantizer>& quantizers, const Moments& moments,
                              std::vector<ErrorSums>& sums) const
    {
        if (quantizers.empty()) return {};
        const std::size_t columns = quantizers.front().columns();
        InputMoments input;
        if (!moments.inputs.empty()) {
            const std::size_t m = std::min(chunk.matrix, moments.inputs.size() - 1);
            if (moments.inputs[m]->columns == columns && moments.inputs[m]->count > 0) {
                input.diagonal = moments.diagonals[m].data();
                if (!moments.inputs[m]->gram.empty()) input.gram = moments.inputs[m]->gram.data();
            }
        }
        AlignedBuffer<float> original(chunk.rows * columns);
        AlignedBuffer<float> quantized(chunk.rows * columns);
        AlignedBuffer<std::byte> blocks;
        WW_TRY_VOID(m_model->checkUnchanged());
        WW_TRY_VOID(quantizers.front().decodeSource(chunk.firstRow, chunk.rows, original.data()));
        ErrorMeter meter(original.data(), chunk.rows, columns, input);
        for (std::size_t f = 0; f < quantizers.size(); ++f) {
            if (m_context.stopRequested()) return cancelled();
            const std::size_t bytes = chunk.rows * quantizers[f].formatRowBytes();
            blocks.ensure(bytes);
            WW_TRY_VOID(quantizers[f].quantizeValues(original.data(), chunk.firstRow, chunk.rows, blocks.span().first(bytes)));
            WW_TRY_VOID(quantizers[f].decodeBlocks(blocks.span().first(bytes), chunk.rows, quantized.data()));
            sums[f] = meter.compare(quantized.data());
        }
        return {};
    }

    /// The format of a tensor nearest to so many bits.
    [[nodiscard]] std::optional<TensorType> nearest(std::size_t i, double bits) const
    {
        std::optional<TensorType> best;
        const auto distance = [&](TensorType type) { return std::fabs(std::log(traits(type).bitsPerWeight() / bits)); };
        for (const FormatError& error : m_result.tensors[i].formats)
            if (!best || distance(error.format) < distance(*best)) best = error.format;
        return best;
    }

    /// From the end of the model to its beginning; what stands before the blocks changes everything, but is only one tensor or two
    /// and tells much, so it comes early.
    [[nodiscard]] std::vector<std::size_t> probeOrder() const
    {
        std::vector<std::size_t> order(m_infos.size());
        for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
        std::ranges::stable_sort(order, std::greater(), [&](std::size_t i) {
            return m_identities[i].block ? std::int64_t{*m_identities[i].block} : std::int64_t{1} << 40;
        });
        return order;
    }

    Result<void> probeAll()
    {
        const std::size_t rounds = m_options.budgetSeconds ? kRounds.size() : kUsualRounds;
        struct Unit {
            std::size_t tensor;
            TensorType format;
        };
        std::vector<Unit> units;
        std::set<std::pair<std::size_t, TensorType>> planned;
        for (std::size_t round = 0; round < rounds; ++round)
            for (const std::size_t i : probeOrder()) {
                const auto format = nearest(i, kRounds[round]);
                if (!format || !planned.emplace(i, *format).second) continue;
                if (!m_result.tensors[i].probe(*format)) units.push_back({i, *format});
            }
        PlanEvaluationOptions settings;
        settings.contextLength = m_options.contextLength;
        settings.maxWindows = m_options.probeWindows;
        settings.spreadBehind = m_options.calibrationWindows;  // rather not what the inputs were seen on
        settings.budgets.activationBudgetBytes = m_options.activationBudgetBytes;
        settings.budgets.cache.memoryBudgetBytes = m_options.cacheBudgetBytes;
        settings.budgets.logitBudgetBytes = m_options.logitBudgetBytes;
        settings.quantizedBudgetBytes = m_options.quantizedBudgetBytes;
        std::unique_ptr<PlanEvaluation> evaluation;
        const JobContext quiet{m_context.pool, m_context.stop, nullptr};
        m_result.probeTokens = std::uint64_t{m_options.probeWindows} * (m_options.contextLength - m_options.contextLength / 2 - 1);
        m_context.begin("Measuring the divergence", units.size(), ProgressUnit::Steps);
        for (const Unit& unit : units) {
            const double elapsed = std::chrono::duration<double>(std::chrono::steady_clock::now() - m_start).count();
            if (m_options.budgetSeconds && elapsed > *m_options.budgetSeconds) break;
            m_context.detail(fmt::format("{} {}", m_infos[unit.tensor]->name, name(unit.format)));
            if (!evaluation) {
                WW_TRY(evaluation, PlanEvaluation::create(m_model, m_text, settings));
            }
            WW_TRY_VOID(probe(*evaluation, unit.tensor, unit.format, quiet));
            m_context.advance(1);
            if (m_onUnit) m_onUnit(m_result);
        }
        if (!evaluation && !m_result.measured.empty()) return {};
        return measureWholes(settings, evaluation, quiet);
    }

    /// Recipes of all tensors together, on the text of the probes, for the scale of predictions.
    Result<void> measureWholes(const PlanEvaluationOptions& settings, std::unique_ptr<PlanEvaluation>& evaluation, const JobContext& context)
    {
        if (std::ranges::all_of(m_result.tensors, [](const TensorSensitivity& tensor) { return tensor.probes.empty(); })) return {};
        if (!evaluation) {
            WW_TRY(evaluation, PlanEvaluation::create(m_model, m_text, settings));
        }
        m_result.measured.clear();
        std::vector<MeasuredRecipe> measured;
        const DamageModel damage(m_result);
        for (const auto& [even, odd] : kWholes) {
            auto plan = std::make_shared<Plan>();
            std::vector<TensorType> formats;
            for (std::size_t i = 0; i < m_infos.size(); ++i) {
                const auto format = nearest(i, i % 2 == 0 ? even : odd);
                formats.push_back(format.value_or(m_infos[i]->type));
                if (format) plan->entries.push_back(entryFor(i, *format));
            }
            const auto predicted = damage.rawSum(formats);
            if (!predicted || !(*predicted > 0)) continue;
            WW_TRY(const DivergenceResult result, evaluation->measure(plan, context, false));
            if (result.meanKld.value > 0) measured.push_back({*predicted, result.meanKld.value, true});
        }
        m_result.measured = std::move(measured);
        if (m_onUnit) m_onUnit(m_result);
        return {};
    }

    [[nodiscard]] PlanEntry entryFor(std::size_t i, TensorType format) const
    {
        PlanEntry entry;
        entry.tensorIndex = static_cast<std::size_t>(m_infos[i] - m_model->tensors().data());
        entry.identity = m_identities[i];
        entry.source = m_infos[i]->type;
        entry.target = format;
        entry.quantized = true;
        const ImportanceEntry* importance = importanceOf(*m_infos[i]);
        if (importance) entry.importance = std::make_shared<const ImportanceEntry>(*importance);
        entry.method = m_result.methodOf(i, format);
        if (needsCalibration(dataNeededBy(entry.method))) entry.grams = m_options.grams;
        return entry;
    }

    Result<void> probe(PlanEvaluation& evaluation, std::size_t i, TensorType format, const JobContext& context)
    {
        auto plan = std::make_shared<Plan>();
        plan->entries.push_back(entryFor(i, format));
        WW_TRY(const DivergenceResult result, evaluation.measure(plan, context, false));
        const SensitivityProbe probe{format, std::max(0.0, result.meanKld.value), result.meanKld.error};
        m_result.tensors[i].probes.push_back(probe);
        return m_journal.append(sensitivityUnit(m_infos[i]->name, probe));
    }

    std::shared_ptr<const ModelFile> m_model;
    std::string_view m_text;
    const SensitivityOptions& m_options;
    const JobContext& m_context;
    const std::function<void(const Sensitivity&)>& m_onUnit;
    ModelSurvey m_survey;
    std::size_t m_steps = 0;
    std::vector<const TensorInfo*> m_infos;  ///< of m_result.tensors
    std::vector<TensorIdentity> m_identities;
    std::vector<std::string> m_methods;  ///< the one of the file first
    Sensitivity m_result;
    Journal m_journal;
    std::chrono::steady_clock::time_point m_start;
};

}  // namespace

std::vector<TensorType> defaultSensitivityFormats()
{
    using enum TensorType;
    return {Q8_0, Q6_K, Q5_K, Q4_K, IQ4_XS, IQ3_S, Q3_K, IQ3_XXS, Q2_K, IQ2_S, IQ2_XS, IQ2_XXS};
}

Result<Hash> sensitivitySettings(const ModelFile& model, std::string_view text, const SensitivityOptions& options)
{
    WW_TRY(const Hash identity, modelIdentity(model));
    Hasher hasher;
    hasher.hash(identity).text(text).text(options.method).number(options.contextLength);
    hasher.text("probes spread").number(options.calibrationWindows).number(options.probeWindows).number(options.sampleElements);
    for (const TensorType format : options.formats) hasher.number(static_cast<std::uint64_t>(format));
    if (options.importance) hasher.hash(importanceHashOf(*options.importance));
    if (options.gramBudgetBytes != SensitivityOptions().gramBudgetBytes) hasher.number(options.gramBudgetBytes);
    for (const std::string& method : options.moreMethods) hasher.text(method);
    if (options.grams) hasher.hash(calibrationHashOf(options.grams->calibration()));
    return hasher.finish();
}

Result<Sensitivity> measureSensitivity(std::shared_ptr<const ModelFile> model, std::string_view text,
                                       const SensitivityOptions& options, const JobContext& context, const Sensitivity* earlier,
                                       const std::function<void(const Sensitivity&)>& onUnit)
{
    try {
        return SensitivityRun(std::move(model), text, options, context, onUnit).run(earlier);
    } catch (const std::bad_alloc&) {
        return fail(ErrorCode::OutOfMemory, "There is not enough memory to measure this model; try fewer windows.");
    }
}

}  // namespace ww
