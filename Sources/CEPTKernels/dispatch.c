#include "CEPTKernels.h"

#include <stdlib.h>
#include <string.h>

extern const struct ept_kernels ept_kernels_scalar;
extern const struct ept_int8_kernels ept_int8_kernels_scalar;

#if defined(__x86_64__)
#include <cpuid.h>
#if defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#endif

extern const struct ept_kernels ept_kernels_avx2;
extern const struct ept_kernels ept_kernels_avx512;
extern const struct ept_int8_kernels ept_int8_kernels_avx2;
extern const struct ept_int8_kernels ept_int8_kernels_avx512;
extern const struct ept_int8_kernels ept_int8_kernels_amx;
extern const struct ept_attention_kernels ept_attention_kernels_bf16;

// Whether the processor has AMX for bytes and the system lets this process use its tiles.
static bool has_amx(void) {
#if defined(__linux__)
  enum { REQUEST_PERMISSION = 0x1023, TILE_DATA = 18 };
  enum { AMX_TILE = 1 << 24, AMX_INT8 = 1 << 25 };
  unsigned a, b, c, d;
  return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (d & AMX_TILE) && (d & AMX_INT8) &&
         syscall(SYS_arch_prctl, REQUEST_PERMISSION, TILE_DATA) == 0;
#else
  return false;
#endif
}

const struct ept_kernels *ept_kernels_for(enum ept_isa isa) {
  __builtin_cpu_init();
  switch (isa) {
    case EPT_ISA_AMX:
      return ept_kernels_for(EPT_ISA_AVX512) && __builtin_cpu_supports("avx512vnni") && has_amx()
                 ? &ept_kernels_avx512
                 : NULL;
    case EPT_ISA_AVX512:
      return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                     __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
                     __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")
                 ? &ept_kernels_avx512
                 : NULL;
    case EPT_ISA_AVX2:
      return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? &ept_kernels_avx2
                                                                             : NULL;
    case EPT_ISA_SCALAR:
      return &ept_kernels_scalar;
    default:
      return NULL;
  }
}

const struct ept_int8_kernels *ept_int8_kernels_for(int isa) {
  if (ept_kernels_for((enum ept_isa)isa) == NULL) return NULL;
  if (isa == EPT_ISA_AMX) return &ept_int8_kernels_amx;
  if (isa == EPT_ISA_AVX512 && __builtin_cpu_supports("avx512vnni"))
    return &ept_int8_kernels_avx512;
  return isa == EPT_ISA_SCALAR ? &ept_int8_kernels_scalar : &ept_int8_kernels_avx2;
}

const struct ept_attention_kernels *ept_bf16_attention_for(enum ept_isa isa) {
  return isa >= EPT_ISA_AVX512 && ept_kernels_for(isa) && __builtin_cpu_supports("avx512bf16")
             ? &ept_attention_kernels_bf16
             : NULL;
}
#elif defined(__aarch64__)
#if defined(__linux__)
#include <sys/auxv.h>
#endif

extern const struct ept_kernels ept_kernels_neon;
extern const struct ept_int8_kernels ept_int8_kernels_neon;
extern const struct ept_int8_kernels ept_int8_kernels_dotprod;
extern const struct ept_int8_kernels ept_int8_kernels_i8mm;

// The bits of Linux's asm/hwcap.h, which older systems' headers lack.
static bool has_dot_products(void) {
#if defined(__linux__)
  return getauxval(AT_HWCAP) >> 20 & 1;
#else
  return false;
#endif
}

static bool has_byte_matrix_products(void) {
#if defined(__linux__)
  return getauxval(AT_HWCAP2) >> 13 & 1;
#else
  return false;
#endif
}

const struct ept_kernels *ept_kernels_for(enum ept_isa isa) {
  switch (isa) {
    case EPT_ISA_I8MM:
      return has_byte_matrix_products() ? &ept_kernels_neon : NULL;
    case EPT_ISA_DOTPROD:
      return has_dot_products() ? &ept_kernels_neon : NULL;
    case EPT_ISA_NEON:
      return &ept_kernels_neon;
    case EPT_ISA_SCALAR:
      return &ept_kernels_scalar;
    default:
      return NULL;
  }
}

const struct ept_int8_kernels *ept_int8_kernels_for(int isa) {
  if (ept_kernels_for((enum ept_isa)isa) == NULL) return NULL;
  if (isa == EPT_ISA_I8MM) return &ept_int8_kernels_i8mm;
  if (isa == EPT_ISA_DOTPROD) return &ept_int8_kernels_dotprod;
  return isa == EPT_ISA_SCALAR ? &ept_int8_kernels_scalar : &ept_int8_kernels_neon;
}

const struct ept_attention_kernels *ept_bf16_attention_for(enum ept_isa isa) {
  (void)isa;
  return NULL;
}
#else
const struct ept_kernels *ept_kernels_for(enum ept_isa isa) {
  return isa == EPT_ISA_SCALAR ? &ept_kernels_scalar : NULL;
}

const struct ept_int8_kernels *ept_int8_kernels_for(int isa) {
  return isa == EPT_ISA_SCALAR ? &ept_int8_kernels_scalar : NULL;
}

const struct ept_attention_kernels *ept_bf16_attention_for(enum ept_isa isa) {
  (void)isa;
  return NULL;
}
#endif

static const char *const names[] = {"scalar", "avx2", "avx512", "amx", "neon", "dotprod", "i8mm"};

const char *ept_isa_name(enum ept_isa isa) {
  return names[isa];
}

enum ept_isa ept_isa_chosen(void) {
  const char *wanted = getenv("EPT_ISA");
  for (int isa = EPT_ISA_SCALAR; wanted && isa <= EPT_ISA_I8MM; isa++)
    if (strcmp(wanted, names[isa]) == 0 && ept_kernels_for((enum ept_isa)isa))
      return (enum ept_isa)isa;
  for (int isa = EPT_ISA_I8MM; isa > EPT_ISA_SCALAR; isa--)
    if (ept_kernels_for((enum ept_isa)isa)) return (enum ept_isa)isa;
  return EPT_ISA_SCALAR;
}
