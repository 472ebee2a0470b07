// SPDX-License-Identifier: MIT
//
// Requests of long-polling and handshakes, and the responses to them.
#include "patchbay/protocol/http/request_parser.hpp"
#include "patchbay/protocol/http/response.hpp"
#include "patchbay/protocol/limits.hpp"
#include "samples.hpp"

namespace patchbay::bench {
namespace {

using http::RequestParser;

// What the stock client sends from Node.js, and what a browser adds to it.
constexpr std::string_view kClientHeaders =
    "Host: 127.0.0.1:3000\r\nAccept: */*\r\nConnection: keep-alive\r\n";
constexpr std::string_view kBrowserHeaders =
    "Host: chat.example.com\r\nConnection: keep-alive\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/126.0.0.0 Safari/537.36\r\nAccept: */*\r\nOrigin: https://chat.example.com\r\n"
    "Referer: https://chat.example.com/\r\nAccept-Encoding: gzip, deflate, br\r\n"
    "Accept-Language: en-GB,en;q=0.9,de;q=0.8\r\nCookie: theme=dark; session=8f14e45fceea167a\r\n";
constexpr std::string_view kTarget =
    "/socket.io/?EIO=4&transport=polling&t=P4x9QmV&sid=mXoBNd0DkNsdDLcQAAAA";

std::string get_request(std::string_view headers) {
  return "GET " + std::string(kTarget) + " HTTP/1.1\r\n" + std::string(headers) + "\r\n";
}
std::string post_request(std::size_t size) {
  const std::string body = "4" + text(size);
  return "POST " + std::string(kTarget) + " HTTP/1.1\r\n" + std::string(kClientHeaders) +
         "Content-Type: text/plain;charset=UTF-8\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + body;
}

void parse(benchmark::State& state, const std::string& text) {
  const Limits limits;
  RequestParser parser(limits);
  while (state.KeepRunning()) {
    parser.reset();
    std::string_view rest = text;
    while (!rest.empty() && parser.state() != RequestParser::State::failed) {
      rest.remove_prefix(parser.feed(rest));
    }
    if (parser.state() != RequestParser::State::complete) {
      return state.SkipWithError("not accepted");
    }
    benchmark::DoNotOptimize(parser.request().body.data());
  }
  count_bytes(state, text.size());
}
BENCHMARK_CAPTURE(parse, get, get_request(kClientHeaders))->Name("http/parse/get");
BENCHMARK_CAPTURE(parse, get_browser, get_request(kBrowserHeaders))->Name("http/parse/get-browser");
BENCHMARK_CAPTURE(parse, post, post_request(kSmall))->Name("http/parse/post");
BENCHMARK_CAPTURE(parse, post_large, post_request(kLarge))->Name("http/parse/post-large");

void parse_query(benchmark::State& state) {
  const std::string_view query = kTarget.substr(kTarget.find('?') + 1);
  while (state.KeepRunning()) {
    const http::Query parsed(query);
    if (parsed.find("sid") == nullptr) return state.SkipWithError("parameter missing");
  }
}
BENCHMARK(parse_query)->Name("http/parse/query");

void write(benchmark::State& state, std::size_t size) {
  http::Response response;
  response.headers.add("content-type", "text/plain; charset=UTF-8");
  response.headers.add("cache-control", "no-store");
  response.body = "4" + text(size);
  std::string out;
  while (state.KeepRunning()) {
    out.clear();
    http::write_response(out, response, {});
    benchmark::DoNotOptimize(out.data());
  }
  count_bytes(state, out.size());
}
BENCHMARK_CAPTURE(write, small, kSmall)->Name("http/write/small");
BENCHMARK_CAPTURE(write, large, kLarge)->Name("http/write/large");

}  // namespace
}  // namespace patchbay::bench
