// twins [NAME...]: tests all instruction sets that the processor has. With names, it must have those
// and no others, the best one last. The last line is a digest of all bits that must be the same on
// every processor.

#include "twins.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const names[] = {"scalar", "avx2", "avx512", "amx", "neon", "dotprod", "i8mm"};

static void test_set(enum ept_isa isa) {
  const struct ept_kernels *kernels = ept_kernels_for(isa), *twin = ept_kernels_for(EPT_ISA_SCALAR);
  const struct ept_int8_kernels *int8 = ept_int8_kernels_for(isa);
  const struct ept_int8_kernels *int8_twin = ept_int8_kernels_for(EPT_ISA_SCALAR);
  testing(names[isa]);
  sizes("dispatch");
  setenv("EPT_ISA", names[isa], 1);
  expect(ept_isa_chosen() == isa, "EPT_ISA does not choose it");
  unsetenv("EPT_ISA");
  if (!kernels || !twin || !int8 || !int8_twin) {
    expect(false, "a table is missing");
    return;
  }
  if (isa != EPT_ISA_SCALAR) {
    test_elements(kernels, twin);
    test_products(kernels, twin);
    test_layers(kernels, twin);
    test_attention(&kernels->attention, &twin->attention);
  }
  test_int8(int8, int8_twin);
  test_weights(isa);
}

int main(int count, char **wanted) {
  testing("dispatch");
  for (int isa = EPT_ISA_SCALAR; isa <= EPT_ISA_I8MM; isa++) {
    bool is_wanted = isa == EPT_ISA_SCALAR;
    for (int i = 1; i < count; i++) is_wanted |= strcmp(wanted[i], names[isa]) == 0;
    bool is_there = ept_kernels_for((enum ept_isa)isa) != NULL;
    sizes("%s", names[isa]);
    if (count > 1) expect(is_there == is_wanted, is_there ? "is there" : "is missing");
    if (!is_there) continue;
    printf("twins: %s\n", names[isa]);
    fflush(stdout);
    test_set((enum ept_isa)isa);
  }
  testing("dispatch");
  sizes("%s", names[ept_isa_chosen()]);
  if (count > 1) expect(strcmp(names[ept_isa_chosen()], wanted[count - 1]) == 0, "is chosen");
  if (failures() > 0) {
    fprintf(stderr, "twins: %d failures\n", failures());
    return 1;
  }
  printf("digest: %016llx\n", (unsigned long long)digest());
  return 0;
}
