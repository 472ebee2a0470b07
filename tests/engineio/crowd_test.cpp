// SPDX-License-Identifier: MIT
#include "crowd.hpp"

#include <doctest/doctest.h>

using patchbay::engineio::Crowd;

TEST_CASE("crowd: has left when half of the most there have been are gone") {
  Crowd crowd;
  CHECK_FALSE(crowd.has_left(1000));
  CHECK_FALSE(crowd.has_left(501));
  CHECK(crowd.has_left(500));
}

TEST_CASE("crowd: a few are none") {
  Crowd crowd;
  for (std::size_t count = 200; count-- > 0;) CHECK_FALSE(crowd.has_left(count));
}

TEST_CASE("crowd: after a reset those who stayed are what it has been") {
  Crowd crowd;
  CHECK_FALSE(crowd.has_left(2000));
  CHECK(crowd.has_left(600));
  crowd.reset(600);
  CHECK_FALSE(crowd.has_left(500));
  CHECK_FALSE(crowd.has_left(301));
  CHECK(crowd.has_left(300));
}
