// SPDX-License-Identifier: MIT
//
// permessage-deflate and the compression of polling responses. "alone": without context takeover,
// each message by itself.
#include "deflate.hpp"

#include "samples.hpp"

namespace patchbay::bench {
namespace {

using engineio::ContentCoding;
using engineio::Deflater;
using engineio::Inflater;

constexpr int kWindowBits = 15;
constexpr int kLevel = 6;
constexpr int kMemoryLevel = 8;
constexpr std::size_t kInflatedLimit = 1'000'000;

void compress(benchmark::State& state, bool alone, std::size_t size) {
  const std::string message = text(size);
  Deflater deflater(kWindowBits, kLevel, kMemoryLevel);
  std::string out;
  while (state.KeepRunning()) {
    out.clear();
    deflater.compress(message, out);
    if (alone) deflater.reset();
    benchmark::DoNotOptimize(out.data());
  }
  count_bytes(state, size);
  state.counters["ratio"] = static_cast<double>(size) / static_cast<double>(out.size());
}
BENCHMARK_CAPTURE(compress, alone, true, kLarge)->Name("deflate/compress/alone");
BENCHMARK_CAPTURE(compress, context, false, kLarge)->Name("deflate/compress/context");

void inflate(benchmark::State& state) {
  std::string message;
  Deflater(kWindowBits, kLevel, kMemoryLevel).compress(text(kLarge), message);
  Inflater inflater(kWindowBits);
  std::string out;
  while (state.KeepRunning()) {
    out.clear();
    inflater.add(message, out, kInflatedLimit);
    inflater.finish(out, kInflatedLimit);
    inflater.reset();
    if (out.size() != kLarge) return state.SkipWithError("not accepted");
  }
  count_bytes(state, kLarge);
}
BENCHMARK(inflate)->Name("deflate/inflate/alone");

void body(benchmark::State& state) {
  const std::string message = text(kLarge);
  while (state.KeepRunning()) {
    const std::string out = engineio::compress_body(ContentCoding::gzip, kLevel, message);
    benchmark::DoNotOptimize(out.data());
  }
  count_bytes(state, kLarge);
}
BENCHMARK(body)->Name("deflate/body/gzip");

}  // namespace
}  // namespace patchbay::bench
