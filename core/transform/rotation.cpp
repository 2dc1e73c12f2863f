// SPDX-License-Identifier: MIT
#include "transform/rotation.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "model/tensor_role.h"
#include "transform/rewritten_model.h"

namespace ww {
namespace {

/// Models of these normalize the residual stream by RMS before each branch, add nothing else to it, and may have an output matrix
/// of their own.
constexpr std::array<std::string_view, 9> kArchitectures = {"llama", "qwen2",   "qwen2moe",   "qwen3",  "qwen3moe",
                                                            "phi3",  "granite", "granitemoe", "smollm3"};

class Random {  // SplitMix64
public:
    explicit Random(std::uint64_t seed) : m_state(seed) {}
    std::uint64_t next()
    {
        m_state += 0x9e3779b97f4a7c15U;
        std::uint64_t z = m_state;
        z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
        z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
        return z ^ (z >> 31U);
    }
    double uniform() { return static_cast<double>(next() >> 11U) * 0x1p-53 * 2 - 1; }

private:
    std::uint64_t m_state;
};

TensorChange scaledColumns(std::shared_ptr<const std::vector<float>> scales)
{
    return [scales](std::vector<float>& values, const Shape& shape) {
        const std::size_t columns = shape.columns();
        for (std::size_t i = 0; i < values.size(); ++i) values[i] *= (*scales)[i % columns];
    };
}

TensorChange rotatedRows(std::shared_ptr<const Orthogonal> q)
{
    return [q](std::vector<float>& values, const Shape& shape) {
        for (std::size_t r = 0; r < shape.rows(); ++r) q->apply(values.data() + r * shape.columns());
    };
}

/// Every matrix (expert) from the left.
TensorChange rotatedColumns(std::shared_ptr<const Orthogonal> q)
{
    return [q](std::vector<float>& values, const Shape& shape) {
        const std::size_t columns = shape.columns();
        for (std::size_t m = 0; m < shape.ne[2]; ++m)
            for (std::size_t c = 0; c < columns; ++c) q->apply(values.data() + m * shape.ne[1] * columns + c, columns);
    };
}

void makeOnes(std::vector<float>& values, const Shape& /*shape*/)
{
    std::ranges::fill(values, 1.0F);
}

class Rotator {
public:
    Rotator(std::shared_ptr<const ModelFile> model, const RotationOptions& options) : m_model(std::move(model)), m_options(options) {}

    Result<std::shared_ptr<const ModelFile>> run()
    {
        if (std::ranges::find(kArchitectures, m_model->architecture()) == kArchitectures.end())
            return fail(ErrorCode::Unsupported,
                        fmt::format("Models of the architecture \"{}\" cannot be rotated.", m_model->architecture()));
        if (m_options.residual) WW_TRY_VOID(rotateResidual());
        if (m_options.values) WW_TRY_VOID(rotateValues());
        return rewrite(m_model, std::move(m_rewriting));
    }

private:
    std::optional<std::uint64_t> fact(std::string_view key) const
    {
        return m_model->metadata().unsignedInteger(fmt::format("{}.{}", m_model->architecture(), key));
    }
    Result<void> refuse(const TensorInfo& tensor) const
    {
        return fail(Error{ErrorCode::Unsupported, "A model with this tensor cannot be rotated.", m_model->path(), tensor.name, {}});
    }
    static std::string sibling(const TensorIdentity& identity, const char* name)
    {
        return fmt::format("blk.{}.{}.weight", *identity.block, name);
    }

    Result<void> rotateResidual()
    {
        const TensorInfo* embedding = m_model->find("token_embd.weight");
        const TensorInfo* outputNorm = m_model->find("output_norm.weight");
        if (!embedding || !outputNorm || embedding->shape.columns() != outputNorm->shape.columns())
            return fail(ErrorCode::Unsupported, "The model has no token embedding or no output norm, and cannot be rotated.");
        const std::size_t width = embedding->shape.columns();
        const auto q = std::make_shared<const Orthogonal>(width, m_options.seed);
        for (const TensorInfo& tensor : m_model->tensors()) WW_TRY_VOID(rotateTensor(tensor, width, q));
        if (!m_model->find("output.weight")) {
            m_rewriting.copies["output.weight"] = "token_embd.weight";
            WW_TRY_VOID(addReader("output.weight", *outputNorm, q));
        }
        return {};
    }

