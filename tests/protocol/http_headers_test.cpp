// SPDX-License-Identifier: MIT
#include "patchbay/protocol/http/headers.hpp"

#include <doctest/doctest.h>

using namespace patchbay::http;

TEST_CASE("names are compared without case and kept in lower case") {
  Headers headers;
  headers.add("Content-Type", "text/plain");
  CHECK(headers.find("content-type") == "text/plain");
  CHECK(headers.find("CONTENT-TYPE") == "text/plain");
  CHECK_FALSE(headers.find("content"));
  CHECK(headers.at(0).name == "content-type");
}

TEST_CASE("repeated fields are counted, joined, replaced and removed") {
  Headers headers;
  headers.add("Via", "a");
  headers.add("Cookie", "x=1");
  headers.add("via", "b");
  headers.add("cookie", "y=2");
  CHECK(headers.count("via") == 2);
  CHECK(headers.find("via") == "a");
  CHECK(headers.joined("via") == "a, b");
  CHECK(headers.joined("cookie") == "x=1; y=2");
  CHECK(headers.joined("none").empty());
  headers.set("via", "c");
  CHECK(headers.count("via") == 1);
  CHECK(headers.find("via") == "c");
  headers.remove("COOKIE");
  CHECK_FALSE(headers.contains("cookie"));
  CHECK(headers.size() == 1);
  headers.shrink_to_fit();
  CHECK(headers.find("via") == "c");
}

TEST_CASE("values may be empty") {
  Headers headers;
  headers.add("x", "");
  headers.add("y", "1");
  CHECK(headers.find("x") == "");
  CHECK(headers.find("y") == "1");
}

TEST_CASE("a list contains whole tokens") {
  CHECK(list_contains("keep-alive, Upgrade", "upgrade"));
  CHECK(list_contains("upgrade", "upgrade"));
  CHECK(list_contains(" a ,\tUPGRADE , b", "upgrade"));
  CHECK_FALSE(list_contains("xupgrade", "upgrade"));
  CHECK_FALSE(list_contains("upgrade2", "upgrade"));
  CHECK_FALSE(list_contains("", "upgrade"));
}

TEST_CASE("an empty token is in no list, and letters alone are compared without case") {
  CHECK_FALSE(list_contains("a,,b", ""));
  CHECK_FALSE(list_contains(",", ""));
  CHECK(iequals("ETag", "etAG"));
  CHECK_FALSE(iequals("a", "ab"));
  CHECK_FALSE(iequals("@", "`"));
  CHECK_FALSE(iequals("[", "{"));
}

TEST_CASE("other fields keep their order when one is removed") {
  Headers headers;
  headers.reserve(3, 12);
  headers.add("a", "1");
  headers.add("b", "2");
  headers.add("c", "3");
  headers.remove("b");
  headers.remove("none");
  REQUIRE(headers.size() == 2);
  CHECK(headers.at(0).name == "a");
  CHECK(headers.at(0).value == "1");
  CHECK(headers.at(1).name == "c");
  CHECK(headers.at(1).value == "3");
}
