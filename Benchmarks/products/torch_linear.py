"""PyTorch's F.linear in binary32 beside our product, in turns within one process, on two threads.

    clang -O2 -fPIC -shared -ISources/CEPTKernels/include Sources/CEPTKernels/*.c Sources/CEPTKernels/*/*.c -o libkernels.so
    python Benchmarks/products/torch_linear.py ./libkernels.so

Medians of 21 rounds of four products. Weights lie row by row on both sides. F.linear allocates its
result: the allocator's settings of Benchmarks/speed/settings.py spare it new pages.
"""

import concurrent.futures
import ctypes
import sys
import time

import torch

ROUNDS, WARM_UPS, THREADS, ROWS = 21, 3, 2, 2688
# Products a round, so that waking threads does not count.
PRODUCTS = 4
# Rows that one call of our product takes at most, as Workspace.forRowBlocks gives them.
BLOCK = 256

PRODUCT = ctypes.CFUNCTYPE(
    None, ctypes.c_bool, ctypes.c_bool, ctypes.c_int64, ctypes.c_int64, ctypes.c_int64, ctypes.c_float,
    ctypes.c_void_p, ctypes.c_int64, ctypes.c_void_p, ctypes.c_int64, ctypes.c_float, ctypes.c_void_p,
    ctypes.c_int64)


def kernels(path):
    """The product of the table for this processor, its first entry."""
    library = ctypes.CDLL(path)
    library.ept_kernels_for.restype = ctypes.POINTER(ctypes.c_void_p)
    return PRODUCT(library.ept_kernels_for(library.ept_isa_chosen())[0])


def ours(product, pool, x, weight, y):
    """x * weight^T into y, rows shared by the threads."""
    (rows, inputs), outputs = x.shape, weight.shape[0]

    def part(thread):
        last = rows * (thread + 1) // THREADS
        for _ in range(PRODUCTS):
            for row in range(rows * thread // THREADS, last, BLOCK):
                product(False, True, min(BLOCK, last - row), outputs, inputs, 1, x.data_ptr() + 4 * inputs * row,
                        inputs, weight.data_ptr(), inputs, 0, y.data_ptr() + 4 * outputs * row, outputs)

    list(pool.map(part, range(THREADS)))


def theirs(x, weight):
    """The same by F.linear."""
    for _ in range(PRODUCTS):
        torch.nn.functional.linear(x, weight)


def main():
    torch.set_num_threads(THREADS)
    product = kernels(sys.argv[1])
    print("torch", torch.__version__)
    with concurrent.futures.ThreadPoolExecutor(THREADS) as pool, torch.inference_mode():
        for outputs, inputs in ((768, 768), (3072, 768), (768, 3072)):
            x, weight = torch.rand(ROWS, inputs) - 0.5, torch.rand(outputs, inputs) - 0.5
            y = torch.zeros(ROWS, outputs)
            sides = (lambda: theirs(x, weight), lambda: ours(product, pool, x, weight, y))
            seconds = ([], [])
            for _ in range(ROUNDS + WARM_UPS):
                for side, times in zip(sides, seconds):
                    # Until the other side's threads have ceased to spin.
                    time.sleep(0.05)
                    start = time.perf_counter()
                    side()
                    times.append(time.perf_counter() - start)
            assert torch.allclose(y, torch.nn.functional.linear(x, weight), atol=1e-3)
            peer, mine = (sorted(times[WARM_UPS:])[ROUNDS // 2] for times in seconds)
            work = PRODUCTS * 2 * ROWS * outputs * inputs / 1e9
            print(f"M={ROWS} N={outputs} K={inputs}: F.linear {work / peer:.0f} GFLOP/s, "
                  f"ours {work / mine:.0f}, ratio {peer / mine:.2f}")


main()
