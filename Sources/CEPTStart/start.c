#define _GNU_SOURCE
#include "CEPTSystem.h"

#include <signal.h>
#include <string.h>

/// What must stand before anything else runs: loading and starting the Swift libraries takes longer than
/// someone waits who starts `infer` and tells it by SIGHUP to load its prompts again.
///
/// The linker's list of functions that run before those of shared libraries is the executable's alone, so
/// this is a target of its own, which no library depends on.
static void start(int count, char **arguments, char **environment) {
  (void)environment;
  // `infer` takes SIGHUP for a wish. In other commands it ends the process, as everywhere.
  if (count > 1 && strcmp(arguments[1], "infer") == 0) ept_signal_count_from_now(SIGHUP, -1);
}

#if defined(__ELF__)
__attribute__((section(".preinit_array"), used)) static void (*const entry)(int, char **, char **) =
    start;
#endif
