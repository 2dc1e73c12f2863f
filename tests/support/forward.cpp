// SPDX-License-Identifier: MIT
#include "tests/support/forward.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>

#include "import/open_model.h"
#include "tests/support/gguf_builder.h"

namespace ww::test {

Result<std::shared_ptr<const LanguageModel>> loadLanguageModel(const std::filesystem::path& path)
{
    WW_TRY(auto model, openAnyModel(path));
    return LanguageModel::create(fileWeights(std::move(model)));
}

Result<std::vector<float>> logitsOf(const LanguageModel& model, const std::vector<TokenId>& tokens, std::size_t windowLength,
                                    const JobContext& context)
{
    const std::size_t vocabulary = model.hyperparameters().vocabularySize;
    std::vector<float> hidden(tokens.size() * model.hyperparameters().embeddingLength);
    WW_TRY_VOID(model.forward(tokens, windowLength, hidden, context));
    std::vector<float> logits(tokens.size() * vocabulary);
    const auto keep = [&](std::size_t firstRow, std::size_t rows, std::size_t firstToken, std::size_t count, const float* values) {
        for (std::size_t r = 0; r < rows; ++r)
            std::copy_n(values + r * count, count, &logits[(firstRow + r) * vocabulary + firstToken]);
    };
    WW_TRY_VOID(model.logits(hidden, windowLength, keep, context));
    return logits;
}

double relativeDifference(const std::vector<float>& a, const std::vector<float>& b)
{
    if (a.size() != b.size() || a.empty()) return std::numeric_limits<double>::infinity();
    double difference = 0;
    double size = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        const double d = static_cast<double>(a[i]) - static_cast<double>(b[i]);
        difference += d * d;
        size += static_cast<double>(b[i]) * static_cast<double>(b[i]);
    }
    return std::sqrt(difference / size);
}

template <class T>
std::vector<T> readNumbers(const std::filesystem::path& path)
{
    const std::string bytes = readFile(path);
    std::vector<T> values(bytes.size() / sizeof(T));
    std::memcpy(values.data(), bytes.data(), values.size() * sizeof(T));
    return values;
}
template std::vector<float> readNumbers<float>(const std::filesystem::path&);
template std::vector<std::int32_t> readNumbers<std::int32_t>(const std::filesystem::path&);

std::vector<TokenId> randomTokens(std::size_t count, std::size_t vocabulary, std::uint64_t seed)
{
    std::mt19937_64 generator(seed);
    std::vector<TokenId> tokens(count);
    for (TokenId& token : tokens) token = static_cast<TokenId>(generator() % vocabulary);
    return tokens;
}

}  // namespace ww::test
