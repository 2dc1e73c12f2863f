// SPDX-License-Identifier: MIT
// What must not change when scales and rotations move through a model, and what must not get worse.
#include <QtTest>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "base/thread_pool.h"
#include "calibration/calibration.h"
#include "calibration/gram_factors.h"
#include "formats/block_format.h"
#include "jobs/quantize.h"
#include "methods/reference.h"
#include "model/weight_source.h"
#include "plan/plan.h"
#include "tests/support/forward.h"
#include "tests/support/kept_inputs.h"
#include "tests/support/random_model.h"
#include "tests/support/verify.h"
#include "transform/channel_scaling.h"
#include "transform/rewritten_model.h"
#include "transform/rotation.h"

using namespace ww;

namespace {

using Model = std::shared_ptr<const ModelFile>;

constexpr std::size_t kHeadLength = 16;
constexpr std::size_t kTokens = 96;

std::vector<float> valuesOf(const ModelFile& model, const std::string& name)
{
    const TensorInfo* tensor = model.find(name);
    return tensor ? readTensor(model, *tensor).value_or(std::vector<float>()) : std::vector<float>();
}

std::string blockTensor(std::uint32_t block, const char* name) { return "blk." + std::to_string(block) + "." + name + ".weight"; }

/// By what each column was multiplied: after / before where the column is largest.
std::vector<float> columnRatios(const std::vector<float>& after, const std::vector<float>& before, std::size_t columns)
{
    std::vector<std::size_t> largest(columns);
    for (std::size_t c = 0; c < columns; ++c) largest[c] = c;
    for (std::size_t i = 0; i < before.size(); ++i)
        if (std::fabs(before[i]) > std::fabs(before[largest[i % columns]])) largest[i % columns] = i;
    std::vector<float> ratios;
    for (const std::size_t i : largest) ratios.push_back(after[i] / before[i]);
    return ratios;
}

std::vector<float> transposed(const std::vector<float>& values, std::size_t columns)
{
    std::vector<float> out(values.size());
    const std::size_t rows = values.size() / columns;
    for (std::size_t i = 0; i < values.size(); ++i) out[i % columns * rows + i / columns] = values[i];
    return out;
}

bool near(float a, float b, float tolerance) { return std::fabs(a - b) <= tolerance * std::max(std::fabs(a), std::fabs(b)); }

}  // namespace

