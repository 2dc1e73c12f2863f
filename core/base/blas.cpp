// SPDX-License-Identifier: MIT
// OpenBLAS is opened at run time instead of being linked, because it reads its environment while it is loaded: which
// kernels to use and how many threads to start must be said before. Debian's 0.3.21 does not know newer processors.
#include "base/blas.h"

#include <dlfcn.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <optional>
#include <string>

#include <fmt/format.h>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace ww::blas {
namespace {

// Constants of the C interface of BLAS.
constexpr int kRowMajor = 101;
constexpr int kPlain = 111;
constexpr int kTransposed = 112;
// Lengths are 32-bit in the interface; longer vectors go in pieces.
constexpr std::size_t kVectorPiece = std::size_t{1} << 24;

using Gemm = void (*)(int order, int transA, int transB, int m, int n, int k, float alpha, const float* a, int lda, const float* b,
                      int ldb, float beta, float* c, int ldc);
using Gemv = void (*)(int order, int trans, int m, int n, float alpha, const float* a, int lda, const float* x, int incX,
                      float beta, float* y, int incY);
using Dsdot = double (*)(int n, const float* x, int incX, const float* y, int incY);
using Potrf = void (*)(const char* upper, const int* n, float* a, const int* lda, int* info);
using Axpy = void (*)(int n, float alpha, const float* x, int incX, float* y, int incY);

/// Sets an environment variable for the time of loading unless the person has set it, and removes it afterwards.
class TemporaryVariable {
public:
    TemporaryVariable(const char* name, const char* value) : m_name(value && !std::getenv(name) ? name : nullptr)
    {
        if (m_name) ::setenv(m_name, value, 1);
    }
    ~TemporaryVariable()
    {
        if (m_name) ::unsetenv(m_name);
    }
    TemporaryVariable(const TemporaryVariable&) = delete;
    TemporaryVariable& operator=(const TemporaryVariable&) = delete;

private:
    const char* m_name;
};

/// Name of the kernels that fit this processor, or null to leave the choice to OpenBLAS. Zen 4 executes 512-bit
/// instructions in two halves, so the 256-bit kernels, which are better with small matrices, win there.
const char* preferredKernels()
{
#if defined(__x86_64__)
    unsigned eax = 0;
    unsigned ebx = 0;
    unsigned ecx = 0;
    unsigned edx = 0;
    if (!__get_cpuid(1, &eax, &ebx, &ecx, &edx)) return nullptr;
    const unsigned baseFamily = (eax >> 8) & 15U;
    const unsigned family = baseFamily == 15 ? baseFamily + ((eax >> 20) & 255U) : baseFamily;
    constexpr unsigned kZen4Family = 0x19;
    const bool amd = __builtin_cpu_is("amd");
    const bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
                        __builtin_cpu_supports("avx512cd");
    const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    if (avx512 && !(amd && family <= kZen4Family)) return "SkylakeX";
    if (avx2) return amd ? "Zen" : "Haswell";
#endif
    return nullptr;
}

struct Library {
    Gemm gemm = nullptr;
    Gemv gemv = nullptr;
    Dsdot dsdot = nullptr;
    Axpy axpy = nullptr;
    Potrf potrf = nullptr;  // missing in an OpenBLAS that was built without LAPACK
    std::string description = "no OpenBLAS";
    std::optional<Error> error;

