// SPDX-License-Identifier: MIT
#include "patchbay/protocol/error.hpp"

#include <string>

namespace patchbay {

namespace {

struct Entry {
  std::string_view label;
  std::string_view sentence;
};

constexpr Entry kUnknown = {"unknown", "The error code is unknown"};

// One switch without a default: the compiler then points at a code that was forgotten here.
constexpr Entry entry_of(Errc code) noexcept {
  switch (code) {
    case Errc::none:
      return {"none", "There is no error"};
    case Errc::http_syntax:
      return {"http_syntax", "The request is not well-formed HTTP/1.1"};
    case Errc::http_version:
      return {"http_version", "The request is of an HTTP version other than 1.0 and 1.1"};
    case Errc::http_head_too_large:
      return {"http_head_too_large", "The request line and headers exceed their size limit"};
    case Errc::http_too_many_headers:
      return {"http_too_many_headers", "The request has more header fields than allowed"};
    case Errc::http_target_too_long:
      return {"http_target_too_long", "The request target exceeds its length limit"};
    case Errc::http_missing_host:
      return {"http_missing_host", "The request does not have exactly one Host field"};
    case Errc::http_obsolete_folding:
      return {"http_obsolete_folding", "A header field is continued on a second line"};
    case Errc::http_ambiguous_length:
      return {"http_ambiguous_length", "The request gives the length of its body more than once"};
    case Errc::http_unsupported_coding:
      return {"http_unsupported_coding",
              "The request uses a transfer coding other than a single chunked"};
    case Errc::http_body_too_large:
      return {"http_body_too_large", "The request body exceeds max_http_buffer_size"};
    case Errc::http_timeout:
      return {"http_timeout", "The request did not arrive in time"};
    case Errc::ws_bad_handshake:
      return {"ws_bad_handshake", "The WebSocket handshake has a wrong key, version or method"};
    case Errc::ws_reserved_bits:
      return {"ws_reserved_bits", "A WebSocket frame sets a reserved bit without an extension"};
    case Errc::ws_reserved_opcode:
      return {"ws_reserved_opcode", "A WebSocket frame has a reserved opcode"};
    case Errc::ws_not_masked:
      return {"ws_not_masked", "A WebSocket frame of the client is not masked"};
    case Errc::ws_bad_length:
      return {"ws_bad_length", "A WebSocket frame encodes its length in an invalid way"};
    case Errc::ws_bad_control_frame:
      return {"ws_bad_control_frame",
              "A WebSocket control frame is fragmented or longer than 125 bytes"};
    case Errc::ws_bad_fragmentation:
      return {"ws_bad_fragmentation", "WebSocket fragments arrived in an invalid order"};
    case Errc::ws_bad_close_frame:
      return {"ws_bad_close_frame", "A WebSocket close frame has an invalid payload or code"};
    case Errc::ws_invalid_utf8:
      return {"ws_invalid_utf8", "A WebSocket text message or close reason is not valid UTF-8"};
    case Errc::ws_message_too_large:
      return {"ws_message_too_large", "A WebSocket message exceeds max_http_buffer_size"};
    case Errc::ws_too_many_fragments:
      return {"ws_too_many_fragments", "A WebSocket message has more fragments than allowed"};
    case Errc::ws_bad_deflate:
      return {"ws_bad_deflate", "A compressed WebSocket message cannot be decompressed"};
    case Errc::eio_empty_packet:
      return {"eio_empty_packet", "An Engine.IO packet is empty"};
    case Errc::eio_unknown_packet_type:
      return {"eio_unknown_packet_type", "An Engine.IO packet has an unknown type"};
    case Errc::eio_invalid_base64:
      return {"eio_invalid_base64", "A binary Engine.IO packet is not valid base64"};
    case Errc::eio_invalid_content_type:
      return {"eio_invalid_content_type", "A polling request has a content type not allowed here"};
    case Errc::eio_invalid_utf8:
      return {"eio_invalid_utf8", "A polling payload is not valid UTF-8"};
    case Errc::eio_bad_payload:
      return {"eio_bad_payload", "A polling payload states the lengths of its packets wrongly"};
    case Errc::eio_heartbeat_direction:
      return {"eio_heartbeat_direction", "A heartbeat packet came from the wrong side"};
    case Errc::eio_poll_overlap:
      return {"eio_poll_overlap", "The client polled while an earlier poll was still open"};
    case Errc::eio_post_overlap:
      return {"eio_post_overlap", "The client posted while an earlier post was still being read"};
    case Errc::eio_poll_aborted:
      return {"eio_poll_aborted", "The client closed the connection of an open poll"};
    case Errc::eio_post_aborted:
      return {"eio_post_aborted", "The client closed the connection in the middle of a post"};
    case Errc::eio_connection_lost:
      return {"eio_connection_lost", "The connection failed or was closed without notice"};
    case Errc::eio_payload_too_large:
      return {"eio_payload_too_large", "A polling payload exceeds max_http_buffer_size"};
    case Errc::eio_pong_missing:
      return {"eio_pong_missing", "The client did not answer a ping within ping_timeout"};
    case Errc::eio_ping_missing:
      return {"eio_ping_missing",
              "The client did not send a ping within ping_interval and ping_timeout"};
    case Errc::eio_slow_reader:
      return {"eio_slow_reader", "The client does not read what is sent to it fast enough"};
    case Errc::eio_send_budget:
      return {
          "eio_send_budget",
          "The server holds too much that is yet to be sent, and this client more than its share"};
    case Errc::eio_message_rate:
      return {"eio_message_rate", "The client sends more messages per second than allowed"};
    case Errc::eio_byte_rate:
      return {"eio_byte_rate", "The client sends more bytes per second than allowed"};
    case Errc::eio_server_draining:
      return {"eio_server_draining", "The server is shutting down"};
    case Errc::limit_connections:
      return {"limit_connections", "The server has as many connections as it may have"};
    case Errc::limit_address_connections:
      return {"limit_address_connections", "There are too many connections from this address"};
    case Errc::limit_handshakes:
      return {"limit_handshakes", "Too many handshakes are waiting to be decided"};
    case Errc::limit_handshake_rate:
      return {"limit_handshake_rate", "There are more new sessions per second than allowed"};
    case Errc::limit_send_budget:
      return {"limit_send_budget", "The server holds too much that is yet to be sent"};
    case Errc::json_syntax:
      return {"json_syntax", "The text is not valid JSON"};
    case Errc::json_too_deep:
      return {"json_too_deep", "The JSON text is nested too deeply"};
    case Errc::json_invalid_utf8:
      return {"json_invalid_utf8", "The JSON text is not valid UTF-8"};
    case Errc::json_number_range:
      return {"json_number_range", "A JSON number is too large for a double"};
    case Errc::msgpack_truncated:
      return {"msgpack_truncated", "MessagePack data announces more than it holds"};
    case Errc::msgpack_syntax:
      return {"msgpack_syntax", "The data is not exactly one MessagePack value"};
    case Errc::msgpack_too_deep:
      return {"msgpack_too_deep", "The MessagePack data is nested too deeply"};
    case Errc::msgpack_invalid_utf8:
      return {"msgpack_invalid_utf8", "A MessagePack string is not valid UTF-8"};
    case Errc::msgpack_bad_key:
      return {"msgpack_bad_key", "A MessagePack map has a key that is not a string"};
    case Errc::msgpack_unknown_extension:
      return {"msgpack_unknown_extension", "MessagePack data uses an unknown extension type"};
    case Errc::sio_empty_packet:
      return {"sio_empty_packet", "A Socket.IO packet is empty"};
    case Errc::sio_unknown_packet_type:
      return {"sio_unknown_packet_type", "A Socket.IO packet has an unknown type"};
    case Errc::sio_bad_attachment_count:
      return {"sio_bad_attachment_count",
              "A binary Socket.IO packet does not state its attachments correctly"};
    case Errc::sio_too_many_attachments:
      return {"sio_too_many_attachments", "A Socket.IO packet has more attachments than allowed"};
    case Errc::sio_bad_namespace:
      return {"sio_bad_namespace", "A namespace name is missing or longer than allowed"};
    case Errc::sio_bad_ack_id:
      return {"sio_bad_ack_id", "An acknowledgement id is not a natural number of 64 bits"};
    case Errc::sio_bad_payload:
      return {"sio_bad_payload", "A Socket.IO packet has a payload that its type must not have"};
    case Errc::sio_reserved_event:
      return {"sio_reserved_event", "An event has a name that the protocol keeps for itself"};
    case Errc::sio_illegal_placeholder:
      return {"sio_illegal_placeholder", "A placeholder does not name a valid attachment"};
    case Errc::sio_attachment_expected:
      return {"sio_attachment_expected", "A text packet arrived while attachments were missing"};
    case Errc::sio_unexpected_binary:
      return {"sio_unexpected_binary", "Binary data arrived that no packet was waiting for"};
    case Errc::sio_unexpected_text:
      return {"sio_unexpected_text", "Text arrived though packets are encoded as binary data"};
    case Errc::sio_not_connected:
      return {"sio_not_connected", "A packet is for a namespace that the client has not joined"};
    case Errc::sio_too_many_namespaces:
      return {"sio_too_many_namespaces", "The client is in as many namespaces as it may be"};
    case Errc::sio_already_connected:
      return {"sio_already_connected", "The client joined a namespace a second time"};
    case Errc::sio_unexpected_packet:
      return {"sio_unexpected_packet", "The client sent a packet that only servers send"};
    case Errc::sio_connect_timeout:
      return {"sio_connect_timeout", "The client joined no namespace within connect_timeout"};
    case Errc::sio_too_many_rooms:
      return {"sio_too_many_rooms", "The socket is in as many rooms as it may be"};
    case Errc::sio_too_many_user_sockets:
      return {"sio_too_many_user_sockets", "The user has as many connections as allowed"};
    case Errc::cluster_bad_message:
      return {"cluster_bad_message", "A message of another server of the cluster makes no sense"};
    case Errc::cluster_away:
      return {"cluster_away", "The other servers of the cluster cannot be reached"};
    case Errc::ack_timeout:
      return {"ack_timeout", "No acknowledgement arrived in time"};
    case Errc::ack_disconnected:
      return {"ack_disconnected", "The socket was disconnected before it acknowledged"};
    case Errc::ack_too_many:
      return {"ack_too_many", "The socket owes as many acknowledgements as it may"};
    case Errc::bad_arguments:
      return {"bad_arguments", "The arguments do not convert to the types of the handler"};
  }
  return kUnknown;
}

class Category final : public std::error_category {
 public:
  [[nodiscard]] const char* name() const noexcept override { return "patchbay"; }
  [[nodiscard]] std::string message(int value) const override {
    // Errc is narrower than int: a number that it cannot hold must not turn into another code.
    const auto code = static_cast<Errc>(value);
    return std::string(static_cast<int>(code) == value ? entry_of(code).sentence
                                                       : kUnknown.sentence);
  }
};

}  // namespace

std::string_view describe(Errc code) noexcept {
  return entry_of(code).sentence;
}

std::string_view label(Errc code) noexcept {
  return entry_of(code).label;
}

const std::error_category& error_category() noexcept {
  static const Category category;
  return category;
}

std::error_code make_error_code(Errc code) noexcept {
  return {static_cast<int>(code), error_category()};
}

}  // namespace patchbay
