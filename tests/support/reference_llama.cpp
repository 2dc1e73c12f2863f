// SPDX-License-Identifier: MIT
#include "tests/support/reference_llama.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>
#include <numbers>
#include <numeric>
#include <string>

namespace ww::test {
namespace {

using Vector = std::vector<double>;

struct Weights {
    std::map<std::string, Vector> values;

    explicit Weights(const GgufBuilder& file)
    {
        for (const auto& tensor : file.tensors) {
            std::vector<float> floats(tensor.data.size() / sizeof(float));
            std::memcpy(floats.data(), tensor.data.data(), tensor.data.size());
            values[tensor.name] = Vector(floats.begin(), floats.end());
        }
    }
    [[nodiscard]] bool has(const std::string& name) const { return values.contains(name); }
    [[nodiscard]] const Vector& get(const std::string& name) const { return values.at(name); }

    /// stem.weight[rows × |x|] · x + stem.bias, rows from `firstRow` on.
    [[nodiscard]] Vector linear(const std::string& stem, const Vector& x, std::size_t firstRow, std::size_t rows) const
    {
        const Vector& w = get(stem + ".weight");
        Vector y(rows, 0.0);
        for (std::size_t r = 0; r < rows; ++r) {
            for (std::size_t c = 0; c < x.size(); ++c) y[r] += w[(firstRow + r) * x.size() + c] * x[c];
            if (has(stem + ".bias")) y[r] += get(stem + ".bias")[firstRow + r];
        }
        return y;
    }
    [[nodiscard]] Vector norm(const std::string& name, const Vector& x) const
    {
        const Vector& w = get(name);
        const double squares = std::inner_product(x.begin(), x.end(), x.begin(), 0.0);
        const double factor = 1 / std::sqrt(squares / static_cast<double>(x.size()) + static_cast<double>(1e-5F));
        Vector y(x.size());
        for (std::size_t i = 0; i < x.size(); ++i) y[i] = x[i] * factor * w[i];
        return y;
    }
};

void softmax(Vector& x)
{
    const double largest = *std::ranges::max_element(x);
    double sum = 0;
    for (double& v : x) sum += v = std::exp(v - largest);
    for (double& v : x) v /= sum;
}

void rotate(const ReferenceRope& rope, double* head, std::size_t length, std::size_t position)
{
    const auto n = static_cast<double>(length);
    for (std::size_t i = 0; i < length / 2; ++i) {
        const auto pair = static_cast<double>(i);
        double plain = static_cast<double>(position) * std::pow(rope.base, -2 * pair / n);
        if (!rope.factors.empty()) plain /= rope.factors[i];
        double angle = rope.scale * plain;
        double magnitude = rope.magnitude;
        if (rope.yarn) {
            const auto corner = [&](double turns) {
                return n * std::log(rope.originalContext / (turns * 2 * std::numbers::pi)) / (2 * std::log(rope.base));
            };
            const double low = std::max(0.0, std::floor(corner(32)));
            const double high = std::min(n - 1, std::ceil(corner(1)));
            const double keep = 1 - std::clamp((pair - low) / std::max(0.001, high - low), 0.0, 1.0);
            angle = angle * (1 - keep) + plain * keep;
            magnitude *= 1 + 0.1 * std::log(1 / rope.scale);
        }
        const double a = head[2 * i];
        const double b = head[2 * i + 1];
        head[2 * i] = (a * std::cos(angle) - b * std::sin(angle)) * magnitude;
        head[2 * i + 1] = (a * std::sin(angle) + b * std::cos(angle)) * magnitude;
    }
}

class Reference {
public:
    Reference(const RandomModel& options, const ReferenceRope& rope, const GgufBuilder& file)
        : m_options(options), m_rope(rope), m_weights(file)
    {
    }

