#include "twins.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

static struct ept_int8_rows some_rows(const struct ept_int8_kernels *kernels, int64_t rows,
                                      int64_t columns) {
  return (struct ept_int8_rows){.codes = room(rows * kernels->row_bytes(columns)),
                                .scales = room(rows * 4), .offsets = room(rows * 4)};
}

// Rows of noise. Among them: one of zeros, one of the extremes, and such as have outliers.
static float *some_numbers(int64_t rows, int64_t columns) {
  float *x = numbers(rows * columns, 3);
  for (int64_t row = 1; row < rows; row++, x[0] = 3) {
    float *to = x + row * columns;
    int64_t kind = some(0, 5), outliers = kind > 2 ? some(1, 17) : 0;
    for (int64_t i = 0; i < columns && kind < 2; i++) to[i] = kind == 0 ? 0 : i % 2 == 0 ? 2 : -2;
    for (int64_t i = 0; i < outliers; i++) to[some(0, columns - 1)] *= (float)some(2, 30);
    // Side by side, where signs and weights may all be the lowest.
    if (kind == 5 && columns > 8) to[4] = to[5] = to[6] = to[7] = -40;
  }
  return x;
}

static uint8_t *some_weights(int64_t bytes) {
  uint8_t *weights = room(bytes);
  int64_t kind = some(0, 3);
  for (int64_t i = 0; i < bytes; i++)
    weights[i] = (uint8_t)(kind == 0 ? 0 : kind == 1 ? 255 : some(0, 255));
  return weights;
}

// A product of some of a matrix's columns and panels: both tables' rows and outputs.
static void test_product(const struct ept_int8_kernels *kernels, const struct ept_int8_kernels *twin,
                         int64_t rows, int64_t outputs, int64_t inputs) {
  enum ept_activation activation =
      (enum ept_activation)some(EPT_ACTIVATION_NONE, EPT_ACTIVATION_GELU);
  int64_t panels = (outputs + 15) / 16, groups = (inputs + 3) / 4, ldx = inputs + some(0, 3);
  int64_t panel_bytes = 64 * (groups + (inputs % 4 == 0 ? some(0, 2) : 0));
  int64_t ldy = outputs + some(0, 3), first = some(0, panels - 1), last = some(first + 1, panels);
  bool adding = some(0, 1);
  sizes("int8 [%lld, %lld] * [%lld], panels %lld to %lld, activation %d, adding %d", (long long)rows,
        (long long)inputs, (long long)outputs, (long long)first, (long long)last, activation, adding);
  float *x = some_numbers(rows, ldx), *factors = some(0, 1) ? numbers(inputs, 1) : NULL;
  float *y = numbers(rows * ldy, 1), *twin_y = copy(y, rows * ldy);
  struct ept_int8_rows quantized = some_rows(kernels, rows, inputs);
  struct ept_int8_rows twin_quantized = some_rows(twin, rows, inputs);
  kernels->quantize(x, ldx, factors, rows, inputs, quantized);
  twin->quantize(x, ldx, factors, rows, inputs, twin_quantized);
  expect_same("scales", quantized.scales, twin_quantized.scales, rows * 4);
  expect_same("offsets", quantized.offsets, twin_quantized.offsets, rows * 4);
  // Scales are never below 0: a sum of 0 would become a zero with a sign, which a bias of 0 takes off.
  float *scales = numbers(panels * 16, 0.01f);
  for (int64_t i = 0; i < panels * 16; i++) scales[i] = fabsf(scales[i]);
  struct ept_int8_product product = {
      .weights = {.codes = some_weights(panels * panel_bytes),
                  .scales = some(0, 3) ? scales : NULL, .outputs = outputs,
                  .inputs = inputs, .panel_bytes = panel_bytes},
      .x = quantized, .rows = rows, .first_panel = first, .last_panel = last,
      .bias = some(0, 1) ? numbers(outputs, 1) : NULL, .activation = activation, .adding = adding,
      .y = y, .ldy = ldy};
  kernels->product(&product);
  product.x = twin_quantized;
  product.y = twin_y;
  twin->product(&product);
  // GELU alone is not the same to the bit: twice the tolerance of Int8KernelTests.swift.
  if (activation == EPT_ACTIVATION_GELU)
    expect_near("output", y, twin_y, rows * ldy, 2e-6);
  else
    expect_same("output", y, twin_y, rows * ldy * 4);
  clear();
}

// Scales and offsets alone, of numbers from the smallest to the largest.
static void test_extremes(const struct ept_int8_kernels *kernels,
                          const struct ept_int8_kernels *twin) {
  const float scales[] = {1, 1e-30f, 1e30f, 0x1p-147f, 0};
  for (int i = 0; i < 5; i++)
    for (int round = 0; round < 8; round++) {
      int64_t columns = some(1, 300);
      sizes("rows of %lld up to %g", (long long)columns, scales[i]);
      float *x = numbers(3 * columns, scales[i]);
      struct ept_int8_rows rows = some_rows(kernels, 3, columns);
      struct ept_int8_rows twin_rows = some_rows(twin, 3, columns);
      kernels->quantize(x, columns, NULL, 3, columns, rows);
      twin->quantize(x, columns, NULL, 3, columns, twin_rows);
      expect_same("scales", rows.scales, twin_rows.scales, 12);
      expect_same("offsets", rows.offsets, twin_rows.offsets, 12);
      clear();
    }
}

// Rows that have numbers which are none leave their neighbours alone.
static void test_not_finite(const struct ept_int8_kernels *kernels,
                            const struct ept_int8_kernels *twin) {
  const float values[] = {NAN, INFINITY, -INFINITY};
  for (int i = 0; i < 3; i++)
    for (int64_t count = 1; count <= 256; count *= 4) {
      sizes("a row with %lld of %g", (long long)count, values[i]);
      float *x = numbers(3 * 256, 1);
      for (int64_t j = 0; j < count; j++) x[256 + (j * 5 + 1) % 256] = values[i];
      struct ept_int8_rows rows = some_rows(kernels, 3, 256), twin_rows = some_rows(twin, 3, 256);
      kernels->quantize(x, 256, NULL, 3, 256, rows);
      twin->quantize(x, 256, NULL, 3, 256, twin_rows);
      for (int row = 0; row < 3; row += 2) {
        expect_same("scale", rows.scales + row, twin_rows.scales + row, 4);
        expect_same("offset", rows.offsets + row, twin_rows.offsets + row, 4);
      }
      clear();
    }
}

void test_int8(const struct ept_int8_kernels *kernels, const struct ept_int8_kernels *twin) {
  seed(5);
  test_product(kernels, twin, 1, 1, 1);
  test_product(kernels, twin, 0, 16, 8);
  test_product(kernels, twin, 2, 130, 4100);
  test_product(kernels, twin, 40, 96, 1024);
  for (int round = 0; round < 3; round++) test_product(kernels, twin, 7, 16, EPT_INT8_LONGEST_ROW);
  for (int round = 0; round < 150; round++)
    test_product(kernels, twin, some(1, 20), some(1, 70), some(1, round % 4 == 0 ? 1030 : 140));
  test_extremes(kernels, twin);
  test_not_finite(kernels, twin);
}
