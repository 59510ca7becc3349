#include "twins.h"

#include <math.h>

static void test_product(const struct ept_kernels *kernels, const struct ept_kernels *twin, int64_t m,
                         int64_t n, int64_t k) {
  bool transpose_a = some(0, 1), transpose_b = some(0, 1);
  float betas[] = {0, 1, -0.5f}, beta = betas[some(0, 2)];
  int64_t lda = (transpose_a ? m : k) + some(0, 3), ldb = (transpose_b ? k : n) + some(0, 3);
  int64_t ldc = n + some(0, 3);
  sizes("product [%lld, %lld] * [%lld, %lld], transposed %d %d, beta %g", (long long)m, (long long)k,
        (long long)k, (long long)n, transpose_a, transpose_b, beta);
  float *a = numbers((transpose_a ? k : m) * lda, 1), *b = numbers((transpose_b ? n : k) * ldb, 1);
  float *c = numbers(m * ldc, 1);
  // What beta 0 must not read.
  for (int64_t i = 0; i < m && beta == 0; i++)
    for (int64_t j = 0; j < n; j++) c[i * ldc + j] = NAN;
  float *twin_c = copy(c, m * ldc);
  kernels->product(transpose_a, transpose_b, m, n, k, 1.5f, a, lda, b, ldb, beta, c, ldc);
  twin->product(transpose_a, transpose_b, m, n, k, 1.5f, a, lda, b, ldb, beta, twin_c, ldc);
  // Twice the tolerance of KernelTests.swift, since the twin may be off as well.
  expect_near("number", c, twin_c, m * ldc, 2e-6 * (double)(k + 4));
  for (int64_t i = 0; i < m; i++)
    for (int64_t j = 0; j < n; j++) expect(isfinite(c[i * ldc + j]), "a number is not finite");
  clear();
}

void test_products(const struct ept_kernels *kernels, const struct ept_kernels *twin) {
  seed(2);
  test_product(kernels, twin, 1, 1, 1);
  test_product(kernels, twin, 4, 70, 0);
  test_product(kernels, twin, 37, 70, 600);
  for (int round = 0; round < 60; round++)
    test_product(kernels, twin, some(1, 40), some(1, 70), some(1, round % 8 == 0 ? 520 : 70));
}
