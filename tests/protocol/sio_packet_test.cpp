// SPDX-License-Identifier: MIT
#include "patchbay/protocol/sio/packet.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

#include "patchbay/protocol/sio/json_parser.hpp"

using namespace patchbay;
using namespace patchbay::sio;

namespace {

std::string text_of(const Packet& packet) {
  const Encoded encoded = encode(packet);
  CHECK(encoded.attachments.empty());
  return encoded.text;
}

}  // namespace

TEST_CASE("a client of revision 5 is told its id, one of revision 4 only that it is in") {
  CHECK(text_of(connect_reply(Revision::v5, "/", {{"sid", "x"}})) == R"(0{"sid":"x"})");
  CHECK(text_of(connect_reply(Revision::v5, "/n", {{"sid", "x"}, {"pid", "y"}})) ==
        R"(0/n,{"sid":"x","pid":"y"})");
  CHECK(text_of(connect_reply(Revision::v4, "/", {{"sid", "x"}})) == "0");
  CHECK(text_of(connect_reply(Revision::v4, "/n", {{"sid", "x"}})) == "0/n,");
}

TEST_CASE("a refusal has the form of its revision") {
  const struct {
    Value data;
    std::string_view v5;
    std::string_view v4;
  } rows[] = {
      {nullptr, R"(4/n,{"message":"no"})", R"(4/n,"no")"},
      {Object{{"a", 1}}, R"(4/n,{"message":"no","data":{"a":1}})", R"(4/n,{"a":1})"},
      {Array{1}, R"(4/n,{"message":"no","data":[1]})", "4/n,[1]"},
      {"why", R"(4/n,{"message":"no","data":"why"})", R"(4/n,"why")"},
      // Nothing that a client of revision 4 could read.
      {"", R"(4/n,{"message":"no","data":""})", R"(4/n,"no")"},
      {7, R"(4/n,{"message":"no","data":7})", R"(4/n,"no")"},
      {1.5, R"(4/n,{"message":"no","data":1.5})", R"(4/n,"no")"},
      {true, R"(4/n,{"message":"no","data":true})", R"(4/n,"no")"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.v5);
    CHECK(text_of(connect_refusal(Revision::v5, "/n", "no", row.data)) == row.v5);
    CHECK(text_of(connect_refusal(Revision::v4, "/n", "no", row.data)) == row.v4);
  }
}

TEST_CASE("an unknown namespace is refused alike") {
  CHECK(text_of(invalid_namespace("/n")) == R"(4/n,{"message":"Invalid namespace"})");
}

TEST_CASE("the names that the protocol keeps for itself") {
  for (const std::string_view name : {"connect", "connect_error", "disconnect", "disconnecting",
                                      "newListener", "removeListener"}) {
    CHECK(is_reserved_event(name));
  }
  for (const std::string_view name :
       {"connection", "error", "message", "", "Connect", "connect "}) {
    CHECK_FALSE(is_reserved_event(name));
  }
}
