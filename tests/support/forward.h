// SPDX-License-Identifier: MIT
// Shortcuts for tests that run a model.
#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "base/thread_pool.h"
#include "model/language_model.h"

namespace ww::test {

/// The model stored in a file.
Result<std::shared_ptr<const LanguageModel>> loadLanguageModel(const std::filesystem::path& path);

/// Logits of every position, [tokens × vocabulary], windows of `windowLength` tokens passed at once.
Result<std::vector<float>> logitsOf(const LanguageModel& model, const std::vector<TokenId>& tokens, std::size_t windowLength,
                                    const JobContext& context);

/// ‖a − b‖ / ‖b‖; infinite when the sizes differ.
double relativeDifference(const std::vector<float>& a, const std::vector<float>& b);

/// The values of a file of little-endian numbers; empty when it cannot be read.
template <class T>
std::vector<T> readNumbers(const std::filesystem::path& path);

/// `count` ids below `vocabulary`, the same for the same seed.
std::vector<TokenId> randomTokens(std::size_t count, std::size_t vocabulary, std::uint64_t seed);

}  // namespace ww::test
