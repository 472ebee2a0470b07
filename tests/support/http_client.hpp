// SPDX-License-Identifier: MIT
//
// HTTP/1.1 over the loopback interface with blocking system calls and a time limit.
#pragma once

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace patchbay::test {

class HttpClient {
 public:
  explicit HttpClient(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    const timeval limit{.tv_sec = 10, .tv_usec = 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    // The API of the system wants one type for addresses of every family.
    REQUIRE(::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  }
  ~HttpClient() { ::close(fd_); }
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  void write(std::string_view bytes) const {
    REQUIRE(::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
            static_cast<ssize_t>(bytes.size()));
  }

  // Sends a request with whatever headers ("Name: value\r\n"...) and body.
  void send(std::string_view method, std::string_view target, std::string_view body = {},
            std::string_view headers = {}) const {
    std::string request = std::string(method) + " " + std::string(target) +
                          " HTTP/1.1\r\nHost: localhost\r\n" + std::string(headers);
    if (!body.empty()) request += "Content-Length: " + std::to_string(body.size()) + "\r\n";
    write(request + "\r\n" + std::string(body));
  }

  // The next response, head and body, whose length must be given; what came until the end when the
  // server closes the connection first.
  std::string response() {
    while (buffer_.find("\r\n\r\n") == std::string::npos) {
      if (!read_more()) return take(buffer_.size());
    }
    const std::size_t head = buffer_.find("\r\n\r\n") + 4;
    const std::size_t field = buffer_.find("Content-Length: ");
    const std::size_t body = field < head ? std::stoul(buffer_.substr(field + 16)) : 0;
    while (buffer_.size() < head + body) {
      if (!read_more()) return take(buffer_.size());
    }
    return take(head + body);
  }

  std::string request(std::string_view method, std::string_view target, std::string_view body = {},
                      std::string_view headers = {}) {
    send(method, target, body, headers);
    return response();
  }

 private:
  bool read_more() {
    char block[16 * 1024];
    const ssize_t size = ::recv(fd_, block, sizeof block, 0);
    if (size <= 0) return false;
    buffer_.append(block, static_cast<std::size_t>(size));
    return true;
  }

  std::string take(std::size_t size) {
    std::string taken = buffer_.substr(0, size);
    buffer_.erase(0, size);
    return taken;
  }

  int fd_;
  std::string buffer_;
};

}  // namespace patchbay::test
