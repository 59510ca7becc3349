#ifndef EPT_QUANTIZE_WEIGHTS_H
#define EPT_QUANTIZE_WEIGHTS_H

// Encoders of the panel encodings that docs/reference/format.md specifies. Every
// instruction set makes the same bytes.

#include <stdint.h>

// The result of quantising a panel. `codes` and `scales` are unspecified unless it is EPT_QUANTIZED.
enum ept_quantized {
  EPT_QUANTIZED = 0,
  // A number is NaN or infinite.
  EPT_NOT_FINITE = 1,
  // A scale is more than binary16 can hold.
  EPT_SCALE_TOO_LARGE = 2,
};

// One panel of q8: values [rows, columns] with rows at most 16 become codes
// [(columns + 3) / 4, 16, 4] and scales [16]. `isa` must be one that the
// processor has.
enum ept_quantized ept_quantize_q8(int isa, const float *_Nonnull values, int64_t rows,
                                   int64_t columns, uint8_t *_Nonnull codes,
                                   float *_Nonnull scales);

// One panel of q4: values [rows, columns] with rows at most 16 become codes
// [(columns + 31) / 32, 16, 16] and binary16 scales [(columns + 31) / 32, 16].
enum ept_quantized ept_quantize_q4(int isa, const float *_Nonnull values, int64_t rows,
                                   int64_t columns, uint8_t *_Nonnull codes,
                                   uint16_t *_Nonnull scales);

#endif