class TestTransformInvariants : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;
    ThreadPool m_pool{2};

    Model made(const test::RandomModel& options)
    {
        const auto path = test::pathOf(m_folder) / "model.gguf";
        if (!test::randomModel(options).write(path)) qFatal("cannot write %s", path.c_str());
        return openModel(path).value_or(nullptr);
    }
    static std::vector<TokenId> tokensFor(const LanguageModel& model)
    {
        return test::randomTokens(kTokens, model.hyperparameters().vocabularySize, 7);
    }
    std::vector<float> logits(const Model& file)
    {
        if (!file) return {};
        const auto model = LanguageModel::create(fileWeights(file));
        if (!model) return {};
        return test::logitsOf(**model, tokensFor(**model), kTokens / 2, JobContext{m_pool}).value_or(std::vector<float>());
    }
    test::KeptInputs inputsOf(const Model& file)
    {
        const auto model = LanguageModel::create(fileWeights(file));
        return model ? test::inputsOf(**model, tokensFor(**model), kTokens / 2, JobContext{m_pool}) : test::KeptInputs();
    }
    /// Computes the same; three channels of the inputs of q, k, v and of gate and up are 32 times as large.
    static Model withOutliers(const Model& model)
    {
        const auto large = [](std::size_t c) { return c == 3 || c == 20 || c == 41; };
        Rewriting changes;
        for (std::uint32_t block = 0; model && block < 3; ++block) {
            for (const char* norm : {"attn_norm", "ffn_norm"})
                changes.add(blockTensor(block, norm), [large](std::vector<float>& values, const Shape& /*shape*/) {
                    for (std::size_t c = 0; c < values.size(); ++c) values[c] *= large(c) ? 32.0F : 1.0F;
                });
            for (const char* reader : {"attn_q", "attn_k", "attn_v", "ffn_gate", "ffn_up"})
                changes.add(blockTensor(block, reader), [large](std::vector<float>& values, const Shape& shape) {
                    for (std::size_t i = 0; i < values.size(); ++i) values[i] /= large(i % shape.columns()) ? 32.0F : 1.0F;
                });
        }
        return model ? rewrite(model, std::move(changes)).value_or(nullptr) : nullptr;
    }
    /// What the readers of an input lose, relative to their outputs, with 8-bit weights per row and inputs of 8 bits with one scale per
    /// token, or one for all.
    static double lossOf(const ModelFile& model, const test::KeptInputs::Input& input, bool perToken)
    {
        const std::size_t n = input.columns;
        const auto round = [](std::span<float> values) {
            float top = 0;
            for (const float v : values) top = std::max(top, std::fabs(v));
            for (float& v : values) v = top > 0 ? std::nearbyint(v / top * 127) * top / 127 : 0.0F;
        };
        std::vector<float> x = input.x;
        const std::size_t together = perToken ? n : x.size();
        for (std::size_t t = 0; t < x.size(); t += together) round(std::span(x).subspan(t, together));
        double lost = 0;
        double whole = 0;
        for (const std::string& tensor : input.tensors) {
            const auto exact = valuesOf(model, tensor);
            auto weights = exact;
            for (std::size_t r = 0; r < weights.size(); r += n) round(std::span(weights).subspan(r, n));
            double difference = 0;
            double size = 0;
            for (std::size_t t = 0; t < x.size(); t += n)
                for (std::size_t r = 0; r < weights.size(); r += n) {
                    double y = 0;
                    double rounded = 0;
                    for (std::size_t c = 0; c < n; ++c) {
                        y += static_cast<double>(input.x[t + c]) * static_cast<double>(exact[r + c]);
                        rounded += static_cast<double>(x[t + c]) * static_cast<double>(weights[r + c]);
                    }
                    difference += (rounded - y) * (rounded - y);
                    size += y * y;
                }
            lost += difference;
            whole += size;
        }
        return lost / whole;
    }
    /// Original less quantized, as the search of AWQ quantizes.
    static std::vector<float> roundingError(const ModelFile& model, const std::string& name, const InputStatistics& input)
    {
        auto values = valuesOf(model, name);
        const std::size_t n = input.columns;
        const std::size_t rows = values.size() / n;
        std::vector<float> importance(n);
        for (std::size_t c = 0; c < n; ++c) importance[c] = input.gram[c * (n + 1)];
        std::vector<std::byte> blocks(rows * rowBytes(TensorType::Q4_0, n).value_or(0));
        std::vector<float> decoded(values.size());
        const RowBatch batch{.values = values.data(), .rowCount = rows, .columns = n, .importance = importance.data()};
        if (!referenceQuantizer().quantize(batch, TensorType::Q4_0, blocks) || !decodeRows(TensorType::Q4_0, blocks, 0, rows, n, decoded.data())) return {};
        for (std::size_t i = 0; i < values.size(); ++i) values[i] -= decoded[i];
        return values;
    }
    /// trace(Δ H Δᵀ)
    static double gramLoss(const std::vector<float>& difference, const InputStatistics& input)
    {
        const std::size_t n = input.columns;
        double sum = 0;
        for (std::size_t r = 0; r < difference.size(); r += n)
            for (std::size_t c = 0; c < n; ++c)
                for (std::size_t d = 0; d < n; ++d)
                    sum += static_cast<double>(difference[r + c]) * static_cast<double>(input.gram[c * n + d]) * static_cast<double>(difference[r + d]);
        return sum;
    }

