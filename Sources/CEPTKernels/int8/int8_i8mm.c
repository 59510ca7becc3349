#include "CEPTKernels.h"

#if defined(__aarch64__)
#define EPT_INT8_TABLE ept_int8_kernels_i8mm
#include <arm_neon.h>
#pragma clang attribute push(__attribute__((target("i8mm"))), apply_to = function)
#include "int8_neon.inc"

// usmmla: sum [2 outputs, 2 rows] += weights [2, 8] * codes [2, 8]^T. Weights are unsigned as they are
// in the panel; smmla would need q + 128 made q first.
INLINE void tile(const int rows, const int panels, const code *x, int64_t stride,
                 const uint8_t *weights, const int16_t *wide, int64_t groups, int64_t panel_bytes,
                 struct ahead ahead, vi sums[TILE_ROWS][TILE_VECTORS]) {
  (void)panels;
  (void)wide;
  (void)panel_bytes;
  (void)ahead;
  enum { PAIRS = TILE_ROWS / 2 };
  const int pairs = (rows + 1) / 2;
  int32x4_t sum[PAIRS][8];
  const code *row_of[TILE_ROWS];
#pragma clang loop unroll(full)
  for (int i = 0; i < 2 * pairs; i++) row_of[i] = x + (i < rows ? i : rows - 1) * stride;
#pragma clang loop unroll(full)
  for (int pair = 0; pair < pairs; pair++)
#pragma clang loop unroll(full)
    for (int i = 0; i < 8; i++) sum[pair][i] = vdupq_n_s32(0);
#pragma clang loop unroll(disable)
  for (int64_t group = 0; group < groups; group += 2) {
    const uint8_t *first = weights + group * 64;
    // The last group may be alone: codes have zeros up to a multiple of 8, and whatever weights do.
    const uint8_t *second = group + 1 < groups ? first + 64 : first;
    int8x16_t codes[PAIRS];
#pragma clang loop unroll(full)
    for (int pair = 0; pair < pairs; pair++)
      codes[pair] = vcombine_s8(vld1_s8(row_of[2 * pair] + 4 * group),
                                vld1_s8(row_of[2 * pair + 1] + 4 * group));
#pragma clang loop unroll(full)
    for (int part = 0; part < 4; part++) {
      // Four outputs of four inputs each, from two groups: eight inputs of two outputs, twice.
      uint32x4_t a = vreinterpretq_u32_u8(vld1q_u8(first + part * 16));
      uint32x4_t b = vreinterpretq_u32_u8(vld1q_u8(second + part * 16));
      uint8x16_t low = vreinterpretq_u8_u32(vzip1q_u32(a, b));
      uint8x16_t high = vreinterpretq_u8_u32(vzip2q_u32(a, b));
#pragma clang loop unroll(full)
      for (int pair = 0; pair < pairs; pair++) {
        sum[pair][2 * part] = vusmmlaq_s32(sum[pair][2 * part], low, codes[pair]);
        sum[pair][2 * part + 1] = vusmmlaq_s32(sum[pair][2 * part + 1], high, codes[pair]);
      }
    }
  }
#pragma clang loop unroll(full)
  for (int row = 0; row < rows; row++) {
    int32x4_t outputs[4];
#pragma clang loop unroll(full)
    for (int part = 0; part < 4; part++) {
      int32x4_t a = sum[row / 2][2 * part], b = sum[row / 2][2 * part + 1];
      outputs[part] = row % 2 == 0 ? vuzp1q_s32(a, b) : vuzp2q_s32(a, b);
    }
    add_outliers(x + row * stride, stride, weights, outputs);
    sums[row][0] = joined(outputs[0], outputs[1]);
    sums[row][1] = joined(outputs[2], outputs[3]);
  }
}

#include "int8.inc"
#pragma clang attribute pop
#endif
