#ifndef EPT_BYTE_PLANES_H
#define EPT_BYTE_PLANES_H

// The byte planes of floating-point numbers, docs/reference/format.md: every number is
// rotated left by one bit, so that its exponent begins with the highest bit;
// plane k holds byte k of each, the lowest first.

#include <stdint.h>

// Takes `count` numbers of `width` bytes, 2 or 4, apart: planes [width, count].
// `isa` must be one that the processor has.
void ept_split_planes(int isa, const void *_Nonnull numbers, int64_t count, int width,
                      uint8_t *_Nonnull planes);

// Puts `count` numbers of `width` bytes, 2 or 4, together again from `width` planes of [count].
void ept_join_planes(int isa, const uint8_t *_Nonnull const *_Nonnull planes, int64_t count, int width,
                     void *_Nonnull numbers);

#endif
