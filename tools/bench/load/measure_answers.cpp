// SPDX-License-Identifier: MIT
#include "measure_answers.hpp"

namespace patchbay::bench {

void measure_answers(Bench& bench, Ledger& ledger,
                     const std::function<void(Nanoseconds)>& run_until) {
  const Options& options = bench.options;
  run_until(now() + from_seconds(options.warmup));
  Window window(bench.server);
  window.begin();
  const std::uint64_t before = ledger.answers();
  ledger.measure(true);
  run_until(now() + from_seconds(options.seconds));
  ledger.measure(false);
  window.end();
  const std::uint64_t messages = ledger.answers() - before;
  bench.json.add("messages", messages);
  window.report(bench.json, messages);
  report_latency(bench.json, "latency_us", ledger.latency());
  if (messages == 0) bench.errors.add("no answers");
}

void await_last_answers(Bench& bench, const Ledger& ledger) {
  bench.wait(
      "last answers", [&] { return ledger.under_way() == 0; }, [&] { return ledger.answers(); });
  bench.errors.add("missing answer", ledger.under_way());
}

}  // namespace patchbay::bench
