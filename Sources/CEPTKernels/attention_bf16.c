#include "CEPTKernels.h"

#if defined(__x86_64__)
#include <immintrin.h>

#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,avx2,fma"))), apply_to = function)
#define EPT_LANES 16
#define EPT_ROWS 12
#include "vector.inc"
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

INLINE vf load_columns(const float *p, int64_t left) {
  if (left >= 16) return load(p);
  return (vf)_mm512_maskz_loadu_ps(left > 0 ? (__mmask16)((1 << left) - 1) : 0, p);
}

// [count, filled_pairs(width)] pairs of columns of `scale * x`.
static void pair_columns(const float *x, int64_t ldx, int64_t count, int64_t width, float scale,
                         pair *out) {
  for (int64_t row = 0; row < count; row++, x += ldx)
    for (int64_t i = 0; i < width; i += 32, out += 16) {
      vf low = scale * load_columns(x + i, width - i);
      vf high = scale * load_columns(x + i + 16, width - i - 16);
      _mm512_storeu_si512(out, (__m512i)_mm512_cvtne2ps_pbh((__m512)high, (__m512)low));
    }
}

// [(keys + 1) / 2, 2 * filled_pairs(width)] pairs of rows; a row of zeros makes them even.
static void pair_rows(const float *v, int64_t ldv, int64_t keys, int64_t width, pair *out) {
  for (int64_t key = 0; key < keys; key += 2, v += 2 * ldv)
    for (int64_t i = 0; i < 2 * filled_pairs(width); i += 16, out += 16) {
      vf even = load_columns(v + i, width - i), odd = {0};
      if (key + 1 < keys) odd = load_columns(v + ldv + i, width - i);
      _mm512_storeu_si512(out, pairs_of(even, odd));
    }
}

INLINE vf add_products(vf sum, __m512i x, __m512i y) {
  return (vf)_mm512_dpbf16_ps((__m512)sum, (__m512bh)x, (__m512bh)y);
}

// A pair in every lane.
INLINE __m512i broadcast_pair(pair x) {
  __m512i all = _mm512_set1_epi32((int)x);
  // Kept from becoming an operand in memory, which would be loaded once a product.
  __asm__("" : "+v"(all));
  return all;
}

// Scores of `keys` keys; keys and halves are constants where this is called.
INLINE void score_block(const int keys, const int halves, const pair *k, const pair *turned,
                        int64_t pairs, struct turned_bias bias, float *scores, vf most[2]) {
  vf sum[EPT_ROWS][2];
#pragma clang loop unroll(full)
  for (int key = 0; key < keys; key++) sum[key][0] = sum[key][1] = (vf){0};
  for (int64_t i = 0; i < pairs; i++) {
    __m512i q0 = _mm512_loadu_si512(turned + i * QUERIES), q1 = q0;
    if (halves == 2) q1 = _mm512_loadu_si512(turned + i * QUERIES + 16);
#pragma clang loop unroll(full)
    for (int key = 0; key < keys; key++) {
      __m512i factor = broadcast_pair(k[key * pairs + i]);
      sum[key][0] = add_products(sum[key][0], factor, q0);
      if (halves == 2) sum[key][1] = add_products(sum[key][1], factor, q1);
    }
  }
#pragma clang loop unroll(full)
  for (int key = 0; key < keys; key++)
#pragma clang loop unroll(full)
    for (int half = 0; half < halves; half++) {
      vf score = sum[key][half];
      if (bias.base) score = score + load(bias.base + key * bias.key_stride + half * 16);
      most[half] = larger(score, most[half]);
      store(scores + key * QUERIES + half * 16, score);
    }
}

