// SPDX-License-Identifier: MIT
#include "calibration/calibration.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <map>
#include <memory>
#include <mutex>
#include <new>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "base/aligned_buffer.h"
#include "base/atomic_file.h"
#include "base/blas.h"
#include "base/parallel.h"
#include "calibration/calibration_file.h"
#include "model/linear_inputs.h"
#include "model/tensor_role.h"

namespace ww {
namespace {

// Rows of one product for a Gram matrix: short enough for single precision, long enough for BLAS. Pieces begin at multiples of
// this in the order of the text, whatever the length of the calls.
constexpr std::size_t kGramRows = 256;
// Columns that one task sums, and rows of a Gram matrix that one task computes.
constexpr std::size_t kColumnPiece = 64;
constexpr std::size_t kGramPiece = 256;

/// Where a row goes in a sample of `size` rows, if it is to: all rows so far are in it with the same probability (Vitter's algorithm R).
/// The number of the row takes the place of chance, so that every run keeps the same.
std::optional<std::size_t> sampleSlot(std::uint64_t row, std::size_t size)
{
    if (row < size) return static_cast<std::size_t>(row);
    std::uint64_t mixed = (row + 1) * 0x9E3779B97F4A7C15U;
    mixed = (mixed ^ (mixed >> 30U)) * 0xBF58476D1CE4E5B9U;
    mixed = (mixed ^ (mixed >> 27U)) * 0x94D049BB133111EBU;
    const std::uint64_t slot = (mixed ^ (mixed >> 31U)) % (row + 1);
    return slot < size ? std::optional(static_cast<std::size_t>(slot)) : std::nullopt;
}

/// Sums of one input that still grow.
struct Collected {
    InputStatistics statistics;
    std::vector<double> gram;      ///< lower triangle of columns × columns
    std::vector<float> waiting;    ///< rows that do not yet fill a piece
    std::size_t waitingRows = 0;
};

class Collector final : public LinearInputObserver {
public:
    Collector(const LanguageModel& model, const CalibrationOptions& options) : m_model(model), m_options(options) {}

    Result<void> onInput(std::span<const std::string_view> tensors, std::size_t matrix, RowsView x, std::size_t rows,
                         std::size_t columns, const JobContext& context) override
    {
        WW_TRY(Collected * const input, inputFor(tensors, matrix, columns));
        const std::uint64_t before = input->statistics.count;
        WW_TRY_VOID(addSums(input->statistics, x, rows, m_options.contextLength, context));
        for (std::uint64_t row = before; row < before + rows; ++row)
            input->statistics.halfCount += row / m_options.contextLength % 2;
        const bool wanted = m_wanted.at(input->statistics.tensors.front());
        if (wanted) addToSample(input->statistics, x, rows, before);
        return wanted && m_options.collectGram ? addRows(*input, x, rows, context) : Result<void>();
    }

    Result<std::vector<InputStatistics>> finish(const JobContext& context)
    {
        std::vector<InputStatistics> result;
        for (const auto& key : m_order) {
            auto& experts = m_inputs.at(key);
            const InputStatistics first = shapeOf(experts.begin()->second.statistics);
            std::size_t matrix = 0;
            for (auto& [number, input] : experts) {
                for (; matrix < number; ++matrix) result.push_back(emptyOf(first, matrix));
                WW_TRY_VOID(finishGram(input, context));
                result.push_back(std::move(input.statistics));
                matrix = number + 1;
            }
            for (; matrix < first.matrices; ++matrix) result.push_back(emptyOf(first, matrix));
        }
        return result;
    }

