// SPDX-License-Identifier: MIT
//
// What a client sends. A frame goes through read_header (rules of a frame by itself), admit (rules
// and limits of the message it belongs to), and then either straight to deliver, when it lies whole
// in the input, or through State, which gathers what comes in pieces.
#include <algorithm>
#include <array>
#include <cstring>
#include <string>
#include <utility>
#include <websocketpp/frame.hpp>

#include "patchbay/protocol/utf8.hpp"
#include "ws_codec.hpp"

namespace patchbay::engineio::ws {

namespace wire = websocketpp::frame;
namespace opcode = websocketpp::frame::opcode;

struct Receiver::Frame {
  opcode::value op = opcode::continuation;
  bool fin = false;
  bool compressed = false;       // the message that begins with this frame is
  std::uint64_t size = 0;        // of the payload
  std::size_t mask = 0;          // the masking key, repeated to fill a machine word
  std::size_t header_bytes = 0;  // 0 while it is not complete

  [[nodiscard]] bool is_control() const noexcept { return opcode::is_control(op); }
  // Reads a header from the front of `bytes`, if it is there as a whole, and checks what can be
  // checked without knowing the frames before.
  Errc parse(std::span<const char> bytes, bool compression) noexcept;
};

struct Receiver::State {
  // Bytes of a header that is not complete.
  std::array<char, wire::MAX_HEADER_LENGTH> header{};
  std::size_t header_bytes = 0;

  // The frame whose payload is being read; its mask is turned to fit the next byte.
  bool in_frame = false;
  Frame frame;
  std::uint64_t missing = 0;

  // A control frame may come between the fragments of a message, so each has its buffer.
  std::string control;
  std::string message;
  bool in_message = false;
  opcode::value message_op = opcode::continuation;
  bool compressed = false;
  std::size_t fragments = 0;
  std::uint64_t message_received = 0;  // payload of the message's frames so far

