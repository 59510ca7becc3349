#ifndef CEPT_KERNELS_H
#define CEPT_KERNELS_H

// Inner loops in C: no logic, no allocation, no threads.
//
// Each instruction set has one table of the same loops, built from one source
// (loops.inc); the scalar table is the twin that tests hold the others to.
// Matrices are row-major; `ld*` are row strides in floats. Pointers need no
// alignment. No loop ever reads or writes outside the sizes it is given.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "byte_planes.h"
#include "int8.h"
#include "quantize_weights.h"

// AMX differs from AVX-512 with VNNI in int8 products only. So do NEON with `sdot` and with the matrix
// products of I8MM from NEON.
enum ept_isa {
  EPT_ISA_SCALAR = 0,
  // x86-64
  EPT_ISA_AVX2 = 1,
  EPT_ISA_AVX512 = 2,
  EPT_ISA_AMX = 3,
  // aarch64
  EPT_ISA_NEON = 4,
  EPT_ISA_DOTPROD = 5,
  EPT_ISA_I8MM = 6,
};

// Softmax attention of some queries over some keys, head by head: for each head
// out = softmax(scale * q * k^T + bias) * v.
struct ept_attention {
  int64_t queries;
  int64_t keys;
  int64_t first_head;
  int64_t last_head;
  // Of one head.
  int64_t width;
  float scale;
  // [queries, heads * width] with rows of `ld` floats.
  const float *_Nonnull q;
  int64_t ld;
  // [keys, heads / group * width] with rows of `ld_keys` floats: `group` heads of queries, one after
  // another, share a head of keys and values.
  const float *_Nonnull k;
  const float *_Nonnull v;
  int64_t ld_keys;
  int64_t group;
  // Head h's bias of query i and key j is bias[h * bias_head_stride + i * bias_stride + j]. A
  // stride of -1 makes it a table of distances; NULL for none.
  const float *_Nullable bias;
  int64_t bias_head_stride;
  int64_t bias_stride;
  // [queries, heads * width]
  float *_Nonnull out;
  int64_t ld_out;
};

struct ept_attention_kernels {
  // Floats of scratch memory that `attend` needs.
  int64_t (*_Nonnull scratch)(int64_t keys, int64_t width);
  void (*_Nonnull attend)(const struct ept_attention *_Nonnull attention, float *_Nonnull scratch);
};

// What follows a block in EPT in depth: h += sum_j g_j * sum_i (h * down_ji) * up_ji for each row of
// h, with g = subspaces * softmax(h * gate).
struct ept_gated_projection {
  int64_t columns;
  int64_t subspaces;
  // Vectors of a subspace.
  int64_t width;
  // A vector a row: [subspaces * width, columns], the same, and [subspaces, columns]. Without a gate,
  // which is NULL then, g is 1.
  const float *_Nonnull down;
  const float *_Nonnull up;
  const float *_Nullable gate;
};

struct ept_kernels {
  // C = alpha * op(A) * op(B) + beta * C for matrices of a few hundred rows;
  // op(A) is [m, k], op(B) is [k, n]. C is not read where beta is 0.
  void (*_Nonnull product)(bool transpose_a, bool transpose_b, int64_t m, int64_t n, int64_t k,
                           float alpha, const float *_Nonnull a, int64_t lda,
                           const float *_Nonnull b, int64_t ldb, float beta, float *_Nonnull c,
                           int64_t ldc);

  // x = x + bias for every row of [rows, columns].
  void (*_Nonnull add_bias)(float *_Nonnull x, const float *_Nonnull bias, int64_t rows,
                            int64_t columns);
  // x += scale * y, [count].
  void (*_Nonnull add_scaled)(float *_Nonnull x, const float *_Nonnull y, float scale,
                              int64_t count);
  // out = x * y, [count]; out may be x or y.
  void (*_Nonnull multiply)(float *_Nonnull out, const float *_Nonnull x, const float *_Nonnull y,
                            int64_t count);
  // The sum of x * y, [count].
  float (*_Nonnull dot)(const float *_Nonnull x, const float *_Nonnull y, int64_t count);

