// SPDX-License-Identifier: MIT
#include "exchange.hpp"

#include <chrono>
#include <utility>

#include "http_connection.hpp"
#include "stream.hpp"

namespace patchbay::engineio {

Exchange::Exchange(std::shared_ptr<HttpConnection> connection, http::Request request)
    : connection_(std::move(connection)),
      shard_(&connection_->stream().shard()),
      remote_address_(connection_->stream().remote_address()),
      secure_(connection_->stream().secure()),
      received_(std::chrono::system_clock::now()),
      request_(std::move(request)),
      query_(request_.query()) {}

const RequestInfo& Exchange::info() const {
  if (!info_) info_ = std::make_unique<RequestInfo>(make_info());
  return *info_;
}

RequestInfo Exchange::make_info() const {
  RequestInfo info;
  info.method = request_.method;
  info.url = request_.target;
  info.headers = request_.headers;
  info.headers.shrink_to_fit();
  info.query = query_;
  info.remote_address = remote_address_;
  info.secure = secure_;
  info.received = received_;
  return info;
}

void Exchange::respond(http::Response response) {
  if (!connection_) return;
  add_common_headers(response);
  std::exchange(connection_, nullptr)->respond(std::move(response));
}

void Exchange::abort() {
  if (connection_) std::exchange(connection_, nullptr)->abort();
}

std::shared_ptr<Stream> Exchange::upgrade(http::Response response, std::string& leftover) {
  if (!connection_) return nullptr;
  add_common_headers(response);
  return std::exchange(connection_, nullptr)->upgrade(response, leftover);
}

void Exchange::on_connection_lost() {
  connection_.reset();
  if (listener_) listener_->on_exchange_aborted(*this);
}

// Looks only at what the response came with: a header of several fields is added whole.
void Exchange::add_common_headers(http::Response& response) const {
  if (common_headers_.empty()) return;
  const http::Headers own = response.headers;
  for (std::size_t i = 0; i < common_headers_.size(); ++i) {
    const auto field = common_headers_.at(i);
    if (adds_up(field.name) || !own.contains(field.name))
      response.headers.add(field.name, field.value);
  }
}

}  // namespace patchbay::engineio