  [[nodiscard]] bool idle() const noexcept { return header_bytes == 0 && !in_frame && !in_message; }
};

namespace {

// Changes `data` to or from its masked form and returns the mask as it fits the byte behind.
// websocketpp's word_mask_circ does the same by casting to words, but a payload is not aligned.
std::size_t apply_mask(std::span<char> data, std::size_t mask) noexcept {
  char* byte = data.data();
  std::size_t left = data.size();
  for (; left >= sizeof(mask); left -= sizeof(mask), byte += sizeof(mask)) {
    std::size_t word = 0;
    std::memcpy(&word, byte, sizeof(word));
    word ^= mask;
    std::memcpy(byte, &word, sizeof(word));
  }
  std::array<char, sizeof(mask)> key{};
  std::memcpy(key.data(), &mask, sizeof(mask));
  for (std::size_t i = 0; i < left; ++i) byte[i] = static_cast<char>(byte[i] ^ key[i]);
  return wire::circshift_prepared_key(mask, left);
}

std::span<char> take(std::span<char>& input, std::size_t size) noexcept {
  const std::span<char> front = input.first(size);
  input = input.subspan(size);
  return front;
}

// The rules on the two bytes that begin every frame.
Errc check_basic(const wire::basic_header& basic, bool compression) noexcept {
  const opcode::value op = wire::get_opcode(basic);
  // RSV1 says of a whole message that it is compressed (RFC 7692 section 6.2).
  const bool may_be_compressed = compression && (op == opcode::text || op == opcode::binary);
  const int reserved =
      wire::BHB0_RSV2 | wire::BHB0_RSV3 | (may_be_compressed ? 0 : wire::BHB0_RSV1);
  if ((basic.b0 & reserved) != 0) return Errc::ws_reserved_bits;
  if (opcode::reserved(op)) return Errc::ws_reserved_opcode;
  if (!wire::get_masked(basic)) return Errc::ws_not_masked;
  if (opcode::is_control(op) &&
      (!wire::get_fin(basic) || wire::get_basic_size(basic) > wire::limits::payload_size_basic)) {
    return Errc::ws_bad_control_frame;
  }
  return Errc::none;
}

// True for a length in the shortest of its three forms, and within 63 bits.
bool is_canonical(std::uint8_t basic_size, std::uint64_t size) noexcept {
  switch (basic_size) {
    case wire::payload_size_code_16bit:
      return size > wire::limits::payload_size_basic;
    case wire::payload_size_code_64bit:
      return size > wire::limits::payload_size_extended && size <= wire::limits::payload_size_jumbo;
    default:
      return true;
  }
}

// The most bytes that a message of `limit` bytes may arrive in. What cannot be compressed grows by
// 5 bytes per block, and blocks are no smaller than some KiB.
std::uint64_t most_received(std::uint64_t limit, bool compressed) noexcept {
  constexpr std::uint64_t kMore = 64;
  if (!compressed || limit > wire::limits::payload_size_jumbo) return limit;
  return limit + limit / 512 + kMore;
}

}  // namespace

Errc Receiver::Frame::parse(std::span<const char> bytes, bool compression) noexcept {
  if (bytes.size() < wire::BASIC_HEADER_LENGTH) return Errc::none;
  const wire::basic_header basic(static_cast<std::uint8_t>(bytes[0]),
                                 static_cast<std::uint8_t>(bytes[1]));
  if (const Errc error = check_basic(basic, compression); error != Errc::none) return error;

  const std::size_t length = wire::get_header_len(basic);
  if (bytes.size() < length) return Errc::none;
  wire::extended_header extended;
  std::memcpy(extended.bytes, bytes.data() + wire::BASIC_HEADER_LENGTH,
              length - wire::BASIC_HEADER_LENGTH);
  size = wire::get_payload_size(basic, extended);
  if (!is_canonical(wire::get_basic_size(basic), size)) return Errc::ws_bad_length;

  op = wire::get_opcode(basic);
  fin = wire::get_fin(basic);
  compressed = wire::get_rsv1(basic);
  mask = wire::prepare_masking_key(wire::get_masking_key(basic, extended));
  header_bytes = length;
  return Errc::none;
}

Receiver::Receiver(const Limits& limits, std::unique_ptr<MessageInflater> inflater) noexcept
    : limits_(&limits), inflater_(std::move(inflater)) {}
Receiver::Receiver(Receiver&&) noexcept = default;
Receiver& Receiver::operator=(Receiver&&) noexcept = default;
Receiver::~Receiver() = default;

Event Receiver::next(std::span<char>& input) {
  if (state_ && (end_ != Event::Kind::need_more || state_->idle())) state_.reset();
  if (end_ != Event::Kind::need_more) return {end_, {}, {}, error_};

  while (true) {
    if (!state_ || !state_->in_frame) {
      Frame frame;
      Errc error = read_header(input, frame);
      if (error == Errc::none && frame.header_bytes == 0) return {};
      if (error == Errc::none) error = admit(frame);
      if (error != Errc::none) return fail(error);

      const bool whole = frame.fin && frame.op != opcode::continuation && !frame.compressed;
      if (whole && frame.size <= input.size()) {
        const std::span<char> payload = take(input, static_cast<std::size_t>(frame.size));
        apply_mask(payload, frame.mask);
        return deliver(static_cast<Opcode>(frame.op), {payload.data(), payload.size()});
      }
      begin_frame(frame);
    }

    if (const Errc error = take_payload(input); error != Errc::none) return fail(error);
    if (state_->missing > 0) return {};
    state_->in_frame = false;
    if (state_->frame.is_control()) {
      return deliver(static_cast<Opcode>(state_->frame.op), state_->control);
    }
    if (state_->frame.fin) {
      if (state_->compressed) {
        const Errc error = inflater_->finish(state_->message, limits_->message_bytes);
        if (error != Errc::none) return fail(error);
      }
      state_->in_message = false;
      return deliver(static_cast<Opcode>(state_->message_op), state_->message);
    }
  }
}

// Takes a header off the front of `input`, or keeps what is there of it.
Errc Receiver::read_header(std::span<char>& input, Frame& frame) {
  if (input.empty()) return Errc::none;
  if (!state_ || state_->header_bytes == 0) {
    const Errc error = frame.parse(input, inflater_ != nullptr);
    if (error != Errc::none) return error;
    if (frame.header_bytes != 0) {
      take(input, frame.header_bytes);
      return Errc::none;
    }
  }

  if (!state_) state_ = std::make_unique<State>();
  State& state = *state_;
  const std::size_t kept = state.header_bytes;
  const std::size_t added = std::min(state.header.size() - kept, input.size());
  std::memcpy(state.header.data() + kept, input.data(), added);
  const Errc error = frame.parse(std::span(state.header).first(kept + added), inflater_ != nullptr);
  if (error != Errc::none) return error;
  const bool complete = frame.header_bytes != 0;
  take(input, complete ? frame.header_bytes - kept : added);
  state.header_bytes = complete ? 0 : kept + added;
  return Errc::none;
}

// Whether the frame may follow the frames before it, and its message may be as large as announced.
Errc Receiver::admit(const Frame& frame) const noexcept {
  if (frame.is_control()) return Errc::none;
  const bool in_message = state_ && state_->in_message;
  if (in_message != (frame.op == opcode::continuation)) return Errc::ws_bad_fragmentation;
  const std::uint64_t received = in_message ? state_->message_received : 0;
  const bool compressed = in_message ? state_->compressed : frame.compressed;
  // Subtracted, not added up, so that no announced size can make it wrap.
  if (frame.size > most_received(limits_->message_bytes, compressed) - received) {
    return Errc::ws_message_too_large;
  }
  if (in_message && state_->fragments >= limits_->ws_fragments) return Errc::ws_too_many_fragments;
  return Errc::none;
}

void Receiver::begin_frame(const Frame& frame) {
  if (!state_) state_ = std::make_unique<State>();
  State& state = *state_;
  state.in_frame = true;
  state.frame = frame;
  state.missing = frame.size;
  if (frame.is_control()) {
    state.control.clear();
    return;
  }
  if (!state.in_message) {
    state.message_op = frame.op;
    state.compressed = frame.compressed;
  }
  state.in_message = true;
  state.message_received += frame.size;
  ++state.fragments;
}

// Moves what is there of the frame's payload out of `input`.
Errc Receiver::take_payload(std::span<char>& input) {
  State& state = *state_;
  const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(state.missing, input.size()));
  const std::span<char> piece = take(input, size);
  state.frame.mask = apply_mask(piece, state.frame.mask);
  state.missing -= size;
  const std::string_view data(piece.data(), piece.size());
  if (state.frame.is_control()) {
    state.control.append(data);
  } else if (state.compressed) {
    return inflater_->add(data, state.message, limits_->message_bytes);
  } else {
    state.message.append(data);
  }
  return Errc::none;
}

