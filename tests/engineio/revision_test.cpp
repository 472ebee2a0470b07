// SPDX-License-Identifier: MIT
#include "revision.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace patchbay;
using namespace patchbay::engineio;
using eio::Transport;
using eio::WireFormat;

TEST_CASE("anything but EIO=4 is revision 3") {
  for (const char* query :
       {"", "EIO", "EIO=", "EIO=3", "EIO=5", "EIO=04", "EIO=4a", "eio=4", "EIO=4&EIO=3"}) {
    CAPTURE(query);
    CHECK(revision_of(http::Query(query)) == 3);
  }
  CHECK(revision_of(http::Query("EIO=4")) == 4);
  CHECK(revision_of(http::Query("EIO=3&EIO=4")) == 4);
}

TEST_CASE("the form of a session's packets follows from its first request") {
  const struct {
    const char* query;
    WireFormat polling;
    WireFormat websocket;
  } rows[] = {
      {"EIO=4", WireFormat::revision4, WireFormat::revision4},
      {"EIO=4&b64=1", WireFormat::revision4, WireFormat::revision4},
      {"EIO=4&j=0", WireFormat::revision4, WireFormat::revision4},
      {"EIO=3", WireFormat::revision3, WireFormat::revision3},
      {"EIO=3&b64=", WireFormat::revision3, WireFormat::revision3},
      {"EIO=3&b64=1", WireFormat::revision3_base64, WireFormat::revision3_base64},
      {"EIO=3&b64=false", WireFormat::revision3_base64, WireFormat::revision3_base64},
      {"EIO=3&j=0", WireFormat::revision3_base64, WireFormat::revision3},
  };
  for (const auto& row : rows) {
    CAPTURE(row.query);
    const http::Query query(row.query);
    CHECK(wire_format_of(query, Transport::polling) == row.polling);
    CHECK(wire_format_of(query, Transport::websocket) == row.websocket);
  }
}

TEST_CASE("a session polls by script elements when its first request has a j") {
  CHECK_FALSE(wants_jsonp(http::Query("EIO=4")));
  CHECK(wants_jsonp(http::Query("EIO=4&j=")));
  CHECK(jsonp_index(http::Query("EIO=4")).empty());
  const http::Query query("EIO=4&j=12");
  CHECK(wants_jsonp(query));
  CHECK(jsonp_index(query) == "12");
}
