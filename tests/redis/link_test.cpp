// SPDX-License-Identifier: MIT
#include "link.hpp"

#include <doctest/doctest.h>

using namespace patchbay;
using namespace patchbay::redis;

TEST_CASE("attempts to come back wait twice as long each time, up to a limit") {
  const Options options;
  CHECK(retry_delay(options, 0, Millis(0)) == Millis(100));
  CHECK(retry_delay(options, 1, Millis(0)) == Millis(200));
  CHECK(retry_delay(options, 5, Millis(999)) == Millis(4'199));
  CHECK(retry_delay(options, 9, Millis(0)) == Millis(30'000));
  CHECK(retry_delay(options, 4'000'000'000U, Millis(1'000)) == Millis(30'000));
}
