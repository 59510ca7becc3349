#ifndef CEPT_KERNELS_H
#define CEPT_KERNELS_H

// Inner loops in C: no logic, no allocation, no threads.

#include <stddef.h>
#include <stdint.h>

#endif
