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
      request_(std::move(request)),
      query_(request_.query()) {}

RequestInfo Exchange::info() const {
  RequestInfo info;
  info.method = request_.method;
  info.url = request_.target;
  info.headers = request_.headers;
  info.headers.shrink_to_fit();
  info.query = query_;
  info.remote_address = remote_address_;
  info.received = std::chrono::system_clock::now();
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

void Exchange::add_common_headers(http::Response& response) const {
  for (std::size_t i = 0; i < common_headers_.size(); ++i) {
    const auto field = common_headers_.at(i);
    if (!response.headers.contains(field.name)) response.headers.add(field.name, field.value);
  }
}

}  // namespace patchbay::engineio
