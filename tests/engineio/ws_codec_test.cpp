// SPDX-License-Identifier: MIT
#include "ws_codec.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace patchbay::engineio::ws {
namespace {

std::string frame(Opcode opcode, std::string_view payload) {
  std::string out;
  append_frame(out, opcode, payload);
  return out;
}

std::string close_frame(std::optional<std::uint16_t> code) {
  std::string out;
  append_close_frame(out, code);
  return out;
}

}  // namespace

TEST_CASE("the length of a frame is written in its shortest form") {
  using namespace std::string_literals;
  struct Case {
    std::size_t size;
    std::string header;
  };
  const Case cases[] = {
      {0, "\x81\x00"s},
      {1, "\x81\x01"s},
      {125, "\x81\x7D"s},
      {126, "\x81\x7E\x00\x7E"s},
      {127, "\x81\x7E\x00\x7F"s},
      {128, "\x81\x7E\x00\x80"s},
      {65535, "\x81\x7E\xFF\xFF"s},
      {65536, "\x81\x7F\x00\x00\x00\x00\x00\x01\x00\x00"s},
  };
  for (const Case& c : cases) {
    CAPTURE(c.size);
    const std::string payload(c.size, 'x');
    CHECK(frame(Opcode::text, payload) == c.header + payload);
  }
}

TEST_CASE("each opcode is written with FIN and without a mask") {
  CHECK(frame(Opcode::text, "4a") ==
        "\x81\x02"
        "4a");
  CHECK(frame(Opcode::binary, "4a") ==
        "\x82\x02"
        "4a");
  CHECK(frame(Opcode::ping, "4a") ==
        "\x89\x02"
        "4a");
  CHECK(frame(Opcode::pong, "4a") ==
        "\x8A\x02"
        "4a");
}

TEST_CASE("frames are appended to what is there") {
  std::string out = "before";
  append_frame(out, Opcode::text, "a");
  append_frame(out, Opcode::text, "b");
  CHECK(out ==
        "before\x81\x01"
        "a\x81\x01"
        "b");
}

TEST_CASE("a close frame carries its code in network order, or nothing") {
  using namespace std::string_literals;
  CHECK(close_frame({}) == "\x88\x00"s);
  CHECK(close_frame(1000) == "\x88\x02\x03\xE8"s);
  CHECK(close_frame(1009) == "\x88\x02\x03\xF1"s);
  CHECK(close_frame(4999) == "\x88\x02\x13\x87"s);
}

TEST_CASE("exactly the close codes that may be sent are valid") {
  for (std::uint32_t code = 0; code <= 0xFFFF; ++code) {
    const bool valid = (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) ||
                       (code >= 3000 && code <= 4999);
    if (is_valid_close_code(static_cast<std::uint16_t>(code)) != valid) FAIL_CHECK(code);
  }
}

TEST_CASE("each error has the close code that tells the peer about it") {
  struct Case {
    Errc error;
    std::uint16_t code;
  };
  const Case cases[] = {
      {Errc::ws_reserved_bits, 1002},      {Errc::ws_reserved_opcode, 1002},
      {Errc::ws_not_masked, 1002},         {Errc::ws_bad_length, 1002},
      {Errc::ws_bad_control_frame, 1002},  {Errc::ws_bad_fragmentation, 1002},
      {Errc::ws_bad_close_frame, 1002},    {Errc::ws_invalid_utf8, 1007},
      {Errc::ws_too_many_fragments, 1008}, {Errc::ws_message_too_large, 1009},
  };
  for (const Case& c : cases) {
    CAPTURE(static_cast<int>(c.error));
    CHECK(close_code_for(c.error) == c.code);
    CHECK(is_valid_close_code(c.code));
  }
}

}  // namespace patchbay::engineio::ws
