// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "patchbay/protocol/sio/json_parser.hpp"
#include "patchbay/protocol/utf8.hpp"

using namespace patchbay;
using namespace patchbay::sio;
using namespace std::string_view_literals;

namespace {

using Attachments = std::vector<std::string>;

std::string text_of(const Packet& packet) {
  const Encoded encoded = encode(packet);
  CHECK(encoded.attachments.empty());
  return encoded.text;
}

}  // namespace

TEST_CASE("each packet has its text") {
  constexpr auto kMaxId = std::numeric_limits<std::uint64_t>::max();
  const std::optional<std::uint64_t> none;
  const struct {
    Packet packet;
    std::string_view text;
  } rows[] = {
      {{PacketType::connect, "/", none, nullptr}, "0"},
      {{PacketType::connect, "/", none, Object{{"sid", "abc"}}}, R"(0{"sid":"abc"})"},
      {{PacketType::connect, "/admin", none, Object{{"sid", "abc"}}}, R"(0/admin,{"sid":"abc"})"},
      {{PacketType::connect, "/admin", none, nullptr}, "0/admin,"},
      {{PacketType::disconnect, "/", none, nullptr}, "1"},
      {{PacketType::disconnect, "/admin", none, nullptr}, "1/admin,"},
      {{PacketType::event, "/", none, Array{"foo"}}, R"(2["foo"])"},
      {{PacketType::event, "/", 0, Array{"foo"}}, R"(20["foo"])"},
      {{PacketType::event, "/admin", 456, Array{"foo", 1, "a"}}, R"(2/admin,456["foo",1,"a"])"},
      {{PacketType::event, "/", kMaxId, Array{"foo"}}, R"(218446744073709551615["foo"])"},
      {{PacketType::event, "/", none, Array{5, Object{}}}, "2[5,{}]"},
      {{PacketType::ack, "/", 12, Array{}}, "312[]"},
      {{PacketType::ack, "/admin", 13, Array{"foo"}}, R"(3/admin,13["foo"])"},
      {{PacketType::connect_error, "/", none, "Not authorized"}, R"(4"Not authorized")"},
      {{PacketType::connect_error, "/x", none, Object{{"message", "no"}}},
       R"(4/x,{"message":"no"})"},
  };
  for (const auto& row : rows) CHECK(text_of(row.packet) == row.text);
}

TEST_CASE("an event without even a name has no payload, since an empty array is none") {
  CHECK(text_of({PacketType::event, "/", std::nullopt, Array{}}) == "2");
  CHECK(text_of({PacketType::event, "/", std::nullopt, nullptr}) == "2");
}

TEST_CASE("events and acks are written without a packet the same way") {
  const Array args{1, "a\"b", Object{{"k", nullptr}}};
  CHECK(encode_event("/", "name", args, std::nullopt).text == R"(2["name",1,"a\"b",{"k":null}])");
  CHECK(encode_event("/n", "name", args, 7).text == R"(2/n,7["name",1,"a\"b",{"k":null}])");
  CHECK(encode_event("/", "na\"me", {}, std::nullopt).text == R"(2["na\"me"])");
  CHECK(encode_ack("/", 7, args).text == R"(37[1,"a\"b",{"k":null}])");
  CHECK(encode_ack("/n", 7, {}).text == "3/n,7[]");
}

TEST_CASE("a parser that only encodes packets does so for events and acks, too") {
  // The text in brackets, so that it shows who wrote it.
  struct OwnParser final : Parser {
    [[nodiscard]] Encoded encode(const Packet& packet) const override {
      Encoded encoded = sio::encode(packet);
      encoded.text = "<" + encoded.text + ">";
      return encoded;
    }
    [[nodiscard]] std::unique_ptr<Decoder> make_decoder(const Limits& limits) const override {
      return json_parser()->make_decoder(limits);
    }
  };
  struct Messages final : MessageSink {
    void text(std::string_view data) override { all.emplace_back(data); }
    void binary(std::string_view data) override { all.emplace_back(data); }
    std::vector<std::string> all;
  };
  const OwnParser parser;
  Messages event;
  parser.encode_event(event, "/n", "e", Array{1, Bytes("a"), Bytes("b")}, 7);
  CHECK(event.all == std::vector<std::string>{R"(<52-/n,7["e",1,{"_placeholder":true,"num":0},)"
                                              R"({"_placeholder":true,"num":1}]>)",
                                              "a", "b"});
  Messages ack;
  parser.encode_ack(ack, "/", 8, Array{"x"});
  CHECK(ack.all == std::vector<std::string>{R"(<38["x"]>)"});
}

