#ifndef TWINS_H
#define TWINS_H

// Every instruction set's kernels against their scalar twins, as one C program: it can be compiled for
// a processor that is not at hand and run under an emulator. scripts/kernels-aarch64 does that.

#include "CEPTKernels.h"

// Noise from a fixed seed, the same on every processor.
void seed(uint64_t start);
int64_t some(int64_t least, int64_t most);
// From -1 to 1.
float number(void);

// Memory whose end is that of a page, behind which none may be touched.
void *room(int64_t bytes);
// `count` numbers from -scale to scale.
float *numbers(int64_t count, float scale);
float *copy(const float *from, int64_t count);
// Frees all of it.
void clear(void);

// What is compared, for the lines of failures: the instruction set, then printf's arguments.
void testing(const char *set);
void sizes(const char *format, ...) __attribute__((format(printf, 1, 2)));
void expect(bool holds, const char *what);
// Within tolerance * max(1, |twin|), [count].
void expect_near(const char *what, const float *value, const float *twin, int64_t count,
                 double tolerance);
// The same bits. Where the set is the scalar one they go into the digest.
void expect_same(const char *what, const void *value, const void *twin, int64_t bytes);

int failures(void);
// Of all bits that must be the same on every processor.
uint64_t digest(void);

// Loops in binary32: element by element, products, and whole layers' steps.
void test_elements(const struct ept_kernels *kernels, const struct ept_kernels *twin);
void test_products(const struct ept_kernels *kernels, const struct ept_kernels *twin);
void test_layers(const struct ept_kernels *kernels, const struct ept_kernels *twin);
void test_attention(const struct ept_attention_kernels *kernels,
                    const struct ept_attention_kernels *twin);

void test_int8(const struct ept_int8_kernels *kernels, const struct ept_int8_kernels *twin);
// Encoders of weights and byte planes.
void test_weights(enum ept_isa isa);

#endif
