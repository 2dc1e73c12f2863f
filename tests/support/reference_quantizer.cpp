// SPDX-License-Identifier: MIT
#include "tests/support/reference_quantizer.h"

#include <algorithm>
#include <cstring>
#include <memory>

#include "base/thread_pool.h"
#include "calibration/imatrix_file.h"
#include "plan/preset.h"
#include "tests/support/gguf_builder.h"

namespace ww::test {
namespace fs = std::filesystem;
namespace {

/// Offset of the list of keys to add in llama.cpp's parameters.
constexpr std::size_t kKeyOverrides = 32;

struct TypeOverride {
    const char* pattern;
    std::int32_t type;
};
struct ImportanceValues {
    const char* name;
    const float* data;
    std::size_t size;
};
/// A key that the quantizer adds to the file.
struct KeyOverride {
    enum Kind : std::int32_t { Integer = 0, Text = 3 };
    Kind kind = Integer;
    char key[128] = {};
    alignas(8) char value[128] = {};
    KeyOverride() = default;
    KeyOverride(const char* name, std::int64_t number)
    {
        std::strncpy(key, name, sizeof key - 1);
        std::memcpy(value, &number, sizeof number);
    }
    KeyOverride(const char* name, const std::string& text) : kind(Text)
    {
        std::strncpy(key, name, sizeof key - 1);
        std::strncpy(value, text.c_str(), sizeof value - 1);
    }
};

/// An importance matrix as llama.cpp's command line tool passes it: means, and keys that name the file.
class ImportanceArguments {
public:
    explicit ImportanceArguments(const ImportanceMatrix& matrix)
    {
        m_means.reserve(matrix.entries.size());
        for (const ImportanceEntry& entry : matrix.entries) {
            auto& means = m_means.emplace_back(entry.sums.size());
            entry.meanSquares(0, means);
            m_values.push_back({entry.tensor.c_str(), means.data(), means.size()});
        }
        m_values.push_back({nullptr, nullptr, 0});
        m_keys.emplace_back("quantize.imatrix.file", matrix.path.string());
        if (!matrix.datasets.empty()) m_keys.emplace_back("quantize.imatrix.dataset", matrix.datasets.front());
        m_keys.emplace_back("quantize.imatrix.entries_count", static_cast<std::int64_t>(matrix.entries.size()));
        if (matrix.chunkCount > 0)
            m_keys.emplace_back("quantize.imatrix.chunks_count", static_cast<std::int64_t>(matrix.chunkCount));
        m_keys.emplace_back();
    }
    [[nodiscard]] const void* values() const { return m_values.data(); }
    [[nodiscard]] const void* keys() const { return m_keys.data(); }

private:
    std::vector<std::vector<float>> m_means;
    std::vector<ImportanceValues> m_values;
    std::vector<KeyOverride> m_keys;
};

}  // namespace

bool quantizeThere(LlamaLibrary& library, const QuantizeCase& c, const fs::path& out, bool keepSplit)
{
    auto params = library.quantizeDefaultParams();
    params.set<std::int32_t>(llama_quantize::kThreads, 2);
    if (isCopyPreset(c.preset))
        params.set<bool>(llama_quantize::kOnlyCopy, true);
    else
        params.set<std::int32_t>(llama_quantize::kFileType, static_cast<std::int32_t>(findPreset(c.preset)->fileType));
    std::vector<std::int32_t> prune(c.prune.begin(), c.prune.end());
    prune.push_back(-1);
    if (!c.prune.empty()) params.set<const void*>(llama_quantize::kPruneLayers, prune.data());
    params.set<bool>(llama_quantize::kPure, c.pure);
    params.set<bool>(llama_quantize::kQuantizeOutput, !c.leaveOutput);
    params.set<bool>(llama_quantize::kAllowRequantize, true);
    params.set<bool>(llama_quantize::kKeepSplit, keepSplit);
    if (c.outputType) params.set<std::int32_t>(llama_quantize::kOutputType, static_cast<std::int32_t>(*c.outputType));
    if (c.embeddingType) params.set<std::int32_t>(llama_quantize::kEmbeddingType, static_cast<std::int32_t>(*c.embeddingType));
    std::vector<TypeOverride> overrides;
    for (const auto& [pattern, type] : c.overrides) overrides.push_back({pattern.c_str(), static_cast<std::int32_t>(type)});
    overrides.push_back({nullptr, 0});
    if (!c.overrides.empty()) params.set<const void*>(llama_quantize::kTensorTypes, overrides.data());
    std::optional<ImportanceArguments> importance;
    std::optional<ImportanceMatrix> matrix;
    if (!c.importance.empty()) {
        auto loaded = loadImportance(c.importance);
        if (!loaded) return false;
        matrix = std::move(*loaded);
        importance.emplace(*matrix);
        params.set<const void*>(llama_quantize::kImatrix, importance->values());
        params.set<const void*>(kKeyOverrides, importance->keys());
    }
    return library.quantize(c.model.c_str(), out.c_str(), &params) == 0;
}

Result<ExportSummary> quantizeHere(const QuantizeCase& c, const fs::path& out)
{
    WW_TRY(const auto model, openModel(c.model));
    Recipe recipe;
    recipe.preset = c.preset;
    recipe.pure = c.pure;
    recipe.leaveOutput = c.leaveOutput;
    recipe.outputType = c.outputType;
    recipe.tokenEmbeddingType = c.embeddingType;
    for (const auto& [pattern, type] : c.overrides) recipe.rules.push_back({.pattern = pattern, .format = type, .method = {}});
    PlanOptions options;
    if (!c.importance.empty()) {
        WW_TRY(ImportanceMatrix matrix, loadImportance(c.importance));
        options.importance = std::make_shared<const ImportanceMatrix>(std::move(matrix));
    }
    WW_TRY(const ModelSurvey survey, ModelSurvey::withoutBlocks(*model, c.prune));
    WW_TRY(const Plan plan, resolve(recipe, survey, options));
    ThreadPool pool(2);
    return exportGguf(*model, plan, out, {pool});
}

QString fileDifference(const fs::path& ours, const fs::path& theirs)
{
    const std::string a = readFile(ours);
    const std::string b = readFile(theirs);
    const auto first = std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first - a.begin();
    if (a.size() == b.size() && static_cast<std::size_t>(first) == a.size()) return {};
    QString where = QString("sizes %1 and %2, first difference at byte %3").arg(a.size()).arg(b.size()).arg(first);
    if (const auto model = openModel(ours))
        for (const TensorInfo& t : (*model)->tensors())
            if (static_cast<std::uint64_t>(first) >= t.offset && static_cast<std::uint64_t>(first) < t.offset + t.sizeBytes)
                where += QString(", in %1 (%2)").arg(t.name.c_str(), name(t.type).data());
    return where;
}

}  // namespace ww::test
