#ifndef CEPT_TEST_SUPPORT_H
#define CEPT_TEST_SUPPORT_H

#include <stddef.h>

/// What the C library's heap was asked for.
struct ept_allocations {
  /// The largest single request, in bytes.
  size_t largest;
  /// The most bytes in use at once, over those in use at the beginning.
  size_t peak;
  /// How many requests there were.
  size_t count;
};

/// From now on, counts what this thread asks for.
///
/// The executable that this is linked into has its own malloc, free and so on, which count and pass
/// everything on to the C library's.
void ept_allocations_begin(void);

/// Ends the counting.
struct ept_allocations ept_allocations_end(void);

/// The processor time that this thread has used, in seconds.
double ept_thread_seconds(void);

#endif
