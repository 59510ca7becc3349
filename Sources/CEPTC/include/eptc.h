/* eptc.h - the C library of eptc: open a backbone, load tuned tasks, classify, embed, tune.
 *
 * Rules for all functions, where a comment does not say otherwise:
 *
 * - Ownership. What a function gives out through a pointer to a pointer belongs to the caller, who
 *   releases it with the function that the comment names. What a function returns as `const` belongs to
 *   the object that was asked, and lives as long as that. Arguments belong to the caller; nothing of them
 *   is kept after the call.
 * - Threads. There is no global state. One model and its tasks may be used by any number of threads at
 *   the same time. Only closing an object needs that no other thread uses it.
 * - Errors. A function that can fail returns EPTC_OK or what kind of failure it was. If `error` is not
 *   NULL, `*error` is then a message of one line, to be released with eptc_string_free; on success it is
 *   NULL. Other results are untouched by a failure, unless a comment says so.
 * - Texts are UTF-8. Bytes that are no UTF-8 are read as U+FFFD.
 * - No signal is handled and nothing is printed. If a mapped model file is cut short while it is in use,
 *   the system sends SIGBUS, as for any mapped file.
 */
#ifndef EPTC_H
#define EPTC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What came of a call. The numbers are the exit statuses of the command `eptc`. */
typedef enum eptc_status {
  EPTC_OK = 0,
  /* Anything else, such as no memory or no thread. */
  EPTC_FAILURE = 1,
  /* An argument that cannot be: NULL, an index, a setting. */
  EPTC_USAGE = 64,
  /* A file or a text that cannot be used. */
  EPTC_BAD_DATA = 65,
  /* A file that is not there or cannot be read. */
  EPTC_MISSING_INPUT = 66,
  /* A file that cannot be made, or that is there already. */
  EPTC_CANNOT_CREATE = 73,
  /* Reading or writing failed. */
  EPTC_INPUT_OUTPUT = 74,
  /* The caller stopped the work. */
  EPTC_INTERRUPTED = 130
} eptc_status;

/* A backbone in memory. */
typedef struct eptc_model eptc_model;
/* A tuned task, ready to answer on the model that it was loaded on. */
typedef struct eptc_task eptc_task;

/* A text: `length` bytes of UTF-8 at `bytes`, without a NUL at the end. `bytes` may be NULL if `length`
 * is 0. It belongs to the caller. */
typedef struct eptc_text {
  const char *bytes;
  size_t length;
} eptc_text;

/* What of a text's states makes its vector. */
typedef enum eptc_pooling {
  /* As the task's head or else the model's checkpoint says, else the mean. */
  EPTC_POOLING_DEFAULT = 0,
  EPTC_POOLING_MEAN = 1,
  EPTC_POOLING_CLS = 2,
  EPTC_POOLING_LAST = 3
} eptc_pooling;

/* The name of `status`, such as "bad data". The result is a constant: it is never released, and any thread
 * may read it. */
const char *eptc_status_name(eptc_status status);

/* Releases a message that a function of this library gave. NULL is allowed. Any thread may call it. */
void eptc_string_free(char *string);

/* Maps the .ept file at `path`, a NUL-terminated path, to compute with `threads` threads, 0 for one a
 * processor. On success `*model` belongs to the caller: eptc_model_close releases it. Any thread may call
 * it, and use the model. */
eptc_status eptc_model_open(
    const char *path, int32_t threads, eptc_model **model, char **error);

/* Releases a model. NULL is allowed. Its tasks may be closed before or after: they keep what they need.
 * No other thread may use `model` during the call or later. */
void eptc_model_close(eptc_model *model);

/* How many numbers a vector of `model` has; 0 for NULL. Any thread may call it. */
size_t eptc_model_dimensions(const eptc_model *model);

/* Loads the .eptb file at `path` to answer on `model`. On success `*task` belongs to the caller:
 * eptc_task_close releases it. Any thread may call it, and use the task. */
eptc_status eptc_task_load(
    const eptc_model *model, const char *path, eptc_task **task, char **error);

/* Writes `task` as a .eptb file at `path`, whole or not at all. Without `replace` a file that is there is
 * EPTC_CANNOT_CREATE. Any thread may call it. */
eptc_status eptc_task_save(const eptc_task *task, const char *path, bool replace, char **error);

/* Releases a task. NULL is allowed. No other thread may use `task` during the call or later. */
void eptc_task_close(eptc_task *task);

/* The name of the task; NULL for NULL. The string belongs to `task`. Any thread may call it. */
const char *eptc_task_name(const eptc_task *task);

/* How many labels the task has; 0 for NULL. Any thread may call it. */
size_t eptc_task_label_count(const eptc_task *task);