    Result<void> rotateTensor(const TensorInfo& tensor, std::size_t width, const std::shared_ptr<const Orthogonal>& q)
    {
        using enum TensorRole;
        const TensorIdentity identity = identify(tensor.name);
        const auto reader = [&](const char* norm) -> Result<void> {
            const TensorInfo* found = norm ? m_model->find(sibling(identity, norm)) : m_model->find("output_norm.weight");
            if (!found || tensor.shape.columns() != width) return refuse(tensor);
            return addReader(tensor.name, *found, q);
        };
        switch (identity.role) {
        case TokenEmbedding: m_rewriting.add(tensor.name, rotatedRows(q)); return {};
        case Output: return reader(nullptr);
        case OutputNorm:
        case AttnNorm:
        case FfnNorm:
            if (!tensor.name.ends_with(".weight")) return refuse(tensor);
            m_rewriting.add(tensor.name, makeOnes);
            return {};
        case AttnQkv:
        case AttnQ:
        case AttnK:
        case AttnV: return reader("attn_norm");
        case FfnGateInp:
        case FfnGate:
        case FfnUp:
        case FfnGateExps:
        case FfnUpExps:
        case FfnGateShexp:
        case FfnUpShexp: return reader("ffn_norm");
        case AttnOutput:
        case FfnDown:
        case FfnDownExps:
        case FfnDownShexp:
            if (tensor.shape.ne[1] != width) return refuse(tensor);
            m_rewriting.add(tensor.name, rotatedColumns(q));
            return {};
        case AttnQNorm:
        case AttnKNorm: return {};
        case Bias: return rotateBias(tensor, width, q);
        default: break;
        }
        if (tensor.name.starts_with("rope_freqs") || tensor.name.starts_with("rope_factors")) return {};
        if (tensor.name.ends_with("ffn_gate_inp_shexp.weight") && tensor.shape.columns() == width) return reader("ffn_norm");
        return refuse(tensor);
    }

    Result<void> rotateBias(const TensorInfo& tensor, std::size_t width, const std::shared_ptr<const Orthogonal>& q)
    {
        const bool inside = tensor.name.ends_with("attn_q.bias") || tensor.name.ends_with("attn_k.bias") ||
                            tensor.name.ends_with("attn_v.bias") || tensor.name.ends_with("attn_qkv.bias") ||
                            tensor.name.ends_with("ffn_gate.bias") || tensor.name.ends_with("ffn_up.bias");
        if (inside) return {};
        const bool writes = tensor.name.ends_with("attn_output.bias") || tensor.name.ends_with("ffn_down.bias");
        if (!writes || tensor.shape.elements() != width) return refuse(tensor);
        m_rewriting.add(tensor.name, rotatedRows(q));
        return {};
    }

    Result<void> addReader(const std::string& name, const TensorInfo& norm, const std::shared_ptr<const Orthogonal>& q)
    {
        WW_TRY(std::vector<float> scales, readTensor(*m_model, norm));
        m_rewriting.add(name, scaledColumns(std::make_shared<const std::vector<float>>(std::move(scales))));
        m_rewriting.add(name, rotatedRows(q));
        return {};
    }

