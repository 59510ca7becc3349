#ifndef CEPT_BUILD_H
#define CEPT_BUILD_H

// The commit that the program was built of, or "unknown".
const char *_Nonnull ept_build_commit(void);

#endif
