// SPDX-License-Identifier: MIT
#include "patchbay/protocol/error.hpp"

#include <doctest/doctest.h>

#include <ostream>
#include <set>
#include <string>

using namespace patchbay;

TEST_CASE("every code has a sentence and a label of its own") {
  std::set<std::string_view> labels;
  const auto last = static_cast<int>(Errc::bad_arguments);
  for (int i = 1; i <= last; ++i) {
    const auto code = static_cast<Errc>(i);
    CAPTURE(i);
    CHECK(labels.insert(label(code)).second);
    CHECK(describe(code).size() > 10);
    CHECK_FALSE(describe(code).ends_with('.'));
  }
}

TEST_CASE("codes travel as std::error_code") {
  const std::error_code error = Errc::ack_timeout;
  CHECK(error == Errc::ack_timeout);
  CHECK(error.message() == describe(Errc::ack_timeout));
  CHECK(std::string(error.category().name()) == "patchbay");
  CHECK_FALSE(std::error_code(Errc::none));
}

TEST_CASE("a number that is no code gets a sentence, not that of another code") {
  const auto& category = error_category();
  const std::string unknown = category.message(255);
  CHECK_FALSE(unknown.empty());
  for (const int value : {-1, 256, 257, 1 << 20}) {
    CAPTURE(value);
    CHECK(category.message(value) == unknown);
  }
}
