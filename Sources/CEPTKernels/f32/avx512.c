#include "CEPTKernels.h"

#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma"))), apply_to = function)
#define EPT_LANES 16
#define EPT_ROWS 12
#define EPT_TABLE ept_kernels_avx512
#include "loops.inc"
#pragma clang attribute pop
#endif
