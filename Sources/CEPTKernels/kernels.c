#include "CEPTKernels.h"