    std::vector<float> run(const std::vector<std::int32_t>& tokens)
    {
        const std::size_t d = m_options.embedding;
        const Vector& embedding = m_weights.get("token_embd.weight");
        std::vector<Vector> x;
        for (const std::int32_t token : tokens) {
            const auto begin = embedding.begin() + static_cast<std::ptrdiff_t>(static_cast<std::size_t>(token) * d);
            x.emplace_back(begin, begin + static_cast<std::ptrdiff_t>(d));
        }
        for (std::uint32_t layer = 0; layer < m_options.layers; ++layer) block("blk." + std::to_string(layer) + ".", x);
        std::vector<float> logits;
        const std::size_t vocabulary = embedding.size() / d;
        const std::string output = m_weights.has("output.weight") ? "output" : "token_embd";
        for (const Vector& row : x)
            for (const double v : m_weights.linear(output, m_weights.norm("output_norm.weight", row), 0, vocabulary))
                logits.push_back(static_cast<float>(v));
        return logits;
    }

private:
    void block(const std::string& prefix, std::vector<Vector>& x) const
    {
        const std::size_t length = m_options.headLength;
        const std::size_t queries = m_options.heads * length;
        const std::size_t keys = m_options.kvHeads * length;
        std::vector<Vector> q, k, v;
        for (std::size_t t = 0; t < x.size(); ++t) {
            const Vector normed = m_weights.norm(prefix + "attn_norm.weight", x[t]);
            const bool fused = m_weights.has(prefix + "attn_qkv.weight");
            q.push_back(m_weights.linear(prefix + (fused ? "attn_qkv" : "attn_q"), normed, 0, queries));
            k.push_back(m_weights.linear(prefix + (fused ? "attn_qkv" : "attn_k"), normed, fused ? queries : 0, keys));
            v.push_back(m_weights.linear(prefix + (fused ? "attn_qkv" : "attn_v"), normed, fused ? queries + keys : 0, keys));
            for (std::size_t h = 0; h < m_options.heads; ++h) rotate(m_rope, &q[t][h * length], length, t);
            for (std::size_t h = 0; h < m_options.kvHeads; ++h) rotate(m_rope, &k[t][h * length], length, t);
        }
        for (std::size_t t = 0; t < x.size(); ++t) {
            Vector mixed(queries, 0.0);
            for (std::size_t h = 0; h < m_options.heads; ++h) {
                const std::size_t offset = h / (m_options.heads / m_options.kvHeads) * length;
                Vector scores(t + 1, 0.0);
                for (std::size_t s = 0; s <= t; ++s) {
                    for (std::size_t i = 0; i < length; ++i) scores[s] += q[t][h * length + i] * k[s][offset + i];
                    scores[s] /= std::sqrt(static_cast<double>(length));
                }
                softmax(scores);
                for (std::size_t s = 0; s <= t; ++s)
                    for (std::size_t i = 0; i < length; ++i) mixed[h * length + i] += scores[s] * v[s][offset + i];
            }
            add(x[t], m_weights.linear(prefix + "attn_output", mixed, 0, x[t].size()), 1);
        }
        for (Vector& row : x) {
            const Vector normed = m_weights.norm(prefix + "ffn_norm.weight", row);
            if (m_options.experts != 0)
                addExperts(prefix, normed, row);
            else
                add(row, network(prefix, "", normed, 0), 1);
        }
    }

    [[nodiscard]] Vector network(const std::string& prefix, const std::string& suffix, const Vector& x, std::size_t expert) const
    {
        const std::size_t width = m_options.feedForward;
        const Vector gate = m_weights.linear(prefix + "ffn_gate" + suffix, x, expert * width, width);
        Vector up = m_weights.linear(prefix + "ffn_up" + suffix, x, expert * width, width);
        for (std::size_t i = 0; i < width; ++i) up[i] *= gate[i] / (1 + std::exp(-gate[i]));
        return m_weights.linear(prefix + "ffn_down" + suffix, up, expert * x.size(), x.size());
    }

    void addExperts(const std::string& prefix, const Vector& normed, Vector& row) const
    {
        Vector p = m_weights.linear(prefix + "ffn_gate_inp", normed, 0, m_options.experts);
        softmax(p);
        std::vector<std::size_t> order(p.size());
        std::iota(order.begin(), order.end(), std::size_t{0});
        std::ranges::stable_sort(order, [&](std::size_t a, std::size_t b) { return p[a] > p[b]; });
        order.resize(m_options.usedExperts);
        double sum = 0;
        for (const std::size_t expert : order) sum += p[expert];
        for (const std::size_t expert : order) add(row, network(prefix, "_exps", normed, expert), p[expert] / sum);
    }

    static void add(Vector& x, const Vector& y, double factor)
    {
        for (std::size_t i = 0; i < x.size(); ++i) x[i] += factor * y[i];
    }

    const RandomModel& m_options;
    const ReferenceRope& m_rope;
    Weights m_weights;
};

}  // namespace

std::vector<float> referenceLogits(const RandomModel& options, const ReferenceRope& rope, const GgufBuilder& file,
                                   const std::vector<std::int32_t>& tokens)
{
    return Reference(options, rope, file).run(tokens);
}

}  // namespace ww::test
