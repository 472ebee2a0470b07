// SPDX-License-Identifier: MIT
#include "middleware_chain.hpp"

#include <doctest/doctest.h>

#include <initializer_list>
#include <utility>

using namespace patchbay;
using namespace patchbay::engineio;

namespace {

http::Headers headers_of(std::initializer_list<std::pair<const char*, const char*>> fields) {
  http::Headers headers;
  for (const auto& [name, value] : fields) headers.add(name, value);
  return headers;
}

}  // namespace

TEST_CASE("headers of a later middleware replace those of an earlier one") {
  http::Headers collected = headers_of({{"X-A", "1"}, {"X-A", "2"}, {"X-B", "1"}});
  merge_headers(collected, headers_of({{"x-a", "3"}}));
  CHECK(collected.joined("x-a") == "3");
  CHECK(collected.joined("x-b") == "1");
}

TEST_CASE("one middleware may give several fields of a name") {
  http::Headers collected;
  merge_headers(collected, headers_of({{"Link", "</a>"}, {"Link", "</b>"}}));
  CHECK(collected.joined("link") == "</a>, </b>");
}

TEST_CASE("cookies and Vary add up over all middlewares") {
  http::Headers collected = headers_of({{"Set-Cookie", "a=1"}, {"Vary", "Origin"}});
  merge_headers(collected, headers_of({{"Set-Cookie", "b=2"}, {"Vary", "Accept"}}));
  CHECK(collected.count("set-cookie") == 2);
  CHECK(collected.joined("vary") == "Origin, Accept");
}

TEST_CASE("no headers change nothing") {
  http::Headers collected = headers_of({{"X-A", "1"}});
  merge_headers(collected, {});
  CHECK(collected.size() == 1);
}