    void save(ByteWriter& out) const
    {
        out.number(m_order.size());
        for (const std::string& key : m_order) {
            const auto& experts = m_inputs.at(key);
            out.text(key);
            out.number(m_wanted.at(key) ? 1 : 0);
            out.number(experts.size());
            for (const auto& [number, input] : experts) {
                out.number(number);
                writeStatistics(out, input.statistics);
                out.values(input.statistics.sample);
                out.values(input.gram);
                out.values(input.waiting);
                out.number(input.waitingRows);
            }
        }
        out.number(m_gramBytes);
    }
    bool load(ByteReader& in)
    {
        const std::uint64_t keys = in.number();
        for (std::uint64_t k = 0; k < keys && in.good(); ++k) {
            const std::string key = in.text();
            m_order.push_back(key);
            m_wanted[key] = in.number() != 0;
            const std::uint64_t experts = in.number();
            for (std::uint64_t e = 0; e < experts && in.good(); ++e) {
                Collected& input = m_inputs[key][in.number()];
                if (!readStatistics(in, input.statistics)) return false;
                in.values(input.statistics.sample);
                in.values(input.gram);
                in.values(input.waiting);
                input.waitingRows = in.number();
            }
        }
        m_gramBytes = in.number();
        return in.finished();
    }

private:
    static InputStatistics shapeOf(const InputStatistics& input)
    {
        InputStatistics shape;
        shape.tensors = input.tensors;
        shape.matrices = input.matrices;
        shape.columns = input.columns;
        return shape;
    }
    static InputStatistics emptyOf(InputStatistics shape, std::size_t matrix)
    {
        shape.matrix = matrix;
        shape.sumSquares.assign(shape.columns, 0);
        shape.sum = shape.sumAbs = shape.sumSquares;
        shape.absMax.assign(shape.columns, 0);
        shape.halfSquares.assign(shape.columns, 0);
        return shape;
    }

    Result<Collected*> inputFor(std::span<const std::string_view> tensors, std::size_t matrix, std::size_t columns)
    {
        const std::string key(tensors.front());
        auto found = m_inputs.find(key);
        if (found == m_inputs.end()) {
            found = m_inputs.emplace(key, std::map<std::size_t, Collected>()).first;
            m_order.push_back(key);
            m_wanted[key] = std::ranges::any_of(tensors, [&](std::string_view name) { return !m_options.wantsGram || m_options.wantsGram(name); });
        }
        auto& experts = found->second;
        if (const auto it = experts.find(matrix); it != experts.end()) return &it->second;
        const bool hasGram = m_options.collectGram && m_wanted[key];
        if (hasGram) {
            m_gramBytes += std::uint64_t{columns} * columns * (sizeof(double) + sizeof(float));
            if (m_gramBytes > m_options.gramBudgetBytes)
                return fail(Error{ErrorCode::OutOfMemory,
                                  fmt::format("The Gram matrices of the inputs need more than the {} MiB allowed for them; collect "
                                              "fewer tensors at a time or allow more.",
                                              m_options.gramBudgetBytes >> 20U),
                                  {},
                                  key,
                                  {}});
        }
        Collected& input = experts[matrix];
        InputStatistics shape;
        shape.tensors.assign(tensors.begin(), tensors.end());
        shape.columns = columns;
        const bool stacked = key.find("_exps.") != std::string::npos;
        shape.matrices = stacked ? std::max<std::size_t>(1, m_model.hyperparameters().expertCount) : 1;
        input.statistics = emptyOf(std::move(shape), matrix);
        if (hasGram) {
            input.gram.assign(columns * columns, 0);
            input.waiting.resize(kGramRows * columns);
        }
        return &input;
    }

