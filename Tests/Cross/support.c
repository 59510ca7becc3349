#include "twins.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static uint64_t state;

void seed(uint64_t start) { state = start; }

// SplitMix64 (Steele, Lea and Flood, 2014).
static uint64_t next(void) {
  uint64_t z = state += 0x9E3779B97F4A7C15u;
  z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
  z = (z ^ z >> 27) * 0x94D049BB133111EBu;
  return z ^ z >> 31;
}

int64_t some(int64_t least, int64_t most) {
  return least + (int64_t)(next() % (uint64_t)(most - least + 1));
}

float number(void) { return (float)some(-0x800000, 0x800000) * 0x1p-23f; }

enum { MOST_ROOMS = 256 };
static struct {
  void *start;
  size_t bytes;
} rooms[MOST_ROOMS];
static int room_count;

void *room(int64_t bytes) {
  size_t page = (size_t)sysconf(_SC_PAGESIZE);
  size_t pages = ((size_t)bytes + page - 1) / page * page;
  char *start = mmap(NULL, pages + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (start == MAP_FAILED || mprotect(start + pages, page, PROT_NONE) || room_count == MOST_ROOMS) {
    fprintf(stderr, "twins: no memory for %lld bytes\n", (long long)bytes);
    exit(1);
  }
  rooms[room_count].start = start;
  rooms[room_count++].bytes = pages + page;
  return start + pages - bytes;
}

void clear(void) {
  while (room_count > 0) {
    room_count--;
    munmap(rooms[room_count].start, rooms[room_count].bytes);
  }
}

float *numbers(int64_t count, float scale) {
  float *x = room(count * 4);
  for (int64_t i = 0; i < count; i++) x[i] = scale * number();
  return x;
}

float *copy(const float *from, int64_t count) {
  float *x = room(count * 4);
  if (count > 0) memcpy(x, from, (size_t)count * 4);
  return x;
}

static const char *set;
static char compared[160];
static int failed;
static uint64_t hash = 0xCBF29CE484222325u;

void testing(const char *name) { set = name; }

void sizes(const char *format, ...) {
  va_list list;
  va_start(list, format);
  vsnprintf(compared, sizeof compared, format, list);
  va_end(list);
}

void expect(bool holds, const char *what) {
  if (!holds && ++failed <= 20) fprintf(stderr, "twins: %s: %s: %s\n", set, compared, what);
}

void expect_near(const char *what, const float *value, const float *twin, int64_t count,
                 double tolerance) {
  for (int64_t i = 0; i < count; i++) {
    double a = value[i], b = twin[i];
    if (a == b || (isnan(a) && isnan(b)) || fabs(a - b) <= tolerance * fmax(1, fabs(b))) continue;
    char line[120];
    snprintf(line, sizeof line, "%s %lld is %.9g, the twin's %.9g", what, (long long)i, a, b);
    expect(false, line);
    return;
  }
}

void expect_same(const char *what, const void *value, const void *twin, int64_t bytes) {
  const uint8_t *a = value, *b = twin;
  for (int64_t i = 0; i < bytes; i++) {
    // FNV-1a.
    if (strcmp(set, "scalar") == 0) hash = (hash ^ a[i]) * 0x100000001B3u;
    if (a[i] == b[i]) continue;
    char line[120];
    snprintf(line, sizeof line, "%s differs from the twin's at byte %lld", what, (long long)i);
    expect(false, line);
    return;
  }
}

int failures(void) { return failed; }
uint64_t digest(void) { return hash; }
