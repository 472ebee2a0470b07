// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cstdint>
#include <initializer_list>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "patchbay/protocol/sio/json_parser.hpp"

using namespace patchbay;
using namespace patchbay::sio;
using namespace std::string_view_literals;

namespace {

const Limits kLimits;

std::string repeated(std::string_view text, std::size_t count) {
  std::string result;
  for (std::size_t i = 0; i < count; ++i) result += text;
  return result;
}

// The packet that one text message makes.
Packet decoded(std::string_view text) {
  CAPTURE(text);
  JsonDecoder decoder(kLimits);
  auto result = decoder.on_text(text);
  REQUIRE(result.error() == Errc::none);
  REQUIRE(result->has_value());
  CHECK_FALSE(decoder.pending());
  return **std::move(result);
}

// What a text message and its attachments make, the last of which completes the packet.
Result<std::optional<Packet>> assemble(std::string_view text,
                                       std::initializer_list<std::string_view> attachments) {
  JsonDecoder decoder(kLimits);
  auto result = decoder.on_text(text);
  for (const std::string_view attachment : attachments) {
    REQUIRE(result.error() == Errc::none);
    REQUIRE_FALSE(result->has_value());
    REQUIRE(decoder.pending());
    result = decoder.on_binary(attachment);
  }
  CHECK_FALSE(decoder.pending());
  return result;
}

Packet assembled(std::string_view text, std::initializer_list<std::string_view> attachments) {
  CAPTURE(text);
  auto result = assemble(text, attachments);
  REQUIRE(result.error() == Errc::none);
  REQUIRE(result->has_value());
  return **std::move(result);
}

bool equal(const Packet& a, const Packet& b) {
  return a.type == b.type && a.nsp == b.nsp && a.id == b.id && a.data == b.data;
}

}  // namespace

// --- Text ----------------------------------------------------------------------------------------

