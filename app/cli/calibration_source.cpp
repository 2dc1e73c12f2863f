// SPDX-License-Identifier: MIT
#include "app/cli/calibration_source.h"

#include <algorithm>
#include <utility>

#include "calibration/calibration_file.h"
#include "calibration/weight_sample.h"
#include "io/model_identity.h"
#include "model/weight_source.h"

namespace ww::cli {

void addCalibration(CLI::App& command, CalibrationSource& source, const std::string& group)
{
    CLI::Option* const text =
        command
            .add_option("--calibration-text", source.text,
                        "A text (UTF-8) that the model reads first, to see what the inputs of its weights look like. Methods such as gptq "
                        "need it; it also gives importance where no --imatrix is given. It should be unlike the text on which the result "
                        "is judged, and have some ten thousand tokens; all of it is read, however long it is (\"weightwright-cli calibrate "
                        "--chunks N\" reads a part).")
            ->type_name("FILE");
    CLI::Option* const file = command
                                  .add_option("--calibration", source.file,
                                              "The same from a file that \"weightwright-cli calibrate\" wrote for this model, so that "
                                              "the text need not be read again.")
                                  ->type_name("FILE");
    text->excludes(file);
    if (group.empty()) return;
    text->group(group);
    file->group(group);
}

Result<std::shared_ptr<const Calibration>> calibrationOf(const std::shared_ptr<const ModelFile>& model, const CalibrationSource& source,
                                                         const CalibrationNeeds& needs, const Session& session)
{
    if (!source.file.empty()) {
        WW_TRY(StoredCalibration stored, loadCalibration(source.file));
        WW_TRY(const Hash identity, modelIdentity(*model));
        if (stored.model != identity) {
            // The same weights may be stored in another float type, such as a folder in BF16 and its conversion to F16.
            WW_TRY(const std::vector<float> weights, weightSample(*model, stored.calibration));
            if (!isSameButForRounding(weights, stored.weights))
                return fail(Error{ErrorCode::InvalidArgument,
                                  "This calibration was made with another model, or with one whose weights were changed or quantized since; they "
                                  "see other inputs. Calibrate this model.",
                                  source.file,
                                  {},
                                  {}});
        }
        if (needs.gramNeeded && std::ranges::all_of(stored.calibration.inputs, [](const InputStatistics& input) { return input.gram.empty(); }))
            return fail(Error{ErrorCode::InvalidArgument,
                              "This calibration holds no products of pairs of columns (Gram matrices), which a method of the recipe needs; "
                              "calibrate with --gram.",
                              source.file,
                              {},
                              {}});
        return std::make_shared<const Calibration>(std::move(stored.calibration));
    }
    WW_TRY(const auto tokenizer, Tokenizer::create(model->metadata()));
    WW_TRY(const auto language, LanguageModel::create(fileWeights(model)));
    WW_TRY(const std::string text, readText(source.text, session));
    CalibrationOptions settings;
    settings.textName = source.text;
    settings.contextLength = needs.contextLength;
    settings.collectGram = needs.gram;
    settings.gramBudgetBytes = gramBudgetBytes();
    settings.wantsGram = needs.wantsGram;
    WW_TRY(Calibration calibration, calibrate(*language, *tokenizer, text, settings, session.context()));
    return std::make_shared<const Calibration>(std::move(calibration));
}

TransformStep stepOf(const std::string& option, const std::string& text)
{
    const auto step = parseTransformStep(text);
    if (!step) usageError(option, step.error().message);
    return *step;
}

}  // namespace ww::cli
