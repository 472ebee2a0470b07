// SPDX-License-Identifier: MIT
#pragma once

#include <doctest/doctest.h>

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "loop_thread.hpp"
#include "patchbay/engineio/engine.hpp"

namespace patchbay::test {

inline constexpr std::chrono::seconds kPatience(10);

// What happens to sessions, for the test's thread to wait for.
class Log {
 public:
  void add(std::string entry) {
    const std::lock_guard lock(mutex_);
    entries_.push_back(std::move(entry));
    changed_.notify_all();
  }
  // Waits until there are `count` entries and returns all that there are by then.
  std::vector<std::string> wait(std::size_t count) {
    std::unique_lock lock(mutex_);
    REQUIRE(changed_.wait_for(lock, kPatience, [&] { return entries_.size() >= count; }));
    return entries_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> entries_;
};

// Sends back what comes, and writes down the session's life.
class Echo final : public engineio::SessionHandler {
 public:
  Echo(Log& log, engineio::Session& session) : log_(&log), session_(&session) {}
  void on_message(bool binary, std::string_view data) override {
    session_->send(binary ? eio::EncodedPacket::binary(data)
                          : eio::EncodedPacket::text(eio::PacketType::message, data));
  }
  void on_upgrade() override { log_->add("upgrade"); }
  void on_close(eio::CloseReason reason, Errc) override {
    log_->add(std::string(eio::to_string(reason)));
  }

 private:
  Log* log_;
  engineio::Session* session_;
};

// An engine of echoing sessions that runs in a thread of its own for as long as this lives.
class RunningEngine {
 public:
  explicit RunningEngine(engineio::EngineOptions options = {}) : engine(std::move(options)) {
    engine.on_session([this](const std::shared_ptr<engineio::Session>& session) {
      if (on_session) on_session(*session);
      return std::make_shared<Echo>(log, *session);
    });
  }
  ~RunningEngine() { stop(); }
  RunningEngine(const RunningEngine&) = delete;
  RunningEngine& operator=(const RunningEngine&) = delete;

  // Set up everything else before.
  void start() {
    port = engine.listen(0, "127.0.0.1");
    thread_.start(engine.loop(0), [this] { engine.run(); });
  }
  void stop() {
    thread_.stop([this] { engine.stop(); });
  }
  // Returns once what the loop had to do before has been done.
  void settle() {
    std::promise<void> done;
    engine.loop(0).post([&done] { done.set_value(); });
    done.get_future().wait();
  }

  Log log;
  std::function<void(engineio::Session&)> on_session;
  engineio::Engine engine;
  std::uint16_t port = 0;

 private:
  LoopThread thread_;
};

}  // namespace patchbay::test