TEST_CASE("what a client must not send is an error") {
  const std::string too_deep = "2[\"a\"," + std::string(64, '[');
  const std::string long_namespace = "0/" + std::string(kLimits.namespace_bytes, 'x');
  const struct {
    std::string_view text;
    Errc error;
  } rows[] = {
      {"", Errc::sio_empty_packet},
      // Types.
      {"7", Errc::sio_unknown_packet_type},
      {"9[\"a\"]", Errc::sio_unknown_packet_type},
      {"/", Errc::sio_unknown_packet_type},
      {":", Errc::sio_unknown_packet_type},
      {"x", Errc::sio_unknown_packet_type},
      {" 2[\"a\"]", Errc::sio_unknown_packet_type},
      {"\0"sv, Errc::sio_unknown_packet_type},
      {"\xc3\xa9", Errc::sio_unknown_packet_type},
      {"[\"a\"]", Errc::sio_unknown_packet_type},
      // Attachment counts.
      {"5", Errc::sio_bad_attachment_count},
      {"6", Errc::sio_bad_attachment_count},
      {"51", Errc::sio_bad_attachment_count},
      {"5-", Errc::sio_bad_attachment_count},
      {"50-[\"a\"]", Errc::sio_bad_attachment_count},
      {"5-1-[\"a\"]", Errc::sio_bad_attachment_count},
      {"5 1-[\"a\"]", Errc::sio_bad_attachment_count},
      {"51 -[\"a\"]", Errc::sio_bad_attachment_count},
      {"51.0-[\"a\"]", Errc::sio_bad_attachment_count},
      {"51e0-[\"a\"]", Errc::sio_bad_attachment_count},
      {"50x1-[\"a\"]", Errc::sio_bad_attachment_count},
      {"5[\"a\"]", Errc::sio_bad_attachment_count},
      {"51[\"a\"]", Errc::sio_bad_attachment_count},
      {"5/nsp,1-[\"a\"]", Errc::sio_bad_attachment_count},
      {"511-[\"a\"]", Errc::sio_too_many_attachments},
      {"611-[]", Errc::sio_too_many_attachments},
      {"5999999999999999999999999-[\"a\"]", Errc::sio_too_many_attachments},
      // Namespaces.
      {long_namespace, Errc::sio_bad_namespace},
      // Ack ids.
      {"218446744073709551616[\"a\"]", Errc::sio_bad_ack_id},
      {"2/nsp,99999999999999999999999[\"a\"]", Errc::sio_bad_ack_id},
      {"318446744073709551616[]", Errc::sio_bad_ack_id},
      // White space is neither a digit nor part of a payload.
      {"2 [\"a\"]", Errc::sio_bad_payload},
      {"212 [\"a\"]", Errc::sio_bad_payload},
      {"2 12[\"a\"]", Errc::sio_bad_payload},
      {"2\n[\"a\"]", Errc::sio_bad_payload},
      {"2\t[\"a\"]", Errc::sio_bad_payload},
      {"2\r[\"a\"]", Errc::sio_bad_payload},
      {"2/nsp, [\"a\"]", Errc::sio_bad_payload},
      {"51- [\"a\"]", Errc::sio_bad_payload},
      {"0 ", Errc::sio_bad_payload},
      // JSON.
      {"2[\"a\"", Errc::json_syntax},
      {"2[\"a\"]x", Errc::json_syntax},
      {"2[\"a\"]\0"sv, Errc::json_syntax},
      {"2[\"a\",]", Errc::json_syntax},
      {"2['a']", Errc::json_syntax},
      {"2-1[\"a\"]", Errc::json_syntax},
      {"2+1[\"a\"]", Errc::json_syntax},
      {"21.5[\"a\"]", Errc::json_syntax},
      {"0foo", Errc::json_syntax},
      {"0nsp,{}", Errc::json_syntax},
      {"1foo", Errc::json_syntax},
      {"51-[\"a\"", Errc::json_syntax},
      {"\x32\xc2\xa0[\"a\"]", Errc::json_syntax},
      {"2[\"a\",1e999]", Errc::json_number_range},
      {too_deep, Errc::json_too_deep},
      // Payloads of the wrong kind.
      {"0[]", Errc::sio_bad_payload},
      {"0null", Errc::sio_bad_payload},
      {"0\"x\"", Errc::sio_bad_payload},
      {"0true", Errc::sio_bad_payload},
      {"0/nsp,[]", Errc::sio_bad_payload},
      {"1{}", Errc::sio_bad_payload},
      {"1[]", Errc::sio_bad_payload},
      {"1null", Errc::sio_bad_payload},
      {"1\"x\"", Errc::sio_bad_payload},
      {"1/nsp,{}", Errc::sio_bad_payload},
      {"2{}", Errc::sio_bad_payload},
      {"2null", Errc::sio_bad_payload},
      {"2\"a\"", Errc::sio_bad_payload},
      {"2false", Errc::sio_bad_payload},
      {"2[]", Errc::sio_bad_payload},
      {"2[null]", Errc::sio_bad_payload},
      {"2[true]", Errc::sio_bad_payload},
      {"2[[\"a\"]]", Errc::sio_bad_payload},
      {"2[{\"toString\":\"a\"}]", Errc::sio_bad_payload},
      {"51-[]", Errc::sio_bad_payload},
      {"51-{}", Errc::sio_bad_payload},
      {"51-[{\"_placeholder\":true,\"num\":0}]", Errc::sio_bad_payload},
      {"3{}", Errc::sio_bad_payload},
      {"31null", Errc::sio_bad_payload},
      {"31\"x\"", Errc::sio_bad_payload},
      {"61-1{}", Errc::sio_bad_payload},
      {"4[]", Errc::sio_bad_payload},
      {"4null", Errc::sio_bad_payload},
      {"4true", Errc::sio_bad_payload},
      // A payload of digits is an id, and then there is none.
      {"21.0", Errc::json_syntax},
      // Event names.
      {"2[\"connect\"]", Errc::sio_reserved_event},
      {"2[\"connect_error\"]", Errc::sio_reserved_event},
      {"2[\"disconnect\"]", Errc::sio_reserved_event},
      {"2[\"disconnecting\"]", Errc::sio_reserved_event},
      {"2[\"newListener\"]", Errc::sio_reserved_event},
      {"2[\"removeListener\"]", Errc::sio_reserved_event},
      {"2[\"\\u0063onnect\"]", Errc::sio_reserved_event},
      {"51-[\"disconnect\"]", Errc::sio_reserved_event},
  };
  for (const auto& row : rows) {
    CAPTURE(row.text);
    JsonDecoder decoder(kLimits);
    CHECK(decoder.on_text(row.text).error() == row.error);
    CHECK_FALSE(decoder.pending());
  }
}

