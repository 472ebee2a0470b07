// SPDX-License-Identifier: MIT
//
// What a server sends (frames and close codes).
#include "ws_codec.hpp"

#include <cassert>
#include <cstdint>
#include <string>
#include <websocketpp/close.hpp>
#include <websocketpp/common/network.hpp>
#include <websocketpp/frame.hpp>

namespace patchbay::engineio::ws {

namespace wire = websocketpp::frame;
namespace status = websocketpp::close::status;

namespace {

// websocketpp finds out at its first call which end of a number comes first, and keeps that without
// a lock: here, before there is a second thread.
[[maybe_unused]] const std::uint64_t kByteOrderKnown = websocketpp::lib::net::_htonll(0);

}  // namespace

bool is_valid_close_code(std::uint16_t code) noexcept {
  return !status::invalid(code) && !status::reserved(code);
}

std::uint16_t close_code_for(Errc error) noexcept {
  switch (error) {
    case Errc::ws_invalid_utf8:
    case Errc::ws_bad_deflate:
      return status::invalid_payload;
    case Errc::ws_too_many_fragments:
      return status::policy_violation;
    case Errc::ws_message_too_large:
      return status::message_too_big;
    default:
      return status::protocol_error;
  }
}

void append_frame(std::string& out, Opcode opcode, std::string_view payload) {
  const auto op = static_cast<wire::opcode::value>(opcode);
  assert(!wire::opcode::is_control(op) || payload.size() <= wire::limits::payload_size_basic);
  // The header is at most 10 bytes long and does not leave the string's own buffer.
  out += wire::prepare_header(wire::basic_header(op, payload.size(), true, false),
                              wire::extended_header(payload.size()));
  out += payload;
}

void append_close_frame(std::string& out, std::optional<std::uint16_t> code,
                        std::string_view reason) {
  std::string payload;
  if (code) {
    assert(is_valid_close_code(*code));
    payload += static_cast<char>(*code >> 8);
    payload += static_cast<char>(*code & 0xFF);
    payload += reason;
  }
  append_frame(out, Opcode::close, payload);
}

}  // namespace patchbay::engineio::ws
