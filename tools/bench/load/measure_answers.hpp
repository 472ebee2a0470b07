// SPDX-License-Identifier: MIT
#pragma once

#include <functional>

#include "bench.hpp"
#include "ledger.hpp"

namespace patchbay::bench {

/// Warms up, measures, and adds what the scenarios have in common whose messages are answered one
/// for one. `run_until` keeps messages going until a time.
void measure_answers(Bench& bench, Ledger& ledger,
                     const std::function<void(Nanoseconds)>& run_until);

/// After the last message: every answer has to come.
void await_last_answers(Bench& bench, const Ledger& ledger);

}  // namespace patchbay::bench
