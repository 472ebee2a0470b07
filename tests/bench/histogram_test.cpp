// SPDX-License-Identifier: MIT
#include "histogram.hpp"

#include <doctest/doctest.h>

using patchbay::bench::Histogram;
using patchbay::bench::Nanoseconds;

TEST_CASE("a histogram without values has no quantiles") {
  const Histogram histogram;
  CHECK(histogram.count() == 0);
  CHECK(histogram.quantile(0.99) == 0);
  CHECK(histogram.max() == 0);
}

TEST_CASE("values beyond any bucket and below zero are counted, too") {
  Histogram histogram;
  histogram.record(-5);
  CHECK(histogram.quantile(1) == 0);
  histogram.record(INT64_MAX);
  CHECK(histogram.count() == 2);
  CHECK(histogram.max() == INT64_MAX);
}

TEST_CASE("a quantile is at least the true one and at most 1.6 % above") {
  Histogram histogram;
  for (Nanoseconds value = 1; value <= 100'000; ++value) histogram.record(value);
  for (const double part : {0.01, 0.5, 0.9, 0.99, 0.999}) {
    const double truth = part * 100'000;
    const auto found = static_cast<double>(histogram.quantile(part));
    CHECK(found >= truth);
    CHECK(found <= truth * 1.016);
  }
  CHECK(histogram.quantile(1) == 100'000);
}

TEST_CASE("one value is every quantile") {
  Histogram histogram;
  histogram.record(1'234'567);
  CHECK(histogram.quantile(0) == 1'234'567);
  CHECK(histogram.quantile(0.5) == 1'234'567);
  CHECK(histogram.quantile(1) == 1'234'567);
}

TEST_CASE("the quantile of a rare slow value") {
  Histogram histogram;
  for (int i = 0; i < 990; ++i) histogram.record(10);
  for (int i = 0; i < 10; ++i) histogram.record(1'000'000);
  CHECK(histogram.quantile(0.99) == 10);
  CHECK(histogram.quantile(0.991) == 1'000'000);
}
