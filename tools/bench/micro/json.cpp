// SPDX-License-Identifier: MIT
//
// JSON text to Value and back.
#include "samples.hpp"

namespace patchbay::bench {
namespace {

std::string event_of(std::string payload) {
  return "[\"echo\"," + to_json(Value(std::move(payload))) + "]";
}

void parse(benchmark::State& state, const std::string& json) {
  while (state.KeepRunning()) {
    auto value = parse_json(json, kMaxDepth);
    if (!value) return state.SkipWithError("not accepted");
    benchmark::DoNotOptimize(value);
  }
  count_bytes(state, json.size());
}
BENCHMARK_CAPTURE(parse, small, event_of(text(kSmall)))->Name("json/parse/small");
BENCHMARK_CAPTURE(parse, large, event_of(text(kLarge)))->Name("json/parse/large");
BENCHMARK_CAPTURE(parse, international, event_of(international_text(kLarge)))
    ->Name("json/parse/international");
BENCHMARK_CAPTURE(parse, object, std::string(kObjectJson))->Name("json/parse/object");

void write(benchmark::State& state, const std::string& json) {
  const auto value = parse_json(json, kMaxDepth);
  std::string out;
  while (state.KeepRunning()) {
    out.clear();
    write_json(out, *value);
    benchmark::DoNotOptimize(out.data());
  }
  if (out != json) state.SkipWithError("written differently");
  count_bytes(state, json.size());
}
BENCHMARK_CAPTURE(write, small, event_of(text(kSmall)))->Name("json/write/small");
BENCHMARK_CAPTURE(write, large, event_of(text(kLarge)))->Name("json/write/large");
BENCHMARK_CAPTURE(write, international, event_of(international_text(kLarge)))
    ->Name("json/write/international");
BENCHMARK_CAPTURE(write, object, std::string(kObjectJson))->Name("json/write/object");

}  // namespace
}  // namespace patchbay::bench
