#include "CEPTKernels.h"

#if defined(__x86_64__)
#include <immintrin.h>
#include <string.h>

#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define EPT_LANES 8
#define EPT_INT8_TABLE ept_int8_kernels_avx2
#define TILE_ROWS 6
#define TILE_PANELS 1
#include "int8_tile.inc"

// A panel's bytes are widened to 16 bits once for many rows, if it is no longer than this.
#define WIDEST_GROUPS 1024

// vpmaddubsw, which multiplies bytes, saturates the sum of two products. Its 16-bit twin has the
// same rate of multiplications and is exact, so rows are quantised to 16 bits at once. Outliers fit
// them too.
typedef int16_t code;

// [half of 2][groups][8 outputs][4], from [groups][16 outputs][4].
INLINE void widen(const uint8_t *weights, int64_t groups, int16_t *wide) {
  for (int64_t group = 0; group < groups; group++)
    for (int part = 0; part < 4; part++) {
      const __m128i *from = (const __m128i *)(weights + group * 64 + part * 16);
      int16_t *to = wide + (part / 2 * groups + group) * 32 + part % 2 * 16;
      _mm256_store_si256((__m256i *)to, _mm256_cvtepu8_epi16(_mm_loadu_si128(from)));
    }
}

// Half a panel at a time: 8 outputs, whose sums of even and odd pairs of inputs stand apart.
INLINE void half_tile(const int rows, const int half, const code *x, int64_t stride,
                      const uint8_t *weights, const int16_t *wide, int64_t groups,
                      vi sums[TILE_ROWS][TILE_VECTORS]) {
  __m256i low[TILE_ROWS], high[TILE_ROWS];
  const code *codes_of[TILE_ROWS];
#pragma clang loop unroll(full)
  for (int row = 0; row < rows; row++) {
    low[row] = high[row] = _mm256_setzero_si256();
    codes_of[row] = x + row * stride;
    // A register for each: else the compiler adds the stride again for every row of every group.
    __asm__("" : "+r"(codes_of[row]));
  }
#pragma clang loop unroll(disable)
  for (int64_t group = 0; group < groups; group++) {
    __m256i w0, w1;
    if (wide) {
      const __m256i *from = (const __m256i *)(wide + (half * groups + group) * 32);
      w0 = _mm256_load_si256(from);
      w1 = _mm256_load_si256(from + 1);
    } else {
      const __m128i *from = (const __m128i *)(weights + group * 64 + half * 32);
      w0 = _mm256_cvtepu8_epi16(_mm_loadu_si128(from));
      w1 = _mm256_cvtepu8_epi16(_mm_loadu_si128(from + 1));
    }
#pragma clang loop unroll(full)
    for (int row = 0; row < rows; row++) {
      int64_t four;
      memcpy(&four, codes_of[row] + 4 * group, sizeof four);
      __m256i factor = _mm256_set1_epi64x(four);
      low[row] = _mm256_add_epi32(low[row], _mm256_madd_epi16(w0, factor));
      high[row] = _mm256_add_epi32(high[row], _mm256_madd_epi16(w1, factor));
      // Sums stay in their 12 registers: in another order there are too few.
      __asm__("" : "+x"(low[row]), "+x"(high[row]));
    }
  }
#pragma clang loop unroll(full)
  for (int row = 0; row < rows; row++) {
    // Outputs 0 1 4 5 2 3 6 7.
    __m256i sum = _mm256_hadd_epi32(low[row], high[row]);
    sums[row][half] = (vi)_mm256_permute4x64_epi64(sum, 0xD8);
  }
}

INLINE void tile(const int rows, const int panels, const code *x, int64_t stride,
                 const uint8_t *weights, const int16_t *wide, int64_t groups, int64_t panel_bytes,
                 struct ahead ahead, vi sums[TILE_ROWS][TILE_VECTORS]) {
  (void)panels;
  (void)panel_bytes;
  (void)ahead;
  half_tile(rows, 0, x, stride, weights, wide, groups, sums);
  half_tile(rows, 1, x, stride, weights, wide, groups, sums);
}

#include "int8.inc"
#pragma clang attribute pop
#endif