TEST_CASE("binary content leaves the text, depth first and in the order of the keys") {
  const Array args{Bytes("a"), Object{{"z", Array{Bytes("b"), 1}}, {"y", Bytes("c")}}, Bytes()};
  const Encoded event = encode_event("/", "up", args, std::nullopt);
  CHECK(event.text ==
        R"(54-["up",{"_placeholder":true,"num":0},{"z":[{"_placeholder":true,"num":1},1],)"
        R"("y":{"_placeholder":true,"num":2}},{"_placeholder":true,"num":3}])");
  CHECK(event.attachments == Attachments{"a", "b", "c", ""});

  const Encoded ack = encode_ack("/n", 8, Array{Bytes("\0\xff"sv)});
  CHECK(ack.text == R"(61-/n,8[{"_placeholder":true,"num":0}])");
  CHECK(ack.attachments == Attachments{std::string("\0\xff"sv)});

  const Encoded packet = encode({PacketType::event, "/n", 9, Array{"up", Bytes("a"), Bytes("a")}});
  CHECK(packet.text ==
        R"(52-/n,9["up",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}])");
  CHECK(packet.attachments == Attachments{"a", "a"});
}

TEST_CASE("more attachments than one digit counts") {
  const Array args(12, Bytes("x"));
  const Encoded event = encode_event("/", "e", args, 3);
  CHECK(event.text.starts_with(R"(512-3["e",{)"));
  CHECK(event.text.ends_with(R"(,{"_placeholder":true,"num":11}])"));
  CHECK(event.attachments.size() == 12);
}

TEST_CASE("a packet that has no binary form writes binary content as null") {
  CHECK(text_of({PacketType::connect, "/", std::nullopt, Object{{"token", Bytes("x")}}}) ==
        R"(0{"token":null})");
  CHECK(text_of({PacketType::connect_error, "/", std::nullopt, Object{{"data", Bytes("x")}}}) ==
        R"(4{"data":null})");
}

TEST_CASE("an object that looks like a placeholder is written as it is") {
  const Array args{Object{{"_placeholder", true}, {"num", 0}}};
  const Encoded event = encode_event("/", "e", args, std::nullopt);
  CHECK(event.text == R"(2["e",{"_placeholder":true,"num":0}])");
  CHECK(event.attachments.empty());
}

TEST_CASE("text that is not UTF-8 is repaired wherever it stands, attachments are left alone") {
  const Array args{"a\xc3", Object{{"k\xff", Bytes("\xff")}}};
  const Encoded event = encode_event("/n\xff", "e\xff", args, std::nullopt);
  CHECK(event.text ==
        "51-/n\xef\xbf\xbd,[\"e\xef\xbf\xbd\",\"a\xef\xbf\xbd\","
        "{\"k\xef\xbf\xbd\":{\"_placeholder\":true,\"num\":0}}]");
  CHECK(is_valid_utf8(event.text));
  CHECK(event.attachments == Attachments{"\xff"});
}

TEST_CASE("more attachments than are expected are all counted and sent") {
  Array args;
  for (int i = 0; i < 12; ++i) args.emplace_back(Bytes(std::string(1, static_cast<char>('a' + i))));
  const Encoded event = encode_event("/n", "e", args, 5);
  CHECK(event.text.starts_with(R"(512-/n,5["e",{"_placeholder":true,"num":0},)"));
  CHECK(event.text.ends_with(R"({"_placeholder":true,"num":11}])"));
  REQUIRE(event.attachments.size() == 12);
  CHECK(event.attachments.front() == "a");
  CHECK(event.attachments.back() == "l");
}
