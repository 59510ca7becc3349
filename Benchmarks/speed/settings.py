"""What every measuring process agrees on; imported before any library that starts threads."""

import os

THREADS = 2
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = str(THREADS)
os.environ.update(
    HF_HUB_OFFLINE="1", TRANSFORMERS_OFFLINE="1", TOKENIZERS_PARALLELISM="false",
    TRANSFORMERS_VERBOSITY="error")
# What a login shell may have set for one library would change another's choice of kernels.
for name in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE", "EPT_ISA", "EPT_MODEL"):
    os.environ.pop(name, None)

# Allocator settings with which PyTorch is fastest here: it keeps its heap, on huge pages.
HUGE_PAGES = {
    "MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": "100000000000", "MALLOC_TOP_PAD_": "67108864",
    "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1", "THP_MEM_ALLOC_ENABLE": "1",
}

# Bundles with random numbers: backbone, rows of the prompt.
BUNDLES = [("t5-base", 20), ("t5-base", 40), ("minilm", 0), ("minilm", 40), ("mpnet", 0), ("mpnet", 40)]

# The label words of SST-2, and how T5 is asked.
LABELS = ("negative", "positive")
TEMPLATE = "sst2 sentence: {}"
