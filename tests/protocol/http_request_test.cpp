// SPDX-License-Identifier: MIT
#include "patchbay/protocol/http/request.hpp"

#include <doctest/doctest.h>

using namespace patchbay::http;

TEST_CASE("a target is a path and a query") {
  Request request;
  request.target = "/socket.io/?EIO=4&transport=polling";
  CHECK(request.path() == "/socket.io/");
  CHECK(request.query() == "EIO=4&transport=polling");
  request.target = "/socket.io/";
  CHECK(request.path() == "/socket.io/");
  CHECK(request.query().empty());
  request.target = "/a?b?c";
  CHECK(request.path() == "/a");
  CHECK(request.query() == "b?c");
}

TEST_CASE("query parameters are decoded, and the last of a name wins") {
  const struct {
    std::string_view query;
    std::string_view key;
    std::string_view value;
  } rows[] = {
      {"a=1&b=2", "b", "2"},
      {"a=1&a=2", "a", "2"},
      {"a=x+y", "a", "x y"},
      {"a=%41%2b", "a", "A+"},
      {"a=%e2%82%ac", "a", "\xe2\x82\xac"},
      {"%61=1", "a", "1"},
      {"a", "a", ""},
      {"a=", "a", ""},
      {"a=b=c", "a", "b=c"},
      {"&&a=1&", "a", "1"},
      {"a=%zz", "a", "%zz"},
      {"a=%4", "a", "%4"},
      {"a=1&__proto__=2", "__proto__", "2"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.query);
    const Query query(row.query);
    const std::string* const value = query.find(row.key);
    REQUIRE(value);
    CHECK(*value == row.value);
  }
  CHECK_FALSE(Query("a=1").find("b"));
  CHECK(Query("").entries().empty());
}
