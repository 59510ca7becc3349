#include "CEPTKernels.h"

#include <string.h>

#define EPT_NAME(name) name##_scalar
#include "byte_planes.inc"
#undef EPT_NAME

#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2"))), apply_to = function)
#define EPT_NAME(name) name##_avx2
#include "byte_planes.inc"
#undef EPT_NAME
#pragma clang attribute pop

#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2"))), apply_to = function)
#define EPT_NAME(name) name##_avx512
#include "byte_planes.inc"
#undef EPT_NAME
#pragma clang attribute pop
#endif

void ept_split_planes(int isa, const void *numbers, int64_t count, int width, uint8_t *planes) {
#if defined(__x86_64__)
  if (isa >= EPT_ISA_AVX512) return ept_split_avx512(numbers, count, width, planes);
  if (isa == EPT_ISA_AVX2) return ept_split_avx2(numbers, count, width, planes);
#else
  (void)isa;
#endif
  ept_split_scalar(numbers, count, width, planes);
}

void ept_join_planes(int isa, const uint8_t *const *planes, int64_t count, int width, void *numbers) {
#if defined(__x86_64__)
  if (isa >= EPT_ISA_AVX512) return ept_join_avx512(planes, count, width, numbers);
  if (isa == EPT_ISA_AVX2) return ept_join_avx2(planes, count, width, numbers);
#else
  (void)isa;
#endif
  ept_join_scalar(planes, count, width, numbers);
}
