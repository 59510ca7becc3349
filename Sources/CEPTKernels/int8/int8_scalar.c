#include "CEPTKernels.h"

#include <string.h>

#define EPT_LANES 1
#define EPT_INT8_TABLE ept_int8_kernels_scalar
#define TILE_ROWS 4
#define TILE_PANELS 1
#include "int8_tile.inc"

typedef int16_t code;

INLINE void tile(const int rows, const int panels, const code *x, int64_t stride,
                 const uint8_t *weights, const int16_t *wide, int64_t groups, int64_t panel_bytes,
                 struct ahead ahead, vi sums[TILE_ROWS][TILE_VECTORS]) {
  (void)wide;
  (void)panel_bytes;
  (void)ahead;
  for (int row = 0; row < rows; row++)
    for (int output = 0; output < 16 * panels; output++) {
      int32_t sum = 0;
      for (int64_t i = 0; i < 4 * groups; i++)
        sum += x[row * stride + i] * weights[(i / 4 * 16 + output) * 4 + i % 4];
      sums[row][output] = (vi){sum};
    }
}

#include "int8.inc"

void ept_int8_transpose(const uint8_t *codes, int64_t outputs, int64_t inputs,
                        uint8_t *transposed) {
  int64_t panels = (outputs + 15) / 16, groups = (inputs + 3) / 4;
  int64_t wide_panels = (inputs + 15) / 16, wide_groups = (outputs + 3) / 4;
  typedef uint8_t quads __attribute__((vector_size(16)));
  typedef uint8_t quads_memory __attribute__((vector_size(16), aligned(1), may_alias));
  for (int64_t group = 0; group < 4 * wide_panels; group++)
    for (int64_t wide = 0; wide < wide_groups; wide++) {
      // Four outputs of four inputs each become four inputs of four outputs.
      uint8_t *to = transposed + ((group / 4 * wide_groups + wide) * 4 + group % 4) * 16;
      quads block = (quads){0} + 128;
      if (group < groups && wide < 4 * panels)
        block = *(const quads_memory *)(codes + ((wide / 4 * groups + group) * 4 + wide % 4) * 16);
      *(quads_memory *)to = __builtin_shufflevector(block, block, 0, 4, 8, 12, 1, 5, 9, 13, 2, 6,
                                                    10, 14, 3, 7, 11, 15);
    }
}

void ept_int8_decode(const struct ept_int8_weights *weights, int64_t first, int64_t last,
                     float *out) {
  for (int64_t row = first; row < last; row++) {
    const uint8_t *codes = weights->codes + row / 16 * weights->panel_bytes + row % 16 * 4;
    float scale = weights->scales ? weights->scales[row] : 1;
    typedef uint8_t bytes __attribute__((vector_size(4)));
    typedef float numbers __attribute__((vector_size(16)));
    for (int64_t i = 0; i < weights->inputs; i += 4, codes += 64) {
      bytes four;
      memcpy(&four, codes, sizeof four);
      numbers decoded = scale * (__builtin_convertvector(four, numbers) - 128.0f);
      int64_t count = weights->inputs - i < 4 ? weights->inputs - i : 4;
      if (count == 4)
        memcpy(out, &decoded, sizeof decoded);
      else
        memcpy(out, &decoded, (size_t)count * sizeof(float));
      out += count;
    }
  }
}
