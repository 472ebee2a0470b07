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

std::size_t size_of(const sio::Encoded& encoded) {
  std::size_t size = encoded.text.size();
  for (const std::string& attachment : encoded.attachments) size += attachment.size();
  return size;
}

using MakeParser = std::shared_ptr<const sio::Parser> (*)();

void encode(benchmark::State& state, MakeParser make_parser, const Event& event) {
  const auto parser = make_parser();
  std::size_t size = 0;
  while (state.KeepRunning()) {
    const sio::Encoded encoded = parser->encode_event("/", event.name, event.args, {});
    benchmark::DoNotOptimize(encoded.text.data());
    size = size_of(encoded);
  }
  count_bytes(state, size);
}

void encode_ack(benchmark::State& state, MakeParser make_parser, const Event& event) {
  const auto parser = make_parser();
  while (state.KeepRunning()) {
    const sio::Encoded encoded = parser->encode_ack("/", 1234, event.args);
    benchmark::DoNotOptimize(encoded.text.data());
  }
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
  const sio::Encoded encoded = parser->encode_event("/", event.name, event.args, {});
  while (state.KeepRunning()) {
    if (!decode_once(*decoder, encoded)) return state.SkipWithError("not a packet");
  }
  count_bytes(state, size_of(encoded));
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
