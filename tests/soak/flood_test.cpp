// SPDX-License-Identifier: MIT
//
// Clients that never read, among clients that do, while the server broadcasts.
#include <doctest/doctest.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "../support/raw_connection.hpp"
#include "patchbay/server.hpp"

using namespace patchbay;
using namespace patchbay::test;

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kHealthy = 100;
constexpr std::size_t kDeaf = 1'000;
constexpr int kDeafBuffer = 4'096;
constexpr std::size_t kBudget = std::size_t{64} * 1024 * 1024;
constexpr Millis kInterval{10};
constexpr std::size_t kPayload = 4'096;

std::int64_t now_us() {
  return std::chrono::duration_cast<std::chrono::microseconds>(Clock::now().time_since_epoch())
      .count();
}

class Member : public RawConnection {
 public:
  explicit Member(std::uint16_t port, int receive_buffer = 0)
      : RawConnection(port, receive_buffer) {
    write_upgrade("/socket.io/?EIO=4&transport=websocket");
    REQUIRE(read_response().status == 101);
    write_frame(1, "40");
    REQUIRE(read_frame());
    REQUIRE(read_frame()->payload.starts_with("40"));
  }
};

// Reads what its members get, on a thread of its own, and how old it is.
class Readers {
 public:
  explicit Readers(std::uint16_t port) : epoll_(::epoll_create1(0)) {
    for (std::size_t i = 0; i < kHealthy; ++i) {
      members_.push_back(std::make_unique<Member>(port));
      epoll_event event{.events = EPOLLIN, .data = {.u64 = i}};
      REQUIRE(::epoll_ctl(epoll_, EPOLL_CTL_ADD, members_[i]->descriptor(), &event) == 0);
    }
    texts_.resize(kHealthy);
    thread_ = std::thread([this] { run(); });
  }
  ~Readers() {
    stopped_ = true;
    thread_.join();
    ::close(epoll_);
  }
  Readers(const Readers&) = delete;
  Readers& operator=(const Readers&) = delete;

  // Of what has come since the last call.
  std::int64_t take_p99() {
    const std::lock_guard lock(mutex_);
    REQUIRE_FALSE(ages_.empty());
    const auto p99 = ages_.begin() + static_cast<std::ptrdiff_t>(ages_.size() * 99 / 100);
    std::ranges::nth_element(ages_, p99);
    const std::int64_t result = *p99;
    ages_.clear();
    return result;
  }
  [[nodiscard]] bool lost_any() const noexcept { return lost_; }

 private:
  void run() {
    std::array<epoll_event, 64> events{};
    while (!stopped_) {
      const int count = ::epoll_wait(epoll_, events.data(), events.size(), 50);
      for (int i = 0; i < count; ++i) read(events[static_cast<std::size_t>(i)].data.u64);
    }
  }
  void read(std::size_t index) {
    std::array<char, 65'536> block{};
    const ssize_t size =
        ::recv(members_[index]->descriptor(), block.data(), block.size(), MSG_DONTWAIT);
    if (size <= 0) {
      lost_ = true;
      ::epoll_ctl(epoll_, EPOLL_CTL_DEL, members_[index]->descriptor(), nullptr);
      return;
    }
    std::string& text = texts_[index];
    text.append(block.data(), static_cast<std::size_t>(size));
    constexpr std::string_view kMark = R"("flood",)";
    const std::int64_t now = now_us();
    const std::lock_guard lock(mutex_);
    for (auto at = text.find(kMark); at != std::string::npos; at = text.find(kMark)) {
      const auto end = text.find(',', at + kMark.size());
      if (end == std::string::npos) break;
      ages_.push_back(now - std::stoll(text.substr(at + kMark.size(), end - at)));
      text.erase(0, end);
    }
  }

  int epoll_;
  std::vector<std::unique_ptr<Member>> members_;
  std::vector<std::string> texts_;
  std::mutex mutex_;
  std::vector<std::int64_t> ages_;
  std::atomic<bool> stopped_{false};
  std::atomic<bool> lost_{false};
  std::thread thread_;
};

// Broadcasts from its own loop, at a fixed rate, and looks at what waits.
class FloodingServer {
 public:
  FloodingServer() : io(options()) {
    port = io.listen(0, "127.0.0.1");
    timer_ = io.engine().loop(0).make_timer([this] { flood(); });
    timer_->start(io.engine().loop(0).now());
    thread_ = std::thread([this] { io.run(); });
  }
  ~FloodingServer() {
    io.close();
    thread_.join();
    timer_.reset();
  }
  FloodingServer(const FloodingServer&) = delete;
  FloodingServer& operator=(const FloodingServer&) = delete;

  Server io;
  std::uint16_t port = 0;
  std::atomic<std::size_t> most_buffered{0};

 private:
  static ServerOptions options() {
    ServerOptions options;
    options.limits.send_budget_bytes = kBudget;
    return options;
  }
  void flood() {
    io.emit("flood", now_us(), payload_);
    most_buffered = std::max(most_buffered.load(), io.engine().buffered_bytes());
    timer_->start(io.engine().loop(0).now() + kInterval);
  }

  const std::string payload_ = std::string(kPayload, 'x');
  std::unique_ptr<engineio::Timer> timer_;
  std::thread thread_;
};

}  // namespace

TEST_CASE(
    "soak: clients that never read cost no more than the budget, and the others nothing much") {
  FloodingServer server;
  Readers readers(server.port);
  std::this_thread::sleep_for(std::chrono::seconds(1));
  readers.take_p99();
  std::this_thread::sleep_for(std::chrono::seconds(4));
  const std::int64_t without = readers.take_p99();

  std::vector<std::unique_ptr<Member>> deaf;
  for (std::size_t i = 0; i < kDeaf; ++i)
    deaf.push_back(std::make_unique<Member>(server.port, kDeafBuffer));
  // Until the kernel's buffers are full they are recipients like any other, and cost as much.
  const auto& statistics = server.io.statistics();
  const auto dropped = [&statistics] {
    return statistics.count(Errc::eio_slow_reader) + statistics.count(Errc::eio_send_budget);
  };
  const auto deadline = Clock::now() + std::chrono::seconds(60);
  while (dropped() == 0 && Clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  readers.take_p99();
  std::this_thread::sleep_for(std::chrono::seconds(6));
  const std::int64_t with = readers.take_p99();

  MESSAGE("p99 without ", without, " us, with ", with, " us; at most ", server.most_buffered.load(),
          " bytes waited; ", dropped(), " dropped");
  CHECK_FALSE(readers.lost_any());
  CHECK(server.most_buffered <= kBudget + kBudget / 8);
  // Those that stay have no more than their share.
  CHECK(dropped() >= kDeaf / 2);
  // Below that it is the machine's other business that is measured.
  CHECK(with <= 2 * std::max<std::int64_t>(without, 2'000));
}
