// SPDX-License-Identifier: MIT
//
// What may arrive from Redis: messages of both encodings, entries of streams, sessions. What reads
// can be written, and then reads and writes the same.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "patchbay/protocol/cluster/classic.hpp"
#include "patchbay/protocol/cluster/cluster_message.hpp"

namespace {

using namespace patchbay;
using namespace patchbay::cluster;

void require(bool holds) {
  if (!holds) std::abort();
}

EventView view_of(const Broadcast& content) {
  return {.name = content.event.front().as_string(), .args = std::span(content.event).subspan(1)};
}

void check_broadcast(std::string_view data) {
  const auto read = classic::decode_broadcast(data);
  if (!read) return;
  const auto write = [](const Message& message) {
    const auto& content = std::get<Broadcast>(message.content);
    return classic::encode_broadcast(message.uid, message.nsp, view_of(content), content.options);
  };
  const std::string written = write(*read);
  const auto again = classic::decode_broadcast(written);
  require(again && write(*again) == written);
}

template <typename Decode>
void check_classic(std::string_view data, Decode decode) {
  const auto read = decode(data);
  if (!read) return;
  // Binary in what goes as JSON is lost; but what has been written once stays as it is.
  const std::string written = classic::encode(read->uid, read->content);
  const auto again = decode(written);
  require(again && classic::encode(again->uid, again->content) == written);
}

void check_message(std::string_view data) {
  const auto read = decode(data);
  if (!read || std::holds_alternative<Heartbeat>(read->content)) return;
  const auto write = [](const Message& message, Form form) {
    return encode({.uid = message.uid, .nsp = message.nsp}, message.content, form);
  };
  for (const Form form : {Form::json_if_possible, Form::msgpack}) {
    const std::string written = write(*read, form);
    const auto again = decode(written);
    require(again && write(*again, form) == written);
  }
}

void check_entry(std::string_view data) {
  if (data.empty()) return;
  const auto read = decode_entry({.uid = "u",
                                  .nsp = "/",
                                  .type = std::to_string(data.front()),
                                  .data = std::string(data.substr(1))});
  if (!read || std::holds_alternative<Heartbeat>(read->content)) return;
  const Sender sender{.uid = "u", .nsp = "/"};
  const StreamEntry written = encode_entry(sender, read->content, false);
  const auto again = decode_entry(written);
  require(again && encode_entry(sender, again->content, false).data == written.data);
}

void check_session(std::string_view data) {
  const auto read = decode_session(data);
  if (!read) return;
  const std::string written = encode_session(*read);
  const auto again = decode_session(written);
  require(again && encode_session(*again) == written);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check_broadcast(text);
  check_classic(text, classic::decode_request);
  check_classic(text, classic::decode_answer);
  check_message(text);
  check_entry(text);
  check_session(text);
  if (is_entry_id(text)) require(!entry_before(text, text));
  return 0;
}
