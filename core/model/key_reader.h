// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "io/model_file.h"

namespace ww {

/// Reads "<architecture>.<key>" metadata. A key that is absent gives the default; one that has the wrong kind of value or a
/// nonsensical one is an error (Corrupt) whose sentence names the key. Borrows the model.
class KeyReader {
public:
    explicit KeyReader(const ModelFile& model) : m_model(model), m_prefix(std::string(model.architecture()) + ".") {}

    [[nodiscard]] const ModelFile& model() const { return m_model; }
    [[nodiscard]] bool has(std::string_view key) const { return m_model.metadata().contains(m_prefix + std::string(key)); }

    /// At least 1.
    [[nodiscard]] Result<std::uint32_t> required(std::string_view key) const;
    [[nodiscard]] Result<std::uint32_t> count(std::string_view key, std::uint32_t absent) const;
    /// Finite.
    [[nodiscard]] Result<float> real(std::string_view key, float absent) const;
    /// Finite and at least 0.
    [[nodiscard]] Result<float> notNegative(std::string_view key, float absent) const;
    [[nodiscard]] Result<float> requiredReal(std::string_view key) const;
    [[nodiscard]] Result<bool> flag(std::string_view key, bool absent) const;
    [[nodiscard]] Result<std::string> text(std::string_view key, std::string_view absent) const;
    /// One value per block, from one number or an array of `blocks` numbers. Empty when the key is absent.
    [[nodiscard]] Result<std::vector<std::uint32_t>> perBlock(std::string_view key, std::uint32_t blocks) const;

    /// Corrupt: "<architecture>.<key> <what is wrong>".
    [[nodiscard]] tl::unexpected<Error> wrong(std::string_view key, std::string_view what) const;

private:
    const ModelFile& m_model;
    std::string m_prefix;
};

}  // namespace ww
