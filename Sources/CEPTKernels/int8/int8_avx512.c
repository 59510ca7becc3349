#include "CEPTKernels.h"

#if defined(__x86_64__)
#include <immintrin.h>
#include <string.h>

#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma"))), apply_to = function)
#define EPT_LANES 16
#define EPT_INT8_TABLE ept_int8_kernels_avx512
// 24 registers of sums, 3 of weights; 11 loads for 24 products.
#define TILE_ROWS 8
#define TILE_PANELS 3
#include "int8_tile.inc"

typedef int8_t code;

#include "int8_outliers.inc"

INLINE void keep_where(vi above, vi rest, int64_t column, struct outliers *kept) {
  __mmask16 mask = _mm512_movepi32_mask((__m512i)above);
  __m512i lanes = _mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
  __m512i entries = _mm512_or_si512(
      _mm512_slli_epi32((__m512i)rest, 16),
      _mm512_add_epi32(lanes, _mm512_set1_epi32((int)column)));
  int count = __builtin_popcount(mask);
  // Not straight to memory, which is slow on some processors.
  _mm512_mask_storeu_epi32(kept->of + kept->count, (__mmask16)((1 << count) - 1),
                           _mm512_maskz_compress_epi32(mask, entries));
  kept->count += count;
}

INLINE vi pack_codes(const vi q[4], code *to, vi sum) {
  __m512i low = _mm512_packs_epi32((__m512i)q[0], (__m512i)q[1]);
  __m512i high = _mm512_packs_epi32((__m512i)q[2], (__m512i)q[3]);
  // Packing goes on within quarters of a vector.
  const __m512i order = _mm512_set_epi32(15, 11, 7, 3, 14, 10, 6, 2, 13, 9, 5, 1, 12, 8, 4, 0);
  __m512i codes = _mm512_permutexvar_epi32(order, _mm512_packs_epi16(low, high));
  _mm512_storeu_si512(to, codes);
  return (vi)_mm512_dpbusd_epi32((__m512i)sum, _mm512_set1_epi8(1), codes);
}

// Adds the products of one outlier of a row, or of none, to the row's sums.
INLINE void add_outlier(uint32_t outlier, const int panels, const uint8_t *weights,
                        int64_t panel_bytes, __m512i sum[TILE_PANELS]) {
  int64_t column = outlier & 0xFFFF;
  // A pair of 16 bits an output: the rest, then 0.
  __m512i factor = _mm512_srli_epi32(_mm512_set1_epi32((int)outlier), 16);
  // Byte column % 4 of every output; 0x80 makes a zero.
  __m512i choice = _mm512_add_epi32(
      _mm512_set4_epi32((int)0x8080800C, (int)0x80808008, (int)0x80808004, (int)0x80808000),
      _mm512_set1_epi32((int)(column % 4)));
#pragma clang loop unroll(full)
  for (int panel = 0; panel < panels; panel++) {
    __m512i w = _mm512_loadu_si512(weights + panel * panel_bytes + column / 4 * 64);
    sum[panel] = _mm512_dpwssd_epi32(sum[panel], _mm512_shuffle_epi8(w, choice), factor);
  }
}

// Adds the products of the outliers of `rows` rows, a constant where it is called.
INLINE void add_outliers(const int rows, const int panels, const code *x, int64_t stride,
                         const uint8_t *weights, int64_t panel_bytes,
                         __m512i sum[TILE_ROWS][TILE_PANELS]) {
  // As many for every row as one of them has, since a loop a row would end unforeseen in each.
  int32_t outliers = 0;
#pragma clang loop unroll(full)
  for (int row = 0; row < rows; row++) {
    int32_t count = outliers_of(x + row * stride, stride)->count;
    outliers = count > outliers ? count : outliers;
  }
#pragma clang loop unroll(disable)
  for (int32_t i = 0; i < outliers; i++)
#pragma clang loop unroll(full)
    for (int row = 0; row < rows; row++)
      add_outlier(outliers_of(x + row * stride, stride)->of[i], panels, weights, panel_bytes,
                  sum[row]);
}

INLINE void tile(const int rows, const int panels, const code *x, int64_t stride,
                 const uint8_t *weights, const int16_t *wide, int64_t groups, int64_t panel_bytes,
                 struct ahead ahead, vi sums[TILE_ROWS][TILE_VECTORS]) {
  (void)wide;
  __m512i sum[TILE_ROWS][TILE_PANELS], w[TILE_PANELS];
#pragma clang loop unroll(full)
  for (int row = 0; row < rows; row++)
#pragma clang loop unroll(full)
    for (int panel = 0; panel < panels; panel++) sum[row][panel] = _mm512_setzero_si512();
  for (int64_t group = 0; group < groups; group++) {
#pragma clang loop unroll(full)
    for (int panel = 0; panel < panels; panel++) {
      const uint8_t *block = weights + panel * panel_bytes + group * 64;
      w[panel] = _mm512_loadu_si512(block);
      // Few rows: as many bytes of weights as products, straight from memory.
      if (rows <= 4) _mm_prefetch(block + 1024, _MM_HINT_T0);
    }
    if (rows > 4) _mm_prefetch(ahead.bytes + group * ahead.step, _MM_HINT_T1);
#pragma clang loop unroll(full)
    for (int row = 0; row < rows; row++) {
      int32_t four;
      memcpy(&four, x + row * stride + 4 * group, sizeof four);
      __m512i factor = _mm512_set1_epi32(four);
      // Stops the compiler from making it an operand in memory, which is loaded once a panel.
      __asm__("" : "+v"(factor));
#pragma clang loop unroll(full)
      for (int panel = 0; panel < panels; panel++)
        sum[row][panel] = _mm512_dpbusd_epi32(sum[row][panel], w[panel], factor);
    }
  }
  add_outliers(rows, panels, x, stride, weights, panel_bytes, sum);
#pragma clang loop unroll(full)
  for (int row = 0; row < rows; row++)
#pragma clang loop unroll(full)
    for (int panel = 0; panel < panels; panel++) sums[row][panel] = (vi)sum[row][panel];
}

#include "int8.inc"
#pragma clang attribute pop

#include "int8_amx.inc"
#endif
