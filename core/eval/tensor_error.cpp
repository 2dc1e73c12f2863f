// SPDX-License-Identifier: MIT
#include "eval/tensor_error.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "base/blas.h"

namespace ww {
namespace {

// The differences of one piece stay in the first-level cache, and single-precision products are summed over at most this
// many values before they enter a double.
constexpr std::size_t kPiece = 2048;

}  // namespace

void TensorError::add(const float* original, const float* quantized, std::size_t n)
{
    std::array<float, kPiece> difference;
    for (std::size_t begin = 0; begin < n; begin += kPiece) {
        const std::size_t length = std::min(kPiece, n - begin);
        const float* w = original + begin;
        const float* q = quantized + begin;
        float largest = 0;
        for (std::size_t i = 0; i < length; ++i) {
            difference[i] = w[i] - q[i];
            largest = std::max(largest, std::fabs(difference[i]));
        }
        m_max = std::max(m_max, static_cast<double>(largest));
        m_sumError2 += blas::dot(length, difference.data(), difference.data());
        m_sumOriginal2 += blas::dot(length, w, w);
        m_sumQuantized2 += blas::dot(length, q, q);
        m_sumProduct += blas::dot(length, w, q);
    }
    m_count += n;
}

void TensorError::merge(const TensorError& other)
{
    m_count += other.m_count;
    m_sumError2 += other.m_sumError2;
    m_sumOriginal2 += other.m_sumOriginal2;
    m_sumQuantized2 += other.m_sumQuantized2;
    m_sumProduct += other.m_sumProduct;
    m_max = std::max(m_max, other.m_max);
}

double TensorError::rmse() const
{
    return m_count == 0 ? 0.0 : std::sqrt(m_sumError2 / static_cast<double>(m_count));
}

double TensorError::relativeError() const
{
    return m_sumError2 == 0.0 ? 0.0 : std::sqrt(m_sumError2 / m_sumOriginal2);
}

double TensorError::cosine() const
{
    if (m_sumOriginal2 == 0.0 && m_sumQuantized2 == 0.0) return 1.0;
    const double norms = std::sqrt(m_sumOriginal2) * std::sqrt(m_sumQuantized2);
    return norms == 0.0 ? 0.0 : std::clamp(m_sumProduct / norms, -1.0, 1.0);
}

double TensorError::sqnrDb() const
{
    if (m_sumError2 == 0.0) return std::numeric_limits<double>::infinity();
    return 10.0 * std::log10(m_sumOriginal2 / m_sumError2);
}

}  // namespace ww
