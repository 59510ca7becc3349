#define _GNU_SOURCE
#include "CBLAS.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

typedef void (*sgemm_function)(int order, int transpose_a, int transpose_b, int m, int n, int k,
                               float alpha, const float *a, int lda, const float *b, int ldb,
                               float beta, float *c, int ldc);
typedef void (*set_threads_function)(int);

enum { ROW_MAJOR = 101, NO_TRANSPOSE = 111, TRANSPOSE = 112 };

static pthread_once_t once = PTHREAD_ONCE_INIT;
static sgemm_function sgemm;
static char failure[256];

static void open_library(void) {
#if defined(__x86_64__)
  // Only Intel processors are misread; AMD ones are detected as they are.
  __builtin_cpu_init();
  if (__builtin_cpu_is("intel") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512vl")) {
    setenv("OPENBLAS_CORETYPE", "SkylakeX", 0);
  }
#endif
  void *library = dlopen("libopenblas.so.0", RTLD_NOW | RTLD_LOCAL);
  if (library == NULL) {
    strncpy(failure, dlerror(), sizeof failure - 1);
    return;
  }
  set_threads_function set_threads =
      (set_threads_function)dlsym(library, "openblas_set_num_threads");
  sgemm = (sgemm_function)dlsym(library, "cblas_sgemm");
  if (sgemm == NULL) {
    strncpy(failure, "libopenblas.so.0 has no cblas_sgemm", sizeof failure - 1);
    return;
  }
  // Callers split their rows over threads themselves.
  if (set_threads != NULL) set_threads(1);
}

bool ept_blas_open(void) {
  pthread_once(&once, open_library);
  return sgemm != NULL;
}

const char *ept_blas_error(void) { return failure; }

void ept_sgemm(bool transpose_a, bool transpose_b, int64_t m, int64_t n, int64_t k, float alpha,
               const float *a, int64_t lda, const float *b, int64_t ldb, float beta, float *c,
               int64_t ldc) {
  sgemm(ROW_MAJOR, transpose_a ? TRANSPOSE : NO_TRANSPOSE, transpose_b ? TRANSPOSE : NO_TRANSPOSE,
        (int)m, (int)n, (int)k, alpha, a, (int)lda, b, (int)ldb, beta, c, (int)ldc);
}