  // x = a(x + bias) with the activation `kind`, [rows, columns]; bias may be NULL. The
  // derivative of a goes to `slope` unless that is NULL.
  void (*_Nonnull activate)(enum ept_activation kind, float *_Nonnull x,
                            const float *_Nullable bias, float *_Nullable slope, int64_t rows,
                            int64_t columns);
  // out = a(gate) * up, [count], with the activation `kind`. With `save`, gate and up become the
  // derivatives of out by gate and up.
  void (*_Nonnull gated)(enum ept_activation kind, float *_Nonnull gate, float *_Nonnull up,
                         float *_Nonnull out, bool save, int64_t count);
  // Rotates every head of every row of x, [rows, heads * width], by its position's angles: the pair
  // of numbers i and i + width / 2 by angle i, whose cosine is
  // cosines[positions[row] * width / 2 + i]; `sines` lie the same way. With `inverse` it rotates
  // back.
  void (*_Nonnull rotate)(float *_Nonnull x, int64_t ldx, int64_t rows, int64_t heads,
                          int64_t width, const float *_Nonnull cosines,
                          const float *_Nonnull sines, const int32_t *_Nonnull positions,
                          bool inverse);
  // x = max(x, 0), [count].
  void (*_Nonnull relu)(float *_Nonnull x, int64_t count);
  // The same for [rows, columns], saving one bit a number: whether it was above 0.
  // `alive` has 16 words for every 512 columns or part of them, [rows, words].
  void (*_Nonnull relu_keeping)(float *_Nonnull x, int32_t *_Nonnull alive, int64_t rows,
                                int64_t columns);
  // gradient = 0 where `alive`, which relu_keeping gave, says so; [rows, columns].
  void (*_Nonnull relu_backward)(float *_Nonnull gradient, const int32_t *_Nonnull alive,
                                 int64_t rows, int64_t columns);

  // y = n * gamma + beta with n = (t - mean) / sqrt(variance + epsilon) and
  // t = x + bias + residual, row by row of [rows, columns]. Without `centered`
  // the mean counts as 0 (RMSNorm). bias, residual and beta may be NULL.
  // n goes to `normalized` and 1/sqrt(...) to `inverse_deviation` [rows]
  // unless they are NULL. y may be x or residual.
  void (*_Nonnull norm)(const float *_Nonnull x, const float *_Nullable bias,
                        const float *_Nullable residual, const float *_Nonnull gamma,
                        const float *_Nullable beta, float epsilon, bool centered, int64_t rows,
                        int64_t columns, float *_Nonnull y, float *_Nullable normalized,
                        float *_Nullable inverse_deviation);
  // The gradient with respect to t, from the one with respect to y, and what
  // `norm` saved. Added to `input_gradient` if `accumulate`, else put there;
  // input_gradient may be output_gradient.
  void (*_Nonnull norm_backward)(const float *_Nonnull output_gradient,
                                 const float *_Nonnull normalized,
                                 const float *_Nonnull inverse_deviation,
                                 const float *_Nonnull gamma, bool centered, bool accumulate,
                                 int64_t rows, int64_t columns, float *_Nonnull input_gradient);

  // Softmax of x + bias over each row of [rows, columns], in place. Row i's bias
  // starts at bias + i * bias_stride (the stride may be negative); NULL for none.
  void (*_Nonnull softmax)(float *_Nonnull x, int64_t ldx, const float *_Nullable bias,
                           int64_t bias_stride, int64_t rows, int64_t columns);
  // gradient = probability * (gradient - sum(probability * gradient)) by row.
  void (*_Nonnull softmax_backward)(const float *_Nonnull probability, float *_Nonnull gradient,
                                    int64_t ld, int64_t rows, int64_t columns);
  // The largest of x, [count], count > 0.
  float (*_Nonnull maximum)(const float *_Nonnull x, int64_t count);
  // x = exp(x - shift), [count]; the sum of the results. shift >= max(x).
  float (*_Nonnull exp_sum)(float *_Nonnull x, float shift, int64_t count);

  // Floats of scratch memory that `gated_projection` needs.
  int64_t (*_Nonnull gated_projection_scratch)(int64_t subspaces, int64_t width);
  // Adds the projection to [rows, columns]. Saves h * down, [rows, subspaces * width], and the gate's
  // softmax, [rows, subspaces], unless they are NULL.
  void (*_Nonnull gated_projection)(const struct ept_gated_projection *_Nonnull projection,
                                    float *_Nonnull h, int64_t rows, float *_Nullable inner,
                                    float *_Nullable weights, float *_Nonnull scratch);

  struct ept_attention_kernels attention;
};

// The loops for one instruction set, or NULL where the processor lacks it.
const struct ept_kernels *_Nullable ept_kernels_for(enum ept_isa isa);

// Attention whose two products round their factors to bfloat16, or NULL where the processor lacks
// instructions for it.
const struct ept_attention_kernels *_Nullable ept_bf16_attention_for(enum ept_isa isa);

// The instruction set to use: the best one that the processor has, unless the
// environment's EPT_ISA names another that it has (scalar, avx2, avx512, amx; neon, dotprod, i8mm).
enum ept_isa ept_isa_chosen(void);

// What EPT_ISA calls it.
const char *_Nonnull ept_isa_name(enum ept_isa isa);

#endif
