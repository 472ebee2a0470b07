// SPDX-License-Identifier: MIT
#pragma once

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

namespace patchbay::test {

// A redis-server of the test's own, on a free port of the loopback interface, in a folder of its
// own.
class RedisProcess {
 public:
  explicit RedisProcess(std::vector<std::string> options = {}) : options_(std::move(options)) {
    char pattern[] = "/tmp/patchbay-redis-XXXXXX";
    REQUIRE(mkdtemp(pattern) != nullptr);
    folder_ = pattern;
    port_ = free_port();
    start();
  }
  ~RedisProcess() {
    stop();
    std::filesystem::remove_all(folder_);
  }
  RedisProcess(const RedisProcess&) = delete;
  RedisProcess& operator=(const RedisProcess&) = delete;

  // Returns when it answers.
  void start() {
    pid_ = fork();
    REQUIRE(pid_ >= 0);
    if (pid_ == 0) execute();
    wait_until_ready();
  }
  void stop(int signal = SIGKILL) {
    if (pid_ <= 0) return;
    kill(pid_, signal);
    waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }
  // Answers nobody meanwhile.
  void pause() const { kill(pid_, SIGSTOP); }
  void resume() const { kill(pid_, SIGCONT); }

  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
  [[nodiscard]] std::string url() const { return "redis://127.0.0.1:" + std::to_string(port_); }

 private:
  [[noreturn]] void execute() const {
    const std::string port = std::to_string(port_);
    std::vector<std::string> words{
        "redis-server", "--port", port, "--bind",      "127.0.0.1", "--dir",
        folder_,        "--save", "",   "--daemonize", "no"};
    words.insert(words.end(), options_.begin(), options_.end());
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    const int nowhere = open("/dev/null", O_WRONLY);
    dup2(nowhere, 1);
    execvp(arguments[0], arguments.data());
    _exit(127);
  }
  void wait_until_ready() const {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!answers()) {
      REQUIRE_MESSAGE(std::chrono::steady_clock::now() < deadline, "redis-server does not start");
      REQUIRE_MESSAGE(waitpid(pid_, nullptr, WNOHANG) == 0, "redis-server ended at once");
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  }
  [[nodiscard]] bool answers() const {
    const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address = loopback(port_);
    bool ready = false;
    if (connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) {
      char reply[64] = {};
      const timeval patience{.tv_sec = 1, .tv_usec = 0};
      setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
      ready = write(socket, "PING\r\n", 6) == 6 && read(socket, reply, sizeof reply) > 0 &&
              std::string(reply).find("LOADING") == std::string::npos;
    }
    close(socket);
    return ready;
  }
  static sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
  }
  static std::uint16_t free_port() {
    const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address = loopback(0);
    socklen_t size = sizeof address;
    REQUIRE(bind(socket, reinterpret_cast<sockaddr*>(&address), size) == 0);
    REQUIRE(getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) == 0);
    close(socket);
    return ntohs(address.sin_port);
  }

  std::vector<std::string> options_;
  std::string folder_;
  std::uint16_t port_ = 0;
  pid_t pid_ = 0;
};

}  // namespace patchbay::test
