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

#define EPT_PACKS_CODES
INLINE vi pack_codes(const vi q[4], code *to, vi sum) {
  __m512i low = _mm512_packs_epi32((__m512i)q[0], (__m512i)q[1]);
  __m512i high = _mm512_packs_epi32((__m512i)q[2], (__m512i)q[3]);
  // Packing goes on within quarters of a vector.
  const __m512i order = _mm512_set_epi32(15, 11, 7, 3, 14, 10, 6, 2, 13, 9, 5, 1, 12, 8, 4, 0);
  __m512i codes = _mm512_permutexvar_epi32(order, _mm512_packs_epi16(low, high));
  _mm512_storeu_si512(to, codes);
  return (vi)_mm512_dpbusd_epi32((__m512i)sum, _mm512_set1_epi8(1), codes);
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
      // Kept from becoming an operand in memory, which would be loaded once a panel.
      __asm__("" : "+v"(factor));
#pragma clang loop unroll(full)
      for (int panel = 0; panel < panels; panel++)
        sum[row][panel] = _mm512_dpbusd_epi32(sum[row][panel], w[panel], factor);
    }
  }
#pragma clang loop unroll(full)
  for (int row = 0; row < rows; row++)
#pragma clang loop unroll(full)
    for (int panel = 0; panel < panels; panel++) sums[row][panel] = (vi)sum[row][panel];
}

#include "int8.inc"
#pragma clang attribute pop
#endif
