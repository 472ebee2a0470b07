// SPDX-License-Identifier: MIT
//
// MessagePack to Value and back.
#include "patchbay/protocol/msgpack.hpp"

#include "samples.hpp"

namespace patchbay::bench {
namespace {

std::string packed(const Value& value) {
  std::string out;
  append_msgpack(out, value);
  return out;
}

Value event_of(std::string payload) {
  return Array{Value("echo"), Value(std::move(payload))};
}
Value binary_event() {
  return Array{Value("bin"), Value(Bytes(bytes(kSmall)))};
}
Value object() {
  return *parse_json(kObjectJson, kMaxDepth);
}

void parse(benchmark::State& state, const Value& value) {
  const std::string data = packed(value);
  while (state.KeepRunning()) {
    auto parsed = parse_msgpack(data, kMaxDepth);
    if (!parsed) return state.SkipWithError("not accepted");
    benchmark::DoNotOptimize(parsed);
  }
  count_bytes(state, data.size());
}
BENCHMARK_CAPTURE(parse, small, event_of(text(kSmall)))->Name("msgpack/parse/small");
BENCHMARK_CAPTURE(parse, large, event_of(text(kLarge)))->Name("msgpack/parse/large");
BENCHMARK_CAPTURE(parse, binary, binary_event())->Name("msgpack/parse/binary");
BENCHMARK_CAPTURE(parse, object, object())->Name("msgpack/parse/object");

void write(benchmark::State& state, const Value& value) {
  std::string out;
  while (state.KeepRunning()) {
    out.clear();
    append_msgpack(out, value);
    benchmark::DoNotOptimize(out.data());
  }
  count_bytes(state, out.size());
}
BENCHMARK_CAPTURE(write, small, event_of(text(kSmall)))->Name("msgpack/write/small");
BENCHMARK_CAPTURE(write, large, event_of(text(kLarge)))->Name("msgpack/write/large");
BENCHMARK_CAPTURE(write, binary, binary_event())->Name("msgpack/write/binary");
BENCHMARK_CAPTURE(write, object, object())->Name("msgpack/write/object");

}  // namespace
}  // namespace patchbay::bench