    Library()
    {
        void* handle = nullptr;
        {
            const TemporaryVariable kernels("OPENBLAS_CORETYPE", preferredKernels());
            const TemporaryVariable threads("OPENBLAS_NUM_THREADS", "1");
            handle = ::dlopen("libopenblas.so.0", RTLD_NOW | RTLD_LOCAL);
            if (!handle) handle = ::dlopen("libopenblas.so", RTLD_NOW | RTLD_LOCAL);
        }
        if (!handle) {
            refuse("it was not found");
            return;
        }
        gemm = symbol<Gemm>(handle, "cblas_sgemm");
        gemv = symbol<Gemv>(handle, "cblas_sgemv");
        dsdot = symbol<Dsdot>(handle, "cblas_dsdot");
        axpy = symbol<Axpy>(handle, "cblas_saxpy");
        if (!gemm || !gemv || !dsdot || !axpy) {
            gemm = nullptr;
            gemv = nullptr;
            dsdot = nullptr;
            axpy = nullptr;
            refuse("it lacks the functions of CBLAS");
            return;
        }
        potrf = symbol<Potrf>(handle, "spotrf_");
        if (const auto setThreads = symbol<void (*)(int)>(handle, "openblas_set_num_threads")) setThreads(1);
        describe(handle);
    }

private:
    template <class Function>
    static Function symbol(void* handle, const char* name)
    {
        return reinterpret_cast<Function>(::dlsym(handle, name));
    }
    void refuse(const char* reason)
    {
        error = Error{ErrorCode::Unsupported,
                      fmt::format("The library OpenBLAS (libopenblas.so.0) is needed for this, but {}. Install it, on Debian with "
                                  "“apt install libopenblas0”, and start again.",
                                  reason),
                      {},
                      {},
                      {}};
    }
    void describe(void* handle)
    {
        using Text = const char* (*)();
        const auto config = symbol<Text>(handle, "openblas_get_config");
        const auto core = symbol<Text>(handle, "openblas_get_corename");
        // "OpenBLAS 0.3.21 NO_LAPACKE DYNAMIC_ARCH …": the first two words are enough.
        std::string name = config ? config() : "OpenBLAS";
        const auto space = name.find(' ', name.find(' ') == std::string::npos ? 0 : name.find(' ') + 1);
        name.resize(std::min(space, name.size()));
        description = core ? fmt::format("{} ({})", name, core()) : name;
    }
};

// Never destroyed: worker threads may still compute while the program ends.
const Library& library()
{
    static const Library* const loaded = new Library;
    return *loaded;
}

int asInt(std::size_t value)
{
    return static_cast<int>(value);
}

// Any strides: element (i, l) of A is a[i*aRow + l], element (j, l) of B is b[j*bRow + l*bColumn].
void plainGemm(std::size_t m, std::size_t n, std::size_t k, float alpha, const float* a, std::size_t aRow, const float* b,
               std::size_t bRow, std::size_t bColumn, float beta, float* c, std::size_t ldc)
{
    for (std::size_t i = 0; i < m; ++i)
        for (std::size_t j = 0; j < n; ++j) {
            double sum = 0;
            for (std::size_t l = 0; l < k; ++l) sum += static_cast<double>(a[i * aRow + l]) * b[j * bRow + l * bColumn];
            float& out = c[i * ldc + j];
            out = alpha * static_cast<float>(sum) + (beta == 0.0F ? 0.0F : beta * out);
        }
}

/// Row by row, every sum in double.
bool plainCholesky(std::size_t n, float* a, std::size_t lda)
{
    for (std::size_t i = 0; i < n; ++i) {
        float* row = a + i * lda;
        for (std::size_t j = 0; j < i; ++j) {
            const float* other = a + j * lda;
            row[j] = static_cast<float>((row[j] - dot(j, row, other)) / other[j]);
        }
        const double rest = row[i] - dot(i, row, row);
        if (!(rest > 0)) return false;
        row[i] = static_cast<float>(std::sqrt(rest));
    }
    return true;
}

}  // namespace

Result<void> available()
{
    if (library().error) return fail(*library().error);
    return {};
}

void gemmNT(std::size_t m, std::size_t n, std::size_t k, float alpha, const float* a, std::size_t lda, const float* b,
            std::size_t ldb, float beta, float* c, std::size_t ldc)
{
    if (m == 0 || n == 0) return;
    const Library& blas = library();
    if (!blas.gemm) return plainGemm(m, n, k, alpha, a, lda, b, ldb, 1, beta, c, ldc);
    blas.gemm(kRowMajor, kPlain, kTransposed, asInt(m), asInt(n), asInt(k), alpha, a, asInt(lda), b, asInt(ldb), beta, c,
              asInt(ldc));
}