    // Every column is summed row after row, so the sums do not depend on how the rows were grouped.
    static Result<void> addSums(InputStatistics& input, RowsView x, std::size_t rows, std::uint64_t stretch, const JobContext& context)
    {
        const std::uint64_t before = input.count;
        input.count += rows;
        const std::size_t pieces = (input.columns + kColumnPiece - 1) / kColumnPiece;
        input.magnitudes.resize(kMagnitudeBins);
        std::mutex mutex;
        return parallelTry(context, pieces, [&](std::size_t piece) -> Result<void> {
            const std::size_t begin = piece * kColumnPiece;
            const std::size_t end = std::min(begin + kColumnPiece, input.columns);
            std::vector<std::uint32_t> magnitudes(kMagnitudeBins);
            for (std::size_t r = 0; r < rows; ++r) {
                const float* row = x.data + r * x.stride;
                const bool second = (before + r) / stretch % 2 != 0;
                for (std::size_t c = begin; c < end; ++c) {
                    const double value = row[c];
                    const float magnitude = std::fabs(row[c]);
                    input.sum[c] += value;
                    input.sumAbs[c] += magnitude;
                    input.sumSquares[c] += value * value;
                    if (second) input.halfSquares[c] += value * value;
                    input.absMax[c] = std::max(input.absMax[c], magnitude);
                    ++magnitudes[magnitudeBin(magnitude)];
                }
            }
            {
                const std::scoped_lock lock(mutex);
                for (std::size_t i = 0; i < kMagnitudeBins; ++i) input.magnitudes[i] += magnitudes[i];
            }
            for (std::size_t c = begin; c < end; ++c)
                if (!std::isfinite(input.sumSquares[c]))
                    return fail(Error{ErrorCode::Corrupt,
                                      "The inputs of this tensor hold values that are not numbers: some weights before it are not "
                                      "numbers, or are far too large.",
                                      {},
                                      input.tensors.front(),
                                      {}});
            return {};
        });
    }

    void addToSample(InputStatistics& input, RowsView x, std::size_t rows, std::uint64_t before) const
    {
        if (m_options.sampledRows == 0) return;
        const std::size_t columns = input.columns;
        input.sample.reserve(m_options.sampledRows * columns);
        for (std::size_t r = 0; r < rows; ++r)
            if (const auto slot = sampleSlot(before + r, m_options.sampledRows)) {
                input.sample.resize(std::max(input.sample.size(), (*slot + 1) * columns));
                std::copy_n(x.data + r * x.stride, columns, input.sample.data() + *slot * columns);
            }
    }

    static Result<void> addRows(Collected& input, RowsView x, std::size_t rows, const JobContext& context)
    {
        const std::size_t columns = input.statistics.columns;
        for (std::size_t r = 0; r < rows; ++r) {
            std::copy_n(x.data + r * x.stride, columns, input.waiting.data() + input.waitingRows * columns);
            if (++input.waitingRows == kGramRows) WW_TRY_VOID(addPiece(input, context));
        }
        return {};
    }

    // gram += XᵀX of the waiting rows, lower triangle, in stripes.
    static Result<void> addPiece(Collected& input, const JobContext& context)
    {
        const std::size_t columns = input.statistics.columns;
        const std::size_t rows = std::exchange(input.waitingRows, 0);
        if (rows == 0) return {};
        return parallelTry(context, (columns + kGramPiece - 1) / kGramPiece, [&](std::size_t stripe) -> Result<void> {
            const std::size_t begin = stripe * kGramPiece;
            const std::size_t height = std::min(kGramPiece, columns - begin);
            AlignedBuffer<float> product(height * (begin + height));
            const std::size_t width = begin + height;
            const float* x = input.waiting.data();
            blas::gemmTN(height, width, rows, 1, x + begin, columns, x, columns, 0, product.data(), width);
            for (std::size_t i = 0; i < height; ++i)
                for (std::size_t j = 0; j <= begin + i; ++j)
                    input.gram[(begin + i) * columns + j] += static_cast<double>(product[i * width + j]);
            return {};
        });
    }

    static Result<void> finishGram(Collected& input, const JobContext& context)
    {
        if (input.gram.empty()) return {};
        WW_TRY_VOID(addPiece(input, context));
        input.waiting = {};
        const std::size_t columns = input.statistics.columns;
        std::vector<float>& gram = input.statistics.gram;
        gram.resize(columns * columns);
        const auto count = static_cast<double>(std::max<std::uint64_t>(1, input.statistics.count));
        for (std::size_t i = 0; i < columns; ++i)
            for (std::size_t j = 0; j <= i; ++j)
                gram[i * columns + j] = gram[j * columns + i] = static_cast<float>(input.gram[i * columns + j] / count);
        input.gram = {};
        return {};
    }

