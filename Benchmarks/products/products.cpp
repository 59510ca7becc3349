// The products of CEPTKernels beside oneDNN's packed ones, in one process.
//
//   for f in Sources/CEPTKernels/*.c Sources/CEPTKernels/*/*.c; do clang -O2 -ISources/CEPTKernels/include -c $f; done
//   clang++ -O2 -std=c++17 -ISources/CEPTKernels/include Benchmarks/products/products.cpp \
//     *.o -ldnnl -lpthread -o products
//   OMP_NUM_THREADS=2 ./products
//
// EPT_ISA=avx2 with DNNL_MAX_CPU_ISA=AVX2 compares both without AVX-512. Weights are packed
// outside the timing on both sides. Ours also subtracts the offsets, scales rows and columns and
// stores binary32; "with quantisation" quantises the rows as well.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <oneapi/dnnl/dnnl.hpp>
#include <thread>
#include <vector>

#define _Nonnull
#define _Nullable
extern "C" {
#include "CEPTKernels.h"
}

namespace {

constexpr int kThreads = 2;
constexpr int kRounds = 31;

// Two threads that spin between pieces of work.
class Team {
 public:
  Team() : helper_([this] { help(); }) {}
  ~Team() {
    stop_ = true;
    helper_.join();
  }
  void run(const std::function<void(int)> &body) {
    body_ = &body;
    turn_.fetch_add(1);
    body(0);
    while (done_.load() != turn_.load()) {
    }
  }

