// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <utility>

#include "patchbay/middleware.hpp"
#include "patchbay/socket.hpp"

namespace patchbay {

// Goes through a list of middlewares, each of which may take its time and any thread to say how it
// goes on. Steps and the end run on one loop.
class MiddlewareRun : public std::enable_shared_from_this<MiddlewareRun> {
 public:
  // Calls the middleware at the position; what it throws is reported, and turns away.
  using Call = std::function<void(std::size_t position, Next next)>;
  // The end: null when all have passed it on.
  using Done = std::function<void(const ConnectError* error)>;
  // What Next::stop() does: ends without calling `done`, or turns away.
  enum class Stop : bool { ends, turns_away };

  MiddlewareRun(SocketPtr socket, std::size_t count, Stop stop, Call call, Done done)
      : socket_(std::move(socket)),
        count_(count),
        stop_(stop),
        call_(std::move(call)),
        done_(std::move(done)) {}

  void next() {
    if (position_ == count_) {
      finish(nullptr);
      return;
    }
    const Next next(std::make_shared<Step>(shared_from_this()));
    try {
      call_(position_++, next);
    } catch (...) {
      EventCall::report_exception(socket_, "middleware", std::current_exception());
      next(ConnectError{.message = "Internal server error", .data = {}});
    }
  }

 private:
  class Step final : public Next::Step {
   public:
    explicit Step(std::shared_ptr<MiddlewareRun> run)
        : run_(std::move(run)), on_stop_(run_->stop_) {}
    ~Step() override { reject({.message = "Internal server error", .data = {}}); }
    Step(const Step&) = delete;
    Step& operator=(const Step&) = delete;

    void proceed() override {
      if (used_.test_and_set()) return;
      auto run = std::move(run_);
      engineio::Loop& loop = run->socket_->loop();
      loop.dispatch([run = std::move(run)] { run->next(); });
    }
    void reject(ConnectError error) override {
      if (used_.test_and_set()) return;
      auto run = std::move(run_);
      engineio::Loop& loop = run->socket_->loop();
      loop.dispatch([run = std::move(run), error = std::move(error)] { run->finish(&error); });
    }

    void stop() override {
      if (on_stop_ == Stop::turns_away) {
        Next::Step::stop();
      } else if (!used_.test_and_set()) {
        auto run = std::move(run_);
        // What the run holds is the loop's.
        engineio::Loop& loop = run->socket_->loop();
        loop.dispatch([run = std::move(run)] {});
      }
    }

   private:
    std::shared_ptr<MiddlewareRun> run_;
    Stop on_stop_;
    std::atomic_flag used_;
  };

  void finish(const ConnectError* error) {
    const auto done = std::exchange(done_, nullptr);
    done(error);
  }

  SocketPtr socket_;  // on whose loop it all runs
  std::size_t count_;
  Stop stop_;
  Call call_;
  Done done_;
  std::size_t position_ = 0;
};

}  // namespace patchbay
