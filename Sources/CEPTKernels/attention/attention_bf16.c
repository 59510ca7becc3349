#include "CEPTKernels.h"

#if defined(__x86_64__)
#include <immintrin.h>

#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,avx2,fma"))), apply_to = function)
#define EPT_LANES 16
#define EPT_ROWS 12
#include "../vector.inc"
#include "attention_parts.inc"

// Attention with its two products in bfloat16, two products a lane and instruction; sums, softmax
// and results are binary32.
//
// Two numbers that are multiplied by one lane stand side by side as one `pair`: neighbouring
// columns of queries and keys, the same column of neighbouring keys for values and exponentials.
typedef uint32_t pair;

// Columns are filled up with zeros to whole vectors of pairs.
static int64_t filled_pairs(int64_t width) { return (width + 31) / 32 * 16; }

INLINE __m512i pairs_of(vf even, vf odd) {
  const __m512i turns = _mm512_set_epi16(
      31, 15, 30, 14, 29, 13, 28, 12, 27, 11, 26, 10, 25, 9, 24, 8, 23, 7, 22, 6, 21, 5, 20, 4, 19,
      3, 18, 2, 17, 1, 16, 0);
  __m512i both = (__m512i)_mm512_cvtne2ps_pbh((__m512)odd, (__m512)even);
  return _mm512_permutexvar_epi16(turns, both);
}

// [count, filled_pairs(width)] pairs of columns of `scale * x`.
static void pair_columns(const float *x, int64_t ldx, int64_t count, int64_t width, float scale,
                         pair *out) {
  for (int64_t row = 0; row < count; row++, x += ldx)
    for (int64_t i = 0; i < width; i += 32, out += 16) {
      vf low = scale * load_up_to(x + i, width - i, 0);
      vf high = scale * load_up_to(x + i + 16, width - i - 16, 0);
      _mm512_storeu_si512(out, (__m512i)_mm512_cvtne2ps_pbh((__m512)high, (__m512)low));
    }
}

// [(keys + 1) / 2, 2 * filled_pairs(width)] pairs of rows; a row of zeros makes them even.
static void pair_rows(const float *v, int64_t ldv, int64_t keys, int64_t width, pair *out) {
  for (int64_t key = 0; key < keys; key += 2, v += 2 * ldv)
    for (int64_t i = 0; i < 2 * filled_pairs(width); i += 16, out += 16) {
      vf even = load_up_to(v + i, width - i, 0), odd = {0};
      if (key + 1 < keys) odd = load_up_to(v + ldv + i, width - i, 0);
      _mm512_storeu_si512(out, pairs_of(even, odd));
    }
}

typedef pair factor;
typedef __m512i factors;
INLINE factors load_factors(const factor *p) { return _mm512_loadu_si512(p); }

INLINE factors broadcast_factor(factor x) {
  __m512i all = _mm512_set1_epi32((int)x);
  // Stops the compiler from making it an operand in memory, which is loaded once a product.
  __asm__("" : "+v"(all));
  return all;
}

INLINE vf add_products(vf sum, factors x, factors y) {
  return (vf)_mm512_dpbf16_ps((__m512)sum, (__m512bh)x, (__m512bh)y);
}

#include "attention_blocks.inc"

// e^x for x <= 0 or NaN within 3e-6, which bfloat16 cannot tell from it.
INLINE vf short_exponential(vf x) {
  vf clamped = larger(broadcast(-87), x);
  vf n = (vf)_mm512_roundscale_ps((__m512)(clamped * 1.44269504f), 0);
  vf r = clamped - n * 0.693147181f;
  // Least squares of the relative error for |r| <= ln 2 / 2.
  vf p = broadcast(0.04145810008049011f);
  p = p * r + 0.16791152954101562f;
  p = p * r + 0.5000437498092651f;
  p = p * r + 0.9999632835388184f;
  p = p * r + 0.9999992847442627f;
  return (vf)_mm512_scalef_ps((__m512)p, (__m512)n);
}

