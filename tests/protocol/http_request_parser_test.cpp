// SPDX-License-Identifier: MIT
#include "patchbay/protocol/http/request_parser.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "split_feed.hpp"

using namespace patchbay;
using namespace patchbay::http;
using patchbay::test::feed_in_pieces;
using patchbay::test::feed_whole;
using State = RequestParser::State;

namespace {

const Limits kLimits;

// Whole, byte by byte and cut at each place: the verdict must be the same.
void check_every_split(const Limits& limits, std::string_view bytes) {
  const std::string whole = feed_whole(limits, bytes).summary();
  CHECK(feed_in_pieces(limits, bytes, 1, 1).summary() == whole);
  if (bytes.size() > 2000) return;
  for (std::size_t cut = 1; cut < bytes.size(); ++cut) {
    const std::string split = feed_in_pieces(limits, bytes, cut, bytes.size()).summary();
    if (split == whole) continue;
    CAPTURE(cut);
    CHECK(split == whole);
  }
}

std::string get(std::string_view fields) {
  return "GET / HTTP/1.1\r\nHost: a\r\n" + std::string(fields) + "\r\n";
}

std::string post(std::string_view fields, std::string_view body) {
  return "POST / HTTP/1.1\r\nHost: a\r\n" + std::string(fields) + "\r\n" + std::string(body);
}

std::string chunked(std::string_view body) {
  return post("Transfer-Encoding: chunked\r\n", body);
}

struct Row {
  std::string_view name;
  std::string bytes;
  Errc error;  // none: a complete request
};

void check_rows(const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    CAPTURE(row.name);
    const auto result = feed_whole(kLimits, row.bytes);
    CHECK(label(result.error) == label(row.error));
    CHECK(result.complete == (row.error == Errc::none));
    check_every_split(kLimits, row.bytes);
  }
}

std::string nul(std::string text) {
  for (char& c : text) c = c == '@' ? '\0' : c;
  return text;
}

}  // namespace

