// SPDX-License-Identifier: MIT
#include "patchbay/protocol/rate.hpp"

#include <doctest/doctest.h>

using namespace patchbay;

namespace {

constexpr TimePoint kStart{Millis(5'000)};

}  // namespace

TEST_CASE("a bucket begins full, and fills up again at its rate") {
  const Rate rate{.per_second = 10, .burst = 3};
  TokenBucket bucket(rate, kStart);
  for (int i = 0; i < 3; ++i) CHECK(bucket.take(rate, kStart));
  CHECK_FALSE(bucket.take(rate, kStart));
  CHECK(bucket.wait(rate, kStart) == Millis(100));
  CHECK_FALSE(bucket.take(rate, kStart + Millis(99)));
  CHECK(bucket.take(rate, kStart + Millis(100)));
  CHECK_FALSE(bucket.take(rate, kStart + Millis(100)));
}

TEST_CASE("a bucket holds no more than its capacity, however long nobody takes") {
  const Rate rate{.per_second = 1'000};
  TokenBucket bucket(rate, kStart);
  const TimePoint later = kStart + std::chrono::hours(24 * 365);
  CHECK(bucket.take(rate, later, 1'000));
  CHECK_FALSE(bucket.take(rate, later));
}

TEST_CASE("a slow rate loses nothing by being asked often") {
  const Rate rate{.per_second = 1, .burst = 1};
  TokenBucket bucket(rate, kStart);
  CHECK(bucket.take(rate, kStart));
  TimePoint now = kStart;
  for (int i = 0; i < 999; ++i) CHECK_FALSE(bucket.take(rate, now += Millis(1)));
  CHECK(bucket.take(rate, now + Millis(1)));
}

TEST_CASE(
    "what is larger than the capacity passes when the bucket is full, and is paid for later") {
  const Rate rate{.per_second = 100, .burst = 100};
  TokenBucket bucket(rate, kStart);
  CHECK(bucket.take(rate, kStart, 250));
  CHECK_FALSE(bucket.take(rate, kStart + Millis(1'500)));
  CHECK(bucket.wait(rate, kStart + Millis(1'500)) == Millis(10));
  CHECK(bucket.take(rate, kStart + Millis(1'510)));
}

TEST_CASE("what is spent without asking is a debt with an end") {
  const Rate rate{.per_second = 1, .burst = 1};
  TokenBucket bucket(rate, kStart);
  bucket.spend(rate, kStart, ~std::uint64_t{0});
  bucket.spend(rate, kStart, ~std::uint64_t{0});
  CHECK(bucket.wait(rate, kStart) > Millis(0));
  CHECK_FALSE(bucket.take(rate, kStart + std::chrono::hours(1)));
}

TEST_CASE("time that goes backwards gives nothing") {
  const Rate rate{.per_second = 1'000, .burst = 1};
  TokenBucket bucket(rate, kStart);
  CHECK(bucket.take(rate, kStart));
  CHECK_FALSE(bucket.take(rate, kStart - Millis(1'000)));
  CHECK_FALSE(bucket.take(rate, kStart));
}
