#include "CEPTSystem.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *message_prefix;
static int exit_status;
static atomic_bool is_reported;

void ept_memory_report_refusals(const char *prefix, int status) {
  message_prefix = prefix;
  exit_status = status;
  atomic_store(&is_reported, true);
}

void ept_memory_refused(size_t bytes) {
  if (!atomic_load(&is_reported)) abort();
  // On the stack, since there is no memory.
  char line[256];
  int length = snprintf(
      line, sizeof line,
      "%sno memory to compute with: %zu bytes more are needed; free some, raise the limit, or compute less "
      "at a time\n",
      message_prefix, bytes);
  if (length > 0) {
    ssize_t written = write(STDERR_FILENO, line, strlen(line));
    // Nothing sensible can be done where standard error cannot be written.
    (void)written;
  }
  _exit(exit_status);
}