Event Receiver::deliver(Opcode opcode, std::string_view payload) noexcept {
  switch (opcode) {
    case Opcode::text:
      if (!is_valid_utf8(payload)) return fail(Errc::ws_invalid_utf8);
      return {Event::Kind::text, payload, {}, Errc::none};
    case Opcode::binary:
      return {Event::Kind::binary, payload, {}, Errc::none};
    case Opcode::ping:
      return {Event::Kind::ping, payload, {}, Errc::none};
    case Opcode::pong:
      return {Event::Kind::pong, payload, {}, Errc::none};
    case Opcode::close:
      return deliver_close(payload);
  }
  return fail(Errc::ws_reserved_opcode);
}

Event Receiver::deliver_close(std::string_view payload) noexcept {
  Event event;
  event.kind = Event::Kind::close;
  if (payload.size() == 1) return fail(Errc::ws_bad_close_frame);
  if (payload.size() >= 2) {
    const auto high = static_cast<std::uint8_t>(payload[0]);
    const auto low = static_cast<std::uint8_t>(payload[1]);
    event.close_code = static_cast<std::uint16_t>(high << 8 | low);
    event.data = payload.substr(2);
    if (!is_valid_close_code(*event.close_code)) return fail(Errc::ws_bad_close_frame);
    if (!is_valid_utf8(event.data)) return fail(Errc::ws_invalid_utf8);
  }
  end_ = event.kind;
  return event;
}

Event Receiver::fail(Errc error) noexcept {
  state_.reset();
  inflater_.reset();
  end_ = Event::Kind::error;
  error_ = error;
  return {end_, {}, {}, error};
}

}  // namespace patchbay::engineio::ws
