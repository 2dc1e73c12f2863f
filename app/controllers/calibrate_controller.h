// SPDX-License-Identifier: GPL-3.0-or-later
// Importance of the columns of the weights: from a text that the model reads here, or from a file.
#pragma once

#include <QObject>

#include <cstdint>
#include <memory>
#include <vector>

#include "app/controllers/measure_controller.h"
#include "app/document.h"
#include "app/job_runner.h"
#include "app/settings.h"
#include "app/user_messages.h"

namespace ww {

/// GUI thread only. Both ways end with the document's importance matrix, and a message that names what it does not cover.
class CalibrateController : public QObject {
    Q_OBJECT
public:
    CalibrateController(Document& document, JobRunner& jobs, Settings& settings, UserMessages& messages, QObject* parent = nullptr);

    /// One background job: the model reads the text. The result is kept in the cache folder and named by the project; a text
    /// that was read before in the same way is taken from there. A running calibration is cancelled. Returns the job's number.
    /// `probeMinutes` is handed on with calibrated(). `grams`: also what GPTQ needs, the products of all pairs of inputs.
    std::uint64_t start(const MeasureOptions& options, int probeMinutes = 0, bool grams = false);
    [[nodiscard]] bool isRunning() const { return m_job != 0; }
    /// The text and windows of last time, or the calibration text that comes with the program.
    [[nodiscard]] MeasureOptions defaultOptions() const;
    /// Reads an importance matrix in the background, llama.cpp's GGUF or .dat.
    void load(const QString& path);
    /// True when the document's matrix was made from a text of this file name: it should not judge the result.
    [[nodiscard]] bool wasCalibratedOn(const QString& textPath) const;

Q_SIGNALS:
    void runningChanged();
    /// The importance is in use; probes may follow on the same text.
    void calibrated(const ww::MeasureOptions& options, int probeMinutes);

private:
    /// `computed` here, not loaded from somebody's file.
    void take(ImportanceMatrix matrix, std::shared_ptr<const GramFactors> grams, bool computed);

    Document& m_document;
    JobRunner& m_jobs;
    Settings& m_settings;
    UserMessages& m_messages;
    std::uint64_t m_job = 0;
};

/// What comes out of reading a text.
struct Calibrated {
    ImportanceMatrix importance;
    std::shared_ptr<const GramFactors> grams;  ///< null unless they were asked for or kept before
};
/// For jobs. The model reads the text, or what it read before in the same way is taken from the cache folder. `steps` are those that
/// made `model`; empty for a model as it is in its file.
Result<Calibrated> calibrateOn(const std::shared_ptr<const ModelFile>& model, const std::vector<TransformStep>& steps,
                               const MeasureOptions& options, bool grams, const JobContext& context);

/// Where the importance of a model (after these steps) on a text is kept. Another size of the model, text or windows give another
/// path. Empty without a cache folder.
[[nodiscard]] QString calibrationPath(const ModelFile& model, const std::vector<TransformStep>& steps, const QString& textHash,
                                      std::uint32_t contextLength, std::uint32_t windows);
/// Beside it, the Gram matrices of the same calibration. Empty for a matrix that was made elsewhere.
[[nodiscard]] QString gramsPath(const QString& calibrationPath);
/// For jobs. Null when there are none or they cannot be read: then they are collected anew.
[[nodiscard]] std::shared_ptr<const GramFactors> loadGrams(const QString& calibrationPath);

}  // namespace ww
