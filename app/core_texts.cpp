// SPDX-License-Identifier: GPL-3.0-or-later
// The English texts of core that the window shows, listed so that they get into the catalogs: core itself knows nothing of Qt.
// A test compares this list with core.
#include <QCoreApplication>

#include "app/choices.h"
#include "app/job_runner.h"

namespace ww {

// clang-format off
static const char* const kCoreTexts[] = {
    // Presets
    QT_TRANSLATE_NOOP("Core", "Full single precision: twice the size of F16 and no benefit for running; for further processing."),
    QT_TRANSLATE_NOOP("Core", "The 16-bit format most models are trained in: exact for BF16 sources, a good master copy."),
    QT_TRANSLATE_NOOP("Core", "Half precision: practically lossless and runs everywhere; the usual starting point for quantizing."),
    QT_TRANSLATE_NOOP("Core", "Practically lossless at about half the size of F16; for when memory is no concern."),
    QT_TRANSLATE_NOOP("Core", "For mixture-of-experts models: experts in 4-bit MXFP4, everything else in Q8_0."),
    QT_TRANSLATE_NOOP("Core", "Very close to the original; a safe choice when it fits."),
    QT_TRANSLATE_NOOP("Core", "Older 5-bit format with an offset per block; Q5_K_M is usually better at a smaller size."),
    QT_TRANSLATE_NOOP("Core", "High quality: hardly any measurable loss at about a third of the size of F16."),
    QT_TRANSLATE_NOOP("Core", "High quality, a little smaller than Q5_K_M."),
    QT_TRANSLATE_NOOP("Core", "Older 5-bit format that also fits rows of 32; Q5_K_S is usually better."),
    QT_TRANSLATE_NOOP("Core", "Older 4-bit format with an offset per block; Q4_K_M is usually better at a smaller size."),
    QT_TRANSLATE_NOOP("Core", "The usual recommendation: good quality at less than a third of the size of F16."),
    QT_TRANSLATE_NOOP("Core", "A little smaller than Q4_K_M, with a little more loss."),
    QT_TRANSLATE_NOOP("Core", "4-bit format with uneven steps; also fits models whose rows are not multiples of 256."),
    QT_TRANSLATE_NOOP("Core", "Simple 4-bit format, fastest on many processors; Q4_K_S is more accurate at the same size."),
    QT_TRANSLATE_NOOP("Core", "Smallest of the good 4-bit presets; best with an importance matrix."),
    QT_TRANSLATE_NOOP("Core", "Largest of the 3-bit presets: noticeable loss, but coherent."),
    QT_TRANSLATE_NOOP("Core", "Medium 3-bit preset for when 4 bits do not fit: noticeable loss."),
    QT_TRANSLATE_NOOP("Core", "Better than Q3_K_M at a smaller size; best with an importance matrix."),
    QT_TRANSLATE_NOOP("Core", "Smallest of the plain 3-bit presets: considerable loss."),
    QT_TRANSLATE_NOOP("Core", "3-bit codebook format throughout; best with an importance matrix."),
    QT_TRANSLATE_NOOP("Core", "Just above 3 bits; needs an importance matrix."),
    QT_TRANSLATE_NOOP("Core", "3 bits on average with usable quality; needs an importance matrix."),
    QT_TRANSLATE_NOOP("Core", "Small, with a clear loss of quality; give it an importance matrix."),
    QT_TRANSLATE_NOOP("Core", "Best of the 2-bit presets: for large models that would not fit otherwise; needs an importance matrix."),
    QT_TRANSLATE_NOOP("Core", "Smaller than Q2_K with more loss; needs an importance matrix."),
    QT_TRANSLATE_NOOP("Core", "About 2.5 bits: strong loss, for large models; needs an importance matrix."),
    QT_TRANSLATE_NOOP("Core", "About 2.3 bits: strong loss, for very large models; needs an importance matrix."),
    QT_TRANSLATE_NOOP("Core", "Plain 2-bit format for models that were trained for it; others lose their sense."),
    QT_TRANSLATE_NOOP("Core", "About 2.1 bits: strong loss, for very large models; needs an importance matrix."),
    QT_TRANSLATE_NOOP("Core", "For models trained with ternary weights: 2 bits, fast to decode."),
    QT_TRANSLATE_NOOP("Core", "About 1.8 bits: severe loss, only for giant models; needs an importance matrix."),
    QT_TRANSLATE_NOOP("Core", "For models trained with ternary weights: the most compact form."),
    QT_TRANSLATE_NOOP("Core", "About 1.6 bits: the most extreme codebook preset, mostly a curiosity; needs an importance matrix."),
    QT_TRANSLATE_NOOP("Core", "One bit per weight, for models that were trained for it; others lose their sense."),
    // Formats
    QT_TRANSLATE_NOOP("Core", "Full precision. For norms and other small tensors, and as a reference."),
    QT_TRANSLATE_NOOP("Core", "Half precision, the usual form of a model before quantization. Almost lossless for weights below 65504."),
    QT_TRANSLATE_NOOP("Core", "Half size with the full range of F32 and fewer digits; lossless for models trained in bfloat16."),
    QT_TRANSLATE_NOOP("Core", "4 bits, one scale per 32 weights. Simple and fast everywhere; Q4_K is more accurate at the same size."),
    QT_TRANSLATE_NOOP("Core", "4 bits with scale and offset per 32 weights. Better than Q4_0 for lopsided weights, a little larger."),
    QT_TRANSLATE_NOOP("Core", "5 bits, one scale per 32 weights. A fallback for rows that K types cannot hold; else prefer Q5_K."),
    QT_TRANSLATE_NOOP("Core", "5 bits with scale and offset per 32 weights. A fallback for rows that K types cannot hold; else prefer Q5_K."),
    QT_TRANSLATE_NOOP("Core", "8 bits, one scale per 32 weights. Practically indistinguishable from the original at half the size of F16."),
    QT_TRANSLATE_NOOP("Core", "Internal form of activations during inference; never stored in files."),
    QT_TRANSLATE_NOOP("Core", "2 bits. Very small, with clearly visible loss; use it with importance, and for the least sensitive tensors."),
    QT_TRANSLATE_NOOP("Core", "3 bits. Small, with noticeable loss; works best with importance."),
    QT_TRANSLATE_NOOP("Core", "4 bits with scale and offset per 32 weights. The usual balance of size and quality."),
    QT_TRANSLATE_NOOP("Core", "5 bits with scale and offset per 32 weights. Close to the original; for when a few more bytes are fine."),
    QT_TRANSLATE_NOOP("Core", "6 bits. Very close to the original; often used for the output and other sensitive tensors."),
    QT_TRANSLATE_NOOP("Core", "About 2 bits by a codebook. Among the smallest; needs importance, slow to make."),
    QT_TRANSLATE_NOOP("Core", "2.3 bits by a codebook. Better than IQ2_XXS; needs importance, slow to make."),
    QT_TRANSLATE_NOOP("Core", "2.6 bits by a codebook with free signs. The most accurate of the 2-bit types."),
    QT_TRANSLATE_NOOP("Core", "3.1 bits by a codebook. More accurate than Q3_K at a smaller size; slow to make."),
    QT_TRANSLATE_NOOP("Core", "3.4 bits by a codebook with free signs. More accurate than Q3_K at the same size; slow to make."),
    QT_TRANSLATE_NOOP("Core", "1.6 bits by a codebook. For very large models that fit no other way; needs importance."),
    QT_TRANSLATE_NOOP("Core", "1.75 bits by a codebook with finer scales. Somewhat better than IQ1_S; use it with importance."),
    QT_TRANSLATE_NOOP("Core", "4 bits on an uneven grid, one scale per 32 weights. More accurate than Q4_0 at the same size."),
    QT_TRANSLATE_NOOP("Core", "4.25 bits on an uneven grid. Close to Q4_K and smaller."),
    QT_TRANSLATE_NOOP("Core", "Three levels in 1.7 bits. Lossless for models trained with ternary weights, unsuitable for others."),
    QT_TRANSLATE_NOOP("Core", "Three levels in 2.1 bits, faster than TQ1_0. Only for models trained with ternary weights."),
    QT_TRANSLATE_NOOP("Core", "4-bit floats with a power-of-two scale per 32 weights, the form some models are published in."),
    QT_TRANSLATE_NOOP("Core", "4-bit floats with an 8-bit float scale per 16 weights, for recent graphics processors."),
    QT_TRANSLATE_NOOP("Core", "The sign of each weight and one scale per 128. Only for models trained with binary weights."),
    QT_TRANSLATE_NOOP("Core", "Two bits, one scale per 64 weights, no search. For models trained with ternary weights."),
    QT_TRANSLATE_NOOP("Core", "Integers. Tables of a model, kept as they are."),
    QT_TRANSLATE_NOOP("Core", "Double precision. Kept as it is."),
    // Methods
    QT_TRANSLATE_NOOP("Core", "llama.cpp search"),
    QT_TRANSLATE_NOOP("Core", "Chooses scales and codes exactly as llama.cpp's own quantizer does: the same bytes, faster. Uses importance when there is any."),
    QT_TRANSLATE_NOOP("Core", "llama.cpp search, defect corrected"),
    QT_TRANSLATE_NOOP("Core", "As llama.cpp's search, but without its defect in IQ3_S: there, 32 zeros in a row damage the weights that follow them in their block of 256. The bytes differ from llama.cpp's only in such blocks, and every program reads them."),
    QT_TRANSLATE_NOOP("Core", "Weightwright search"),
    QT_TRANSLATE_NOOP("Core", "Chooses better scales and codes than llama.cpp's search for the same format: the squared error of a block, weighted with importance when there is any, is never larger and mostly smaller."),
    QT_TRANSLATE_NOOP("Core", "GPTQ"),
    QT_TRANSLATE_NOOP("Core", "Chooses codes so that the output of the layer on calibration text changes least: each column makes up for the errors of those before it. Rows that do not gain keep llama.cpp's codes."),
    QT_TRANSLATE_NOOP("Core", "HQQ"),
    QT_TRANSLATE_NOOP("Core", "Fits the offset of each group so that most errors are small and a few may be large. Needs no data, for formats with offsets."),
    QT_TRANSLATE_NOOP("Core", "Uniform, symmetric"),
    QT_TRANSLATE_NOOP("Core", "Equal steps around zero, the largest magnitude of a group on the last step; bits, group size and clipping as you like."),
    QT_TRANSLATE_NOOP("Core", "Uniform with zero-point"),
    QT_TRANSLATE_NOOP("Core", "Equal steps between the smallest and the largest value of a group, with a whole zero-point so that zero stays exact."),
    QT_TRANSLATE_NOOP("Core", "INT8 per row"),
    QT_TRANSLATE_NOOP("Core", "Whole numbers from -127 to 127 with one scale per row, as engines for 8-bit weights and activations store them."),
    QT_TRANSLATE_NOOP("Core", "NF4"),
    QT_TRANSLATE_NOOP("Core", "The 16 levels of QLoRA, spaced like the values of a normal distribution, times the largest magnitude of 64 values."),
    QT_TRANSLATE_NOOP("Core", "FP4"),
    QT_TRANSLATE_NOOP("Core", "Signed 4-bit floats times the largest magnitude of 64 values, the alternative to NF4 in the same file format."),
    QT_TRANSLATE_NOOP("Core", "FP8 E4M3"),
    QT_TRANSLATE_NOOP("Core", "8-bit floats with 4 exponent and 3 mantissa bits: steps grow with the value, by up to 6 %."),
    QT_TRANSLATE_NOOP("Core", "FP8 E5M2"),
    QT_TRANSLATE_NOOP("Core", "8-bit floats with 5 exponent and 2 mantissa bits: a wider range than E4M3 and coarser steps."),
    // Options of methods
    QT_TRANSLATE_NOOP("Core", "Passes"),
    QT_TRANSLATE_NOOP("Core", "How often codes, scales and factors are improved by turns; fewer is faster."),
    QT_TRANSLATE_NOOP("Core", "Bits"),
    QT_TRANSLATE_NOOP("Core", "Bits of a code."),
    QT_TRANSLATE_NOOP("Core", "Group size"),
    QT_TRANSLATE_NOOP("Core", "Values that share a scale; 0: the whole row."),
    QT_TRANSLATE_NOOP("Core", "Clipping"),
    QT_TRANSLATE_NOOP("Core", "How the range is chosen: none takes all values, mse the range with the least squared error, percentile leaves out the largest values."),
    QT_TRANSLATE_NOOP("Core", "Percentile"),
    QT_TRANSLATE_NOOP("Core", "Share of the values inside the range with clip=percentile, in percent."),
    QT_TRANSLATE_NOOP("Core", "Block size"),
    QT_TRANSLATE_NOOP("Core", "Values that share a scale. Blocks end with the row; the last may be shorter."),
    QT_TRANSLATE_NOOP("Core", "Double quantization"),
    QT_TRANSLATE_NOOP("Core", "The scales of a row are stored with 8 bits, less their mean, in blocks of 256 with a scale of their own."),
    QT_TRANSLATE_NOOP("Core", "Scale"),
    QT_TRANSLATE_NOOP("Core", "Which values share a scale: a row, a block of a row, or none (values are rounded as they are, so that small ones are lost)."),
    QT_TRANSLATE_NOOP("Core", "Values of a block with scale=block."),
    QT_TRANSLATE_NOOP("Core", "Power of two"),
    QT_TRANSLATE_NOOP("Core", "Scales are powers of two, so that F16 can hold the result without loss."),
    // Phases of jobs
    QT_TRANSLATE_NOOP("Core", "Measuring the divergence"),
    QT_TRANSLATE_NOOP("Core", "Calibrating"),
    QT_TRANSLATE_NOOP("Core", "Scaling channels"),
    QT_TRANSLATE_NOOP("Core", "Measuring perplexity"),
    QT_TRANSLATE_NOOP("Core", "Weighing formats"),
    QT_TRANSLATE_NOOP("Core", "Exporting"),
    QT_TRANSLATE_NOOP("Core", "Quantizing"),
    QT_TRANSLATE_NOOP("Core", "Comparing"),
    QT_TRANSLATE_NOOP("Core", "Comparing formats"),
    QT_TRANSLATE_NOOP("Core", "Generating text"),
    QT_TRANSLATE_NOOP("Core", "Comparing weights"),
    QT_TRANSLATE_NOOP("Core", "Reading the text"),
};
// clang-format on

QString translatedCoreText(const char* english)
{
    static_cast<void>(kCoreTexts);
    return QCoreApplication::translate("Core", english);
}

QString phaseText(const std::string& phase)
{
    return translatedCoreText(phase.c_str());
}

}  // namespace ww