// e^x for x <= 0 or NaN within 3e-6, which bfloat16 cannot tell from it.
INLINE vf short_exponential(vf x) {
  // The second operand is the result where one is NaN.
  vf clamped = (vf)_mm512_max_ps(_mm512_set1_ps(-87), (__m512)x);
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

// `rows` rows of outputs, up to two vectors of columns; rows and halves are constants.
INLINE void value_block(const int rows, const int halves, const pair *exponentials, const pair *v,
                        int64_t ldv, int64_t pairs, const float *inverses, float *out, int64_t ldo,
                        int64_t columns) {
  vf sum[EPT_ROWS][2];
#pragma clang loop unroll(full)
  for (int row = 0; row < rows; row++) sum[row][0] = sum[row][1] = (vf){0};
  for (int64_t i = 0; i < pairs; i++) {
    __m512i v0 = _mm512_loadu_si512(v + i * ldv), v1 = v0;
    if (halves == 2) v1 = _mm512_loadu_si512(v + i * ldv + 16);
#pragma clang loop unroll(full)
    for (int row = 0; row < rows; row++) {
      __m512i factor = broadcast_pair(exponentials[i * QUERIES + row]);
      sum[row][0] = add_products(sum[row][0], factor, v0);
      if (halves == 2) sum[row][1] = add_products(sum[row][1], factor, v1);
    }
  }
#pragma clang loop unroll(full)
  for (int row = 0; row < rows; row++)
#pragma clang loop unroll(full)
    for (int half = 0; half < halves; half++) {
      int64_t left = columns - half * 16;
      __mmask16 mask = left >= 16 ? 0xffff : (__mmask16)((1 << left) - 1);
      _mm512_mask_storeu_ps(out + row * ldo + half * 16, mask,
                            (__m512)(inverses[row] * sum[row][half]));
    }
}

// Exponentials of up to QUERIES queries of one head.
INLINE void scores_of(const int halves, int64_t keys, const pair *k, const pair *turned,
                      int64_t pairs, struct turned_bias bias, float *scores, float *inverses) {
  vf most[2] = {broadcast(-__builtin_inff()), broadcast(-__builtin_inff())};
  for (int64_t key = 0; key < keys;) {
    int64_t height = block_height(keys - key);
    struct turned_bias rows = bias;
    if (bias.base) rows.base += key * bias.key_stride;
    switch (height) {
#define CASE(height) \
  case height: \
    score_block(height, halves, k + key * pairs, turned, pairs, rows, scores + key * QUERIES, \
                most); \
    break;
      EACH_HEIGHT(CASE)
#undef CASE
    }
    key += height;
  }
  exponentials_of(halves, scores, keys, most, inverses);
}

INLINE void outputs_of(const int halves, const pair *exponentials, const pair *v, int64_t ldv,
                       int64_t pairs, const float *inverses, int64_t count, float *out,
                       int64_t ldo, int64_t columns) {
  for (int64_t row = 0; row < count;) {
    int64_t height = block_height(count - row);
    switch (height) {
#define CASE(height) \
  case height: \
    value_block(height, halves, exponentials + row, v, ldv, pairs, inverses + row, \
                out + row * ldo, ldo, columns); \
    break;
      EACH_HEIGHT(CASE)
#undef CASE
    }
    row += height;
  }
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
  pair *turned = q_pairs + pairs * QUERIES;
  pair *k_pairs = turned + pairs * QUERIES, *v_pairs = k_pairs + keys * pairs;
  for (int64_t head = p->first_head; head < p->last_head; head++) {
    int64_t column = head * p->width;
    pair_columns(p->k + column, p->ld, keys, p->width, 1, k_pairs);
    pair_rows(p->v + column, p->ld, keys, p->width, v_pairs);
    const float *bias = p->bias ? p->bias + head * p->bias_head_stride : NULL;
    for (int64_t first = 0; first < p->queries; first += QUERIES) {
      int64_t count = p->queries - first < QUERIES ? p->queries - first : QUERIES;
      pair_columns(p->q + first * p->ld + column, p->ld, count, p->width, p->scale, q_pairs);
      // Pairs are turned as the 32 bits that they are.
      turn_queries((const float *)q_pairs, pairs, count, pairs, (float *)turned);
      struct turned_bias turned_bias = turn_bias(p, bias, first, count, bias_room);
      if (count > 16)
        scores_of(2, keys, k_pairs, turned, pairs, turned_bias, scores, inverses);
      else
        scores_of(1, keys, k_pairs, turned, pairs, turned_bias, scores, inverses);
      float *out = p->out + first * p->ld_out + column;
      for (int64_t i = 0; i < p->width; i += 32) {
        const pair *exponentials = (const pair *)scores, *v = v_pairs + i;
        int64_t left = p->width - i, ldv = 2 * pairs, key_pairs = (keys + 1) / 2;
        if (left > 16)
          outputs_of(2, exponentials, v, ldv, key_pairs, inverses, count, out + i, p->ld_out, left);
        else
          outputs_of(1, exponentials, v, ldv, key_pairs, inverses, count, out + i, p->ld_out, left);
      }
    }
  }
}

const struct ept_attention_kernels ept_attention_kernels_bf16 = {
    .scratch = attention_scratch, .attend = attend};
#pragma clang attribute pop
#endif
