// SPDX-License-Identifier: GPL-3.0-or-later
// Perplexity (and KL divergence) of the original, of recipes and of presets on a chosen text.
#pragma once

#include <QObject>
#include <QTimer>

#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "app/document.h"
#include "app/job_runner.h"
#include "app/settings.h"
#include "app/user_messages.h"
#include "jobs/evaluate.h"
#include "jobs/kept_evaluation.h"

namespace ww {

struct MeasureOptions {
    QString textPath;
    std::uint32_t contextLength = 512;
    std::uint32_t maxWindows = 0;  ///< 0: all
    bool divergence = false;       ///< of recipes and presets also the KL divergence from the original
    Activations activations = Activations::Float;  ///< of the inputs of layers
    bool operator==(const MeasureOptions&) const = default;
};

/// A text as the model sees it: what the dialog shows and what makes measurements comparable.
struct TextFacts {
    QString path;
    QString hash;
    std::uint64_t tokens = 0;
    std::uint32_t windows = 0;  ///< of the asked length; 0: too short
};
/// Reads and tokenizes a text. For jobs. Errors: that of reading, TooShort, or Unsupported for a tokenizer that is not known.
[[nodiscard]] Result<TextFacts> readTextFacts(const ModelFile& model, const QString& path, std::uint32_t contextLength);

/// GUI thread only. Each measurement is one background job; what is already measured in the same way is not measured again.
class MeasureController : public QObject {
    Q_OBJECT
public:
    /// One measurement that waits or runs.
    struct Pending {
        std::uint64_t job = 0;
        int recipeId = 0;  ///< of the document; 0: the original or a preset
        QString name;
        std::optional<Recipe> recipe;  ///< empty: the original
        QString importance;            ///< file of the importance matrix it is quantized with; empty: none
        QString stepsText;             ///< as Variant::stepsText
        MeasureOptions options;
        std::optional<double> running;  ///< perplexity so far
        std::uint32_t windowsDone = 0;
    };

    MeasureController(Document& document, JobRunner& jobs, Settings& settings, UserMessages& messages, QObject* parent = nullptr);
    ~MeasureController() override;

    /// The original, then these recipes of the document, then these presets.
    void measure(const MeasureOptions& options, const std::vector<int>& recipeIds, const QStringList& presets);
    /// Waiting and running ones.
    [[nodiscard]] const std::vector<Pending>& pending() const { return m_pending; }
    [[nodiscard]] const Pending* pendingFor(const std::optional<Recipe>& recipe) const;
    void cancelAll();

    /// Estimated seconds for `passes` of a model over `windows` windows, from what was measured on this machine before, or from a
    /// guess (`measured` false).
    struct Estimate {
        double seconds = 0;
        bool measured = false;
    };
    [[nodiscard]] Estimate estimate(std::uint32_t contextLength, std::uint32_t windows, int passes) const;

    /// The options of the last measurement, or the sample text with windows that the model can take.
    [[nodiscard]] MeasureOptions defaultOptions() const;

Q_SIGNALS:
    void pendingChanged();
    void measured(const ww::Variant& variant);

private:
    struct Outcome;
    struct Live {
        std::mutex mutex;
        double perplexity = 0;
        std::uint32_t windows = 0;
    };
    void enqueue(int recipeId, const QString& name, std::optional<Recipe> recipe, const MeasureOptions& options);
    static Result<void> measureDivergence(KeptEvaluation& kept, const std::shared_ptr<const ModelFile>& model, const std::shared_ptr<const Plan>& plan,
                                          const Recipe& recipe, const QString& importance, const std::string& text,
                                          const MeasureOptions& options, const JobContext& context, Outcome& outcome);
    void finished(std::uint64_t number, Result<Outcome> result);
    void onRecipeEdited(int id);
    void rescheduleEdited();
    void onTick();

    Document& m_document;
    JobRunner& m_jobs;
    Settings& m_settings;
    UserMessages& m_messages;
    std::vector<Pending> m_pending;
    std::vector<std::pair<std::uint64_t, std::shared_ptr<Live>>> m_live;
    std::vector<std::pair<int, MeasureOptions>> m_edited;  ///< recipes to measure again once the hand rests
    QTimer m_rest;
    std::shared_ptr<KeptEvaluation> m_kept;         ///< jobs share it, and the last one may outlive the window
    std::shared_ptr<KeptEvaluation> m_keptChanged;  ///< of recipes with steps
};

}  // namespace ww