TEST_CASE("what a client may send is a packet") {
  constexpr auto kMaxId = std::numeric_limits<std::uint64_t>::max();
  const std::optional<std::uint64_t> none;
  const std::string long_namespace = "/" + std::string(kLimits.namespace_bytes - 1, 'x');
  const std::string long_connect = "0" + long_namespace + ",";
  const struct {
    std::string_view text;
    Packet packet;
  } rows[] = {
      {"0", {PacketType::connect, "/", none, Object{}}},
      {"0{}", {PacketType::connect, "/", none, Object{}}},
      {"0/,", {PacketType::connect, "/", none, Object{}}},
      {"0/", {PacketType::connect, "/", none, Object{}}},
      {"0/nsp", {PacketType::connect, "/nsp", none, Object{}}},
      {"0/nsp,", {PacketType::connect, "/nsp", none, Object{}}},
      {"0/nsp,{\"token\":\"x\"}", {PacketType::connect, "/nsp", none, Object{{"token", "x"}}}},
      {"0/nsp?a=b,{}", {PacketType::connect, "/nsp?a=b", none, Object{}}},
      {"0/\xc3\xa9 x", {PacketType::connect, "/\xc3\xa9 x", none, Object{}}},
      {"07", {PacketType::connect, "/", 7, Object{}}},
      {long_connect, {PacketType::connect, long_namespace, none, Object{}}},
      {"1", {PacketType::disconnect, "/", none, nullptr}},
      {"1/nsp", {PacketType::disconnect, "/nsp", none, nullptr}},
      {"1/nsp,", {PacketType::disconnect, "/nsp", none, nullptr}},
      {"2", {PacketType::event, "/", none, Array{}}},
      {"27", {PacketType::event, "/", 7, Array{}}},
      {"2/nsp", {PacketType::event, "/nsp", none, Array{}}},
      // Without a comma everything is the namespace.
      {"2/nsp[\"a\"]", {PacketType::event, "/nsp[\"a\"]", none, Array{}}},
      {"2[\"a\"]", {PacketType::event, "/", none, Array{"a"}}},
      {"2[\"\"]", {PacketType::event, "/", none, Array{""}}},
      {"2[\"connection\"]", {PacketType::event, "/", none, Array{"connection"}}},
      {"2[\"Connect\"]", {PacketType::event, "/", none, Array{"Connect"}}},
      {"2[5,\"a\"]", {PacketType::event, "/", none, Array{5, "a"}}},
      {"2[-0.5]", {PacketType::event, "/", none, Array{-0.5}}},
      {"2[\"a\"] \n", {PacketType::event, "/", none, Array{"a"}}},
      {"2007[\"a\"]", {PacketType::event, "/", 7, Array{"a"}}},
      {"20[\"a\"]", {PacketType::event, "/", 0, Array{"a"}}},
      {"2/nsp,12[\"a\",1]", {PacketType::event, "/nsp", 12, Array{"a", 1}}},
      {"29007199254740993[\"a\"]", {PacketType::event, "/", 9007199254740993, Array{"a"}}},
      {"218446744073709551615[\"a\"]", {PacketType::event, "/", kMaxId, Array{"a"}}},
      {"2000000000000000000000000007[\"a\"]", {PacketType::event, "/", 7, Array{"a"}}},
      {"2[\"a\",{\"k\":1,\"k\":2}]", {PacketType::event, "/", none, Array{"a", Object{{"k", 2}}}}},
      {"2[\"a\",{\"__proto__\":{\"x\":1}}]",
       {PacketType::event, "/", none, Array{"a", Object{{"__proto__", Object{{"x", 1}}}}}}},
      {"2[\"a\",{\"_placeholder\":true,\"num\":0}]",
       {PacketType::event, "/", none, Array{"a", Object{{"_placeholder", true}, {"num", 0}}}}},
      {"2[\"a\",\"cut \\ud83d\"]", {PacketType::event, "/", none, Array{"a", "cut \xef\xbf\xbd"}}},
      {"3", {PacketType::ack, "/", none, Array{}}},
      {"3[]", {PacketType::ack, "/", none, Array{}}},
      {"312[]", {PacketType::ack, "/", 12, Array{}}},
      {"312", {PacketType::ack, "/", 12, Array{}}},
      {"3/nsp,12[null,{}]", {PacketType::ack, "/nsp", 12, Array{nullptr, Object{}}}},
      {"3[\"disconnect\"]", {PacketType::ack, "/", none, Array{"disconnect"}}},
      {"4", {PacketType::connect_error, "/", none, nullptr}},
      {"4\"no\"", {PacketType::connect_error, "/", none, "no"}},
      {"4/nsp,{\"message\":\"no\"}",
       {PacketType::connect_error, "/nsp", none, Object{{"message", "no"}}}},
  };
  for (const auto& row : rows) {
    CAPTURE(row.text);
    CHECK(equal(decoded(row.text), row.packet));
  }
}