/* The label `index`, from 0; NULL beyond the last. The string belongs to `task`. Any thread may call
 * it. */
const char *eptc_task_label(const eptc_task *task, size_t index);

/* How many texts a row of the task has; 0 for NULL. Any thread may call it. */
size_t eptc_task_field_count(const eptc_task *task);

/* What the task calls the text `index` of a row, from 0; NULL beyond the last. The string belongs to
 * `task`. Any thread may call it. */
const char *eptc_task_field(const eptc_task *task, size_t index);

/* The task's metric on the rows that chose its best step, from 0 to 1 (correlations from -1); NaN if it is
 * unknown. Any thread may call it. */
double eptc_task_validation(const eptc_task *task);

/* Classifies `rows` rows. `texts` has one text a field of each row, row by row. `probabilities` has room
 * for `rows` times eptc_task_label_count numbers, and gets one a label for each row, row by row. Those of
 * a row sum to 1, and the answer is the label with the largest. Of a task with several labels a text each
 * stands alone. A task of numbers has no probabilities: EPTC_FAILURE. Both arrays belong to the caller.
 * After a failure the contents of `probabilities` are undefined. Any number of threads may call it at
 * once. */
eptc_status eptc_task_classify(
    const eptc_task *task, const eptc_text *texts, size_t rows, float *probabilities, char **error);

/* Turns `rows` rows into vectors. Without a task (NULL) a row is one text, of which 512 tokens are read,
 * or as many as the model has positions; with one, `texts` has one text a field of each row, row by row,
 * which are read behind the task's prompt. The task must be of `model`. `vectors` has room for `rows` times
 * eptc_model_dimensions numbers; with `normalize` each row gets length 1. Both arrays belong to the
 * caller. After a failure the contents of `vectors` are undefined. Any number of threads may call it at
 * once. */
eptc_status eptc_model_embed(
    const eptc_model *model, const eptc_task *task, const eptc_text *texts, size_t rows,
    eptc_pooling pooling, bool normalize, float *vectors, char **error);

/* Labelled rows. They belong to the caller. */
typedef struct eptc_rows {
  /* One text a field of each row, row by row. */
  const eptc_text *texts;
  /* The label of each row: an index of eptc_tuning.labels. */
  const int32_t *labels;
  size_t count;
} eptc_rows;

/* What to tune. All of it belongs to the caller, and must stay as it is during the call. */
typedef struct eptc_tuning {
  /* The task's name, which must be a plain file name; NUL-terminated. */
  const char *name;
  /* What the texts of a row are called; one or more. */
  const eptc_text *fields;
  size_t field_count;
  /* The labels; two or more, no two the same. */
  const eptc_text *labels;
  size_t label_count;
  /* Rows to learn from. */
  eptc_rows train;
  /* Rows to choose the best step by. If its count is 0, a tenth of each class of `train` is held out for that;
   * where so few rows have none to spare, all of `train` chooses. */
  eptc_rows validation;
  /* Settings as a JSON object, NUL-terminated, or NULL for none: the long flags of `eptc help tune` with
   * _ for -, such as {"steps": 500, "seed": 1, "head_rate": 0.01}. */
  const char *settings;
} eptc_tuning;

/* How far tuning has come. It belongs to the library, and lives during the callback. */
typedef struct eptc_progress {
  /* Steps made. */
  int64_t step;
  /* The last step; 0 while it is unknown. */
  int64_t steps;
  /* Training loss, averaged over about 20 steps; NaN before the first. */
  double loss;
  /* The metric on the validation rows, if they have just been scored; else NaN. */
  double validation;
} eptc_progress;

/* Callbacks of tuning. Either may be NULL. Both are called on the thread that called eptc_model_tune, never
 * two at once. They must return (no longjmp, no exception). */
typedef struct eptc_hooks {
  /* Told after each step and each evaluation. */
  void (*progress)(const eptc_progress *progress, void *context);
  /* Asked between steps, and between the batches of an evaluation; on true tuning ends. */
  bool (*should_stop)(void *context);
  /* Handed to both; it belongs to the caller. */
  void *context;
} eptc_hooks;

/* Tunes a task on `model`. `hooks` may be NULL. On EPTC_OK and on EPTC_INTERRUPTED `*task` is a task with
 * the best parameters so far, which belongs to the caller: eptc_task_close releases it. The same rows,
 * settings and model file give the same task. Any number of threads may call it at once; each call
 * computes with the model's threads. */
eptc_status eptc_model_tune(
    const eptc_model *model, const eptc_tuning *tuning, const eptc_hooks *hooks, eptc_task **task,
    char **error);

#ifdef __cplusplus
}
#endif

#endif
