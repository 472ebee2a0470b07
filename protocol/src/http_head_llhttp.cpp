// SPDX-License-Identifier: MIT
//
// The one place that knows llhttp: it reads the head. What it lets pass and others would not is
// refused before it sees it, or afterwards.
#include <llhttp.h>

#include <charconv>
#include <string>

#include "http_grammar.hpp"
#include "http_head.hpp"

namespace patchbay::http {

namespace {

// --- Before llhttp: the form of the lines
// ------------------------------------------------------------

// method SP target SP version, single spaces, nothing else (RFC 9112 section 3).
Errc check_request_line(std::string_view line, Request& request) {
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
Errc check_field_line(std::string_view line) {
  if (line.front() == ' ' || line.front() == '\t') return Errc::http_obsolete_folding;
  const std::size_t colon = line.find(':');
  if (colon == 0 || colon == std::string_view::npos) return Errc::http_syntax;
  return consists_of(line.substr(0, colon), kTokenChar) ? Errc::none : Errc::http_syntax;
}

Errc check_lines(std::string_view head, Request& request) {
  bool first = true;
  while (head != "\r\n") {
    const std::size_t end = head.find("\r\n");
    const std::string_view line = head.substr(0, end);
    const Errc error = first ? check_request_line(line, request) : check_field_line(line);
    if (error != Errc::none) return error;
    head.remove_prefix(end + 2);
    first = false;
  }
  return Errc::none;
}

// --- llhttp
// ------------------------------------------------------------------------------------------

struct Fields {
  Headers* headers;
  std::string name;
  std::string value;
};

int on_field(llhttp_t* parser, const char* at, std::size_t length) {
  static_cast<Fields*>(parser->data)->name.append(at, length);
  return 0;
}

int on_value(llhttp_t* parser, const char* at, std::size_t length) {
  static_cast<Fields*>(parser->data)->value.append(at, length);
  return 0;
}

int on_value_complete(llhttp_t* parser) {
  auto* const fields = static_cast<Fields*>(parser->data);
  fields->headers->add(fields->name, trim(fields->value));
  fields->name.clear();
  fields->value.clear();
  return 0;
}

// The body is not llhttp's business here.
int on_headers_complete(llhttp_t* /*parser*/) {
  return 1;
}

Errc run_llhttp(std::string_view head, Headers& headers) {
  static const llhttp_settings_t settings = [] {
    llhttp_settings_t s;
    llhttp_settings_init(&s);
    s.on_header_field = on_field;
    s.on_header_value = on_value;
    s.on_header_value_complete = on_value_complete;
    s.on_headers_complete = on_headers_complete;
    return s;
  }();
  llhttp_t parser;
  llhttp_init(&parser, HTTP_REQUEST, &settings);
  Fields fields{.headers = &headers, .name = {}, .value = {}};
  parser.data = &fields;
  switch (llhttp_execute(&parser, head.data(), head.size())) {
    case HPE_OK:
    case HPE_PAUSED_UPGRADE:
      return Errc::none;
    case HPE_INVALID_VERSION:
      return Errc::http_version;
    case HPE_INVALID_CONTENT_LENGTH:
    case HPE_UNEXPECTED_CONTENT_LENGTH:
      return Errc::http_ambiguous_length;
    case HPE_INVALID_TRANSFER_ENCODING:
      return Errc::http_unsupported_coding;
    default:
      return Errc::http_syntax;
  }
}

// --- After llhttp: what the fields mean
// --------------------------------------------------------------

Errc check_host(const Headers& headers, bool http_1_1) {
  const std::size_t count = headers.count("host");
  if (count > 1 || (count == 0 && http_1_1)) return Errc::http_missing_host;
  const auto host = headers.find("host");
  return !host || consists_of(*host, kHostChar) ? Errc::none : Errc::http_syntax;
}

Errc read_framing(const Headers& headers, bool http_1_1, BodyFraming& framing) {
  const std::size_t codings = headers.count("transfer-encoding");
  const std::size_t lengths = headers.count("content-length");
  if (codings > 1 || lengths > 1 || (codings == 1 && lengths == 1)) {
    return Errc::http_ambiguous_length;
  }
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

}  // namespace

Errc parse_head(std::string_view text, Request& request, BodyFraming& framing) {
  const bool http_1_1 = text.substr(0, text.find("\r\n")).ends_with("1.1");
  Errc error = check_lines(text, request);
  if (error == Errc::none) error = run_llhttp(text, request.headers);
  if (error == Errc::none) error = check_host(request.headers, http_1_1);
  if (error == Errc::none) error = read_framing(request.headers, http_1_1, framing);
  if (error != Errc::none) return error;

  const std::string connection = request.headers.joined("connection");
  request.keep_alive =
      http_1_1 ? !list_contains(connection, "close") : list_contains(connection, "keep-alive");
  // HTTP/1.0 knows no upgrades (RFC 9110 section 7.8).
  request.wants_upgrade = http_1_1 && list_contains(connection, "upgrade") &&
                          request.headers.contains("upgrade") && !framing.any();
  return Errc::none;
}

}  // namespace patchbay::http
