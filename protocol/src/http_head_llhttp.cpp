// SPDX-License-Identifier: MIT
//
// Reads the head, and is the one place that knows llhttp. The fields are taken apart here,
// strictly; then llhttp reads the same bytes, and a head is accepted only if it understands them in
// the same way.
#include <llhttp.h>

#include <charconv>
#include <string>
#include <string_view>

#include "http_grammar.hpp"
#include "http_head.hpp"

namespace patchbay::http {

namespace {

// --- The form of the lines

// method SP target SP version, single spaces, nothing else (RFC 9112 section 3).
Errc read_request_line(std::string_view line, Request& request) {
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) return Errc::http_syntax;
  request.method = line.substr(0, first);
  request.target = line.substr(first + 1, last - first - 1);
  const std::string_view version = line.substr(last + 1);
  if (!consists_of(request.method, kMethodChar) || request.target.empty() ||
      !consists_of(request.target, kTargetChar)) {
    return Errc::http_syntax;
  }
  if (version == "HTTP/1.1" || version == "HTTP/1.0") return Errc::none;
  return version.starts_with("HTTP/") ? Errc::http_version : Errc::http_syntax;
}

// name ":" OWS value OWS, nothing before the name or between it and the colon.
Errc read_field_line(std::string_view line, Headers& headers) {
  if (line.front() == ' ' || line.front() == '\t') return Errc::http_obsolete_folding;
  const std::size_t colon = line.find(':');
  if (colon == 0 || colon == std::string_view::npos) return Errc::http_syntax;
  const std::string_view name = line.substr(0, colon);
  if (!consists_of(name, kTokenChar)) return Errc::http_syntax;
  headers.add(name, trim(line.substr(colon + 1)));
  return Errc::none;
}

Errc read_lines(std::string_view head, Request& request) {
  bool first = true;
  while (head != "\r\n") {
    const std::size_t end = head.find("\r\n");
    const std::string_view line = head.substr(0, end);
    const Errc error =
        first ? read_request_line(line, request) : read_field_line(line, request.headers);
    if (error != Errc::none) return error;
    head.remove_prefix(end + 2);
    first = false;
  }
  return Errc::none;
}

// --- What the fields mean

Errc check_host(const Headers& headers, bool http_1_1) {
  const std::size_t count = headers.count("host");
  if (count > 1 || (count == 0 && http_1_1)) return Errc::http_missing_host;
  const auto host = headers.find("host");
  return !host || consists_of(*host, kHostChar) ? Errc::none : Errc::http_syntax;
}

Errc read_framing(const Headers& headers, bool http_1_1, BodyFraming& framing) {
  const std::size_t codings = headers.count("transfer-encoding");
  const std::size_t lengths = headers.count("content-length");
  if (lengths > 1 || (codings > 0 && lengths > 0)) return Errc::http_ambiguous_length;
  if (codings > 1) return Errc::http_unsupported_coding;
  if (codings == 1) {
    if (!http_1_1) return Errc::http_ambiguous_length;
    framing.chunked = iequals(*headers.find("transfer-encoding"), "chunked");
    return framing.chunked ? Errc::none : Errc::http_unsupported_coding;
  }
  if (lengths == 0) return Errc::none;
  const std::string_view digits = *headers.find("content-length");
  if (digits.empty() || !consists_of(digits, kDigitChar)) return Errc::http_ambiguous_length;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), framing.length);
  if (error == std::errc::result_out_of_range) return Errc::http_body_too_large;
  return error == std::errc() ? Errc::none : Errc::http_ambiguous_length;
}

// --- llhttp

// What llhttp made of a head, noted when it came to the end of it.
struct Understanding {
  bool complete = false;
  bool chunked = false;
  std::uint64_t length = 0;
};

int on_headers_complete(llhttp_t* parser) {
  *static_cast<Understanding*>(parser->data) = {.complete = true,
                                                .chunked = (parser->flags & F_CHUNKED) != 0,
                                                .length = parser->content_length};
  return 1;  // the body is not llhttp's business here
}

// True when llhttp takes the head for a whole one, with the same body behind it.
bool llhttp_agrees(std::string_view head, const BodyFraming& framing) {
  static const llhttp_settings_t settings = [] {
    llhttp_settings_t s;
    llhttp_settings_init(&s);
    s.on_headers_complete = on_headers_complete;
    return s;
  }();
  llhttp_t parser;
  llhttp_init(&parser, HTTP_REQUEST, &settings);
  Understanding understood;
  parser.data = &understood;
  const llhttp_errno_t outcome = llhttp_execute(&parser, head.data(), head.size());
  return (outcome == HPE_OK || outcome == HPE_PAUSED_UPGRADE) && understood.complete &&
         understood.chunked == framing.chunked && understood.length == framing.length;
}

}  // namespace

Errc parse_head(std::string_view text, Request& request, BodyFraming& framing) {
  const bool http_1_1 = text.substr(0, text.find("\r\n")).ends_with("1.1");
  Errc error = read_lines(text, request);
  if (error == Errc::none) error = check_host(request.headers, http_1_1);
  if (error == Errc::none) error = read_framing(request.headers, http_1_1, framing);
  if (error == Errc::none && !llhttp_agrees(text, framing)) error = Errc::http_syntax;
  if (error != Errc::none) return error;

  const std::string connection = request.headers.joined("connection");
  request.keep_alive =
      !list_contains(connection, "close") && (http_1_1 || list_contains(connection, "keep-alive"));
  // HTTP/1.0 knows no upgrades (RFC 9110 section 7.8).
  request.wants_upgrade = http_1_1 && list_contains(connection, "upgrade") &&
                          request.headers.contains("upgrade") && !framing.any();
  // HTTP/1.0 does not know the expectation (RFC 9110 section 10.1.1).
  const auto expect = request.headers.find("expect");
  framing.client_waits = http_1_1 && framing.any() && expect && iequals(*expect, "100-continue");
  return Errc::none;
}

}  // namespace patchbay::http