private slots:
    // Query heads that share a value head share its scales: those of the columns that read a head are the inverse of those of its
    // rows. With scales of their own the model would compute something else.
    void oneScalePerValueHead_data()
    {
        QTest::addColumn<int>("rule");
        QTest::addColumn<int>("heads");
        QTest::addColumn<int>("valueHeads");
        for (const auto& [heads, valueHeads] : {std::pair{4, 2}, std::pair{6, 2}, std::pair{4, 1}, std::pair{4, 4}}) {
            const QByteArray title = QByteArray::number(heads) + " heads, " + QByteArray::number(valueHeads) + " for values, ";
            QTest::newRow((title + "smoothquant").constData()) << 0 << heads << valueHeads;
            QTest::newRow((title + "smoothquant:search").constData()) << 1 << heads << valueHeads;
            QTest::newRow((title + "awq").constData()) << 2 << heads << valueHeads;
            QTest::newRow((title + "awq:Q4_0:0.5").constData()) << 3 << heads << valueHeads;
        }
    }
    void oneScalePerValueHead()
    {
        QFETCH(int, rule);
        QFETCH(int, heads);
        QFETCH(int, valueHeads);
        const auto model = made({.embedding = 64, .heads = static_cast<std::uint32_t>(heads), .kvHeads = static_cast<std::uint32_t>(valueHeads)});
        QVERIFY(model);
        // Heads that differ much, so that each would like scales of its own.
        Calibration calibration = inputsOf(model).calibration();
        for (InputStatistics& input : calibration.inputs) {
            for (std::size_t i = 0; i < input.sample.size(); ++i) input.sample[i] *= 1 + static_cast<float>(i % input.columns * 7 % 13);
            for (std::size_t c = 0; c < input.columns; ++c) {
                const float size = 1 + static_cast<float>(c * 7 % 13);
                input.absMax[c] *= size;
                input.sumAbs[c] *= static_cast<double>(size);
                input.sumSquares[c] *= static_cast<double>(size * size);
                for (std::size_t d = 0; d < input.columns; ++d) {
                    input.gram[c * input.columns + d] *= size;
                    input.gram[d * input.columns + c] *= size;
                }
            }
        }
        const std::array options = {ScalingOptions{}, ScalingOptions{.searchAlpha = true}, ScalingOptions{.rule = ScalingOptions::Rule::Awq},
                                    ScalingOptions{.rule = ScalingOptions::Rule::Awq, .awqAlpha = 0.5}};
        const auto scaled = scaleChannels(model, calibration, options.at(static_cast<std::size_t>(rule)), JobContext{m_pool});
        WW_VERIFY(scaled);
        const auto exact = logits(model);
        QVERIFY(!exact.empty());
        QVERIFY(test::relativeDifference(logits(*scaled), exact) < 1e-5);
        const std::size_t columns = static_cast<std::size_t>(heads) * kHeadLength;
        const auto repeats = static_cast<std::size_t>(heads / valueHeads);
        const auto shared = [&](std::size_t c) { return c / kHeadLength / repeats * kHeadLength + c % kHeadLength; };
        bool moved = false;
        for (std::uint32_t block = 0; block < 3; ++block) {
            const auto readers =
                columnRatios(valuesOf(**scaled, blockTensor(block, "attn_output")), valuesOf(*model, blockTensor(block, "attn_output")), columns);
            // The columns of v may have been scaled as well, by those of the norm before it.
            const auto fromNorm = columnRatios(valuesOf(*model, blockTensor(block, "attn_norm")), valuesOf(**scaled, blockTensor(block, "attn_norm")), 64);
            auto rows = valuesOf(**scaled, blockTensor(block, "attn_v"));
            for (std::size_t i = 0; i < rows.size(); ++i) rows[i] /= fromNorm[i % 64];
            const auto producers = columnRatios(transposed(valuesOf(*model, blockTensor(block, "attn_v")), 64), transposed(rows, 64),
                                                static_cast<std::size_t>(valueHeads) * kHeadLength);
            for (std::size_t c = 0; c < columns; ++c) {
                QVERIFY2(near(readers[c], producers[shared(c)], 2e-6F), qPrintable(QStringLiteral("%1 %2").arg(readers[c]).arg(producers[shared(c)])));
                moved = moved || !near(readers[c], 1, 0.01F);
            }
        }
        QVERIFY(moved);
    }

    void scalesOfSingleQueryHeadsChangeTheModel()
    {
        const auto model = made({});  // two query heads to a value head
        QVERIFY(model);
        const auto exact = logits(model);
        QVERIFY(!exact.empty());
        const auto scaled = [&](bool alone) {
            const auto scaleOf = [alone](std::size_t channel) {
                const std::size_t head = channel / kHeadLength / (alone ? 1 : 2);
                return 1 + 0.25F * static_cast<float>((head * 5 + channel % kHeadLength) % 4);
            };
            Rewriting changes;
            for (std::uint32_t block = 0; block < 3; ++block) {
                changes.add(blockTensor(block, "attn_output"), [scaleOf](std::vector<float>& values, const Shape& shape) {
                    for (std::size_t i = 0; i < values.size(); ++i) values[i] *= scaleOf(i % shape.columns());
                });
                changes.add(blockTensor(block, "attn_v"), [scaleOf](std::vector<float>& values, const Shape& shape) {
                    for (std::size_t i = 0; i < values.size(); ++i) {
                        const std::size_t row = i / shape.columns();
                        values[i] /= scaleOf(row / kHeadLength * 2 * kHeadLength + row % kHeadLength);  // that of the first query head
                    }
                });
            }
            return logits(rewrite(model, std::move(changes)).value_or(nullptr));
        };
        QVERIFY(test::relativeDifference(scaled(false), exact) < 1e-5);
        QVERIFY(test::relativeDifference(scaled(true), exact) > 0.01);
    }

    // Each query head reads its value head through Q·Qᵀ = 1: what the output matrix makes of a value head stays the same matrix.
    void oneTurnPerValueHead()
    {
        const auto model = made({.heads = 6});
        QVERIFY(model);
        const auto exact = logits(model);
        QVERIFY(!exact.empty());
        const auto rotated = rotate(model, {.seed = 5, .residual = false});
        WW_VERIFY(rotated);
        for (std::uint32_t block = 0; block < 3; ++block) {
            const auto output = valuesOf(*model, blockTensor(block, "attn_output"));
            const auto values = valuesOf(*model, blockTensor(block, "attn_v"));
            const auto outputNow = valuesOf(**rotated, blockTensor(block, "attn_output"));
            const auto valuesNow = valuesOf(**rotated, blockTensor(block, "attn_v"));
            QVERIFY(!output.empty() && output.size() == outputNow.size() && values.size() == valuesNow.size());
            for (std::size_t head = 0; head < 6; ++head) {
                const auto through = [head](const std::vector<float>& o, const std::vector<float>& v) {
                    std::vector<float> product(64 * 64);
                    for (std::size_t r = 0; r < 64; ++r)
                        for (std::size_t c = 0; c < 64; ++c) {
                            double sum = 0;
                            for (std::size_t k = 0; k < kHeadLength; ++k)
                                sum += static_cast<double>(o[r * 96 + head * kHeadLength + k]) * static_cast<double>(v[(head / 3 * kHeadLength + k) * 64 + c]);
                            product[r * 64 + c] = static_cast<float>(sum);
                        }
                    return product;
                };
                QVERIFY(test::relativeDifference(through(outputNow, valuesNow), through(output, values)) < 1e-6);
            }
            QVERIFY(test::relativeDifference(valuesNow, values) > 0.5);
        }

        // By hand: one matrix per value head is right, one per query head is not.
        const auto turned = [&](bool alone) {
            const auto turnOf = [alone](std::size_t head) { return Orthogonal(kHeadLength, alone ? head : head / 3); };
            Rewriting changes;
            for (std::uint32_t block = 0; block < 3; ++block) {
                changes.add(blockTensor(block, "attn_output"), [turnOf](std::vector<float>& matrix, const Shape& /*shape*/) {
                    for (std::size_t i = 0; i < matrix.size(); i += kHeadLength) turnOf(i / kHeadLength % 6).apply(matrix.data() + i);
                });
                changes.add(blockTensor(block, "attn_v"), [turnOf](std::vector<float>& matrix, const Shape& /*shape*/) {
                    for (std::size_t head = 0; head < 2; ++head)
                        for (std::size_t c = 0; c < 64; ++c) turnOf(head * 3).apply(matrix.data() + head * kHeadLength * 64 + c, 64);
                });
            }
            return logits(rewrite(model, std::move(changes)).value_or(nullptr));
        };
        QVERIFY(test::relativeDifference(turned(false), exact) < 1e-5);
        QVERIFY(test::relativeDifference(turned(true), exact) > 0.05);
    }

    void rotatedModelsPredictTheSame_data()
    {
        QTest::addColumn<QString>("architecture");
        for (const char* name : {"llama", "qwen2", "qwen3", "phi3", "qwen3moe", "smollm3"}) QTest::newRow(name) << QString::fromLatin1(name);
    }
    void rotatedModelsPredictTheSame()
    {
        QFETCH(QString, architecture);
        test::RandomModel options{.architecture = architecture.toStdString(), .qkvBias = architecture == "qwen2"};
        if (architecture.endsWith("moe")) options.experts = 4, options.usedExperts = 2;
        const auto model = made(options);
        QVERIFY(model);
        const auto before = logits(model);
        QVERIFY(!before.empty());
        for (const RotationOptions& rotation : {RotationOptions{.seed = 3}, RotationOptions{.seed = 4, .values = false}, RotationOptions{.seed = 5, .residual = false}}) {
            const auto rotated = rotate(model, rotation);
            WW_VERIFY(rotated);
            const auto after = logits(*rotated);
            QCOMPARE(after.size(), before.size());
            double size = 0;
            double difference = 0;
            for (std::size_t i = 0; i < before.size(); ++i) {
                size = std::max(size, static_cast<double>(std::fabs(before[i])));
                difference = std::max(difference, static_cast<double>(std::fabs(after[i] - before[i])));
            }
            QVERIFY2(difference <= 1e-4 * size, qPrintable(QString::number(difference / size)));
            const std::size_t vocabulary = before.size() / kTokens;
            for (std::size_t t = 0; t < kTokens; ++t) {
                const auto top = [&](const std::vector<float>& all) {
                    const auto first = all.begin() + static_cast<std::ptrdiff_t>(t * vocabulary);
                    return std::max_element(first, first + static_cast<std::ptrdiff_t>(vocabulary)) - first;
                };
                QCOMPARE(top(after), top(before));
            }
        }
    }

    // What matrices put out has the same energy, inputs keep theirs once the norms are folded, the transposed matrix brings weights back,
    // and what a few channels had is spread over all.
    void rotationSpreadsAndKeepsEnergy()
    {
        const auto plain = made({});
        QVERIFY(plain);
        // Three large channels of the residual stream and three columns of the gates.
        const auto large = [](std::size_t c) { return c == 3 || c == 20 || c == 41; };
        Rewriting outliers;
        for (const std::string& name : {std::string("token_embd.weight"), blockTensor(0, "ffn_gate")})
            outliers.add(name, [large](std::vector<float>& values, const Shape& shape) {
                for (std::size_t i = 0; i < values.size(); ++i) values[i] *= large(i % shape.columns()) ? 12.0F : 1.0F;
            });
        const auto model = rewrite(plain, std::move(outliers));
        WW_VERIFY(model);
        const auto rotated = rotate(*model, {.seed = 9, .values = false});
        WW_VERIFY(rotated);
        const Calibration before = inputsOf(*model).calibration();
        const Calibration after = inputsOf(*rotated).calibration();
        QCOMPARE(after.inputs.size(), before.inputs.size());
        const auto energyOf = [](const ModelFile& file, const InputStatistics& input, const std::string& tensor) {
            const auto w = valuesOf(file, tensor);
            const std::size_t n = input.columns;
            double sum = 0;
            for (std::size_t r = 0; r < w.size(); r += n)
                for (std::size_t c = 0; c < n; ++c)
                    for (std::size_t d = 0; d < n; ++d)
                        sum += static_cast<double>(w[r + c]) * static_cast<double>(input.gram[c * n + d]) * static_cast<double>(w[r + d]);
            return sum;
        };
        for (std::size_t i = 0; i < before.inputs.size(); ++i)
            for (const std::string& tensor : before.inputs[i].tensors) {
                const double was = energyOf(**model, before.inputs[i], tensor);
                QVERIFY(was > 0);
                QVERIFY2(std::fabs(energyOf(**rotated, after.inputs[i], tensor) / was - 1) < 1e-4, tensor.c_str());
            }
        // Of what the norm puts out, without its weights.
        const InputStatistics& input = *before.find(blockTensor(0, "attn_q"));
        const InputStatistics& turned = *after.find(blockTensor(0, "attn_q"));
        const auto norm = valuesOf(**model, blockTensor(0, "attn_norm"));
        double trace = 0;
        double turnedTrace = 0;
        double largest = 0;
        double turnedLargest = 0;
        for (std::size_t c = 0; c < 64; ++c) {
            const double square = static_cast<double>(input.gram[c * 65]) / std::pow(static_cast<double>(norm[c]), 2);
            trace += square;
            largest = std::max(largest, square);
            turnedTrace += static_cast<double>(turned.gram[c * 65]);
            turnedLargest = std::max(turnedLargest, static_cast<double>(turned.gram[c * 65]));
        }
        QVERIFY(std::fabs(turnedTrace / trace - 1) < 1e-4);
        QVERIFY2(largest > 10 * trace / 64 && turnedLargest < 6 * trace / 64, qPrintable(QStringLiteral("%1 %2").arg(largest * 64 / trace).arg(turnedLargest * 64 / trace)));
        const auto kurtosis = [](const std::vector<float>& values) {
            double second = 0;
            double fourth = 0;
            for (const float v : values) {
                second += std::pow(static_cast<double>(v), 2) / static_cast<double>(values.size());
                fourth += std::pow(static_cast<double>(v), 4) / static_cast<double>(values.size());
            }
            return fourth / second / second;
        };
        const double tail = kurtosis(valuesOf(**model, blockTensor(0, "ffn_gate")));
        const double turnedTail = kurtosis(valuesOf(**rotated, blockTensor(0, "ffn_gate")));
        QVERIFY2(tail > 10 && std::fabs(turnedTail - 3) < 1, qPrintable(QStringLiteral("%1 %2").arg(tail).arg(turnedTail)));
        // Embeddings were turned by the matrix itself, outputs by its transpose.
        const Orthogonal q(64, 9);
        std::vector<float> matrix(64 * 64, 0.0F);
        for (std::size_t i = 0; i < 64; ++i) {
            matrix[i * 65] = 1;
            q.apply(matrix.data() + i * 64);
        }
        const auto back = [&](const std::vector<float>& values) {  // rows times Qᵀ
            std::vector<float> out(values.size());
            for (std::size_t i = 0; i < values.size(); ++i) {
                double sum = 0;
                for (std::size_t k = 0; k < 64; ++k) sum += static_cast<double>(values[i / 64 * 64 + k]) * static_cast<double>(matrix[i % 64 * 64 + k]);
                out[i] = static_cast<float>(sum);
            }
            return out;
        };
        QVERIFY(test::relativeDifference(back(valuesOf(**rotated, "token_embd.weight")), valuesOf(**model, "token_embd.weight")) < 1e-6);
        QVERIFY(test::relativeDifference(back(transposed(valuesOf(**rotated, blockTensor(1, "ffn_down")), 96)),
                                         transposed(valuesOf(**model, blockTensor(1, "ffn_down")), 96)) < 1e-6);
    }

    // A share of one half leaves inputs and the one matrix that reads them with equal ranges, channel by channel.
    void halfMakesRangesEqual()
    {
        const auto model = made({.kvHeads = 4});
        QVERIFY(model);
        const Calibration calibration = inputsOf(model).calibration();
        const auto smoothed = scaleChannels(model, calibration, {}, JobContext{m_pool});
        WW_VERIFY(smoothed);
        const Calibration now = inputsOf(*smoothed).calibration();
        for (std::uint32_t block = 0; block < 3; ++block)
            for (const char* reader : {"ffn_down", "attn_output"}) {
                const std::string name = blockTensor(block, reader);
                const InputStatistics& input = *now.find(name);
                std::vector<float> largest(input.columns, 0.0F);
                const auto weights = valuesOf(**smoothed, name);
                for (std::size_t i = 0; i < weights.size(); ++i)
                    largest[i % input.columns] = std::max(largest[i % input.columns], std::fabs(weights[i]));
                for (std::size_t c = 0; c < input.columns; ++c)
                    QVERIFY2(near(largest[c], input.absMax[c], 1e-3F), qPrintable(QStringLiteral("%1 %2").arg(largest[c]).arg(input.absMax[c])));
            }
    }

    // Whether a channel was large in the inputs and small in the weights or the other way round: what comes out is the same.
    void unitsOfChannelsDoNotMatter_data()
    {
        QTest::addColumn<double>("alpha");
        QTest::newRow("0.5") << 0.5;
        QTest::newRow("0.8") << 0.8;
        QTest::newRow("searched") << -1.0;
    }
    void unitsOfChannelsDoNotMatter()
    {
        QFETCH(double, alpha);
        const auto model = made({});
        QVERIFY(model);
        const auto unit = [](std::size_t c) { return std::ldexp(1.0F, static_cast<int>(c * 5 % 9) - 4); };
        Rewriting changes;
        for (std::uint32_t block = 0; block < 3; ++block) {
            for (const char* norm : {"attn_norm", "ffn_norm"})
                changes.add(blockTensor(block, norm), [unit](std::vector<float>& values, const Shape& /*shape*/) {
                    for (std::size_t c = 0; c < values.size(); ++c) values[c] *= unit(c);
                });
            for (const char* reader : {"attn_q", "attn_k", "attn_v", "ffn_gate", "ffn_up"})
                changes.add(blockTensor(block, reader), [unit](std::vector<float>& values, const Shape& shape) {
                    for (std::size_t i = 0; i < values.size(); ++i) values[i] /= unit(i % shape.columns());
                });
        }
        const auto other = rewrite(model, std::move(changes));
        WW_VERIFY(other);
        QVERIFY(logits(*other) == logits(model));
        ScalingOptions options;
        if (alpha < 0)
            options.searchAlpha = true;
        else
            options.alpha = alpha;
        const auto a = scaleChannels(model, inputsOf(model).calibration(), options, JobContext{m_pool});
        const auto b = scaleChannels(*other, inputsOf(*other).calibration(), options, JobContext{m_pool});
        WW_VERIFY(a);
        WW_VERIFY(b);
        for (const TensorInfo& tensor : model->tensors()) {
            const double difference = test::relativeDifference(valuesOf(**b, tensor.name), valuesOf(**a, tensor.name));
            QVERIFY2(difference < 1e-6, tensor.name.c_str());
        }
        QVERIFY(test::relativeDifference(valuesOf(**a, blockTensor(0, "attn_q")), valuesOf(*model, blockTensor(0, "attn_q"))) > 0.1);
    }

    // On the tokens that it looked at, with weights and inputs really rounded to 8 bits, the search loses no more than no scales at all,
    // input by input, and together no more than the usual share; with one scale for all tokens an outlier model needs scales.
    void searchedSmoothingIsNeverWorse_data()
    {
        QTest::addColumn<bool>("outliers");
        QTest::newRow("even") << false;
        QTest::newRow("outliers") << true;
    }
    void searchedSmoothingIsNeverWorse()
    {
        QFETCH(bool, outliers);
        const auto plain = made({});
        QVERIFY(plain);
        const auto model = outliers ? withOutliers(plain) : plain;
        QVERIFY(model);
        const test::KeptInputs inputs = inputsOf(model);
        const Calibration calibration = inputs.calibration();
        const auto searched = scaleChannels(model, calibration, {.searchAlpha = true}, JobContext{m_pool});
        const auto half = scaleChannels(model, calibration, {}, JobContext{m_pool});
        WW_VERIFY(searched);
        WW_VERIFY(half);
        const test::KeptInputs searchedInputs = inputsOf(*searched);
        const test::KeptInputs halfInputs = inputsOf(*half);
        for (const bool perToken : {true, false}) {
            double before = 0;
            double after = 0;
            double fixed = 0;
            for (const auto& [name, input] : inputs.inputs()) {
                const double alone = lossOf(*model, input, perToken);
                const double best = lossOf(**searched, searchedInputs.inputs().at(name), perToken);
                QVERIFY2(alone > 0 && best <= 1.02 * alone, qPrintable(QStringLiteral("%1: %2, searched %3").arg(QString::fromStdString(name)).arg(alone).arg(best)));
                before += alone;
                after += best;
                fixed += lossOf(**half, halfInputs.inputs().at(name), perToken);
            }
            const QString losses = QStringLiteral("%1, half %2, searched %3").arg(before).arg(fixed).arg(after);
            qInfo("%s: %s", perToken ? "per token" : "one for all", qPrintable(losses));
            QVERIFY2(after < before && after <= (perToken ? 1 : 1.1) * fixed, qPrintable(losses));
            if (outliers) QVERIFY2(after < (perToken ? 0.5 : 0.2) * before, qPrintable(losses));
        }
    }

    // The same in what the whole model predicts.
    void staticRangesNeedSmoothing()
    {
        const auto model = withOutliers(made({}));
        QVERIFY(model);
        const auto exact = logits(model);
        QVERIFY(!exact.empty());
        const auto rounded = [&](const Model& file) {
            const auto calibration = std::make_shared<const Calibration>(inputsOf(file).calibration());
            Recipe recipe;
            recipe.preset.clear();
            recipe.base = TensorType::F32;
            recipe.rules.push_back({.pattern = "^blk", .format = TensorType::F32, .method = "w8a8-static"});
            const auto plan = resolve(recipe, *file, {.grams = std::make_shared<const GramFactors>(calibration)});
            if (!plan) return std::numeric_limits<double>::infinity();
            const auto changed = LanguageModel::create(plannedWeights(file, std::make_shared<const Plan>(*plan)));
            if (!changed) return std::numeric_limits<double>::infinity();
            return test::relativeDifference(
                test::logitsOf(**changed, tokensFor(**changed), kTokens / 2, JobContext{m_pool}).value_or(std::vector<float>()), exact);
        };
        const double alone = rounded(model);
        const JobContext context{m_pool};
        const double half = rounded(scaleChannels(model, inputsOf(model).calibration(), {}, context).value_or(model));
        const double searched = rounded(scaleChannels(model, inputsOf(model).calibration(), {.searchAlpha = true}, context).value_or(model));
        qInfo("relative difference of the logits: no scales %.4f, with 0.5 %.4f, searched %.4f", alone, half, searched);
        QVERIFY2(alone < 10 && half < 0.15 * alone && searched < 0.15 * alone, qPrintable(QStringLiteral("%1, half %2, searched %3").arg(alone).arg(half).arg(searched)));
    }

    // The loss by the Gram matrix is that of the tokens; for inputs with one reader the search of AWQ never loses more than no scales.
    void awqNeverLosesMore()
    {
        const auto model = withOutliers(made({.feedForward = 128}));
        QVERIFY(model);
        const test::KeptInputs inputs = inputsOf(model);
        const Calibration calibration = inputs.calibration();
        const auto scaled = scaleChannels(model, calibration, {.rule = ScalingOptions::Rule::Awq}, JobContext{m_pool});
        WW_VERIFY(scaled);
        const test::KeptInputs scaledInputs = inputsOf(*scaled);
        const Calibration scaledCalibration = scaledInputs.calibration();
        std::size_t better = 0;
        for (std::uint32_t block = 0; block < 3; ++block)
            for (const char* reader : {"attn_output", "ffn_down"}) {
                const std::string name = blockTensor(block, reader);
                const auto alone = roundingError(*model, name, *calibration.find(name));
                const auto chosen = roundingError(**scaled, name, *scaledCalibration.find(name));
                QVERIFY(!alone.empty() && !chosen.empty());
                const double before = gramLoss(alone, *calibration.find(name));
                const double after = gramLoss(chosen, *scaledCalibration.find(name));
                QVERIFY2(before > 0 && after <= before * (1 + 1e-4), qPrintable(QStringLiteral("%1: %2 %3").arg(QString::fromStdString(name)).arg(before).arg(after)));
                better += after < 0.99 * before ? 1 : 0;
                const auto& x = scaledInputs.inputs().at(name).x;
                const std::size_t n = scaledInputs.inputs().at(name).columns;
                double explicitly = 0;
                for (std::size_t t = 0; t < kTokens; ++t)
                    for (std::size_t r = 0; r < chosen.size(); r += n) {
                        double y = 0;
                        for (std::size_t c = 0; c < n; ++c) y += static_cast<double>(x[t * n + c]) * static_cast<double>(chosen[r + c]);
                        explicitly += y * y / kTokens;
                    }
                QVERIFY(std::fabs(explicitly / after - 1) < 1e-3);
            }
        QVERIFY(better > 0);
    }
};

QTEST_GUILESS_MAIN(TestTransformInvariants)
#include "tst_transform_invariants.moc"
