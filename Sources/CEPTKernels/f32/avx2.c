#include "CEPTKernels.h"

#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define EPT_LANES 8
#define EPT_ROWS 6
#define EPT_TABLE ept_kernels_avx2
#include "loops.inc"
#pragma clang attribute pop
#endif
