// SPDX-License-Identifier: MIT
#include "formats/searches.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "formats/rounding.h"

namespace ww::search {
namespace {

constexpr int kMaxGroup = 32;
constexpr float kEmptyGroup = 1e-15F;

int snapTo(float v, int low, int high)
{
    return std::clamp(snap(v), low, high);
}

void fillCodes(int n, std::uint8_t value, std::uint8_t* codes)
{
    std::memset(codes, value, static_cast<std::size_t>(n));
}

float distance(float e, Metric metric)
{
    return metric == Metric::Absolute ? std::fabs(e) : e * e;
}

/// The two sums of a symmetric trial.
struct Fit {
    float xl = 0;  // Σ (w·x)·l
    float ll = 0;  // Σ (w·l)·l
};

Fit symmetricFit(int n, int half, float multiplier, const float* x, const float* w)
{
    Fit fit;
    for (int i = 0; i < n; ++i) {
        const auto l = static_cast<float>(snapTo(multiplier * x[i], -half, half - 1));
        fit.xl += (w[i] * x[i]) * l;
        fit.ll += (w[i] * l) * l;
    }
    return fit;
}

}  // namespace

float pivotOf(int n, const float* x)
{
    float peak = 0;
    float pivot = 0;
    for (int i = 0; i < n; ++i) {
        const float magnitude = std::fabs(x[i]);
        if (magnitude > peak) {
            peak = magnitude;
            pivot = x[i];
        }
    }
    return pivot;
}

float sumOfSquares(int n, const float* x)
{
    float sum = 0;
    for (int i = 0; i < n; ++i) sum += x[i] * x[i];
    return sum;
}

float symmetric(int n, int half, const float* x, const float* weights, std::uint8_t* codes)
{
    const float pivot = pivotOf(n, x);
    if (std::fabs(pivot) < kEmptyGroup) {
        fillCodes(n, 0, codes);
        return 0;
    }
    float squares[kMaxGroup];
    if (!weights) {
        for (int i = 0; i < n; ++i) squares[i] = x[i] * x[i];
        weights = squares;
    }
    const auto levels = static_cast<float>(half);
    float chosen = -levels / pivot;
    const Fit start = symmetricFit(n, half, chosen, x, weights);
    float scale = start.ll != 0 ? start.xl / start.ll : 0;
    float merit = scale * start.xl;
    for (int k = -9; k <= 9; ++k) {
        if (k == 0) continue;
        const float multiplier = -(levels + 0.1F * static_cast<float>(k)) / pivot;
        const Fit fit = symmetricFit(n, half, multiplier, x, weights);
        if (fit.ll > 0 && fit.xl * fit.xl > merit * fit.ll) {
            scale = fit.xl / fit.ll;
            merit = scale * fit.xl;
            chosen = multiplier;
        }
    }
    for (int i = 0; i < n; ++i) codes[i] = static_cast<std::uint8_t>(snapTo(chosen * x[i], -half, half - 1) + half);
    return scale;
}

float symmetricDescent(int n, int half, const float* x, std::uint8_t* codes)
{
    const float pivot = pivotOf(n, x);
    if (std::fabs(pivot) < kEmptyGroup) {
        fillCodes(n, 0, codes);
        return 0;
    }
    float w[kMaxGroup];
    int level[kMaxGroup];
    const float multiplier = -static_cast<float>(half) / pivot;
    Fit fit;
    for (int i = 0; i < n; ++i) {
        w[i] = x[i] * x[i];
        level[i] = snapTo(multiplier * x[i], -half, half - 1);
        const auto l = static_cast<float>(level[i]);
        fit.xl += (w[i] * x[i]) * l;
        fit.ll += (w[i] * l) * l;
    }
    bool changed = true;
    for (int pass = 0; pass < 5 && changed; ++pass) {
        changed = false;
        for (int i = 0; i < n; ++i) {
            const float wx = w[i] * x[i];
            const auto l = static_cast<float>(level[i]);
            float a = fit.xl - wx * l;
            if (!(a > 0)) continue;
            float b = fit.ll - (w[i] * l) * l;
            const int candidate = snapTo((x[i] * b) / a, -half, half - 1);
            if (candidate == level[i]) continue;
            const auto m = static_cast<float>(candidate);
            a += wx * m;
            b += (w[i] * m) * m;
            if (b > 0 && (a * a) * fit.ll > (fit.xl * fit.xl) * b) {
                level[i] = candidate;
                fit = {a, b};
                changed = true;
            }
        }
    }
    for (int i = 0; i < n; ++i) codes[i] = static_cast<std::uint8_t>(level[i] + half);
    return fit.ll > 0 ? fit.xl / fit.ll : 0;
}

AffineResult affine(int n, int top, const float* x, const float* weights, const AffineRange& range, std::uint8_t* codes)
{
    float lo = x[0];
    float hi = x[0];
    float sumW = weights[0];
    float sumX = weights[0] * x[0];
    for (int i = 1; i < n; ++i) {
        if (x[i] < lo) lo = x[i];
        if (x[i] > hi) hi = x[i];
        sumW += weights[i];
        sumX += weights[i] * x[i];
    }
    if (lo > 0) lo = 0;
    if (hi == lo) {
        fillCodes(n, 0, codes);
        return {0, -lo};
    }
    const auto levels = static_cast<float>(top);
    const float startMultiplier = levels / (hi - lo);
    float scale = 1 / startMultiplier;
    float error = 0;
    for (int i = 0; i < n; ++i) {
        const int l = snapTo(startMultiplier * (x[i] - lo), 0, top);
        codes[i] = static_cast<std::uint8_t>(l);
        error += weights[i] * distance((scale * static_cast<float>(l) + lo) - x[i], range.metric);
    }
    std::uint8_t trial[kMaxGroup];
    for (int t = 0; t <= range.last; ++t) {
        const float multiplier = ((range.first + range.step * static_cast<float>(t)) + levels) / (hi - lo);
        float p = 0;
        float q = 0;
        float r = 0;
        for (int i = 0; i < n; ++i) {
            trial[i] = static_cast<std::uint8_t>(snapTo(multiplier * (x[i] - lo), 0, top));
            const auto c = static_cast<float>(trial[i]);
            const float wc = weights[i] * c;
            p += wc;
            q += wc * c;
            r += wc * x[i];
        }
        const float determinant = sumW * q - p * p;
        if (!(determinant > 0)) continue;
        float trialScale = (sumW * r - sumX * p) / determinant;
        float trialLo = (q * sumX - p * r) / determinant;
        if (trialLo > 0) {
            trialLo = 0;
            trialScale = r / q;
        }
        float trialError = 0;
        for (int i = 0; i < n; ++i)
            trialError += weights[i] * distance((trialScale * static_cast<float>(trial[i]) + trialLo) - x[i], range.metric);
        if (trialError < error) {
            std::copy(trial, trial + n, codes);
            error = trialError;
            scale = trialScale;
            lo = trialLo;  // later trials start from the new offset; hi stays
        }
    }
    return {scale, -lo};
}

float positive(int n, int top, const float* x, const float* weights, std::uint8_t* codes)
{
    float peak = 0;
    for (int i = 0; i < n; ++i) peak = std::max(peak, x[i]);
    if (peak < kEmptyGroup) {
        fillCodes(n, 0, codes);
        return 0;
    }
    const auto levels = static_cast<float>(top);
    float multiplier = levels / peak;
    float error = 0;
    for (int i = 0; i < n; ++i) {
        const float inverse = 1 / multiplier;
        const float e = x[i] - inverse * static_cast<float>(static_cast<std::uint8_t>(snap(multiplier * x[i])));
        error += (weights[i] * e) * e;
    }
    for (int k = -4; k <= 4; ++k) {
        if (k == 0) continue;
        const float candidate = (0.1F * static_cast<float>(k) + levels) / peak;
        const float inverse = 1 / candidate;
        float trialError = 0;
        for (int i = 0; i < n; ++i) {
            const float e = x[i] - inverse * static_cast<float>(std::min(top, snap(candidate * x[i])));
            trialError += (weights[i] * e) * e;
        }
        if (trialError < error) {
            error = trialError;
            multiplier = candidate;
        }
    }
    Fit fit;
    for (int i = 0; i < n; ++i) {
        const int q = std::min(top, snap(multiplier * x[i]));
        codes[i] = static_cast<std::uint8_t>(q);
        const auto l = static_cast<float>(q);
        fit.xl += (weights[i] * x[i]) * l;
        fit.ll += (weights[i] * l) * l;
    }
    bool changed = true;
    for (int pass = 0; pass < 5 && changed; ++pass) {
        changed = false;
        for (int i = 0; i < n; ++i) {
            const float wx = weights[i] * x[i];
            const auto l = static_cast<float>(codes[i]);
            float a = fit.xl - wx * l;
            float b = fit.ll - (weights[i] * l) * l;
            if (!(a > 0 && b > 0)) continue;
            const int candidate = std::min(top, snap((x[i] * b) / a));
            if (candidate == codes[i]) continue;
            const auto m = static_cast<float>(candidate);
            a += wx * m;
            b += (weights[i] * m) * m;
            if ((a * a) * fit.ll > (fit.xl * fit.xl) * b) {
                codes[i] = static_cast<std::uint8_t>(candidate);
                fit = {a, b};
                changed = true;
            }
        }
    }
    return fit.ll > 0 ? fit.xl / fit.ll : 0;
}

}  // namespace ww::search
