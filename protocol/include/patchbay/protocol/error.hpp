// SPDX-License-Identifier: MIT
//
// Everything a peer can get wrong, as one enumeration of values. Nothing here is ever thrown by
// Patchbay: the functions that read what a peer sent return these (see result.hpp), and at the
// edges of the library they travel as std::error_code of error_category().
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <system_error>

namespace patchbay {

enum class Errc : std::uint8_t {
  none = 0,

  // HTTP requests (protocol/http/request_parser.hpp).
  http_syntax,              // not HTTP/1.x as RFC 9112 has it
  http_version,             // neither HTTP/1.0 nor HTTP/1.1
  http_head_too_large,      // request line and headers exceed their limit
  http_too_many_headers,    // more header fields than allowed
  http_target_too_long,     // request target exceeds its limit
  http_missing_host,        // HTTP/1.1 without exactly one Host field
  http_obsolete_folding,    // a header field continued on a second line
  http_ambiguous_length,    // Content-Length and Transfer-Encoding disagree, or are doubled
  http_unsupported_coding,  // Transfer-Encoding other than chunked
  http_body_too_large,      // body exceeds max_http_buffer_size
  http_timeout,             // head or body did not arrive in time

  // WebSocket (engineio/src/ws_codec.hpp); RFC 6455 section in brackets.
  ws_bad_handshake,       // key, version or method is wrong [4.2.1]
  ws_reserved_bits,       // RSV1-3 set without an extension that gives them a meaning [5.2]
  ws_reserved_opcode,     // opcode 3-7 or 11-15 [5.2]
  ws_not_masked,          // a client must mask every frame [5.1]
  ws_bad_length,          // length not minimally encoded, or its top bit set [5.2]
  ws_bad_control_frame,   // fragmented or longer than 125 bytes [5.5]
  ws_bad_fragmentation,   // continuation without a start, or a start inside a message [5.4]
  ws_bad_close_frame,     // one byte of payload or an invalid code [5.5.1, 7.4]
  ws_invalid_utf8,        // text that is not UTF-8 [8.1]
  ws_message_too_large,   // message exceeds max_http_buffer_size
  ws_too_many_fragments,  // message in more fragments than allowed
  ws_bad_deflate,         // compressed message that cannot be unfolded [RFC 7692 7.2.2]

  // Engine.IO packets and sessions (protocol/eio/).
  eio_empty_packet,          // a packet without even its type digit
  eio_unknown_packet_type,   // first character is none of the known types
  eio_invalid_base64,        // a binary packet whose base64 cannot be decoded
  eio_invalid_content_type,  // binary POST body on revision 4
  eio_invalid_utf8,          // polling payload that is not UTF-8
  eio_bad_payload,           // lengths or marks of a revision 3 payload do not fit
  eio_heartbeat_direction,   // a ping from a revision 4 client, a pong from a revision 3 client
  eio_poll_overlap,          // a second GET while one is held
  eio_post_overlap,          // a second POST while one is being read
  eio_poll_aborted,          // the client closed a held GET
  eio_post_aborted,          // the client closed a POST half way
  eio_connection_lost,       // the TCP connection failed or closed without a close frame
  eio_payload_too_large,     // POST body exceeds max_http_buffer_size
  eio_pong_missing,          // no pong within ping_timeout
  eio_ping_missing,          // no ping of a revision 3 client's within ping_interval + ping_timeout
  eio_slow_reader,           // more than Limits::send_queue_bytes waited to be sent
  eio_send_budget,      // all queues together exceed Limits::send_budget_bytes, this one its share
  eio_message_rate,     // more messages than Limits::messages allows
  eio_byte_rate,        // more bytes than Limits::bytes allows
  eio_server_draining,  // the server is shutting down and has asked the client to go

  // Connections and handshakes that are refused before there is a session (engineio/).
  limit_connections,          // as many connections as Limits::connections
  limit_address_connections,  // as many from one address as Limits::connections_per_address
  limit_handshakes,           // as many undecided handshakes as Limits::handshakes_in_flight
  limit_handshake_rate,       // more handshakes than Limits::handshakes allows
  limit_send_budget,          // no room for another session in Limits::send_budget_bytes

  // JSON (protocol/json.hpp).
  json_syntax,        // not JSON, or something behind it
  json_too_deep,      // nested deeper than Limits::json_depth
  json_invalid_utf8,  // text is not UTF-8
  json_number_range,  // a number that no double can hold

  // MessagePack (protocol/msgpack.hpp).
  msgpack_truncated,          // a length or count announces more than there is
  msgpack_syntax,             // byte 0xc1, a malformed timestamp, or something behind the value
  msgpack_too_deep,           // nested deeper than Limits::json_depth
  msgpack_invalid_utf8,       // a string that is not UTF-8
  msgpack_bad_key,            // a map key that is not a string
  msgpack_unknown_extension,  // an extension type without a meaning here

  // Socket.IO packets (protocol/sio/).
  sio_empty_packet,          // an Engine.IO message with no content
  sio_unknown_packet_type,   // first character (with msgpack: type) is none of the known types
  sio_bad_attachment_count,  // binary packet without a count of at least 1 followed by '-'
  sio_too_many_attachments,  // more attachments than Limits::attachments
  sio_bad_namespace,         // namespace name is missing or longer than allowed
  sio_bad_ack_id,            // ack id is no natural number of 64 bits
  sio_bad_payload,           // payload of a kind this packet type must not have
  sio_reserved_event,        // event name that the protocol keeps for itself
  sio_illegal_placeholder,   // placeholder without a valid number
  sio_attachment_expected,   // text arrived while attachments were missing
  sio_unexpected_binary,     // binary arrived with no packet waiting for it
  sio_unexpected_text,       // text arrived though the encoding is a binary one
  sio_not_connected,         // packet for a namespace that this client has not joined
  sio_already_connected,     // CONNECT for a namespace that is joined or being joined
  sio_too_many_namespaces,   // more than Limits::namespaces_per_client
  sio_unexpected_packet,     // CONNECT_ERROR sent by a client
  sio_connect_timeout,       // no namespace joined within connect_timeout
  sio_too_many_rooms,  // the application made a socket join more than Limits::rooms_per_socket
  sio_too_many_user_sockets,  // as many sockets of one user as Limits::sockets_per_user

  // What other servers of a cluster send (protocol/cluster/).
  cluster_bad_message,  // a message that is none of those they send each other
  cluster_away,         // the other servers of the cluster cannot be reached

  // Calls that wait for an answer.
  ack_timeout,       // no acknowledgement within the given time
  ack_disconnected,  // the socket was gone before it answered
  ack_too_many,      // as many are waited for as Limits::pending_acks
  bad_arguments,     // arguments do not convert to the handler's types
};

// All codes are smaller than this.
inline constexpr std::size_t kErrcCount = static_cast<std::size_t>(Errc::bad_arguments) + 1;

// A full sentence for people, without a trailing full stop. Lives for ever.
[[nodiscard]] std::string_view describe(Errc code) noexcept;

// A short lower-case identifier ("http_body_too_large") for metrics and logs. Lives for ever.
[[nodiscard]] std::string_view label(Errc code) noexcept;

[[nodiscard]] const std::error_category& error_category() noexcept;
[[nodiscard]] std::error_code make_error_code(Errc code) noexcept;

}  // namespace patchbay

template <>
struct std::is_error_code_enum<patchbay::Errc> : std::true_type {};
