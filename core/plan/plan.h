// SPDX-License-Identifier: MIT
// A recipe resolved against one model: one decision per tensor. Pure and instant; nothing is quantized to draw a table.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "calibration/gram_factors.h"
#include "calibration/importance.h"
#include "io/metadata.h"
#include "io/model_file.h"
#include "model/tensor_role.h"
#include "plan/plan_warning.h"
#include "plan/preset_rules.h"
#include "plan/recipe.h"

namespace ww {

/// Which rule decided, for "why this type".
enum class Decision : std::uint8_t {
    NotQuantizable,
    Preset,
    PresetRule,
    Rule,
    OutputOption,
    EmbeddingOption,
    ShapeFallback,
    KeptSource
};

struct PlanEntry {
    std::size_t tensorIndex = 0;  ///< into ModelFile::tensors()
    std::string newName{};        ///< in the exported file; empty: that of the source
    TensorIdentity identity;
    TensorType source = TensorType::F32;
    TensorType target = TensorType::F32;
    std::string method;  ///< spec as in the recipe; empty when the bytes are copied
    std::string analysis{};  ///< spec of the method that GGUF cannot hold and that target and method stand for; empty: none
    /// For the quantizer: mean squares of the inputs by ImportanceEntry::meanSquares(); has ne[0] × ne[2] values. Null: none.
    std::shared_ptr<const ImportanceEntry> importance;
    /// Where a method that needs it finds the Gram matrix of the inputs, by name of the tensor. Null for other methods.
    std::shared_ptr<const GramFactors> grams{};
    bool quantized = false;  ///< false: bit copy
    bool editable = false;   ///< a rule may change it (quantizable)
    std::uint64_t sizeBytes = 0;
    Decision decision = Decision::NotQuantizable;
    int rule = -1;        ///< index into Recipe::rules when a rule decided (also before a ShapeFallback)
    std::string reason;   ///< one sentence, English source text
    std::vector<PlanWarning> warnings{};  ///< e.g. the fallback taken and what it costs
    /// In the exported file.
    [[nodiscard]] const std::string& nameIn(const ModelFile& model) const
    {
        return newName.empty() ? model.tensors()[tensorIndex].name : newName;
    }
};

/// Entries are in the order of the exported file (blocks ascending, names bytewise). Plain value.
struct Plan {
    std::vector<PlanEntry> entries;
    std::uint32_t fileType = 0;   ///< general.file_type to write
    std::uint64_t sizeBytes = 0;  ///< whole exported file, metadata included
    std::uint64_t sourceSizeBytes = 0;
    std::uint64_t parameters = 0;
    std::vector<PlanWarning> warnings;                   ///< about the whole plan
    std::shared_ptr<const ImportanceMatrix> importance;  ///< what the entries' importance belongs to; null: none
    Metadata changedPairs{};                             ///< written last, because blocks are left out
    [[nodiscard]] double bitsPerWeight() const;
};

/// How files hold what analysis methods choose.
enum class AnalysisAs : std::uint8_t {
    Chosen,  ///< rounded again to the format of the recipe
    F16,     ///< as F16, whatever the format of the recipe
    Nearest  ///< the source in the format nearest to the method's, by llama.cpp's search
};

struct PlanOptions {
    std::shared_ptr<const ImportanceMatrix> importance{};  ///< null or without entries: none
    std::shared_ptr<const GramFactors> grams{};  ///< for methods that need Gram matrices; null: none
    AnalysisAs analysisAs = AnalysisAs::Chosen;
    bool assumeImportance = false;  ///< decide as if a matrix with all entries were given: to show what it would change
    bool requireImportance = true;  ///< a type or method that needs data that is not there is an error; false: a warning
    bool allowRequantize = true;    ///< quantized sources may be converted (with a warning); false: error
};

/// What planning needs to know of a model whatever the recipe: export order, identities, facts for the preset rules, size of
/// the metadata. Computing it takes longer than resolving a recipe, so whoever resolves often for one model keeps it.
/// Immutable; refers to `model`, which must outlive it.
class ModelSurvey {
public:
    explicit ModelSurvey(const ModelFile& model);
    /// As if the model did not have these blocks: the others are numbered anew without gaps. Like llama.cpp, the rules of
    /// presets still look at the number of blocks that the model had. Error InvalidArgument: there is no such block, or none
    /// is left.
    static Result<ModelSurvey> withoutBlocks(const ModelFile& model, std::span<const std::uint32_t> blocks);

    /// Plans and exports of this survey keep the order of the source, as a split model that stays split needs it.
    void orderAsInSource();

    struct Tensor {
        std::size_t index = 0;  ///< into ModelFile::tensors()
        std::string newName{};  ///< empty: that of the model
        TensorIdentity identity;
        RuleCategory category = RuleCategory::Other;
        std::string_view whyKept;  ///< as whyKept(): empty when it may be quantized
    };
    [[nodiscard]] const ModelFile& model() const { return *m_model; }
    /// In export order: tensors outside blocks, then block by block; names bytewise.
    [[nodiscard]] const std::vector<Tensor>& tensors() const { return m_tensors; }
    [[nodiscard]] const ModelFacts& facts() const { return m_facts; }
    /// Bytes of the exported header before padding, without the pairs that depend on the plan.
    [[nodiscard]] std::uint64_t headerBytes() const { return m_headerBytes; }
    /// Of the tensors that are kept.
    [[nodiscard]] std::uint64_t parameters() const { return m_parameters; }
    [[nodiscard]] const Metadata& changedPairs() const { return m_changedPairs; }

private:
    ModelSurvey(const ModelFile& model, std::span<const std::uint32_t> leftOut);
    const ModelFile* m_model;
    std::vector<Tensor> m_tensors;
    ModelFacts m_facts;
    std::uint64_t m_headerBytes = 0;
    std::uint64_t m_parameters = 0;
    Metadata m_changedPairs;
};

/// Errors: InvalidArgument (unknown preset or method, bad pattern: which; importance of another model), Unsupported (a type
/// whose block does not divide a row and that has no fallback, a type that needs importance when there is none, a method that
/// needs Gram matrices when there are none, a recipe with steps that change the model). Tensors
/// with four dimensions stay as they are. Recipe rules beat the preset; among them the first match wins. Output and embedding types
/// of the recipe beat rules by pattern and role, as in llama.cpp, but not rules for exactly this tensor.
Result<Plan> resolve(const Recipe& recipe, const ModelFile& model, const PlanOptions& options = {});
Result<Plan> resolve(const Recipe& recipe, const ModelSurvey& survey, const PlanOptions& options = {});

/// Exact metadata of the exported file: llama.cpp's key order and changes.
Metadata exportMetadata(const ModelFile& model, const Plan& plan);

}  // namespace ww