void gemmNN(std::size_t m, std::size_t n, std::size_t k, float alpha, const float* a, std::size_t lda, const float* b,
            std::size_t ldb, float beta, float* c, std::size_t ldc)
{
    if (m == 0 || n == 0) return;
    const Library& blas = library();
    if (!blas.gemm) return plainGemm(m, n, k, alpha, a, lda, b, 1, ldb, beta, c, ldc);
    blas.gemm(kRowMajor, kPlain, kPlain, asInt(m), asInt(n), asInt(k), alpha, a, asInt(lda), b, asInt(ldb), beta, c, asInt(ldc));
}

void gemmTN(std::size_t m, std::size_t n, std::size_t k, float alpha, const float* a, std::size_t lda, const float* b,
            std::size_t ldb, float beta, float* c, std::size_t ldc)
{
    if (m == 0 || n == 0) return;
    const Library& blas = library();
    if (blas.gemm)
        return blas.gemm(kRowMajor, kTransposed, kPlain, asInt(m), asInt(n), asInt(k), alpha, a, asInt(lda), b, asInt(ldb), beta, c,
                         asInt(ldc));
    for (std::size_t i = 0; i < m; ++i)
        for (std::size_t j = 0; j < n; ++j) {
            double sum = 0;
            for (std::size_t l = 0; l < k; ++l) sum += static_cast<double>(a[l * lda + i]) * b[l * ldb + j];
            float& out = c[i * ldc + j];
            out = alpha * static_cast<float>(sum) + (beta == 0.0F ? 0.0F : beta * out);
        }
}

void gemv(std::size_t rows, std::size_t columns, float alpha, const float* a, std::size_t lda, const float* x, float beta, float* y)
{
    if (rows == 0) return;
    const Library& blas = library();
    if (!blas.gemv) return plainGemm(rows, 1, columns, alpha, a, lda, x, columns, 1, beta, y, 1);
    // Some versions multiply y by beta even when beta is 0, which keeps a NaN of uninitialised memory.
    if (beta == 0.0F) std::fill_n(y, rows, 0.0F);
    blas.gemv(kRowMajor, kPlain, asInt(rows), asInt(columns), alpha, a, asInt(lda), x, 1, beta, y, 1);
}

double dot(std::size_t n, const float* x, const float* y)
{
    const Library& blas = library();
    double sum = 0;
    if (!blas.dsdot) {
        for (std::size_t i = 0; i < n; ++i) sum += static_cast<double>(x[i]) * y[i];
        return sum;
    }
    for (std::size_t i = 0; i < n; i += kVectorPiece) sum += blas.dsdot(asInt(std::min(kVectorPiece, n - i)), x + i, 1, y + i, 1);
    return sum;
}

void axpy(std::size_t n, float alpha, const float* x, float* y)
{
    const Library& blas = library();
    if (!blas.axpy) {
        for (std::size_t i = 0; i < n; ++i) y[i] += alpha * x[i];
        return;
    }
    for (std::size_t i = 0; i < n; i += kVectorPiece) blas.axpy(asInt(std::min(kVectorPiece, n - i)), alpha, x + i, 1, y + i, 1);
}

bool cholesky(std::size_t n, float* a, std::size_t lda)
{
    const Library& blas = library();
    if (!blas.potrf) return plainCholesky(n, a, lda);
    const int size = asInt(n);
    const int stride = asInt(lda);
    int info = 0;
    // LAPACK counts by columns: its upper triangle is our lower one.
    blas.potrf("U", &size, a, &stride, &info);
    return info == 0;
}

const char* description()
{
    return library().description.c_str();
}

}  // namespace ww::blas
