#include "twins.h"

#include <math.h>
#include <stddef.h>

// Tolerances are twice those of the Swift tests, since the twin may be off as well.

static void test_norms(const struct ept_kernels *k, const struct ept_kernels *twin) {
  int64_t rows = some(1, 4), columns = some(1, some(0, 4) == 0 ? 1100 : 70), count = rows * columns;
  bool centred = some(0, 1), saving = some(0, 1), adding = some(0, 1);
  sizes("norm of [%lld, %lld], centred %d", (long long)rows, (long long)columns, centred);
  float *x = numbers(count, 3), *gamma = numbers(columns, 1);
  float *bias = some(0, 1) ? numbers(columns, 1) : NULL;
  float *residual = some(0, 1) ? numbers(count, 1) : NULL;
  float *beta = some(0, 1) ? numbers(columns, 1) : NULL;
  float *y = room(count * 4), *normalized = room(count * 4), *inverse = room(rows * 4);
  float *twin_y = room(count * 4), *twin_normalized = room(count * 4);
  float *twin_inverse = room(rows * 4);
  k->norm(x, bias, residual, gamma, beta, 1e-3f, centred, rows, columns, y,
          saving ? normalized : NULL, saving ? inverse : NULL);
  twin->norm(x, bias, residual, gamma, beta, 1e-3f, centred, rows, columns, twin_y,
             twin_normalized, twin_inverse);
  // One number alone has no deviation: the inverse is 32.
  expect_near("norm", y, twin_y, count, 2e-5);
  if (saving) {
    expect_near("normalized", normalized, twin_normalized, count, 2e-5);
    expect_near("inverse deviation", inverse, twin_inverse, rows, 2e-5);
  }
  float *gradient = numbers(count, 1), *into = numbers(count, 1), *twin_into = copy(into, count);
  k->norm_backward(gradient, twin_normalized, twin_inverse, gamma, centred, adding, rows, columns,
                   into);
  twin->norm_backward(gradient, twin_normalized, twin_inverse, gamma, centred, adding, rows, columns,
                      twin_into);
  expect_near("norm_backward", into, twin_into, count, 2e-5);
}

static void test_softmax(const struct ept_kernels *k, const struct ept_kernels *twin) {
  int64_t rows = some(1, 5), columns = some(1, some(0, 4) == 0 ? 1100 : 70);
  int64_t ld = columns + some(0, 3), stride = some(0, 1) ? -1 : columns;
  sizes("softmax of [%lld, %lld]", (long long)rows, (long long)columns);
  float *a = numbers(rows * ld, 30), *b = copy(a, rows * ld);
  // Each row's window of distances starts one place earlier than the row's before.
  float *bias = numbers(stride < 0 ? columns + rows - 1 : rows * columns, 5);
  if (columns > 3) bias[columns - 1] = -INFINITY;
  if (some(0, 2) == 0)
    bias = NULL;
  else if (stride < 0)
    bias += rows - 1;
  k->softmax(a, ld, bias, stride, rows, columns);
  twin->softmax(b, ld, bias, stride, rows, columns);
  expect_near("softmax", a, b, rows * ld, 6e-6);
  float *gradient = numbers(rows * ld, 1), *twin_gradient = copy(gradient, rows * ld);
  k->softmax_backward(b, gradient, ld, rows, columns);
  twin->softmax_backward(b, twin_gradient, ld, rows, columns);
  // Numbers between the rows are as large as the scores, and are not touched.
  expect_near("softmax_backward", gradient, twin_gradient, rows * ld, 6e-6);
}

static void test_projections(const struct ept_kernels *k, const struct ept_kernels *twin) {
  int64_t rows = some(1, 36), columns = some(1, 110), subspaces = some(1, 9), width = some(1, 7);
  int64_t vectors = subspaces * width;
  bool saving = some(0, 1);
  sizes("gated_projection of [%lld, %lld] with %lld * %lld vectors", (long long)rows,
        (long long)columns, (long long)subspaces, (long long)width);
  float *h = numbers(rows * columns, 1), *twin_h = copy(h, rows * columns);
  struct ept_gated_projection p = {
      .columns = columns, .subspaces = subspaces, .width = width,
      .down = numbers(vectors * columns, 0.3f), .up = numbers(vectors * columns, 1),
      .gate = subspaces > 1 ? numbers(subspaces * columns, 0.5f) : NULL};
  float *inner = room(rows * vectors * 4), *twin_inner = room(rows * vectors * 4);
  float *weights = room(rows * subspaces * 4), *twin_weights = room(rows * subspaces * 4);
  float *scratch = room(k->gated_projection_scratch(subspaces, width) * 4);
  float *twin_scratch = room(twin->gated_projection_scratch(subspaces, width) * 4);
  k->gated_projection(&p, h, rows, saving ? inner : NULL, saving ? weights : NULL, scratch);
  twin->gated_projection(&p, twin_h, rows, saving ? twin_inner : NULL, saving ? twin_weights : NULL,
                         twin_scratch);
  expect_near("gated_projection", h, twin_h, rows * columns, 4e-5);
  expect_near("inner", inner, twin_inner, rows * vectors, 2e-5);
  expect_near("weights", weights, twin_weights, rows * subspaces, 2e-6);
}

void test_layers(const struct ept_kernels *kernels, const struct ept_kernels *twin) {
  seed(3);
  for (int round = 0; round < 40; round++) {
    test_norms(kernels, twin);
    test_softmax(kernels, twin);
    test_projections(kernels, twin);
    clear();
  }
}