    const LanguageModel& m_model;
    const CalibrationOptions& m_options;
    std::map<std::string, std::map<std::size_t, Collected>, std::less<>> m_inputs;  ///< by first tensor, then expert
    std::map<std::string, bool, std::less<>> m_wanted;  ///< CalibrationOptions::wantsGram, for the inputs by their first tensor
    std::vector<std::string> m_order;
    std::uint64_t m_gramBytes = 0;
};

/// Windows as in imatrix-formats.md §1.
struct Windows {
    std::vector<TokenId> tokens;
    std::size_t count = 0;
};
Result<Windows> cutWindows(const Tokenizer& tokenizer, std::string_view text, const CalibrationOptions& options)
{
    const std::size_t length = options.contextLength;
    if (length < 1) return fail(ErrorCode::InvalidArgument, "A context of 0 tokens shows nothing; choose at least 1.");
    if (text.ends_with('\n')) text.remove_suffix(1);
    Windows windows;
    windows.tokens = tokenizer.encode(text);
    if (windows.tokens.size() < 2 * length)
        return fail(ErrorCode::TooShort,
                    fmt::format("The text is too short: it has {} tokens, and calibration with a context of {} needs at least {}. "
                                "Choose a longer text or a shorter context.",
                                windows.tokens.size(), length, 2 * length));
    windows.count = windows.tokens.size() / length;
    if (options.maxWindows != 0) windows.count = std::min<std::size_t>(windows.count, options.maxWindows);
    windows.tokens.resize(windows.count * length);
    if (const auto bos = tokenizer.bos(); tokenizer.addsBos() && bos)
        for (std::size_t w = 0; w < windows.count; ++w) windows.tokens[w * length] = *bos;
    return windows;
}

constexpr std::string_view kCheckpointMark = "WWCALPT3";

/// Windows that are done, and the sums over them; nothing when the file is missing, damaged or belongs to something else.
std::size_t loadCheckpoint(const CalibrationOptions& options, const LanguageModel& model, std::unique_ptr<Collector>& collector)
{
    if (options.checkpoint.empty()) return 0;
    constexpr std::uint64_t kMaximumBytes = std::uint64_t{64} << 30;
    const auto bytes = readTextFile(options.checkpoint, kMaximumBytes);
    if (!bytes) return 0;
    auto in = ByteReader::open(*bytes, kCheckpointMark, options.checkpoint);
    if (!in || in->hash() != options.identity) return 0;
    const std::uint64_t done = in->number();
    auto fresh = std::make_unique<Collector>(model, options);
    if (!in->good() || !fresh->load(*in)) return 0;
    collector = std::move(fresh);
    return static_cast<std::size_t>(done);
}

Result<Calibration> run(const LanguageModel& model, const Windows& windows, const CalibrationOptions& options,
                        const JobContext& context)
{
    const std::size_t length = options.contextLength;
    const Hyperparameters& facts = model.hyperparameters();
    const std::uint64_t bytesPerWindow = std::max<std::uint64_t>(1, model.bytesPerToken(length) * length);
    auto most = static_cast<std::size_t>(options.activationBudgetBytes / bytesPerWindow);
    if (!options.checkpoint.empty()) most = std::min<std::size_t>(most, std::max<std::uint32_t>(1, options.windowsPerUnit));
    const std::size_t perPass = std::clamp<std::size_t>(most, 1, windows.count);
    context.begin("Calibrating", std::uint64_t{windows.tokens.size()} * facts.blockCount, ProgressUnit::Steps);
    AlignedBuffer<float> hidden(perPass * length * facts.embeddingLength);
    auto collector = std::make_unique<Collector>(model, options);
    std::size_t first = std::min(loadCheckpoint(options, model, collector), windows.count);
    context.advance(std::uint64_t{first} * length * facts.blockCount);
    auto saved = std::chrono::steady_clock::now();
    while (first < windows.count) {
        const std::size_t windowCount = std::min(perPass, windows.count - first);
        const std::size_t count = windowCount * length;
        WW_TRY_VOID(model.forwardObserved(std::span(windows.tokens).subspan(first * length, count), length,
                                          {hidden.data(), count * facts.embeddingLength}, *collector, context));
        first += windowCount;
        const auto now = std::chrono::steady_clock::now();
        if (options.checkpoint.empty() || std::chrono::duration<double>(now - saved).count() < options.checkpointSeconds) continue;
        ByteWriter out;
        out.hash(options.identity);
        out.number(first);
        collector->save(out);
        WW_TRY_VOID(out.save(options.checkpoint, kCheckpointMark));
        saved = std::chrono::steady_clock::now();
    }
    Calibration result;
    result.textName = options.textName;
    result.tokens = windows.tokens.size();
    result.windows = static_cast<std::uint32_t>(windows.count);
    result.contextLength = options.contextLength;
    WW_TRY(result.inputs, collector->finish(context));
    return result;
}

/// visit(columns, matrices): one tensor of those that share an input stands for it.
template <class Visit>
void forEachInput(const ModelFile& model, const Visit& visit)
{
    for (const TensorInfo& tensor : model.tensors()) {
        using enum TensorRole;
        const TensorRole role = identify(tensor.name).role;
        const bool counts = role == AttnQ || role == AttnQkv || role == AttnOutput || role == FfnUp || role == FfnDown ||
                            role == FfnUpExps || role == FfnDownExps || role == FfnUpShexp || role == FfnDownShexp || role == Output;
        if (counts && !tensor.name.ends_with(".bias")) visit(std::uint64_t{tensor.shape.columns()}, std::uint64_t{tensor.shape.ne[2]});
    }
}

}  // namespace

double InputStatistics::splitHalfAgreement() const
{
    if (halfCount == 0 || halfCount >= count) return 0;
    const auto second = static_cast<double>(halfCount);
    const auto first = static_cast<double>(count - halfCount);
    double difference = 0;
    double total = 0;
    for (std::size_t c = 0; c < columns; ++c) {
        const double a = (sumSquares[c] - halfSquares[c]) / first;
        const double b = halfSquares[c] / second;
        difference += std::fabs(a - b);
        total += a + b;
    }
    return total > 0 ? 1 - difference / total : 1;
}

const InputStatistics* Calibration::find(std::string_view tensorName, std::size_t matrix) const
{
    for (const InputStatistics& input : inputs)
        if (input.matrix == matrix && std::ranges::find(input.tensors, tensorName) != input.tensors.end()) return &input;
    return nullptr;
}

Result<Calibration> calibrate(const LanguageModel& model, const Tokenizer& tokenizer, std::string_view text,
                              const CalibrationOptions& options, const JobContext& context)
{
    try {
        WW_TRY(const Windows windows, cutWindows(tokenizer, text, options));
        return run(model, windows, options, context);
    } catch (const std::bad_alloc&) {
        return fail(ErrorCode::OutOfMemory, "There is not enough memory for this calibration; try a shorter context.");
    }
}

Result<void> calibrateSteps(const LanguageModel& model, const Tokenizer& tokenizer, std::string_view text,
                            const CalibrationOptions& options, const std::function<bool(std::size_t step)>& wantsStep,
                            const std::function<Result<void>(CalibrationStep)>& onStep, const JobContext& context)
{
    try {
        WW_TRY(Windows windows, cutWindows(tokenizer, text, options));
        const std::size_t length = options.contextLength;
        const Hyperparameters& facts = model.hyperparameters();
        const std::uint64_t bytesPerWindow = std::max<std::uint64_t>(1, model.bytesPerToken(length) * length);
        const auto most = static_cast<std::size_t>(options.activationBudgetBytes / bytesPerWindow);
        windows.count = std::clamp<std::size_t>(most, 1, windows.count);
        windows.tokens.resize(windows.count * length);
        const std::size_t steps = model.stepCount();
        std::size_t end = steps;
        while (end > 0 && !wantsStep(end - 1)) --end;
        AlignedBuffer<float> hidden(windows.tokens.size() * facts.embeddingLength);
        for (std::size_t step = 0; step < end; ++step) {
            const bool wanted = wantsStep(step);
            Collector collector(model, options);
            WW_TRY_VOID(model.forwardSteps(step, step + 1, windows.tokens, length, {hidden.data(), hidden.size()},
                                           wanted ? &collector : nullptr, context));
            if (!wanted) continue;
            CalibrationStep result;
            result.step = step;
            WW_TRY(result.inputs, collector.finish(context));
            WW_TRY_VOID(onStep(std::move(result)));
        }
        return {};
    } catch (const std::bad_alloc&) {
        return fail(ErrorCode::OutOfMemory, "There is not enough memory for this calibration; try a shorter context.");
    }
}

std::uint64_t gramBudgetBytes()
{
    const long pages = ::sysconf(_SC_PHYS_PAGES);
    const long size = ::sysconf(_SC_PAGESIZE);
    constexpr std::uint64_t kLeast = std::uint64_t{1} << 30;
    return pages > 0 && size > 0 ? std::max(kLeast, static_cast<std::uint64_t>(pages) * static_cast<std::uint64_t>(size) / 2) : kLeast;
}

std::uint64_t gramBytes(const ModelFile& model)
{
    std::uint64_t bytes = 0;
    forEachInput(model, [&](std::uint64_t columns, std::uint64_t matrices) { bytes += columns * columns * matrices * (sizeof(double) + sizeof(float)); });
    return bytes;
}

std::size_t sampledRowsFor(const ModelFile& model)
{
    constexpr std::uint64_t kBytes = std::uint64_t{512} << 20;
    std::uint64_t columnsOfAll = 0;
    forEachInput(model, [&](std::uint64_t columns, std::uint64_t matrices) { columnsOfAll += columns * matrices; });
    return static_cast<std::size_t>(std::clamp<std::uint64_t>(kBytes / sizeof(float) / std::max<std::uint64_t>(1, columnsOfAll), 32, 512));
}

LayerInputs layerInputs(const InputStatistics& input)
{
    LayerInputs inputs;
    const auto count = static_cast<double>(std::max<std::uint64_t>(1, input.count));
    for (const double sum : input.sumSquares) inputs.meanSquares.push_back(static_cast<float>(sum / count));
    inputs.absMax = input.absMax;
    inputs.magnitudes = input.magnitudes;
    return inputs;
}

ImportanceMatrix importanceOf(const Calibration& calibration, bool withOutput)
{
    ImportanceMatrix matrix;
    if (!calibration.textName.empty()) matrix.datasets.push_back(calibration.textName);
    matrix.chunkCount = calibration.windows;
    matrix.chunkSize = calibration.contextLength;
    std::map<std::string, ImportanceEntry> entries;
    for (const InputStatistics& input : calibration.inputs)
        for (const std::string& tensor : input.tensors) {
            if (!tensor.starts_with("blk.") && !(withOutput && tensor == "output.weight")) continue;
            ImportanceEntry& entry = entries[tensor];
            entry.tensor = tensor;
            for (const double sum : input.sumSquares) entry.sums.push_back(static_cast<float>(sum));
            entry.counts.push_back(input.count);
        }
    for (auto& [name, entry] : entries) matrix.add(std::move(entry));
    return matrix;
}

}  // namespace ww
