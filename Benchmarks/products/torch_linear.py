"""PyTorch's F.linear in binary32 on the shapes of products.cpp, two threads, medians of eleven."""

import time

import torch

torch.set_num_threads(2)
print("torch", torch.__version__)
for outputs, inputs in ((768, 768), (3072, 768), (768, 3072)):
    x, weight = torch.rand(2688, inputs), torch.rand(outputs, inputs)
    seconds = []
    with torch.inference_mode():
        for _ in range(14):
            start = time.perf_counter()
            torch.nn.functional.linear(x, weight)
            seconds.append(time.perf_counter() - start)
    median = sorted(seconds[3:])[5]
    print(f"M=2688 N={outputs} K={inputs}: {2 * 2688 * outputs * inputs / median / 1e9:.0f} GFLOP/s")
