// SPDX-License-Identifier: MIT
#include "middleware_chain.hpp"

#include <exception>
#include <string>
#include <utility>
#include <variant>

#include "admission.hpp"
#include "deferred.hpp"

namespace patchbay::engineio {

namespace {

struct Failure {
  std::string why;
};

// Headers: go on with them.
using Outcome = std::variant<http::Headers, http::Response, Failure>;

class PendingNext final : public EngineNext::Pending {
 public:
  PendingNext(Shard& shard, Deferred<Outcome>::CarryOut carry_out)
      : outcome_(shard, std::move(carry_out), Failure{"the middleware did not decide"}) {}

  void go_on(http::Headers headers) override { outcome_.settle(std::move(headers)); }
  void respond(http::Response response) override { outcome_.settle(std::move(response)); }
  void fail(std::string why) override { outcome_.settle(Failure{std::move(why)}); }

 private:
  Deferred<Outcome> outcome_;
};

void respond(Exchange& exchange, http::Response response) {
  // A client that wanted a WebSocket has sent what is not HTTP by now.
  if (is_upgrade(exchange)) response.headers.set("connection", "close");
  exchange.respond(std::move(response));
}

}  // namespace

void merge_headers(http::Headers& collected, const http::Headers& added) {
  for (std::size_t i = 0; i < added.size(); ++i) {
    if (!adds_up(added.at(i).name)) collected.remove(added.at(i).name);
  }
  for (std::size_t i = 0; i < added.size(); ++i) {
    collected.add(added.at(i).name, added.at(i).value);
  }
}

// `exchange` by value: the middleware looks at the request even when it has been answered, and
// forgotten by everyone else, meanwhile.
void MiddlewareChain::run_from(std::shared_ptr<Exchange> exchange, std::size_t index) {
  if (!exchange->pending()) return;
  if (index == core_->middlewares.size()) {
    done_(exchange);
    return;
  }
  auto carry_out = [this, exchange, index](const Outcome& outcome) {
    if (const auto* headers = std::get_if<http::Headers>(&outcome)) {
      merge_headers(exchange->common_headers(), *headers);
      run_from(exchange, index + 1);
    } else if (const auto* response = std::get_if<http::Response>(&outcome)) {
      respond(*exchange, *response);
    } else {
      refuse(*core_, *exchange, middleware_failure(std::get<Failure>(outcome).why));
    }
  };
  const EngineNext next(std::make_shared<PendingNext>(*shard_, std::move(carry_out)));
  try {
    core_->middlewares[index](exchange->info(), next);
  } catch (const std::exception& error) {
    next.fail(error.what());
  } catch (...) {
    next.fail("unknown exception");
  }
}

}  // namespace patchbay::engineio
