// SPDX-License-Identifier: MIT
#include "patchbay/protocol/http/response.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

#include "http_grammar.hpp"

namespace patchbay::http {

namespace {

bool has_no_body(int status) noexcept {
  return status < 200 || status == 204 || status == 304;
}

bool has_no_length(int status) noexcept {
  return status < 200;
}

// Words of header names that are not merely capitalised.
std::string_view irregular_word(std::string_view word) noexcept {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kWords = {{
      {"etag", "ETag"},
      {"www", "WWW"},
      {"xss", "XSS"},
      {"websocket", "WebSocket"},
  }};
  for (const auto& [lower, written] : kWords) {
    if (word == lower) return written;
  }
  return {};
}

void append_name(std::string& out, std::string_view name) {
  while (!name.empty()) {
    const std::size_t size = std::min(name.find('-'), name.size());
    const std::string_view word = name.substr(0, size);
    if (const std::string_view written = irregular_word(word); !written.empty()) {
      out.append(written);
    } else if (!word.empty()) {
      out.push_back(to_upper(word.front()));
      out.append(word.substr(1));
    }
    if (size < name.size()) out.push_back('-');
    name.remove_prefix(std::min(size + 1, name.size()));
  }
}

void append_value(std::string& out, std::string_view value) {
  for (const char c : value) {
    if (c != '\r' && c != '\n' && c != '\0') out.push_back(c);
  }
}

void append_field(std::string& out, Headers::Field field) {
  if (field.name.empty() || !consists_of(field.name, kTokenChar)) return;
  append_name(out, field.name);
  out.append(": ");
  append_value(out, field.value);
  out.append("\r\n");
}

// The writer alone decides how a message is framed and whether the connection ends, so that these
// fields are never doubled.
bool is_framing(std::string_view name, bool keep_alive) noexcept {
  return name == "content-length" || name == "transfer-encoding" ||
         (name == "connection" && !keep_alive);
}

void append_length(std::string& out, const Response& response, int status, bool head_only) {
  if (has_no_length(status)) return;
  const auto stated = response.headers.find("content-length");
  if (stated && (head_only || has_no_body(status))) {
    append_field(out, {"content-length", *stated});
  } else if (!has_no_body(status)) {
    out.append("Content-Length: ").append(std::to_string(response.body.size())).append("\r\n");
  }
}

}  // namespace

std::string_view reason_phrase(int status) noexcept {
  switch (status) {
    case 100:
      return "Continue";
    case 101:
      return "Switching Protocols";
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 203:
      return "Non-Authoritative Information";
    case 204:
      return "No Content";
    case 205:
      return "Reset Content";
    case 206:
      return "Partial Content";
    case 300:
      return "Multiple Choices";
    case 301:
      return "Moved Permanently";
    case 302:
      return "Found";
    case 303:
      return "See Other";
    case 304:
      return "Not Modified";
    case 305:
      return "Use Proxy";
    case 307:
      return "Temporary Redirect";
    case 308:
      return "Permanent Redirect";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 402:
      return "Payment Required";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 406:
      return "Not Acceptable";
    case 407:
      return "Proxy Authentication Required";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 410:
      return "Gone";
    case 411:
      return "Length Required";
    case 412:
      return "Precondition Failed";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 415:
      return "Unsupported Media Type";
    case 416:
      return "Range Not Satisfiable";
    case 417:
      return "Expectation Failed";
    case 421:
      return "Misdirected Request";
    case 422:
      return "Unprocessable Content";
    case 426:
      return "Upgrade Required";
    case 428:
      return "Precondition Required";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "Unknown";
  }
}

Response make_response(int status, std::string_view content_type, std::string body) {
  Response response{.status = status, .headers = {}, .body = std::move(body)};
  response.headers.add("content-type", content_type);
  return response;
}

void write_response(std::string& out, const Response& response, const WriteOptions& options) {
  const int status = response.status >= 100 && response.status <= 999 ? response.status : 500;
  out.append("HTTP/1.1 ").append(std::to_string(status)).append(" ");
  out.append(reason_phrase(status)).append("\r\n");
  for (std::size_t i = 0; i < response.headers.size(); ++i) {
    const Headers::Field field = response.headers.at(i);
    if (!is_framing(field.name, options.keep_alive)) append_field(out, field);
  }
  append_length(out, response, status, options.head_only);
  if (!options.keep_alive) out.append("Connection: close\r\n");
  out.append("\r\n");
  if (!options.head_only && !has_no_body(status)) out.append(response.body);
}

}  // namespace patchbay::http
