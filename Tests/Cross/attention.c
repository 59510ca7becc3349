#include "twins.h"

#include <math.h>
#include <stddef.h>

enum bias { NO_BIAS, DISTANCES, MATRIX };

void test_attention(const struct ept_attention_kernels *kernels,
                    const struct ept_attention_kernels *twin) {
  seed(4);
  for (int round = 0; round < 40; round++) {
    int64_t queries = some(0, 40), keys = some(0, 50), width = some(1, 40);
    int64_t group = some(1, 3), key_heads = some(1, 2), heads = group * key_heads;
    int64_t ld = heads * width + some(0, 3), ld_keys = key_heads * width + some(0, 3);
    enum bias kind = (enum bias)some(NO_BIAS, MATRIX);
    sizes("attention of %lld queries and %lld keys, %lld heads of %lld, bias %d", (long long)queries,
          (long long)keys, (long long)heads, (long long)width, kind);
    int64_t per_head = kind == MATRIX ? queries * keys : queries + keys;
    float *bias = numbers(heads * per_head, 4);
    if (kind == MATRIX)
      for (int64_t i = 0; i < queries; i++)
        for (int64_t j = i + 1; j < keys; j++) bias[i * keys + j] = -INFINITY;
    float *out = numbers(queries * ld, 1), *twin_out = copy(out, queries * ld);
    struct ept_attention attention = {
        .queries = queries, .keys = keys, .first_head = 0, .last_head = heads, .width = width,
        .scale = 0.75f, .q = numbers(queries * ld, 3), .ld = ld,
        .k = numbers(keys * ld_keys, 3), .v = numbers(keys * ld_keys, 1), .ld_keys = ld_keys,
        .group = group,
        .bias = kind == NO_BIAS ? NULL : bias + (kind == DISTANCES && queries > 0 ? queries - 1 : 0),
        .bias_head_stride = per_head, .bias_stride = kind == DISTANCES ? -1 : keys, .out = out,
        .ld_out = ld};
    kernels->attend(&attention, room(kernels->scratch(keys, width) * 4));
    attention.out = twin_out;
    twin->attend(&attention, room(twin->scratch(keys, width) * 4));
    expect_near("attend", out, twin_out, queries * ld, 4e-5);
    clear();
  }
}
