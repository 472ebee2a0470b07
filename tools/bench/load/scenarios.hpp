// SPDX-License-Identifier: MIT
//
// Each runs one scenario and adds its figures to bench.json. README.md says what they measure.
#pragma once

#include "bench.hpp"

namespace patchbay::bench {

void run_echo(Bench& bench);
void run_ack(Bench& bench);
void run_binary(Bench& bench);
void run_polling(Bench& bench);
void run_broadcast(Bench& bench);
void run_room(Bench& bench);
void run_slow(Bench& bench);
void run_connect(Bench& bench);
void run_upgrade(Bench& bench);
void run_storm(Bench& bench);
void run_join(Bench& bench);
void run_idle(Bench& bench);

}  // namespace patchbay::bench
