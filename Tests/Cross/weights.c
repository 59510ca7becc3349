#include "twins.h"

#include <string.h>

static void test_encoders(enum ept_isa isa) {
  int64_t rows = some(1, 16), columns = some(1, some(0, 3) == 0 ? 1100 : 140);
  const float scales[] = {1, 1e-30f, 30, 0x1p-147f, 0};
  sizes("panel of [%lld, %lld]", (long long)rows, (long long)columns);
  float *x = numbers(rows * columns, scales[some(0, 4)]);
  int64_t q8 = (columns + 3) / 4 * 64, groups = (columns + 31) / 32;
  uint8_t *codes = room(q8), *twin_codes = room(q8);
  float *q8_scales = room(64), *twin_q8_scales = room(64);
  enum ept_quantized a = ept_quantize_q8(isa, x, rows, columns, codes, q8_scales);
  enum ept_quantized b = ept_quantize_q8(EPT_ISA_SCALAR, x, rows, columns, twin_codes, twin_q8_scales);
  expect(a == EPT_QUANTIZED && b == EPT_QUANTIZED, "q8 is refused");
  expect_same("q8", codes, twin_codes, q8);
  expect_same("q8's scales", q8_scales, twin_q8_scales, 64);
  codes = room(groups * 256), twin_codes = room(groups * 256);
  uint16_t *q4_scales = room(groups * 32), *twin_q4_scales = room(groups * 32);
  a = ept_quantize_q4(isa, x, rows, columns, codes, q4_scales);
  b = ept_quantize_q4(EPT_ISA_SCALAR, x, rows, columns, twin_codes, twin_q4_scales);
  expect(a == EPT_QUANTIZED && b == EPT_QUANTIZED, "q4 is refused");
  expect_same("q4", codes, twin_codes, groups * 256);
  expect_same("q4's scales", q4_scales, twin_q4_scales, groups * 32);
}

static void test_planes(enum ept_isa isa) {
  int64_t count = some(0, 200);
  int width = some(0, 1) ? 2 : 4;
  sizes("planes of %lld numbers of %d bytes", (long long)count, width);
  uint8_t *x = room(count * width), *planes = room(count * width), *twin = room(count * width);
  for (int64_t i = 0; i < count * width; i++) x[i] = (uint8_t)some(0, 255);
  ept_split_planes(isa, x, count, width, planes);
  ept_split_planes(EPT_ISA_SCALAR, x, count, width, twin);
  expect_same("planes", planes, twin, count * width);
  const uint8_t *places[4];
  for (int i = 0; i < width; i++) places[i] = planes + i * count;
  ept_join_planes(isa, places, count, width, twin);
  expect_same("joined numbers", twin, x, count * width);
}

// What has one version for all sets, against its definition.
static void test_panels(void) {
  int64_t outputs = some(1, 40), inputs = some(1, 70);
  int64_t panels = (outputs + 15) / 16, groups = (inputs + 3) / 4, bytes = panels * groups * 64;
  sizes("panels of [%lld, %lld]", (long long)outputs, (long long)inputs);
  uint8_t *codes = room(bytes);
  memset(codes, 128, (size_t)bytes);
  float *decoded = room(outputs * inputs * 4), *twin = room(outputs * inputs * 4);
  float *scales = numbers(panels * 16, 1);
  for (int64_t row = 0; row < outputs; row++)
    for (int64_t i = 0; i < inputs; i++) {
      int byte = (int)some(0, 255);
      codes[((row / 16 * groups + i / 4) * 16 + row % 16) * 4 + i % 4] = (uint8_t)byte;
      twin[row * inputs + i] = scales[row] * (float)(byte - 128);
    }
  struct ept_int8_weights weights = {codes, scales, outputs, inputs, groups * 64};
  ept_int8_decode(&weights, 0, outputs, decoded);
  expect_same("decoded rows", decoded, twin, outputs * inputs * 4);
  int64_t wide_groups = (outputs + 3) / 4, wide = (inputs + 15) / 16 * wide_groups * 64;
  uint8_t *transposed = room(wide), *twin_transposed = room(wide);
  memset(twin_transposed, 128, (size_t)wide);
  for (int64_t row = 0; row < outputs; row++)
    for (int64_t i = 0; i < inputs; i++)
      twin_transposed[((i / 16 * wide_groups + row / 4) * 16 + i % 16) * 4 + row % 4] =
          codes[((row / 16 * groups + i / 4) * 16 + row % 16) * 4 + i % 4];
  ept_int8_transpose(codes, outputs, inputs, transposed);
  expect_same("transposed panels", transposed, twin_transposed, wide);
}

void test_weights(enum ept_isa isa) {
  seed(6);
  for (int round = 0; round < 60; round++) {
    test_encoders(isa);
    test_planes(isa);
    test_panels();
    clear();
  }
}
