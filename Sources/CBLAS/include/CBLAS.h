#ifndef CBLAS_SHIM_H
#define CBLAS_SHIM_H

#include <stdbool.h>
#include <stdint.h>

// OpenBLAS, opened on first use instead of linked: a process that never
// multiplies in f32 does not pay for loading it, and the core type can be
// named before the library looks at the processor (0.3.21 mistakes recent
// Intel cores for a "Prescott").

// Opens the library. False if it is not installed; ept_blas_error() says why.
bool ept_blas_open(void);
const char *ept_blas_error(void);

// Row-major C = alpha * op(A) * op(B) + beta * C, on the calling thread alone.
// op(A) is [m, k], op(B) is [k, n], C is [m, n]; ld* are row strides in floats.
// ept_blas_open() must have returned true.
void ept_sgemm(bool transpose_a, bool transpose_b, int64_t m, int64_t n, int64_t k, float alpha,
               const float *a, int64_t lda, const float *b, int64_t ldb, float beta, float *c,
               int64_t ldc);

#endif
