#include "CEPTBuild.h"

const char *ept_build_commit(void) {
  return EPT_COMMIT[0] ? EPT_COMMIT : "unknown";
}
