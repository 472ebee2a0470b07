// SPDX-License-Identifier: MIT
//
// A TCP connection to a server on the loopback interface: HTTP/1.1 requests, then WebSocket frames.
// As small as it can be: plain blocking sockets with a time limit, made of system calls, so that
// nothing of what it tests is used by it.
#pragma once

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace patchbay::test {

struct RawResponse {
  int status = 0;
  std::map<std::string, std::string> headers;  // names in lower case; the last of a name
  std::string body;
};

struct RawFrame {
  int opcode = 0;
  std::string payload;
};

class RawConnection {
 public:
  // `receive_buffer`: bytes that the kernel keeps for this side; 0: what it thinks fit.
  explicit RawConnection(std::uint16_t port, int receive_buffer = 0)
      : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    if (receive_buffer > 0) {
      ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    }
    const timeval limit{.tv_sec = 10, .tv_usec = 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    // The API of the system wants one type for addresses of every family.
    REQUIRE(::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  }
  virtual ~RawConnection() { ::close(fd_); }
  RawConnection(const RawConnection&) = delete;
  RawConnection& operator=(const RawConnection&) = delete;

  [[nodiscard]] int descriptor() const noexcept { return fd_; }

  virtual void write(std::string_view bytes) const { send(bytes); }

  // `headers` are whole lines.
  void write_request(std::string_view method, std::string_view target, std::string_view body = {},
                     std::string_view headers = {}) const {
    std::string text(method);
    text.append(" ").append(target).append(" HTTP/1.1\r\nHost: localhost\r\n").append(headers);
    if (!body.empty()) text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
    write(text.append("\r\n").append(body));
  }
  void write_upgrade(std::string_view target) const {
    write_request("GET", target, {},
                  "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n");
  }

  // The server says how long bodies are by Content-Length.
  RawResponse read_response() {
    while (buffer_.find("\r\n\r\n") == std::string::npos) REQUIRE(read_more());
    const std::size_t end = buffer_.find("\r\n\r\n");
    RawResponse response = parse_head(std::string_view(buffer_).substr(0, end));
    buffer_.erase(0, end + 4);
    const auto length = response.headers.find("content-length");
    if (length == response.headers.end()) return response;
    const std::size_t size = std::stoul(length->second);
    REQUIRE(need(size));
    response.body = buffer_.substr(0, size);
    buffer_.erase(0, size);
    return response;
  }
  RawResponse request(std::string_view method, std::string_view target, std::string_view body = {},
                      std::string_view headers = {}) {
    write_request(method, target, body, headers);
    return read_response();
  }

  // A whole masked frame; a mask of zeros changes nothing.
  void write_frame(int opcode, std::string_view payload) const {
    REQUIRE(payload.size() <= 0xFFFF);
    std::string frame{static_cast<char>(0x80 | opcode)};
    if (payload.size() <= 125) {
      frame += static_cast<char>(0x80U | payload.size());
    } else {
      frame += '\xFE';
      frame += static_cast<char>(payload.size() >> 8);
      frame += static_cast<char>(payload.size() & 0xFF);
    }
    write(frame.append(4, '\0').append(payload));
  }

  // Nothing when the connection ends instead.
  std::optional<RawFrame> read_frame() {
    if (!need(2)) return std::nullopt;
    const int opcode = static_cast<int>(byte(0) & 0xF);
    std::size_t length = byte(1);  // unmasked: the server's
    std::size_t header = 2;
    if (length >= 126) {
      header = length == 126 ? 4 : 10;
      if (!need(header)) return std::nullopt;
      length = 0;
      for (std::size_t i = 2; i < header; ++i) length = length << 8 | byte(i);
    }
    if (!need(header + length)) return std::nullopt;
    RawFrame frame{opcode, buffer_.substr(header, length)};
    buffer_.erase(0, header + length);
    return frame;
  }

  // True when the server closes without sending more.
  bool at_end() { return buffer_.empty() && !read_more(); }
  // What has come and was not looked at, and everything until the server closes.
  std::string rest() {
    while (read_more()) {
    }
    return std::exchange(buffer_, {});
  }

 protected:
  // Past what a class between this and the caller does.
  void send(std::string_view bytes) const {
    while (!bytes.empty()) {
      const ssize_t size = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      REQUIRE(size > 0);
      bytes.remove_prefix(static_cast<std::size_t>(size));
    }
  }
  // Nothing at the end.
  [[nodiscard]] std::string receive() const {
    char block[16 * 1024];
    const ssize_t size = ::recv(fd_, block, sizeof block, 0);
    return {block, static_cast<std::size_t>(std::max<ssize_t>(size, 0))};
  }
  // Likewise, of what the server means.
  virtual std::string read() { return receive(); }

 private:
  static RawResponse parse_head(std::string_view head) {
    RawResponse response;
    REQUIRE(head.starts_with("HTTP/1.1 "));
    response.status = std::stoi(std::string(head.substr(9, 3)));
    while (true) {
      const std::size_t next = head.find("\r\n");
      if (next == std::string_view::npos) return response;
      head.remove_prefix(next + 2);
      const std::string_view line = head.substr(0, head.find("\r\n"));
      const std::size_t colon = line.find(": ");
      REQUIRE(colon != std::string_view::npos);
      std::string name(line.substr(0, colon));
      std::ranges::transform(name, name.begin(),
                             [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
      response.headers[name] = line.substr(colon + 2);
    }
  }

  bool read_more() {
    const std::string more = read();
    buffer_ += more;
    return !more.empty();
  }
  bool need(std::size_t bytes) {
    while (buffer_.size() < bytes) {
      if (!read_more()) return false;
    }
    return true;
  }
  [[nodiscard]] std::size_t byte(std::size_t index) const {
    return static_cast<unsigned char>(buffer_[index]);
  }

  int fd_;
  std::string buffer_;
};

}  // namespace patchbay::test