 private:
  void help() {
    for (int seen = 0; !stop_;) {
      if (turn_.load() == seen) continue;
      seen++;
      (*body_)(1);
      done_.store(seen);
    }
  }
  const std::function<void(int)> *body_ = nullptr;
  std::atomic<int> turn_{0}, done_{0};
  std::atomic<bool> stop_{false};
  std::thread helper_;
};

// The median of the seconds of rounds of `body`, the first three left out. Waits before, until
// threads of the side measured before have ceased to spin.
double median(const std::function<void()> &body) {
  std::this_thread::sleep_for(std::chrono::milliseconds(400));
  std::vector<double> seconds;
  for (int round = 0; round < kRounds + 3; round++) {
    auto start = std::chrono::steady_clock::now();
    body();
    std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
    if (round >= 3) seconds.push_back(elapsed.count());
  }
  std::sort(seconds.begin(), seconds.end());
  return seconds[seconds.size() / 2];
}

void compare(const ept_int8_kernels &kernels, int64_t m, int64_t n, int64_t k) {
  using namespace dnnl;
  std::vector<float> x(m * k), y(m * n), scales(n, 0.01f), row_scales(m);
  for (auto &value : x) value = (rand() % 2000 - 1000) * 1e-3f;
  std::vector<uint8_t> weights(n * k);
  for (auto &value : weights) value = 1 + rand() % 255;
  std::vector<int32_t> offsets(m);
  int64_t row_bytes = kernels.row_bytes(k);
  auto *codes = static_cast<uint8_t *>(aligned_alloc(64, m * row_bytes));

  auto cut = [&](int64_t first) {
    return ept_int8_rows{codes + first * row_bytes, row_scales.data() + first,
                         offsets.data() + first};
  };
  auto quantize = [&](int64_t first, int64_t last) {
    kernels.quantize(x.data() + first * k, k, nullptr, last - first, k, cut(first));
  };
  auto multiply = [&](int64_t first, int64_t last, int64_t first_panel, int64_t last_panel) {
    ept_int8_product product = {};
    product.weights = {weights.data(), scales.data(), n, k, (k + 3) / 4 * 64};
    product.x = cut(first);
    product.rows = last - first;
    product.first_panel = first_panel;
    product.last_panel = last_panel;
    product.y = y.data() + first * n;
    product.ldy = n;
    kernels.product(&product);
  };
  auto ours = [&](bool quantizes) {
    Team team;
    return median([&] {
      team.run([&](int thread) {
        if (m >= 32) {
          int64_t first = m * thread / kThreads, last = m * (thread + 1) / kThreads;
          for (int64_t row = first; row < last; row += 256) {
            int64_t end = std::min(last, row + 256);
            if (quantizes) quantize(row, end);
            multiply(row, end, 0, (n + 15) / 16);
          }
        } else {
          int64_t panels = (n + 15) / 16;
          if (quantizes && thread == 0) quantize(0, m);
          multiply(0, m, panels * thread / kThreads, panels * (thread + 1) / kThreads);
        }
      });
    });
  };
  quantize(0, m);

  engine cpu(engine::kind::cpu, 0);
  stream queue(cpu);
  auto u8 = memory::data_type::u8, s8 = memory::data_type::s8, f32 = memory::data_type::f32;
  memory::desc a({m, k}, u8, memory::format_tag::ab), b({k, n}, s8, memory::format_tag::any);
  memory::desc c({m, n}, f32, memory::format_tag::ab);
  matmul::primitive_desc description({a, b, c}, cpu);
  memory source(a, cpu), packed(description.weights_desc(), cpu), target(c, cpu);
  auto fill = [](memory &memory) {
    auto *bytes = static_cast<uint8_t *>(memory.get_data_handle());
    for (size_t i = 0; i < memory.get_desc().get_size(); i++) bytes[i] = rand() & 127;
  };
  fill(source);
  fill(packed);
  matmul primitive(description);
  auto peer = [&] {
    primitive.execute(queue, {{DNNL_ARG_SRC, source},
                              {DNNL_ARG_WEIGHTS, packed},
                              {DNNL_ARG_DST, target}});
    queue.wait();
  };

  double seconds[] = {median(peer), ours(false), ours(true)};
  double operations = 2.0 * m * n * k / 1e9;
  printf("int8 M=%ld N=%ld K=%ld: oneDNN %.0f GOP/s (%s), ours %.0f (%.2f x), with quantisation %.0f "
         "(%.2f x)\n",
         (long)m, (long)n, (long)k, operations / seconds[0], description.impl_info_str(),
         operations / seconds[1], seconds[0] / seconds[1], operations / seconds[2],
         seconds[0] / seconds[2]);
  free(codes);
}

// x * W^T in binary32. oneDNN's weights are packed before, ours lie row by row and are packed on
// the way.
void compare_f32(const ept_kernels &kernels, int64_t m, int64_t n, int64_t k) {
  using namespace dnnl;
  std::vector<float> x(m * k), weights(n * k), y(m * n);
  for (auto &value : x) value = (rand() % 2000 - 1000) * 1e-3f;
  for (auto &value : weights) value = (rand() % 2000 - 1000) * 1e-3f;
  auto ours = [&] {
    Team team;
    return median([&] {
      team.run([&](int thread) {
        int64_t first = m * thread / kThreads, last = m * (thread + 1) / kThreads;
        for (int64_t row = first; row < last; row += 256)
          kernels.product(false, true, std::min<int64_t>(256, last - row), n, k, 1,
                          x.data() + row * k, k, weights.data(), k, 0, y.data() + row * n, n);
      });
    });
  };
  engine cpu(engine::kind::cpu, 0);
  stream queue(cpu);
  auto f32 = memory::data_type::f32;
  memory::desc a({m, k}, f32, memory::format_tag::ab), b({k, n}, f32, memory::format_tag::any);
  memory::desc c({m, n}, f32, memory::format_tag::ab);
  matmul::primitive_desc description({a, b, c}, cpu);
  memory source(a, cpu, x.data()), packed(description.weights_desc(), cpu), target(c, cpu);
  auto *numbers = static_cast<float *>(packed.get_data_handle());
  for (size_t i = 0; i < packed.get_desc().get_size() / sizeof(float); i++)
    numbers[i] = (rand() % 2000 - 1000) * 1e-3f;
  matmul primitive(description);
  double peer = median([&] {
    primitive.execute(queue, {{DNNL_ARG_SRC, source},
                              {DNNL_ARG_WEIGHTS, packed},
                              {DNNL_ARG_DST, target}});
    queue.wait();
  });
  double mine = ours(), operations = 2.0 * m * n * k / 1e9;
  printf("f32 M=%ld N=%ld K=%ld: oneDNN %.0f GFLOP/s (%s), ours %.0f (%.2f x)\n", (long)m, (long)n,
         (long)k, operations / peer, description.impl_info_str(), operations / mine, peer / mine);
}

}  // namespace

int main() {
  ept_isa isa = ept_isa_chosen();
  const ept_int8_kernels *int8 = ept_int8_kernels_for(isa);
  const char *names[] = {"scalar", "avx2", "avx512", "amx"};
  printf("oneDNN %d.%d.%d, two threads, medians of %d; instruction set of ours: %s\n",
         dnnl_version()->major, dnnl_version()->minor, dnnl_version()->patch, kRounds, names[isa]);
  const int64_t rows[] = {2688, 84, 1};
  for (int64_t m : rows) {
    compare(*int8, m, 768, 768);
    compare(*int8, m, 3072, 768);
    compare(*int8, m, 768, 3072);
  }
  compare_f32(*ept_kernels_for(isa), 2688, 768, 768);
  compare_f32(*ept_kernels_for(isa), 2688, 3072, 768);
  compare_f32(*ept_kernels_for(isa), 2688, 768, 3072);
}
