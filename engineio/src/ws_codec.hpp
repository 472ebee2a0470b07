// SPDX-License-Identifier: MIT
//
// RFC 6455 for the server side, free of I/O. Its sources are the one place that knows websocketpp,
// which does the opening handshake and the frame primitives (headers, masking, close codes); the
// loop that receives frames and enforces limits is ours, because websocketpp's own has holes (see
// the tests named after them in tests/engineio/ws_receiver_test.cpp).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "patchbay/protocol/error.hpp"
#include "patchbay/protocol/http/request.hpp"
#include "patchbay/protocol/http/response.hpp"
#include "patchbay/protocol/limits.hpp"
#include "patchbay/protocol/result.hpp"
#include "ws_extensions.hpp"

namespace patchbay::engineio::ws {

struct Handshake {
  http::Response response;               // 101
  std::optional<DeflateParams> deflate;  // when messages may be compressed
};

// Answers an upgrade request, or gives ws_bad_handshake with the response that says so in `refusal`
// (400 text/html and the reason as body; a bad or missing version also gets "Sec-WebSocket-Version:
// 13, 8"). Validates method, Upgrade, Connection, version and key. Without `deflate` the header
// Sec-WebSocket-Extensions is not looked at.
Result<Handshake> accept_handshake(const http::Request& request,
                                   const std::optional<PerMessageDeflateOptions>& deflate,
                                   http::Response& refusal);

// True for close codes that may stand in a close frame (1000-1003, 1007-1014, 3000-4999).
[[nodiscard]] bool is_valid_close_code(std::uint16_t code) noexcept;

// The close code that tells the peer about an error of this codec (1002, 1007, 1008, 1009).
[[nodiscard]] std::uint16_t close_code_for(Errc error) noexcept;

enum class Opcode : std::uint8_t { text = 1, binary = 2, close = 8, ping = 9, pong = 10 };

// Appends one whole unmasked frame. A control frame's payload must not exceed 125 bytes.
void append_frame(std::string& out, Opcode opcode, std::string_view payload);
// A close frame without a code when `code` is absent; then there is no reason either. A reason is
// at most 123 bytes of UTF-8.
void append_close_frame(std::string& out, std::optional<std::uint16_t> code,
                        std::string_view reason = {});

// One thing that a peer sent.
struct Event {
  enum class Kind : std::uint8_t {
    need_more,  // all bytes were used, nothing is complete
    text,       // a whole message, checked to be UTF-8
    binary,     // a whole message
    ping,       // to be answered by a pong with the same data
    pong,
    close,  // the peer's close frame; nothing may follow
    error,  // `error` says what the peer did wrong; the connection must be closed
  };

  Kind kind = Kind::need_more;
  // Unmasked content; of a close frame, the reason. Lives until the following call of next(), or
  // until the bytes handed in go.
  std::string_view data;
  std::optional<std::uint16_t> close_code;
  Errc error = Errc::none;
};

// Unfolds compressed messages for a Receiver.
class MessageInflater {
 public:
  virtual ~MessageInflater() = default;
  // Appends what the next piece of a message unfolds to. ws_message_too_large when `out` would
  // become larger than `limit`, ws_bad_deflate when it cannot be unfolded.
  virtual Errc add(std::string_view piece, std::string& out, std::size_t limit) = 0;
  // The message is complete.
  virtual Errc finish(std::string& out, std::size_t limit) = 0;
};

// Turns received bytes into events. A frame that lies whole in the bytes handed in is unmasked in
// place and passed on as a view; only fragments of frames and messages are kept, in a buffer that
// grows with what has really arrived (never with what a header announces) and is given back when
// the message is complete. Of a compressed message it is what it unfolds to that is kept, and that
// the limit is for.
class Receiver {
 public:
  // The limits must outlive the receiver. Without an inflater no message may be compressed.
  explicit Receiver(const Limits& limits,
                    std::unique_ptr<MessageInflater> inflater = nullptr) noexcept;
  Receiver(Receiver&&) noexcept;
  Receiver& operator=(Receiver&&) noexcept;
  ~Receiver();

  // Reads the next event from the front of `input` and moves the front behind what it used. The
  // bytes are changed (unmasked in place). Call it again, with the same span, until need_more,
  // close or error; after need_more `input` is empty and everything kept is in the receiver.
  // After a close or an error each further call repeats the kind (and the error), without data, and
  // leaves `input` alone.
  Event next(std::span<char>& input);

 private:
  struct Frame;
  struct State;

  Errc read_header(std::span<char>& input, Frame& frame);
  Errc admit(const Frame& frame) const noexcept;
  void begin_frame(const Frame& frame);
  Errc take_payload(std::span<char>& input);
  Event deliver(Opcode opcode, std::string_view payload) noexcept;
  Event deliver_close(std::string_view payload) noexcept;
  Event fail(Errc error) noexcept;

  const Limits* limits_;
  Event::Kind end_ = Event::Kind::need_more;  // close or error once that was delivered
  Errc error_ = Errc::none;
  // Present only while a frame or message is incomplete: a quiet connection keeps nothing.
  std::unique_ptr<State> state_;
  std::unique_ptr<MessageInflater> inflater_;
};

}  // namespace patchbay::engineio::ws