    /// Rows of v within a head, and the columns of the output matrix that multiply them, by one matrix per head of v.
    Result<void> rotateValues()
    {
        const auto heads = fact("attention.head_count");
        if (!heads || *heads == 0) return {};
        const std::uint64_t valueHeads = fact("attention.head_count_kv").value_or(*heads);
        for (const TensorInfo& tensor : m_model->tensors()) {
            const TensorIdentity identity = identify(tensor.name);
            if (identity.role != TensorRole::AttnV || !identity.block) continue;
            const TensorInfo* output = m_model->find(sibling(identity, "attn_output"));
            const std::uint64_t rows = tensor.shape.ne[1];
            if (!output || valueHeads == 0 || rows % valueHeads != 0 || *heads % valueHeads != 0) return refuse(tensor);
            const std::size_t length = rows / valueHeads;
            if (output->shape.columns() != length * *heads) return refuse(*output);
            const std::size_t repeats = *heads / valueHeads;
            auto made = std::make_shared<std::vector<Orthogonal>>();
            for (std::uint64_t h = 0; h < valueHeads; ++h)
                made->emplace_back(length, m_options.seed + 1 + *identity.block * valueHeads + h);
            const std::shared_ptr<const std::vector<Orthogonal>> turns = std::move(made);
            m_rewriting.add(tensor.name, [turns, length](std::vector<float>& values, const Shape& shape) {
                const std::size_t columns = shape.columns();
                for (std::size_t h = 0; h < turns->size(); ++h)
                    for (std::size_t c = 0; c < columns; ++c) (*turns)[h].apply(values.data() + h * length * columns + c, columns);
            });
            m_rewriting.add(output->name, [turns, length, repeats](std::vector<float>& values, const Shape& shape) {
                for (std::size_t first = 0, head = 0; first < values.size(); first += length, ++head)
                    (*turns)[head % (shape.columns() / length) / repeats].apply(values.data() + first);
            });
            const std::string bias = fmt::format("blk.{}.attn_v.bias", *identity.block);
            if (m_model->find(bias))
                m_rewriting.add(bias, [turns, length](std::vector<float>& values, const Shape& /*shape*/) {
                    for (std::size_t h = 0; h < turns->size(); ++h) (*turns)[h].apply(values.data() + h * length);
                });
        }
        return {};
    }

    std::shared_ptr<const ModelFile> m_model;
    const RotationOptions& m_options;
    Rewriting m_rewriting;
};

}  // namespace

Orthogonal::Orthogonal(std::size_t n, std::uint64_t seed)
    : m_n(n), m_power(n == 0 ? 1 : n & (~n + 1)), m_odd(n == 0 ? 0 : n / m_power), m_signs(n), m_mix(m_odd * m_odd)
{
    Random random(seed);
    for (double& sign : m_signs) sign = (random.next() >> 63U) != 0 ? 1 : -1;
    // Gram–Schmidt, twice for the last digits.
    for (std::size_t i = 0; i < m_odd; ++i) {
        double* row = m_mix.data() + i * m_odd;
        for (std::size_t j = 0; j < m_odd; ++j) row[j] = random.uniform();
        for (int pass = 0; pass < 2; ++pass) {
            for (std::size_t k = 0; k < i; ++k) {
                double product = 0;
                for (std::size_t j = 0; j < m_odd; ++j) product += row[j] * m_mix[k * m_odd + j];
                for (std::size_t j = 0; j < m_odd; ++j) row[j] -= product * m_mix[k * m_odd + j];
            }
            double norm = 0;
            for (std::size_t j = 0; j < m_odd; ++j) norm += row[j] * row[j];
            for (std::size_t j = 0; j < m_odd; ++j) row[j] /= std::sqrt(norm);
        }
    }
}

void Orthogonal::apply(float* x, std::size_t stride) const
{
    std::vector<double> y(m_n);
    for (std::size_t i = 0; i < m_n; ++i) y[i] = static_cast<double>(x[i * stride]) * m_signs[i];
    for (std::size_t part = 0; part < m_odd; ++part) {
        double* p = y.data() + part * m_power;
        for (std::size_t half = 1; half < m_power; half *= 2)
            for (std::size_t i = 0; i < m_power; i += 2 * half)
                for (std::size_t j = i; j < i + half; ++j) {
                    const double a = p[j];
                    const double b = p[j + half];
                    p[j] = a + b;
                    p[j + half] = a - b;
                }
    }
    const double scale = 1 / std::sqrt(static_cast<double>(m_power));
    std::vector<double> mixed(m_odd);
    for (std::size_t j = 0; j < m_power; ++j) {
        for (std::size_t k = 0; k < m_odd; ++k) {
            mixed[k] = 0;
            for (std::size_t i = 0; i < m_odd; ++i) mixed[k] += y[i * m_power + j] * m_mix[i * m_odd + k];
        }
        for (std::size_t k = 0; k < m_odd; ++k) x[(k * m_power + j) * stride] = static_cast<float>(mixed[k] * scale);
    }
}

Result<std::shared_ptr<const ModelFile>> rotate(std::shared_ptr<const ModelFile> model, const RotationOptions& options)
{
    return Rotator(std::move(model), options).run();
}

}  // namespace ww
