#include "eptc.h"

const char *eptc_status_name(eptc_status status) {
  switch (status) {
    case EPTC_OK: return "success";
    case EPTC_FAILURE: return "failure";
    case EPTC_USAGE: return "wrong usage";
    case EPTC_BAD_DATA: return "bad data";
    case EPTC_MISSING_INPUT: return "missing input";
    case EPTC_CANNOT_CREATE: return "output cannot be created";
    case EPTC_INPUT_OUTPUT: return "input or output failed";
    case EPTC_INTERRUPTED: return "interrupted";
  }
  return "unknown";
}
