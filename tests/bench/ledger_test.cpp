// SPDX-License-Identifier: MIT
#include "ledger.hpp"

#include <doctest/doctest.h>

using namespace patchbay::bench;

TEST_CASE("an answer that nobody waits for is an error, and changes nothing") {
  Errors errors;
  Ledger ledger(1, 2, errors);
  CHECK_FALSE(ledger.answer(0, 0, 5));
  CHECK(errors.total() == 1);
  CHECK(ledger.answers() == 0);
}

TEST_CASE("wrong content and wrong order are told apart, and the count goes on") {
  Errors errors;
  Ledger ledger(2, 2, errors);
  ledger.send(0, 0);
  ledger.send(0, 0);
  CHECK(ledger.full(0));
  CHECK_FALSE(ledger.full(1));
  CHECK(ledger.answer(0, std::nullopt, 1));
  CHECK(ledger.answer(0, 0, 1));
  CHECK(errors.kinds().at("wrong content") == 1);
  CHECK(errors.kinds().at("wrong order") == 1);
  CHECK(ledger.under_way() == 0);
}

TEST_CASE("latencies are those of each client's own messages, while it is measured") {
  Errors errors;
  Ledger ledger(2, 2, errors);
  ledger.send(0, 10);
  ledger.answer(0, 0, 1'000'000);
  CHECK(ledger.latency().count() == 0);
  ledger.measure(true);
  ledger.send(0, 100);
  ledger.send(1, 110);
  ledger.answer(1, 0, 111);
  ledger.answer(0, 1, 150);
  CHECK(ledger.latency().count() == 2);
  CHECK(ledger.latency().quantile(0.5) == 1);
  CHECK(ledger.latency().max() == 50);
  CHECK(errors.total() == 0);
}
