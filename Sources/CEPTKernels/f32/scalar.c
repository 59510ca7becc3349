#include "CEPTKernels.h"

#define EPT_LANES 1
#define EPT_ROWS 4
#define EPT_TABLE ept_kernels_scalar
#include "loops.inc"