TEST_CASE("the array of an event counts as one level of depth") {
  const std::string open = "2[\"a\"," + std::string(kLimits.json_depth - 1, '[');
  CHECK(decoded(open + std::string(kLimits.json_depth, ']')).type == PacketType::event);
}

// --- Binary --------------------------------------------------------------------------------------

TEST_CASE("attachments go to their placeholders, wherever those are") {
  const Packet event = assembled(
      R"(52-/nsp,12["up",{"deep":[{"_placeholder":true,"num":1}]},{"num":0,"_placeholder":true}])",
      {"\x01\0"sv, ""});
  CHECK(equal(event, {PacketType::event, "/nsp", 12,
                      Array{"up", Object{{"deep", Array{Bytes()}}}, Bytes("\x01\0"sv)}}));
  const Packet ack = assembled(R"(61-7[{"_placeholder":true,"num":0}])", {"x"});
  CHECK(equal(ack, {PacketType::ack, "/", 7, Array{Bytes("x")}}));
  // Other members of a placeholder say nothing.
  const Packet extra = assembled(R"(51-["e",{"_placeholder":true,"x":[1],"num":0}])", {"x"});
  CHECK(extra.data == Value(Array{"e", Bytes("x")}));
}

TEST_CASE("as many attachments as the limit says") {
  std::string text = "510-[\"e\"";
  for (int i = 9; i >= 0; --i) {
    text += ",{\"_placeholder\":true,\"num\":" + std::to_string(i) + "}";
  }
  const Packet packet = assembled(text + "]", {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"});
  CHECK(packet.data.as_array()[1] == Value(Bytes("9")));
  CHECK(packet.data.as_array()[10] == Value(Bytes("0")));
}

TEST_CASE("what only resembles a placeholder stays an object") {
  for (const std::string_view object :
       {R"({"_placeholder":false,"num":0})", R"({"_placeholder":1,"num":0})",
        R"({"_placeholder":"true","num":0})", R"({"placeholder":true,"num":0})", R"({"num":0})"}) {
    CAPTURE(object);
    const Packet packet = assembled("51-[\"e\"," + std::string(object) + "]", {"x"});
    CHECK(packet.data.as_array()[1].is_object());
  }
}

TEST_CASE("a placeholder needs the number of an attachment that has no place yet") {
  const std::string_view rows[] = {
      R"({"_placeholder":true})",
      R"({"_placeholder":true,"num":1})",
      R"({"_placeholder":true,"num":-1})",
      R"({"_placeholder":true,"num":0.5})",
      R"({"_placeholder":true,"num":9223372036854775807})",
      R"({"_placeholder":true,"num":18446744073709551616})",
      R"({"_placeholder":true,"num":-9223372036854775808})",
      R"({"_placeholder":true,"num":"0"})",
      R"({"_placeholder":true,"num":"length"})",
      R"({"_placeholder":true,"num":null})",
      R"({"_placeholder":true,"num":true})",
      R"({"_placeholder":true,"num":[0]})",
      R"({"_placeholder":true,"num":{"_placeholder":true,"num":0}})",
      R"({"_placeholder":true,"num":0},{"_placeholder":true,"num":0})",
      R"([[{"k":{"_placeholder":true,"num":2}}]])",
  };
  for (const std::string_view placeholder : rows) {
    CAPTURE(placeholder);
    const auto result = assemble("51-[\"e\"," + std::string(placeholder) + "]", {"x"});
    CHECK(result.error() == Errc::sio_illegal_placeholder);
  }
}

TEST_CASE("many placeholders of one large attachment do not multiply it") {
  const std::string placeholders = repeated(R"(,{"_placeholder":true,"num":0})", 30'000);
  const std::string attachment(1'000'000, 'x');
  const auto result = assemble("51-[\"e\"" + placeholders + "]", {attachment});
  CHECK(result.error() == Errc::sio_illegal_placeholder);
}

TEST_CASE("attachments that no placeholder names are dropped") {
  CHECK(assembled(R"(52-["e"])", {"x", "y"}).data == Value(Array{"e"}));
  CHECK(assembled(R"(52-["e",{"_placeholder":true,"num":1}])", {"x", "y"}).data ==
        Value(Array{"e", Bytes("y")}));
}

TEST_CASE("a binary packet without payload still waits for its attachments") {
  CHECK(equal(assembled("51-", {"x"}), {PacketType::event, "/", std::nullopt, Array{}}));
  CHECK(equal(assembled("61-12", {"x"}), {PacketType::ack, "/", 12, Array{}}));
  CHECK(equal(assembled("51-/nsp", {"x"}), {PacketType::event, "/nsp", std::nullopt, Array{}}));
  CHECK(equal(assembled("5001-12[\"x\"]", {"x"}), {PacketType::event, "/", 12, Array{"x"}}));
}

TEST_CASE("nothing but its attachments may follow a binary packet") {
  JsonDecoder decoder(kLimits);
  REQUIRE(decoder.on_text(R"(52-["e"])"));
  REQUIRE(decoder.on_binary("x"));
  CHECK(decoder.on_text(R"(2["e"])").error() == Errc::sio_attachment_expected);
}

TEST_CASE("a binary message that belongs to no packet is an error") {
  JsonDecoder fresh(kLimits);
  CHECK(fresh.on_binary("x").error() == Errc::sio_unexpected_binary);
  JsonDecoder used(kLimits);
  REQUIRE(used.on_text(R"(51-["e"])"));
  REQUIRE(used.on_binary("x"));
  CHECK(used.on_binary("x").error() == Errc::sio_unexpected_binary);
}

TEST_CASE("one decoder reads one packet after the other") {
  JsonDecoder decoder(kLimits);
  for (int i = 0; i < 3; ++i) {
    auto text = decoder.on_text(R"(2["a"])");
    REQUIRE(text);
    CHECK(text->has_value());
    auto pending = decoder.on_text(R"(51-["b",{"_placeholder":true,"num":0}])");
    REQUIRE(pending);
    CHECK_FALSE(pending->has_value());
    auto complete = decoder.on_binary("x");
    REQUIRE(complete);
    REQUIRE(complete->has_value());
    CHECK((*complete)->data == Value(Array{"b", Bytes("x")}));
  }
}
