// SPDX-License-Identifier: MIT
//
// How connections begin: the query, what it says about the session, and the opening handshake of a
// WebSocket with its extensions. The lines of the input are the query, and the values of
// Sec-WebSocket-Extensions, -Protocol, -Key, Upgrade and Connection; the first byte chooses the
// server's options.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "patchbay/protocol/eio/handshake.hpp"
#include "patchbay/protocol/http/request.hpp"
#include "patchbay/protocol/json.hpp"
#include "patchbay/protocol/utf8.hpp"
#include "revision.hpp"
#include "ws_codec.hpp"
#include "ws_extensions.hpp"

namespace {

using namespace patchbay;
using namespace patchbay::engineio;

void require(bool condition) {
  if (!condition) std::abort();
}

std::string_view take_line(std::string_view& rest) {
  const std::string_view line = rest.substr(0, rest.find('\n'));
  rest.remove_prefix(std::min(line.size() + 1, rest.size()));
  return line;
}

std::string escaped(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    out += {'%', kDigits[byte >> 4], kDigits[byte & 0xF]};
  }
  return out;
}

// Each key is there once, all of it is UTF-8, and it reads the same when it is written again.
void check_query(std::string_view text) {
  const http::Query query(text);
  std::string again;
  for (const auto& [key, value] : query.entries()) {
    require(is_valid_utf8(key) && is_valid_utf8(value));
    const std::string* const found = query.find(key);
    require(found && *found == value);
    again += escaped(key) + '=' + escaped(value) + '&';
  }
  require(http::Query(again).entries() == query.entries());

  const int revision = revision_of(query);
  require(revision == 3 || revision == 4);
  require((wire_format_of(query, eio::Transport::polling) == eio::WireFormat::revision4) ==
          (revision == 4));
  // A byte that is not UTF-8 becomes a character of three.
  if (wants_jsonp(query)) require(jsonp_index(query).size() <= 3 * text.size());
  // What clients are told about a transport that they made up.
  const std::string* const transport = query.find("transport");
  if (!transport) return;
  const auto told = parse_json(eio::error_body(eio::HandshakeError::transport_unknown, *transport),
                               Limits().json_depth);
  require(told && (*told)["message"] == Value(*transport));
}

void check_agreement(const ws::DeflateAgreement& agreement,
                     const PerMessageDeflateOptions& options) {
  const ws::DeflateParams& params = agreement.params;
  require(params.server_max_window_bits >= 8 && params.server_max_window_bits <= 15);
  require(params.client_max_window_bits >= 8 && params.client_max_window_bits <= 15);
  require(params.server_max_window_bits <= options.server_max_window_bits.value_or(15));
  require(params.client_max_window_bits <= options.client_max_window_bits.value_or(15));
  require(params.server_no_context_takeover || !options.server_no_context_takeover);
  require(params.client_no_context_takeover || !options.client_no_context_takeover);
  // A client that offers just this gets it.
  const auto again = ws::negotiate_deflate(agreement.answer, {});
  require(again && *again && (*again)->params == params && (*again)->answer == agreement.answer);
}

PerMessageDeflateOptions options_of(unsigned choice) {
  PerMessageDeflateOptions options;
  options.server_no_context_takeover = (choice & 1U) != 0;
  options.client_no_context_takeover = (choice & 2U) != 0;
  if ((choice & 4U) != 0) options.server_max_window_bits = 8 + static_cast<int>(choice >> 5);
  if ((choice & 8U) != 0) options.client_max_window_bits = 8 + static_cast<int>(choice >> 5);
  return options;
}

// A field that is not there when its line is empty.
void add(http::Headers& headers, std::string_view name, std::string_view value) {
  if (!value.empty()) headers.add(name, value);
}

void check_response(const http::Headers& headers) {
  for (std::size_t i = 0; i < headers.size(); ++i) {
    require(headers.at(i).value.find_first_of("\r\n") == std::string_view::npos);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  std::string_view lines(reinterpret_cast<const char*>(data) + 1, size - 1);
  check_query(take_line(lines));

  const PerMessageDeflateOptions options = options_of(data[0]);
  const std::string_view extensions = take_line(lines);
  if (const auto agreed = ws::negotiate_deflate(extensions, options); agreed && *agreed) {
    check_agreement(**agreed, options);
  }

  http::Request request;
  request.method = "GET";
  add(request.headers, "sec-websocket-extensions", extensions);
  add(request.headers, "sec-websocket-protocol", take_line(lines));
  add(request.headers, "sec-websocket-key", take_line(lines));
  add(request.headers, "upgrade", take_line(lines));
  add(request.headers, "connection", take_line(lines));
  request.headers.add("sec-websocket-version", "13");
  http::Response refusal;
  const auto accepted = ws::accept_handshake(request, options, refusal);
  require(accepted ? accepted->response.status == 101 : refusal.status == 400);
  check_response(accepted ? accepted->response.headers : refusal.headers);
  if (accepted) {
    require(accepted->deflate.has_value() ==
            accepted->response.headers.contains("sec-websocket-extensions"));
  }
  return 0;
}
