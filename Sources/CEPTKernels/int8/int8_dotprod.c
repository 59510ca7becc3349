#include "CEPTKernels.h"

#if defined(__aarch64__)
#define EPT_INT8_TABLE ept_int8_kernels_dotprod
#define EPT_SIGNED_WEIGHTS
#include <arm_neon.h>
#pragma clang attribute push(__attribute__((target("dotprod"))), apply_to = function)
#include "int8_neon.inc"

// sdot: four products of signed bytes in each lane.
INLINE void tile(const int rows, const int panels, const code *x, int64_t stride,
                 const uint8_t *weights, const int16_t *wide, int64_t groups, int64_t panel_bytes,
                 struct ahead ahead, vi sums[TILE_ROWS][TILE_VECTORS]) {
  (void)panels;
  (void)wide;
  (void)panel_bytes;
  (void)ahead;
  int32x4_t sum[TILE_ROWS][4];
#pragma clang loop unroll(full)
  for (int row = 0; row < rows; row++)
#pragma clang loop unroll(full)
    for (int part = 0; part < 4; part++) sum[row][part] = vdupq_n_s32(0);
#pragma clang loop unroll(disable)
  for (int64_t group = 0; group < groups; group++) {
    int8x16_t w[4];
#pragma clang loop unroll(full)
    for (int part = 0; part < 4; part++) w[part] = signed_weights(weights + group * 64 + part * 16);
#pragma clang loop unroll(full)
    for (int row = 0; row < rows; row++) {
      int8x16_t factor = group_codes(x + row * stride + 4 * group);
#pragma clang loop unroll(full)
      for (int part = 0; part < 4; part++)
        sum[row][part] = vdotq_s32(sum[row][part], w[part], factor);
    }
  }
#pragma clang loop unroll(full)
  for (int row = 0; row < rows; row++) {
    add_outliers(x + row * stride, stride, weights, sum[row]);
    sums[row][0] = joined(sum[row][0], sum[row][1]);
    sums[row][1] = joined(sum[row][2], sum[row][3]);
  }
}

#include "int8.inc"
#pragma clang attribute pop
#endif
