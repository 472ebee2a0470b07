// SPDX-License-Identifier: MIT
#include "http_client.hpp"

#include <algorithm>
#include <optional>

#include "message.hpp"

namespace patchbay::bench {
namespace {

constexpr std::string_view kEndOfHead = "\r\n\r\n";
constexpr std::string_view kOk = "HTTP/1.1 200 ";
constexpr std::string_view kLengthName = "\r\ncontent-length:";

// The name as servers write it, in whatever case.
std::optional<std::size_t> content_length(std::string_view head) {
  const auto same = [](char left, char right) { return (left | 0x20) == (right | 0x20); };
  const auto* name =
      std::search(head.begin(), head.end(), kLengthName.begin(), kLengthName.end(), same);
  if (name == head.end()) return std::nullopt;
  std::string_view value(name + kLengthName.size(), head.end());
  value = value.substr(0, value.find('\r'));
  value.remove_prefix(std::min(value.find_first_not_of(' '), value.size()));
  return read_digits(value);
}

void append_head(std::string& out, std::string_view method, std::string_view target) {
  out.append(method).append(" ").append(target);
  out.append(" HTTP/1.1\r\nHost: bench\r\nAccept: */*\r\nConnection: keep-alive\r\n");
}

}  // namespace

void HttpClient::get(std::string_view target) {
  busy_ = true;
  append_head(out(), "GET", target);
  out().append("\r\n");
}

void HttpClient::post(std::string_view target, std::string_view body) {
  busy_ = true;
  append_head(out(), "POST", target);
  out().append("Content-Type: text/plain;charset=UTF-8\r\nContent-Length: ");
  out().append(std::to_string(body.size())).append(kEndOfHead).append(body);
}

std::size_t HttpClient::on_data(char* data, std::size_t size) {
  const std::string_view all(data, size);
  const std::size_t end = all.find(kEndOfHead);
  if (end == std::string_view::npos) return 0;
  const std::string_view head = all.substr(0, end + 2);
  const auto length = content_length(head);
  if (!busy_ || !length || !head.starts_with(kOk)) {
    fail(!busy_ ? "HTTP answer that nobody asked for"
                : (!length ? "HTTP answer without Content-Length" : "HTTP status other than 200"));
    return size;
  }
  const std::size_t body = end + kEndOfHead.size();
  if (size - body < *length) return 0;
  busy_ = false;
  listener_.on_body(*this, all.substr(body, *length));
  return body + *length;
}

}  // namespace patchbay::bench
