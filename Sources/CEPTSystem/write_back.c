#define _GNU_SOURCE
#include "CEPTSystem.h"

#include <fcntl.h>

void ept_begin_write_back(int descriptor) {
#if defined(__linux__)
  sync_file_range(descriptor, 0, 0, SYNC_FILE_RANGE_WRITE);
#else
  (void)descriptor;
#endif
}
