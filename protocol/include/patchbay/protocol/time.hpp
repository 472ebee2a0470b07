// SPDX-License-Identifier: MIT
//
// Time as the state machines see it: handed in, never asked for.
#pragma once

#include <chrono>

namespace patchbay {

using Millis = std::chrono::milliseconds;

// A point on a monotonic clock. Only differences mean anything.
using TimePoint = std::chrono::time_point<std::chrono::steady_clock, Millis>;

}  // namespace patchbay
