#define _GNU_SOURCE
#include "CEPTSystem.h"

#include <sched.h>
#include <stdlib.h>

int ept_processors_allowed(void) {
#if defined(__linux__)
  // The kernel's own mask may be larger than `cpu_set_t`; then it asks for more room.
  for (int processors = 1024; processors <= 1 << 20; processors *= 4) {
    cpu_set_t *set = CPU_ALLOC(processors);
    if (set == NULL) return 0;
    size_t size = CPU_ALLOC_SIZE(processors);
    int allowed = sched_getaffinity(0, size, set) == 0 ? CPU_COUNT_S(size, set) : 0;
    CPU_FREE(set);
    if (allowed > 0) return allowed;
  }
#endif
  return 0;
}
