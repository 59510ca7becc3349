#define _GNU_SOURCE
#include "CEPTTestSupport.h"

#include <errno.h>
#include <malloc.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

static __thread bool is_counting;
static __thread struct ept_allocations counts;
static __thread ptrdiff_t in_use;

void ept_allocations_begin(void) {
  counts = (struct ept_allocations){0};
  in_use = 0;
  is_counting = true;
}

struct ept_allocations ept_allocations_end(void) {
  is_counting = false;
  return counts;
}

double ept_thread_seconds(void) {
  struct timespec time;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

#if defined(__GLIBC__)
extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);
extern void __libc_free(void *);

static void *noted(void *memory, size_t size) {
  if (!is_counting || memory == NULL) return memory;
  in_use += (ptrdiff_t)malloc_usable_size(memory);
  if (size > counts.largest) counts.largest = size;
  if (in_use > (ptrdiff_t)counts.peak) counts.peak = (size_t)in_use;
  counts.count++;
  return memory;
}

static void forgotten(void *memory) {
  if (is_counting && memory != NULL) in_use -= (ptrdiff_t)malloc_usable_size(memory);
}

void *malloc(size_t size) { return noted(__libc_malloc(size), size); }

void *calloc(size_t count, size_t size) { return noted(__libc_calloc(count, size), count * size); }

void *realloc(void *memory, size_t size) {
  forgotten(memory);
  return noted(__libc_realloc(memory, size), size);
}

void free(void *memory) {
  forgotten(memory);
  __libc_free(memory);
}

void *memalign(size_t alignment, size_t size) { return noted(__libc_memalign(alignment, size), size); }

void *aligned_alloc(size_t alignment, size_t size) { return memalign(alignment, size); }

int posix_memalign(void **memory, size_t alignment, size_t size) {
  void *made = memalign(alignment, size);
  if (made == NULL) return ENOMEM;
  *memory = made;
  return 0;
}
#endif
