// SPDX-License-Identifier: MIT
//
// Socket.IO packets to Engine.IO messages and back, in both encodings.
#include <memory>
#include <utility>
#include <vector>

#include "patchbay/protocol/limits.hpp"
#include "patchbay/protocol/sio/json_parser.hpp"
#include "patchbay/protocol/sio/msgpack_parser.hpp"
#include "samples.hpp"

namespace patchbay::bench {
namespace {

struct Event {
  std::string name;
  std::vector<Value> args;
};

Event text_event(std::size_t size) {
  return {"echo", {Value(text(size))}};
}
Event binary_event(std::size_t size) {
  return {"bin", {Value(Bytes(bytes(size)))}};
}
Event object_event() {
  return {"message", {*parse_json(kObjectJson, kMaxDepth)}};
}

/// Where messages go that nobody sends.
class Sink final : public sio::MessageSink {
 public:
  void text(std::string_view data) override { take(data); }
  void binary(std::string_view data) override { take(data); }

  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  void clear() { bytes_ = 0; }

 private:
  void take(std::string_view data) {
    benchmark::DoNotOptimize(data.data());
    bytes_ += data.size();
  }

  std::size_t bytes_ = 0;
};

/// Keeps the messages, to be decoded.
class Keep final : public sio::MessageSink {
 public:
  void text(std::string_view data) override { messages.text = data; }
  void binary(std::string_view data) override { messages.attachments.emplace_back(data); }

  sio::Encoded messages;
};

using MakeParser = std::shared_ptr<const sio::Parser> (*)();

void encode(benchmark::State& state, MakeParser make_parser, const Event& event) {
  const auto parser = make_parser();
  Sink sink;
  while (state.KeepRunning()) {
    sink.clear();
    parser->encode_event(sink, "/", event.name, event.args, {});
  }
  count_bytes(state, sink.bytes());
}

void encode_ack(benchmark::State& state, MakeParser make_parser, const Event& event) {
  constexpr std::uint64_t kId = 1234;
  const auto parser = make_parser();
  Sink sink;
  while (state.KeepRunning()) {
    sink.clear();
    parser->encode_ack(sink, "/", kId, event.args);
  }
  count_bytes(state, sink.bytes());
}

// Hands in the messages of one packet; true when they are a packet.
bool decode_once(sio::Decoder& decoder, const sio::Encoded& encoded) {
  bool complete = false;
  if (!encoded.text.empty()) {
    auto packet = decoder.on_text(encoded.text);
    complete = packet && *packet;
    benchmark::DoNotOptimize(packet);
  }
  for (const std::string& attachment : encoded.attachments) {
    auto packet = decoder.on_binary(attachment);
    complete = packet && *packet;
    benchmark::DoNotOptimize(packet);
  }
  return complete;
}

void decode(benchmark::State& state, MakeParser make_parser, const Event& event) {
  const auto parser = make_parser();
  const Limits limits;
  const auto decoder = parser->make_decoder(limits);
  Keep encoded;
  parser->encode_event(encoded, "/", event.name, event.args, {});
  Sink size;
  parser->encode_event(size, "/", event.name, event.args, {});
  while (state.KeepRunning()) {
    if (!decode_once(*decoder, encoded.messages)) return state.SkipWithError("not a packet");
  }
  count_bytes(state, size.bytes());
}

void add(const char* encoding, MakeParser make_parser) {
  const std::pair<const char*, Event> samples[] = {{"small", text_event(kSmall)},
                                                   {"large", text_event(kLarge)},
                                                   {"object", object_event()},
                                                   {"binary", binary_event(kSmall)},
                                                   {"binary-large", binary_event(kLarge)}};
  const std::string area = std::string("socketio/") + encoding;
  for (const auto& [name, event] : samples) {
    benchmark::RegisterBenchmark((area + "/encode/" + name).c_str(), encode, make_parser, event);
    benchmark::RegisterBenchmark((area + "/decode/" + name).c_str(), decode, make_parser, event);
  }
  benchmark::RegisterBenchmark((area + "/encode-ack/small").c_str(), encode_ack, make_parser,
                               text_event(kSmall));
}

const bool added = [] {
  add("json", sio::json_parser);
  add("msgpack", sio::msgpack_parser);
  return true;
}();

}  // namespace
}  // namespace patchbay::bench
