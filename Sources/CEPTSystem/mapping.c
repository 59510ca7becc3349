#define _GNU_SOURCE
#include "CEPTSystem.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CAPACITY = 512, PATH_SIZE = 1024 };

/// A note's stage is the remainder of its turn by 4.
enum { FREE = 0, FILLING = 1, LIVE = 2 };

/// One mapped file. Its turn grows with every change, so that the handler, which may run at any
/// instant, sees that a note was changed while it read it.
struct note {
  _Atomic(uint64_t) turn;
  _Atomic(uintptr_t) address;
  _Atomic(size_t) length;
  char path[PATH_SIZE];
};

static struct note notes[CAPACITY];
static struct sigaction former;
static const char *message_prefix;
static int exit_status;
static atomic_flag is_installed = ATOMIC_FLAG_INIT;
static atomic_flag is_reporting = ATOMIC_FLAG_INIT;

int ept_mapping_note(const void *address, size_t length, const char *path) {
  for (int number = 0; number < CAPACITY; number++) {
    struct note *note = &notes[number];
    uint64_t turn = atomic_load_explicit(&note->turn, memory_order_relaxed);
    if (turn % 4 != FREE || !atomic_compare_exchange_strong(&note->turn, &turn, turn + FILLING)) {
      continue;
    }
    atomic_store(&note->address, (uintptr_t)address);
    atomic_store(&note->length, length);
    size_t size = strnlen(path, PATH_SIZE - 1);
    memcpy(note->path, path, size);
    note->path[size] = 0;
    atomic_store(&note->turn, turn + LIVE);
    return number;
  }
  return -1;
}

void ept_mapping_forget(int number) {
  if (number < 0 || number >= CAPACITY) return;
  atomic_fetch_add(&notes[number].turn, 4 - LIVE);
}

/// The note whose bytes `address` is one of, with the address's place in `*offset`; NULL without one.
static struct note *find(uintptr_t address, size_t *offset) {
  for (int number = 0; number < CAPACITY; number++) {
    struct note *note = &notes[number];
    uint64_t turn = atomic_load(&note->turn);
    if (turn % 4 != LIVE) continue;
    uintptr_t start = atomic_load(&note->address);
    size_t length = atomic_load(&note->length);
    if (atomic_load(&note->turn) != turn || address < start || address - start >= length) continue;
    *offset = address - start;
    return note;
  }
  return NULL;
}

/// A line that is put together without the C library's buffers and locks.
struct line {
  char text[2 * PATH_SIZE];
  size_t length;
};

static void append(struct line *line, const char *text) {
  for (; *text != 0 && line->length < sizeof line->text - 1; text++) {
    // A path may hold anything; the message is one line.
    line->text[line->length++] = (unsigned char)*text < 0x20 ? '?' : *text;
  }
}

static void append_number(struct line *line, uint64_t value) {
  char digits[21];
  char *start = digits + sizeof digits - 1;
  *start = 0;
  do {
    *--start = (char)('0' + value % 10);
    value /= 10;
  } while (value > 0);
  append(line, start);
}

static void report(const struct note *note, size_t offset) {
  struct line line = {.length = 0};
  append(&line, message_prefix);
  append(&line, note->path);
  struct stat status;
  if (stat(note->path, &status) == 0 && (uint64_t)status.st_size <= offset) {
    append(&line, " was cut while it was in use: ");
    append_number(&line, (uint64_t)status.st_size);
    append(&line, " of ");
    append_number(&line, atomic_load(&note->length));
    append(&line, " bytes are there; copy it again to another name, rename it to this one, and start anew");
  } else {
    append(&line, " was lost at byte ");
    append_number(&line, offset);
    append(&line, " while it was in use; see that its disk is whole and connected, and start anew");
  }
  line.text[line.length++] = '\n';
  ssize_t written = write(STDERR_FILENO, line.text, line.length);
  // Nothing sensible can be done where standard error cannot be written.
  (void)written;
}

/// Calls only what POSIX lists as async-signal-safe.
static void handle(int number, siginfo_t *information, void *context) {
  size_t offset = 0;
  // A code of 0 or less means that another process sent the signal, and no address.
  struct note *note =
      information->si_code > 0 ? find((uintptr_t)information->si_addr, &offset) : NULL;
  if (note != NULL) {
    // Several threads may fault at once: the first one tells it.
    if (!atomic_flag_test_and_set(&is_reporting)) {
      report(note, offset);
      _exit(exit_status);
    }
    for (;;) pause();
  }
  if ((former.sa_flags & SA_SIGINFO) != 0) {
    former.sa_sigaction(number, information, context);
  } else if (former.sa_handler == SIG_IGN && information->si_code <= 0) {
    return;
  } else if (former.sa_handler != SIG_DFL && former.sa_handler != SIG_IGN) {
    former.sa_handler(number);
  } else {
    // The signal comes again, to the system's own handler, when this one returns.
    sigaction(SIGBUS, &former, NULL);
    raise(SIGBUS);
  }
}

bool ept_mapping_report_faults(const char *prefix, int status) {
  // A second time, the handler would be its own former one.
  if (atomic_flag_test_and_set(&is_installed)) return true;
  message_prefix = prefix;
  exit_status = status;
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_sigaction = handle;
  action.sa_flags = SA_SIGINFO;
  sigemptyset(&action.sa_mask);
  return sigaction(SIGBUS, &action, &former) == 0;
}
