#include "CEPTKernels.h"

#if defined(__aarch64__)
#define EPT_INT8_TABLE ept_int8_kernels_neon
#define EPT_SIGNED_WEIGHTS
#include "int8_neon.inc"

// Half a panel at a time: 8 outputs, whose sums of even and odd pairs of inputs stand apart. Products
// of signed bytes fit 16 bits, their sums need not: -128 * -128 * 2 is 32768. So pairs are added as
// 32 bits.
INLINE void half_tile(const int rows, const int half, const code *x, int64_t stride,
                      const uint8_t *weights, int64_t groups, int32x4_t sums[TILE_ROWS][4]) {
  int32x4_t pairs[TILE_ROWS][4];
#pragma clang loop unroll(full)
  for (int row = 0; row < rows; row++)
#pragma clang loop unroll(full)
    for (int part = 0; part < 4; part++) pairs[row][part] = vdupq_n_s32(0);
#pragma clang loop unroll(disable)
  for (int64_t group = 0; group < groups; group++) {
    int8x16_t w0 = signed_weights(weights + group * 64 + half * 32);
    int8x16_t w1 = signed_weights(weights + group * 64 + half * 32 + 16);
#pragma clang loop unroll(full)
    for (int row = 0; row < rows; row++) {
      int8x16_t factor = group_codes(x + row * stride + 4 * group);
      int16x8_t products[4] = {
          vmull_s8(vget_low_s8(w0), vget_low_s8(factor)), vmull_high_s8(w0, factor),
          vmull_s8(vget_low_s8(w1), vget_low_s8(factor)), vmull_high_s8(w1, factor)};
#pragma clang loop unroll(full)
      for (int part = 0; part < 4; part++)
        pairs[row][part] = vpadalq_s16(pairs[row][part], products[part]);
    }
  }
#pragma clang loop unroll(full)
  for (int row = 0; row < rows; row++)
#pragma clang loop unroll(full)
    for (int part = 0; part < 2; part++)
      sums[row][2 * half + part] =
          vpaddq_s32(pairs[row][2 * part], pairs[row][2 * part + 1]);
}

INLINE void tile(const int rows, const int panels, const code *x, int64_t stride,
                 const uint8_t *weights, const int16_t *wide, int64_t groups, int64_t panel_bytes,
                 struct ahead ahead, vi sums[TILE_ROWS][TILE_VECTORS]) {
  (void)panels;
  (void)wide;
  (void)panel_bytes;
  (void)ahead;
  int32x4_t sum[TILE_ROWS][4];
  half_tile(rows, 0, x, stride, weights, groups, sum);
  half_tile(rows, 1, x, stride, weights, groups, sum);
#pragma clang loop unroll(full)
  for (int row = 0; row < rows; row++) {
    add_outliers(x + row * stride, stride, weights, sum[row]);
    sums[row][0] = joined(sum[row][0], sum[row][1]);
    sums[row][1] = joined(sum[row][2], sum[row][3]);
  }
}

#include "int8.inc"
#endif