TEST_CASE("message lengths that two readers might see differently are refused") {
  check_rows({
      {"CL and TE", post("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
       Errc::http_ambiguous_length},
      {"TE and CL", post("Transfer-Encoding: chunked\r\nContent-Length: 3\r\n", "0\r\n\r\n"),
       Errc::http_ambiguous_length},
      {"two unequal lengths", post("Content-Length: 3\r\nContent-Length: 4\r\n", "abcd"),
       Errc::http_ambiguous_length},
      {"two equal lengths", post("Content-Length: 3\r\nContent-Length: 3\r\n", "abc"),
       Errc::http_ambiguous_length},
      {"list of lengths", post("Content-Length: 3, 3\r\n", "abc"), Errc::http_ambiguous_length},
      {"list of lengths without spaces", post("Content-Length: 3,3\r\n", "abc"),
       Errc::http_ambiguous_length},
      {"junk behind the length", post("Content-Length: 3abc\r\n", "abc"),
       Errc::http_ambiguous_length},
      {"plus", post("Content-Length: +3\r\n", "abc"), Errc::http_ambiguous_length},
      {"minus", post("Content-Length: -3\r\n", "abc"), Errc::http_ambiguous_length},
      {"hexadecimal", post("Content-Length: 0x3\r\n", "abc"), Errc::http_ambiguous_length},
      {"inner space", post("Content-Length: 1 2\r\n", "abc"), Errc::http_ambiguous_length},
      {"empty length", post("Content-Length:\r\n", ""), Errc::http_ambiguous_length},
      {"two codings", post("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n"),
       Errc::http_unsupported_coding},
      {"chunked twice", post("Transfer-Encoding: chunked, chunked\r\n", "0\r\n\r\n"),
       Errc::http_unsupported_coding},
      {"coding field twice",
       post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
       Errc::http_unsupported_coding},
      {"coding with a parameter", post("Transfer-Encoding: chunked;q=1\r\n", "0\r\n\r\n"),
       Errc::http_unsupported_coding},
      {"empty coding", post("Transfer-Encoding:\r\n", "0\r\n\r\n"), Errc::http_unsupported_coding},
      {"coding hidden in a second field",
       post("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", "0\r\n\r\n"),
       Errc::http_unsupported_coding},
      {"unknown coding", post("Transfer-Encoding: xchunked\r\n", "0\r\n\r\n"),
       Errc::http_unsupported_coding},
      {"coding in HTTP/1.0",
       "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
       Errc::http_ambiguous_length},
  });
}

TEST_CASE("lengths over the limit are refused before the body comes") {
  check_rows({
      {"2^64", post("Content-Length: 18446744073709551616\r\n", ""), Errc::http_body_too_large},
      {"2^64-1", post("Content-Length: 18446744073709551615\r\n", ""), Errc::http_body_too_large},
      {"one too many", post("Content-Length: 1000001\r\n", ""), Errc::http_body_too_large},
      {"chunk of 2^64", chunked("10000000000000000\r\n"), Errc::http_body_too_large},
      {"chunk of 2^64-1", chunked("ffffffffffffffff\r\n"), Errc::http_body_too_large},
      {"one too many in a chunk", chunked("f4241\r\n"), Errc::http_body_too_large},
      {"chunks in sum", chunked("1\r\na\r\nf4240\r\n"), Errc::http_body_too_large},
  });
}

TEST_CASE("lines that are not lines are refused") {
  check_rows({
      {"bare LF after the request line", "GET / HTTP/1.1\nHost: a\r\n\r\n", Errc::http_syntax},
      {"bare LF after a field", "GET / HTTP/1.1\r\nHost: a\n\r\n", Errc::http_syntax},
      {"bare LF at the end", "GET / HTTP/1.1\r\nHost: a\r\n\n", Errc::http_syntax},
      {"bare CR in a value", get("X: a\rb\r\n"), Errc::http_syntax},
      {"CR CR LF", get("X: a\r\r\n"), Errc::http_syntax},
      {"CR and no LF at the end", "GET / HTTP/1.1\r\nHost: a\r\n\rX", Errc::http_syntax},
      {"folded by space", get("X: a\r\n b\r\n"), Errc::http_obsolete_folding},
      {"folded by tab", get("X: a\r\n\tb\r\n"), Errc::http_obsolete_folding},
      {"space before the colon", get("X : a\r\n"), Errc::http_syntax},
      {"no name", get(": a\r\n"), Errc::http_syntax},
      {"no colon", get("X\r\n"), Errc::http_syntax},
      {"space in a name", get("X Y: a\r\n"), Errc::http_syntax},
      {"NUL in a name", nul(get("X@: a\r\n")), Errc::http_syntax},
      {"NUL in a value", nul(get("X: a@b\r\n")), Errc::http_syntax},
      {"NUL in the target", nul("GET /@ HTTP/1.1\r\nHost: a\r\n\r\n"), Errc::http_syntax},
      {"control character in a value",
       get("X: a\x01"
           "b\r\n"),
       Errc::http_syntax},
      {"DEL in a value",
       get("X: a\x7f"
           "b\r\n"),
       Errc::http_syntax},
      {"high byte in a name", get("X\xe9: a\r\n"), Errc::http_syntax},
      {"high byte in a value", get("X: caf\xc3\xa9\r\n"), Errc::none},
      {"tab in a value", get("X: a\tb\r\n"), Errc::none},
  });
}

TEST_CASE("request lines") {
  check_rows({
      {"no Host", "GET / HTTP/1.1\r\n\r\n", Errc::http_missing_host},
      {"two Hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", Errc::http_missing_host},
      {"odd Host", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n", Errc::http_syntax},
      {"no Host in HTTP/1.0", "GET / HTTP/1.0\r\n\r\n", Errc::none},
      {"HTTP/9.9", "GET / HTTP/9.9\r\nHost: a\r\n\r\n", Errc::http_version},
      {"HTTP/1.2", "GET / HTTP/1.2\r\nHost: a\r\n\r\n", Errc::http_version},
      {"HTTP/0.9", "GET /\r\n\r\n", Errc::http_syntax},
      {"HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", Errc::http_version},
      {"HTTP/2 method in HTTP/1.0", "PRI * HTTP/1.0\r\n\r\n", Errc::http_syntax},
      {"lower-case version", "GET / http/1.1\r\nHost: a\r\n\r\n", Errc::http_syntax},
      {"two spaces", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", Errc::http_syntax},
      {"space at the end", "GET / HTTP/1.1 \r\nHost: a\r\n\r\n", Errc::http_syntax},
      {"tabs", "GET\t/\tHTTP/1.1\r\nHost: a\r\n\r\n", Errc::http_syntax},
      {"lower-case method", "get / HTTP/1.1\r\nHost: a\r\n\r\n", Errc::http_syntax},
      {"unknown method", "FROB / HTTP/1.1\r\nHost: a\r\n\r\n", Errc::http_syntax},
      {"space in the target", "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", Errc::http_syntax},
      {"high byte in the target", "GET /\xe9 HTTP/1.1\r\nHost: a\r\n\r\n", Errc::http_syntax},
      {"fragment in the target", "GET /#x HTTP/1.1\r\nHost: a\r\n\r\n", Errc::http_syntax},
      {"asterisk", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", Errc::none},
      {"absolute form", "GET http://a/x HTTP/1.1\r\nHost: a\r\n\r\n", Errc::none},
      {"an empty line first", "\r\n" + get(""), Errc::none},
      {"two empty lines first", "\r\n\r\n" + get(""), Errc::http_syntax},
      {"TLS", std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11), Errc::http_syntax},
      {"noise behind a method", "GET \x80\xff\x13\x02 HTTP/1.1\r\n\r\n", Errc::http_syntax},
      {"noise", nul("\x80\xff@\x13garbage"), Errc::http_syntax},
      {"NUL first", nul("@" + get("")), Errc::http_syntax},
      {"method of RTSP", "PLAY / HTTP/1.1\r\nHost: a\r\n\r\n", Errc::http_syntax},
      {"target without a slash", "GET a HTTP/1.1\r\nHost: a\r\n\r\n", Errc::http_syntax},
      {"no target", "GET  HTTP/1.1\r\nHost: a\r\n\r\n", Errc::http_syntax},
      {"LF first", "\n" + get(""), Errc::http_syntax},
      {"CR first", "\r" + get(""), Errc::http_syntax},
  });
}

TEST_CASE("chunked framing") {
  std::string many_extensions;
  for (int i = 0; i < 50; ++i) many_extensions += "1;" + std::string(100, 'a') + "\r\nx\r\n";
  check_rows({
      {"well-formed", chunked("3\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n"), Errc::none},
      {"coding in capitals", post("Transfer-Encoding: Chunked\r\n", "1\r\na\r\n0\r\n\r\n"),
       Errc::none},
      {"extension", chunked("3;name=\"value\"\r\nabc\r\n0\r\n\r\n"), Errc::none},
      {"trailer", chunked("0\r\nX-Sum: 1\r\n\r\n"), Errc::none},
      {"leading zeros", chunked("0000000000000001\r\na\r\n0\r\n\r\n"), Errc::none},
      {"endless zeros", chunked(std::string(17, '0')), Errc::http_syntax},
      {"0x", chunked("0x3\r\nabc\r\n0\r\n\r\n"), Errc::http_syntax},
      {"negative", chunked("-3\r\nabc\r\n"), Errc::http_syntax},
      {"space first", chunked(" 3\r\nabc\r\n"), Errc::http_syntax},
      {"space behind", chunked("3 \r\nabc\r\n"), Errc::http_syntax},
      {"no digits", chunked("\r\nabc\r\n"), Errc::http_syntax},
      {"bare LF behind the size", chunked("3\nabc\r\n0\r\n\r\n"), Errc::http_syntax},
      {"bare CR behind the size", chunked("3\rabc\r\n0\r\n\r\n"), Errc::http_syntax},
      {"no CRLF behind the data", chunked("3\r\nabc0\r\n\r\n"), Errc::http_syntax},
      {"too much data", chunked("3\r\nabcd\r\n0\r\n\r\n"), Errc::http_syntax},
      {"nothing for a size", chunked("\r\n\r\n"), Errc::http_syntax},
      {"extension without a size", chunked(";x\r\n\r\n"), Errc::http_syntax},
      {"other byte for the LF behind the size", chunked("3\rXabc\r\n0\r\n\r\n"), Errc::http_syntax},
      {"other byte for the CR behind the data", chunked("3\r\nabcX\n0\r\n\r\n"), Errc::http_syntax},
      {"other byte for the LF behind the data", chunked("3\r\nabc\rX0\r\n\r\n"), Errc::http_syntax},
      {"other bytes for the CRLF behind the data", chunked("3\r\nabcXX0\r\n\r\n"),
       Errc::http_syntax},
      {"other byte for the LF of a trailer", chunked("0\r\nX: a\rX\r\n"), Errc::http_syntax},
      {"bare CR behind the data", chunked("3\r\nabc\r0\r\n\r\n"), Errc::http_syntax},
      {"bare CR at the end", chunked("0\r\n\rX"), Errc::http_syntax},
      {"control character in an extension", chunked("3;a\x01\r\nabc\r\n"), Errc::http_syntax},
      {"endless extension", chunked("3;" + std::string(5000, 'a')), Errc::http_syntax},
      {"NUL in a trailer", nul(chunked("0\r\nX: @\r\n\r\n")), Errc::http_syntax},
      {"trailer without colon", chunked("0\r\nX\r\n\r\n"), Errc::http_syntax},
      {"folded trailer that looks like a field", chunked("0\r\nX: a\r\n b: c\r\n\r\n"),
       Errc::http_syntax},
      {"folded trailer", chunked("0\r\nX: a\r\n b\r\n\r\n"), Errc::http_syntax},
      {"endless extensions of many chunks", chunked(many_extensions), Errc::http_syntax},
      {"framing fields in a trailer mean nothing",
       chunked("0\r\nContent-Length: 9\r\nTransfer-Encoding: x\r\nHost: b\r\n\r\n"), Errc::none},
      {"trailer without a name", chunked("0\r\n: a\r\n\r\n"), Errc::http_syntax},
      {"bare LF in a trailer", chunked("0\r\nX: a\n\r\n"), Errc::http_syntax},
      {"endless trailers", chunked("0\r\nX: " + std::string(5000, 'a')), Errc::http_syntax},
  });
}

TEST_CASE("limits hold while the bytes arrive") {
  Limits limits;
  limits.http_head_bytes = 200;
  limits.http_header_count = 3;
  limits.http_target_bytes = 20;
  const std::string line = "GET / HTTP/1.1\r\nHost: a\r\n";
  const Row rows[] = {
      {"target as long as allowed", "GET /" + std::string(19, 'x') + " HTTP/1.1\r\nHost: a\r\n\r\n",
       Errc::none},
      {"target too long", "GET /" + std::string(20, 'x') + " HTTP/1.1\r\nHost: a\r\n\r\n",
       Errc::http_target_too_long},
      {"endless target", "GET /" + std::string(150, 'x'), Errc::http_target_too_long},
      {"as many fields as allowed", line + "A: 1\r\nB: 2\r\n\r\n", Errc::none},
      {"too many fields", line + "A: 1\r\nB: 2\r\nC: 3\r\n\r\n", Errc::http_too_many_headers},
      {"head as large as allowed",
       line + "A: " + std::string(200 - line.size() - 7, 'x') + "\r\n\r\n", Errc::none},
      {"head one byte too large",
       line + "A: " + std::string(200 - line.size() - 6, 'x') + "\r\n\r\n",
       Errc::http_head_too_large},
      {"head too large", line + "A: " + std::string(200, 'x'), Errc::http_head_too_large},
  };
  for (const Row& row : rows) {
    CAPTURE(row.name);
    CHECK(label(feed_whole(limits, row.bytes).error) == label(row.error));
    check_every_split(limits, row.bytes);
  }
}

TEST_CASE("a request without body is complete behind its head") {
  RequestParser parser(kLimits);
  const std::string bytes = get("X-One: 1\r\nx-two:  2 \r\n");
  CHECK(parser.idle());
  CHECK(parser.feed(bytes + "GET") == bytes.size());
  REQUIRE(parser.state() == State::complete);
  CHECK_FALSE(parser.idle());
  const Request& request = parser.request();
  CHECK(request.method == "GET");
  CHECK(request.target == "/");
  CHECK(request.headers.find("x-one") == "1");
  CHECK(request.headers.find("X-TWO") == "2");
  CHECK(request.keep_alive);
  CHECK(request.body.empty());
}

TEST_CASE("the head of a request with a body is handed out first") {
  RequestParser parser(kLimits);
  const std::string bytes = post("Content-Length: 3\r\n", "abcNEXT");
  const std::size_t head = parser.feed(bytes);
  CHECK(head == bytes.size() - 7);
  REQUIRE(parser.state() == State::body);
  CHECK(parser.request().method == "POST");
  CHECK(parser.feed(std::string_view(bytes).substr(head)) == 3);
  REQUIRE(parser.state() == State::complete);
  CHECK(parser.take_request().body == "abc");
}

TEST_CASE("chunks are joined") {
  const auto result = feed_whole(kLimits, chunked("3\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\nrest"));
  CHECK(result.request.body == "abc0123456789");
  CHECK(result.rest == "rest");
}

TEST_CASE("a body that turns out too large keeps the head readable") {
  RequestParser parser(kLimits);
  parser.feed(post("Content-Length: 9999999\r\n", ""));
  REQUIRE(parser.state() == State::failed);
  CHECK(parser.error() == Errc::http_body_too_large);
  CHECK(parser.request().method == "POST");
  parser.reset();
  parser.feed(post("Content-Length: 9999999\r\nExpect: 100-continue\r\n", ""));
  CHECK_FALSE(parser.expects_continue());
}

TEST_CASE("pipelined requests come one at a time") {
  RequestParser parser(kLimits);
  const std::string one = "GET /1 HTTP/1.1\r\nHost: a\r\n\r\n";
  const std::string two = "GET /2 HTTP/1.1\r\nHost: a\r\n\r\n";
  const std::string both = one + two;
  REQUIRE(parser.feed(both) == one.size());
  CHECK(parser.request().target == "/1");
  parser.reset();
  CHECK(parser.idle());
  CHECK(parser.feed(std::string_view(both).substr(one.size())) == two.size());
  CHECK(parser.request().target == "/2");
}

TEST_CASE("keep-alive as RFC 9112 section 9.3 has it") {
  const struct {
    std::string bytes;
    bool keep_alive;
  } rows[] = {
      {get(""), true},
      {get("Connection: close\r\n"), false},
      {get("Connection: x, Close\r\n"), false},
      {get("Connection: x\r\nConnection: close\r\n"), false},
      {"GET / HTTP/1.0\r\n\r\n", false},
      {"GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", true},
      {"GET / HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n", false},
      {"GET / HTTP/1.0\r\nConnection: close\r\nConnection: keep-alive\r\n\r\n", false},
  };
  for (const auto& row : rows) {
    CAPTURE(row.bytes);
    CHECK(feed_whole(kLimits, row.bytes).request.keep_alive == row.keep_alive);
  }
}

TEST_CASE("what follows an upgrade request is not touched") {
  const auto result = feed_whole(
      kLimits, get("Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n") + "\x81\x80...");
  REQUIRE(result.complete);
  CHECK(result.request.wants_upgrade);
  CHECK(result.rest == "\x81\x80...");
}

TEST_CASE("an upgrade needs both fields, HTTP/1.1 and no body") {
  const std::string rows[] = {
      get("Upgrade: websocket\r\n"),
      get("Connection: Upgrade\r\n"),
      "GET / HTTP/1.0\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
      post("Connection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 1\r\n", "x"),
      post("Connection: Upgrade\r\nUpgrade: websocket\r\nTransfer-Encoding: chunked\r\n",
           "0\r\n\r\n"),
  };
  for (const std::string& bytes : rows) {
    CAPTURE(bytes);
    const auto result = feed_whole(kLimits, bytes);
    CHECK(result.complete);
    CHECK_FALSE(result.request.wants_upgrade);
  }
}

TEST_CASE("CONNECT opens no tunnel") {
  const auto result =
      feed_whole(kLimits, "CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\nGET / HTTP/1.1\r\n");
  CHECK(result.complete);
  CHECK_FALSE(result.request.wants_upgrade);
  CHECK(result.rest == "GET / HTTP/1.1\r\n");
}

TEST_CASE("a client may wait for a go-ahead") {
  RequestParser parser(kLimits);
  parser.feed(post("Content-Length: 1\r\nExpect: 100-Continue\r\n", ""));
  CHECK(parser.expects_continue());
  parser.reset();
  parser.feed(post("Content-Length: 1\r\n", ""));
  CHECK_FALSE(parser.expects_continue());
}

TEST_CASE("nobody waits for a go-ahead once the body comes, or in HTTP/1.0") {
  RequestParser parser(kLimits);
  parser.feed(post("Content-Length: 2\r\nExpect: 100-continue\r\n", ""));
  parser.feed("a");
  CHECK_FALSE(parser.expects_continue());
  parser.reset();
  parser.feed("POST / HTTP/1.0\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  REQUIRE(parser.state() == State::body);
  CHECK_FALSE(parser.expects_continue());
}

TEST_CASE("a body ends where it ends, even when the request was taken in its middle") {
  RequestParser parser(kLimits);
  parser.feed(post("Content-Length: 3\r\n", ""));
  parser.feed("a");
  static_cast<void>(parser.take_request());
  CHECK(parser.feed("bcNEXT") == 2);
  CHECK(parser.state() == State::complete);
}

TEST_CASE("reset gives the memory of a large body back") {
  RequestParser parser(kLimits);
  const std::string body(900'000, 'x');
  parser.feed(post("Content-Length: 900000\r\n", ""));
  parser.feed(body);
  REQUIRE(parser.state() == State::complete);
  parser.reset();
  parser.feed(get(""));
  CHECK(parser.request().body.capacity() < 100);
}

TEST_CASE("a length beyond all integers keeps the whole head readable") {
  RequestParser parser(kLimits);
  parser.feed(post("Content-Length: 99999999999999999999999\r\nOrigin: b\r\n", ""));
  CHECK(parser.error() == Errc::http_body_too_large);
  CHECK(parser.request().headers.find("origin") == "b");
}

TEST_CASE("a body may be as large as the limit") {
  Limits limits;
  limits.message_bytes = 5;
  const std::string rows[] = {post("Content-Length: 5\r\n", "abcde"),
                              chunked("2\r\nab\r\n3\r\ncde\r\n0\r\n\r\n")};
  for (const std::string& bytes : rows) {
    CAPTURE(bytes);
    CHECK(feed_whole(limits, bytes).request.body == "abcde");
    check_every_split(limits, bytes);
  }
  CHECK(feed_whole(limits, post("Content-Length: 6\r\n", "")).error == Errc::http_body_too_large);
  CHECK(feed_whole(limits, chunked("2\r\nab\r\n4")).error == Errc::http_body_too_large);
}

TEST_CASE("a head is refused at its first wrong byte") {
  for (const std::string& start : {nul("@"), std::string("G\n"), std::string("GET /\x7f"),
                                   nul("GET / HTTP/1.1\r\n@"), nul("GET / HTTP/1.1\r\nX: @")}) {
    CAPTURE(start);
    RequestParser parser(kLimits);
    CHECK(parser.feed(start + "more") == start.size());
    CHECK(parser.error() == Errc::http_syntax);
  }
}

TEST_CASE("idle ends with the first byte of a request") {
  RequestParser parser(kLimits);
  parser.feed("\r\n");
  CHECK(parser.idle());
  parser.feed("G");
  CHECK_FALSE(parser.idle());
}

TEST_CASE("reset forgets a request wherever it was left") {
  const std::string unfinished[] = {
      "\r",
      "\r\n",
      "GET / HT",
      get("X: a\rb\r\n"),
      post("Content-Length: 9\r\nExpect: 100-continue\r\n", "abc"),
      chunked("5;x\r\nabc"),
      chunked("ffffffffffffffff"),
      chunked("0\r\nX: y"),
  };
  const std::string next = chunked("3\r\nabc\r\n0\r\n\r\n");
  RequestParser parser(kLimits);
  for (const std::string& bytes : unfinished) {
    CAPTURE(bytes);
    std::string_view left = bytes;
    while (!left.empty() && (parser.state() == State::head || parser.state() == State::body)) {
      left.remove_prefix(parser.feed(left));
    }
    parser.reset();
    CHECK(parser.idle());
    CHECK(parser.error() == Errc::none);
    const std::size_t head = parser.feed("\r\n" + next) - 2;
    REQUIRE(parser.state() == State::body);
    CHECK_FALSE(parser.expects_continue());
    CHECK(parser.feed(std::string_view(next).substr(head)) == next.size() - head);
    REQUIRE(parser.state() == State::complete);
    CHECK(parser.request().body == "abc");
    CHECK(parser.request().headers.size() == 2);
    parser.reset();
  }
}
