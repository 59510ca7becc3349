#include "twins.h"

#include <string.h>

// Tolerances are twice those of KernelTests.swift, since the twin may be off as well.

// Lengths around vectors' widths, now and then a long one.
static int64_t some_count(void) { return some(0, 9) == 0 ? some(0, 1100) : some(0, 70); }

static void test_arithmetic(const struct ept_kernels *k, const struct ept_kernels *twin) {
  int64_t count = some_count();
  sizes("[%lld]", (long long)count);
  float *x = numbers(count, 1), *y = numbers(count, 1);
  float *a = copy(x, count), *b = copy(x, count);
  k->add_scaled(a, y, -2, count);
  twin->add_scaled(b, y, -2, count);
  expect_near("add_scaled", a, b, count, 2e-6);
  k->multiply(a, x, y, count);
  twin->multiply(b, x, y, count);
  expect_same("multiply", a, b, count * 4);
  float dots[2] = {k->dot(x, y, count), twin->dot(x, y, count)};
  expect_near("dot", dots, dots + 1, 1, 2e-5);
  if (count == 0) return;
  float most[2] = {k->maximum(x, count), twin->maximum(x, count)};
  expect_same("maximum", most, most + 1, 4);
  for (int64_t i = 0; i < count; i++) a[i] = b[i] = 40 * x[i];
  float sums[2] = {k->exp_sum(a, 40, count), twin->exp_sum(b, 40, count)};
  expect_near("sum of exp_sum", sums, sums + 1, 1, 2e-5);
  // Tolerance is relative.
  for (int64_t i = 0; i < count; i++)
    if (b[i] > 0) a[i] /= b[i], b[i] = 1;
  expect_near("exp_sum", a, b, count, 8e-6);
}

static void test_rows(const struct ept_kernels *k, const struct ept_kernels *twin) {
  int64_t rows = some(0, 3), columns = some_count(), words = (columns + 511) / 512 * 16;
  sizes("[%lld, %lld]", (long long)rows, (long long)columns);
  float *x = numbers(rows * columns, 1), *bias = numbers(columns, 1);
  float *a = copy(x, rows * columns), *b = copy(x, rows * columns);
  k->add_bias(a, bias, rows, columns);
  twin->add_bias(b, bias, rows, columns);
  expect_same("add_bias", a, b, rows * columns * 4);
  k->relu(a, rows * columns);
  twin->relu(b, rows * columns);
  expect_same("relu", a, b, rows * columns * 4);
  int32_t *alive = room(rows * words * 4), *twin_alive = room(rows * words * 4);
  memcpy(a, x, (size_t)(rows * columns) * 4);
  memcpy(b, x, (size_t)(rows * columns) * 4);
  k->relu_keeping(a, alive, rows, columns);
  twin->relu_keeping(b, twin_alive, rows, columns);
  expect_same("relu_keeping", a, b, rows * columns * 4);
  expect_same("bits of relu_keeping", alive, twin_alive, rows * words * 4);
  float *gradient = numbers(rows * columns, 1), *twin_gradient = copy(gradient, rows * columns);
  k->relu_backward(gradient, alive, rows, columns);
  twin->relu_backward(twin_gradient, twin_alive, rows, columns);
  expect_same("relu_backward", gradient, twin_gradient, rows * columns * 4);
}

static void test_activations(const struct ept_kernels *k, const struct ept_kernels *twin) {
  enum ept_activation kind = (enum ept_activation)some(EPT_ACTIVATION_NONE, EPT_ACTIVATION_SILU);
  int64_t rows = some(1, 3), columns = some_count(), count = rows * columns;
  bool saving = some(0, 1), with_bias = some(0, 1);
  sizes("activation %d of [%lld, %lld], saving %d, bias %d", kind, (long long)rows,
        (long long)columns, saving, with_bias);
  float *a = numbers(count, some(0, 4) == 0 ? 300 : 9), *b = copy(a, count);
  float *bias = with_bias ? numbers(columns, 1) : NULL;
  float *slope = saving ? room(count * 4) : NULL, *twin_slope = saving ? room(count * 4) : NULL;
  k->activate(kind, a, bias, slope, rows, columns);
  twin->activate(kind, b, bias, twin_slope, rows, columns);
  expect_near("activate", a, b, count, 4e-6);
  if (saving) expect_near("slope", slope, twin_slope, count, 8e-6);

  float *gate = numbers(count, 9), *up = numbers(count, 2), *out = room(count * 4);
  float *twin_gate = copy(gate, count), *twin_up = copy(up, count), *twin_out = room(count * 4);
  k->gated(kind, gate, up, out, saving, count);
  twin->gated(kind, twin_gate, twin_up, twin_out, saving, count);
  expect_near("gated", out, twin_out, count, 4e-6);
  expect_near("gate's derivative", gate, twin_gate, count, 8e-6);
  expect_near("up's derivative", up, twin_up, count, 4e-6);
}

static void test_rotations(const struct ept_kernels *k, const struct ept_kernels *twin) {
  int64_t rows = some(0, 5), heads = some(1, 3), width = 2 * some(1, 40);
  int64_t ldx = heads * width + some(0, 3);
  bool inverse = some(0, 1);
  sizes("[%lld, %lld * %lld]", (long long)rows, (long long)heads, (long long)width);
  float *a = numbers(rows * ldx, 1), *b = copy(a, rows * ldx);
  float *cosines = numbers(8 * width / 2, 1), *sines = numbers(8 * width / 2, 1);
  int32_t *positions = room(rows * 4);
  for (int64_t row = 0; row < rows; row++) positions[row] = (int32_t)some(0, 7);
  k->rotate(a, ldx, rows, heads, width, cosines, sines, positions, inverse);
  twin->rotate(b, ldx, rows, heads, width, cosines, sines, positions, inverse);
  expect_near("rotate", a, b, rows * ldx, 2e-6);
}

void test_elements(const struct ept_kernels *kernels, const struct ept_kernels *twin) {
  seed(1);
  for (int round = 0; round < 60; round++) {
    test_arithmetic(kernels, twin);
    test_rows(kernels, twin);
    test_activations(kernels, twin);
    test_rotations(kernels, twin);
    clear();
  }
}
