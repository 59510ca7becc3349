#ifndef EPT_INT8_H
#define EPT_INT8_H

// Int8 products: rows of numbers times weights in q8 panels (docs/reference/format.md).
//
// A row x is held as x[i] ~ scale * code[i]; weights are bytes q + 128. So
// sum(code * q) = sum(code * byte) - 128 * sum(code), and both sums are exact in
// 32 bits for rows of up to 65 536 numbers: every instruction set gives the same
// bits up to the activation.
//
// Codes go from -127 to 127, except those of outliers. In many rows of trained models a few
// numbers are several times as large as all others. If the largest had code 127, few steps
// would be left for the others. So a few numbers of a row may have codes up to 8 * 127, and
// the others have up to eight times the steps.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
  EPT_INT8_LONGEST_ROW = 65536,
  // A row has at most one outlier for so many columns, and at most so many.
  EPT_INT8_COLUMNS_PER_OUTLIER = 128,
  EPT_INT8_MOST_OUTLIERS = 15,
};

// A matrix of q8 panels, [outputs, inputs].
struct ept_int8_weights {
  // [panels, groups, 16, 4] with panels = ceil(outputs / 16), groups = ceil(inputs / 4).
  const uint8_t *_Nonnull codes;
  // [panels * 16]; NULL for scales of 1.
  const float *_Nullable scales;
  int64_t outputs;
  int64_t inputs;
  // Bytes from one panel to the next: groups * 64, or more for some of a matrix's columns.
  int64_t panel_bytes;
};

// Quantised rows of numbers.
struct ept_int8_rows {
  // One row is `row_bytes` of its table long; how codes lie in it is the table's own.
  void *_Nonnull codes;
  // [rows]
  float *_Nonnull scales;
  // 128 times the sum of a row's codes, [rows].
  int32_t *_Nonnull offsets;
};

// GELU is that of the normal distribution function, GELU_TANH its approximation by tanh. An int8
// product applies the first three.
enum ept_activation {
  EPT_ACTIVATION_NONE = 0,
  EPT_ACTIVATION_RELU = 1,
  EPT_ACTIVATION_GELU = 2,
  EPT_ACTIVATION_GELU_TANH = 3,
  EPT_ACTIVATION_SILU = 4,
};

// y = activation(x * W^T + bias), put into the outputs or added to them.
struct ept_int8_product {
  struct ept_int8_weights weights;
  struct ept_int8_rows x;
  int64_t rows;
  // The panels of outputs to compute; outputs of other panels are left alone.
  int64_t first_panel;
  int64_t last_panel;
  // [outputs], NULL for none.
  const float *_Nullable bias;
  enum ept_activation activation;
  bool adding;
  // [rows, outputs], `ldy` floats from row to row.
  float *_Nonnull y;
  int64_t ldy;
};

struct ept_int8_kernels {
  // Bytes of one quantised row of `columns` numbers, a multiple of 64.
  int64_t (*_Nonnull row_bytes)(int64_t columns);
  // Quantises rows of x * factors, [rows, columns], with scale = bound / 127, rounded to nearest,
  // ties to even. bound is max |x * factors|, halved up to three times as long as no more than
  // the numbers allowed as outliers are above it. factors [columns] may be NULL for ones.
  void (*_Nonnull quantize)(const float *_Nonnull x, int64_t ldx, const float *_Nullable factors,
                            int64_t rows, int64_t columns, struct ept_int8_rows out);
  void (*_Nonnull product)(const struct ept_int8_product *_Nonnull product);
};

// The loops for one instruction set (enum ept_isa), or NULL where the processor lacks it. Those
// for AVX-512 need VNNI; a processor without has the ones for AVX2 in their place.
const struct ept_int8_kernels *_Nullable ept_int8_kernels_for(int isa);

// The panels of W^T from those of W, without scales: [ceil(inputs / 16), ceil(outputs / 4), 16, 4]
// bytes.
void ept_int8_transpose(const uint8_t *_Nonnull codes, int64_t outputs, int64_t inputs,
                        uint8_t *_Nonnull transposed);

// Rows of the matrix as binary32, [last - first, inputs].
void ept_int8_decode(const struct ept_int8_weights *_Nonnull weights, int64_t first, int64_t last,
                     float *_Nonnull out);

#endif
