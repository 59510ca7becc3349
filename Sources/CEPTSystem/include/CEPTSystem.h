#ifndef CEPT_SYSTEM_H
#define CEPT_SYSTEM_H

#include <stdbool.h>
#include <stddef.h>

/// Notes that `length` bytes at `address` are mapped from the file at `path`, so that a fault there
/// can be told by name. A path of 1024 bytes or more is shortened.
///
/// Returns the note's number, or -1 where 512 files are noted already: a fault in this one is then
/// told by nobody. Any thread may call it, at any time.
int ept_mapping_note(const void *address, size_t length, const char *path);

/// Takes note `number` back; call it before the bytes are unmapped. -1 is ignored.
void ept_mapping_forget(int number);

/// From now on, ends the process with one line on standard error, which begins with `prefix`, and
/// exit status `status` where a mapped file's bytes are no longer there: the file was cut, or its disk
/// is gone. The system reports it by SIGBUS.
///
/// A SIGBUS for any other reason goes to whom it went before. `prefix` must outlive the process.
/// The first call counts. Returns false where the system refuses the handler.
bool ept_mapping_report_faults(const char *prefix, int status);

/// From now on, `ept_memory_refused` ends the process with one line on standard error, which begins with
/// `prefix`, and exit status `status`. `prefix` must outlive the process.
void ept_memory_report_refusals(const char *prefix, int status);

/// Ends the process since the system has no `bytes` more bytes: as asked for, else as `abort` does.
_Noreturn void ept_memory_refused(size_t bytes);

/// Has the system begin to bring to disk what was written to an open file, without waiting. Nothing
/// hinges on its success.
void ept_begin_write_back(int descriptor);

/// How many processors the process's affinity mask names; 0 where that cannot be told.
int ept_processors_allowed(void);

/// Takes signal `number` over for the rest of the process: it is counted from now on, and system calls
/// that it interrupts go on. Unblocks it, too, since whoever started the process may have had it
/// blocked, which is inherited. Numbers below 64 only. Returns false where the system refuses.
///
/// With an `end_status` of 0 or more, the second one ends the process with this status.
bool ept_signal_count_from_now(int number, int end_status);

/// How often signal `number` has come since. Any thread may ask.
unsigned ept_signal_count(int number);

/// Opens `/dev/null` in the place of each of the descriptors 0 to 2 that is closed, so that no file that
/// is opened later gets what is written to standard output or standard error. Reading from such a
/// descriptor and writing to one fail as on a closed one.
void ept_fill_standard_descriptors(void);

/// Tells the processor that the calling thread spins, waiting for another one.
static inline void ept_spin_pause(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

#endif