// Pairs of exponentials of the scores, in their place, and the inverses of their sums.
INLINE void exponentials_of(const int halves, float *scores, int64_t keys, const vf most[2],
                            float *inverses) {
  vf sum[2] = {{0}, {0}};
  for (int64_t key = 0; key < keys; key += 2)
#pragma clang loop unroll(full)
    for (int half = 0; half < halves; half++) {
      const float *score = scores + key * QUERIES + half * 16;
      vf even = short_exponential(load(score) - most[half]), odd = {0};
      if (key + 1 < keys) odd = short_exponential(load(score + QUERIES) - most[half]);
      sum[half] = sum[half] + (even + odd);
      _mm512_storeu_si512(scores + key / 2 * QUERIES + half * 16, pairs_of(even, odd));
    }
#pragma clang loop unroll(full)
  for (int half = 0; half < halves; half++) store(inverses + half * 16, 1.0f / sum[half]);
}

// Scores of all keys for `halves` vectors of queries, then pairs of their exponentials.
INLINE void weigh(const int halves, int64_t keys, const pair *k, const pair *transposed, int64_t pairs,
                  struct transposed_bias bias, float *scores, float *inverses) {
  vf most[2];
  scores_of(halves, keys, k, pairs, transposed, pairs, 1, bias, scores, most);
  exponentials_of(halves, scores, keys, most, inverses);
}

static int64_t attention_scratch(int64_t keys, int64_t width) {
  int64_t pairs = filled_pairs(width);
  return (2 * keys + 2 * pairs + 4) * QUERIES + keys * pairs + (keys + 1) * pairs + keys;
}

static void attend(const struct ept_attention *p, float *scratch) {
  if (p->keys == 0) return;
  int64_t keys = p->keys, pairs = filled_pairs(p->width);
  float *scores = scratch, *inverses = scores + keys * QUERIES;
  float *bias_room = inverses + QUERIES;
  pair *q_pairs = (pair *)(bias_room + keys * QUERIES + keys + 2 * QUERIES);
  pair *transposed = q_pairs + pairs * QUERIES;
  pair *k_pairs = transposed + pairs * QUERIES, *v_pairs = k_pairs + keys * pairs;
  for (int64_t head = p->first_head; head < p->last_head; head++) {
    int64_t column = head * p->width;
    if (head == p->first_head || head % p->group == 0) {
      int64_t key_column = head / p->group * p->width;
      pair_columns(p->k + key_column, p->ld_keys, keys, p->width, 1, k_pairs);
      pair_rows(p->v + key_column, p->ld_keys, keys, p->width, v_pairs);
    }
    const float *bias = p->bias ? p->bias + head * p->bias_head_stride : NULL;
    for (int64_t first = 0; first < p->queries; first += QUERIES) {
      int64_t count = p->queries - first < QUERIES ? p->queries - first : QUERIES;
      pair_columns(p->q + first * p->ld + column, p->ld, count, p->width, p->scale, q_pairs);
      // A pair is transposed as one number of 32 bits.
      transpose_queries((const float *)q_pairs, pairs, count, pairs, (float *)transposed);
      struct transposed_bias transposed_bias = transpose_bias(p, bias, first, count, bias_room);
      if (count > 16)
        weigh(2, keys, k_pairs, transposed, pairs, transposed_bias, scores, inverses);
      else
        weigh(1, keys, k_pairs, transposed, pairs, transposed_bias, scores, inverses);
      outputs_of((const pair *)scores, v_pairs, 2 * pairs, (keys + 1) / 2, inverses, count,
                 p->out + first * p->ld_out + column, p->ld_out, p->width);
    }
  }
}

const struct ept_attention_kernels ept_attention_kernels_bf16 = {
    .scratch = attention_scratch, .attend = attend};
#pragma clang attribute pop
#endif
