/* Classifies lines: classify model.ept task.eptb < lines
 *
 * With a third argument it tunes a task first, on a few rows of its own, and writes it to task.eptb. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "eptc.h"

#define LONGEST_LINE 65536

static eptc_text text(const char *string) {
  return (eptc_text){.bytes = string, .length = strlen(string)};
}

/* Ends the program if a call failed. By address: `error` is set by the call that is its neighbour here. */
static void require(eptc_status status, char **error) {
  if (status == EPTC_OK) return;
  fprintf(stderr, "classify: %s: %s\n", eptc_status_name(status), *error ? *error : "");
  eptc_string_free(*error);
  exit(status);
}

static void show(const eptc_progress *progress, void *context) {
  *(int64_t *)context = progress->step;
}

/* Stops after four steps, though eight were asked for. */
static bool stop(void *context) { return *(int64_t *)context >= 4; }

static eptc_task *tune(eptc_model *model) {
  const eptc_text fields[] = {text("sentence")};
  const eptc_text labels[] = {text("negative"), text("positive")};
  const eptc_text texts[] = {text("a lovely film"), text("a dull film"), text("a tasty meal"),
                             text("a cold meal"), text("good"), text("not good")};
  const int32_t classes[] = {1, 0, 1, 0, 1, 0};
  const eptc_tuning tuning = {
      .name = "mood",
      .fields = fields, .field_count = 1,
      .labels = labels, .label_count = 2,
      .train = {.texts = texts, .labels = classes, .count = 6},
      .settings = "{\"steps\": 8, \"batch\": 4, \"seed\": 1}"};
  int64_t steps = 0;
  const eptc_hooks hooks = {.progress = show, .should_stop = stop, .context = &steps};
  eptc_task *task = NULL;
  char *error = NULL;
  const eptc_status status = eptc_model_tune(model, &tuning, &hooks, &task, &error);
  if (status != EPTC_INTERRUPTED) require(status, &error);
  fprintf(stderr, "classify: %s at step %lld\n", eptc_status_name(status), (long long)steps);
  return task;
}

int main(int count, char **arguments) {
  if (count < 3) {
    fprintf(stderr, "usage: classify model.ept task.eptb [tune] < lines\n");
    return EPTC_USAGE;
  }
  eptc_model *model = NULL;
  eptc_task *task = NULL;
  char *error = NULL;
  require(eptc_model_open(arguments[1], 0, &model, &error), &error);
  if (count > 3) {
    task = tune(model);
    require(eptc_task_save(task, arguments[2], false, &error), &error);
  } else {
    require(eptc_task_load(model, arguments[2], &task, &error), &error);
  }

  const size_t labels = eptc_task_label_count(task);
  float *probabilities = malloc(labels * sizeof *probabilities);
  char *line = malloc(LONGEST_LINE);
  while (probabilities && line && fgets(line, LONGEST_LINE, stdin)) {
    const eptc_text row = {.bytes = line, .length = strcspn(line, "\n")};
    require(eptc_task_classify(task, &row, 1, probabilities, &error), &error);
    size_t best = 0;
    for (size_t label = 1; label < labels; label++) {
      if (probabilities[label] > probabilities[best]) best = label;
    }
    printf("%s\t%.6f\n", eptc_task_label(task, best), probabilities[best]);
  }
  free(line);
  free(probabilities);
  eptc_task_close(task);
  eptc_model_close(model);
  return EPTC_OK;
}
