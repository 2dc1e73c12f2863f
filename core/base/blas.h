// SPDX-License-Identifier: MIT
// The few BLAS calls the program needs, from OpenBLAS. OpenBLAS runs each call on the calling thread only: loops are
// spread over the ThreadPool by the callers in fixed pieces, so its threads and ours never multiply and results do not
// depend on the number of threads. Row-major everywhere. Thread-safe.
#pragma once

#include <cstddef>

#include "base/result.h"

namespace ww::blas {

/// Loads OpenBLAS on the first call; later calls return the same answer. Whoever computes with a model asks first, so that
/// a missing library is one clear sentence at the start (Unsupported) and not a slow or failing run. The functions below
/// load it themselves when nobody asked, and compute with plain loops, correct but slow, when it cannot be loaded.
Result<void> available();

/// C[m×n] = alpha · A[m×k] · B[n×k]ᵀ + beta · C. lda, ldb, ldc: row strides in floats.
/// This is "activations times weight matrix" with weights stored [out × in].
void gemmNT(std::size_t m, std::size_t n, std::size_t k, float alpha, const float* a, std::size_t lda, const float* b,
            std::size_t ldb, float beta, float* c, std::size_t ldc);

/// C[m×n] = alpha · A[m×k] · B[k×n] + beta · C.
void gemmNN(std::size_t m, std::size_t n, std::size_t k, float alpha, const float* a, std::size_t lda, const float* b,
            std::size_t ldb, float beta, float* c, std::size_t ldc);

/// C[m×n] = alpha · A[k×m]ᵀ · B[k×n] + beta · C. With A and B columns of the same rows this is a part of their Gram matrix.
void gemmTN(std::size_t m, std::size_t n, std::size_t k, float alpha, const float* a, std::size_t lda, const float* b,
            std::size_t ldb, float beta, float* c, std::size_t ldc);

/// y[rows] = alpha · A[rows×columns] · x + beta · y. A is read once, which is what a single token needs.
void gemv(std::size_t rows, std::size_t columns, float alpha, const float* a, std::size_t lda, const float* x, float beta,
          float* y);

/// Sum of x[i]·y[i], accumulated in double (cblas_dsdot).
double dot(std::size_t n, const float* x, const float* y);

/// y += alpha · x
void axpy(std::size_t n, float alpha, const float* x, float* y);

/// Lower Cholesky factor C of a symmetric matrix, A = C·Cᵀ, in place (LAPACK spotrf). Reads and writes the lower triangle only.
/// False if the matrix is not positive definite in these digits; its content is then unspecified.
[[nodiscard]] bool cholesky(std::size_t n, float* a, std::size_t lda);

/// Description for --version and bug reports, e.g. "OpenBLAS 0.3.21 (SkylakeX)" or "no OpenBLAS". Valid forever.
const char* description();

}  // namespace ww::blas
