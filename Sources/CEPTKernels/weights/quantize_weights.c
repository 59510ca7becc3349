#include "CEPTKernels.h"

#include <string.h>

// A fused multiplication and addition would round otherwise than the two do.
#pragma STDC FP_CONTRACT OFF

#define EPT_PANEL_ROWS 16
// Columns that are quantised at once, a multiple of 4.
#define EPT_TILE 512
#define EPT_INFINITY 0x7F800000u
// Adding 1.5 * 2^23 leaves no bits below 1, so the processor rounds to nearest,
// ties to even, and the low byte of the sum is the number.
#define EPT_ROUND 12582912.0f

static inline __attribute__((always_inline)) uint32_t bits_of(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  return bits;
}

static inline __attribute__((always_inline)) float float_of(uint32_t bits) {
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

// A finite binary32 as binary16, rounded to nearest, ties to even.
static uint16_t half_of(float value) {
  uint32_t bits = bits_of(value);
  uint16_t sign = (uint16_t)(bits >> 16 & 0x8000);
  bits &= 0x7FFFFFFF;
  if (bits >= 0x477FF000) return sign | 0x7C00;
  // Below 2^-14: adding 0.5 brings units of 2^-24 to the lowest bits, rounded.
  if (bits < 0x38800000) return sign | (uint16_t)(bits_of(float_of(bits) + 0.5f) - 0x3F000000);
  return sign | (uint16_t)((bits - 0x38000000 + 0xFFF + (bits >> 13 & 1)) >> 13);
}

// A finite binary16 as binary32.
static float float_of_half(uint16_t half) {
  // The exponents' biases are 15 and 127.
  float magnitude = float_of((uint32_t)(half & 0x7FFF) << 13) * 0x1p112f;
  return half & 0x8000 ? -magnitude : magnitude;
}

#define EPT_NAME(name) name##_scalar
#include "quantize_weights.inc"
#undef EPT_NAME

#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define EPT_NAME(name) name##_avx2
#include "quantize_weights.inc"
#undef EPT_NAME
#pragma clang attribute pop

#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma"))), apply_to = function)
#define EPT_NAME(name) name##_avx512
#include "quantize_weights.inc"
#undef EPT_NAME
#pragma clang attribute pop
#endif

enum ept_quantized ept_quantize_q8(int isa, const float *values, int64_t rows, int64_t columns,
                                   uint8_t *codes, float *scales) {
#if defined(__x86_64__)
  if (isa >= EPT_ISA_AVX512) return ept_quantize_q8_avx512(values, rows, columns, codes, scales);
  if (isa == EPT_ISA_AVX2) return ept_quantize_q8_avx2(values, rows, columns, codes, scales);
#else
  (void)isa;
#endif
  return ept_quantize_q8_scalar(values, rows, columns, codes, scales);
}

enum ept_quantized ept_quantize_q4(int isa, const float *values, int64_t rows, int64_t columns,
                                   uint8_t *codes, uint16_t *scales) {
#if defined(__x86_64__)
  if (isa >= EPT_ISA_AVX512) return ept_quantize_q4_avx512(values, rows, columns, codes, scales);
  if (isa == EPT_ISA_AVX2) return ept_quantize_q4_avx2(values, rows, columns, codes, scales);
#else
  (void)isa;
#endif
  return ept_quantize_q4_scalar(values, rows, columns, codes, scales);
}
