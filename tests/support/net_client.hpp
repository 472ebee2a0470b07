// SPDX-License-Identifier: MIT
//
// A Socket.IO client over a real WebSocket on the loopback interface, as small as it can be: plain
// blocking sockets with a time limit, no ping of its own. Made of system calls, so that nothing of
// what it tests is used by it.
#pragma once

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace patchbay::test {

class NetClient {
 public:
  // Opens the session; the server's "open" packet has been read then.
  explicit NetClient(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    const timeval limit{.tv_sec = 10, .tv_usec = 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    // The API of the system wants one type for addresses of every family.
    REQUIRE(::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    write(
        "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: localhost\r\n"
        "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
    while (buffer_.find("\r\n\r\n") == std::string::npos) REQUIRE(read_more());
    REQUIRE(buffer_.starts_with("HTTP/1.1 101 "));
    buffer_.erase(0, buffer_.find("\r\n\r\n") + 4);
    const auto open = next_frame();
    REQUIRE(open);
    REQUIRE(open->starts_with("0{"));
  }
  ~NetClient() { ::close(fd_); }
  NetClient(const NetClient&) = delete;
  NetClient& operator=(const NetClient&) = delete;

  // Joins the main namespace and reads the reply.
  void join() {
    send("0");
    const auto reply = receive();
    REQUIRE(reply);
    REQUIRE(reply->starts_with(R"(0{"sid":)"));
  }

  // Sends a Socket.IO packet of at most 124 bytes.
  void send(std::string_view packet) {
    REQUIRE(packet.size() <= 124);
    std::string frame{'\x81', static_cast<char>(0x80U | (packet.size() + 1)), 0, 0, 0, 0, '4'};
    write(frame.append(packet));  // a mask of zeros changes nothing
  }

  // The next Socket.IO packet; nothing when the server closes instead, with or without a frame
  // that says so.
  std::optional<std::string> receive() {
    while (auto frame = next_frame()) {
      if (frame->starts_with('4')) return frame->substr(1);
    }
    return std::nullopt;
  }
  // True when the last frame before the end was a close frame.
  [[nodiscard]] bool saw_close_frame() const noexcept { return close_frame_; }

 private:
  void write(std::string_view bytes) const {
    REQUIRE(::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
            static_cast<ssize_t>(bytes.size()));
  }

  bool read_more() {
    char block[16 * 1024];
    const ssize_t size = ::recv(fd_, block, sizeof block, 0);
    if (size <= 0) return false;
    buffer_.append(block, static_cast<std::size_t>(size));
    return true;
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

  std::optional<std::string> next_frame() {
    if (close_frame_ || !need(2)) return std::nullopt;
    const std::size_t opcode = byte(0) & 0xF;
    std::size_t length = byte(1);  // unmasked: the server's
    std::size_t header = 2;
    REQUIRE(length < 127);  // no test needs longer ones
    if (length == 126) {
      if (!need(4)) return std::nullopt;
      length = byte(2) << 8 | byte(3);
      header = 4;
    }
    if (opcode == 8) {
      close_frame_ = true;
      return std::nullopt;
    }
    if (!need(header + length)) return std::nullopt;
    std::string payload = buffer_.substr(header, length);
    buffer_.erase(0, header + length);
    return payload;
  }

  int fd_;
  std::string buffer_;
  bool close_frame_ = false;
};

}  // namespace patchbay::test
