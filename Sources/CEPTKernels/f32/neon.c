#include "CEPTKernels.h"

#if defined(__aarch64__)
// NEON is part of every aarch64 processor. Its registers have four lanes, so a vector is two of them: of
// the 32 registers a product's block has 24 of sums, 4 of the panel and those of its factors.
#define EPT_LANES 8
#define EPT_ROWS 6
#define EPT_TABLE ept_kernels_neon
#include "loops.inc"
#endif
