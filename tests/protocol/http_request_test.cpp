// SPDX-License-Identifier: MIT
#include "patchbay/protocol/http/request.hpp"

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

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
  CHECK(Query("&&").entries().empty());
}

TEST_CASE("a target of absolute form counts from behind its authority") {
  const struct {
    std::string_view target;
    std::string_view path;
    std::string_view query;
  } rows[] = {
      {"http://host/socket.io/?a=1", "/socket.io/", "a=1"},
      {"http://user@host:80/x", "/x", ""},
      {"http://host", "/", ""},
      {"http://host?a=1", "/", "a=1"},
      {"/x?u=http://host/y", "/x", "u=http://host/y"},
      {"//host/x", "//host/x", ""},
      {"/", "/", ""},
      {"/?", "/", ""},
      {"*", "*", ""},
      {"/%2e%2e/a", "/%2e%2e/a", ""},
  };
  for (const auto& row : rows) {
    CAPTURE(row.target);
    Request request;
    request.target = row.target;
    CHECK(request.path() == row.path);
    CHECK(request.query() == row.query);
  }
}

TEST_CASE("a key stands where it came first, with the value it had last") {
  const Query query("b=1&a=2&b=3&c=4&a=5&b=6");
  const std::vector<std::pair<std::string, std::string>> expected = {
      {"b", "6"}, {"a", "5"}, {"c", "4"}};
  CHECK(query.entries() == expected);
}

TEST_CASE("hostile queries are decoded to UTF-8, in reasonable time") {
  CHECK(*Query("a=%ff%c3").find("a") == "\xef\xbf\xbd\xef\xbf\xbd");
  CHECK(*Query("a=%00b").find("a") == std::string("\0b", 2));
  CHECK(*Query("a=%").find("a") == "%");
  CHECK(*Query("=x").find("") == "x");
  CHECK(*Query("a=%%34%31").find("a") == "%41");
  std::string many;
  for (int i = 0; i < 4'000; ++i)
    many += "k" + std::to_string(i % 2'000) + "=" + std::to_string(i) + "&";
  const Query query(many);
  CHECK(query.entries().size() == 2'000);
  CHECK(*query.find("k1999") == "3999");
}
