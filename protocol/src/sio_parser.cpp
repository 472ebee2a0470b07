// SPDX-License-Identifier: MIT
#include "patchbay/protocol/sio/parser.hpp"

#include "patchbay/protocol/sio/json_parser.hpp"

namespace patchbay::sio {

Encoded Parser::encode_event(std::string_view nsp, std::string_view name,
                             std::span<const Value> args, std::optional<std::uint64_t> id) const {
  Array data;
  data.reserve(args.size() + 1);
  data.emplace_back(name);
  data.insert(data.end(), args.begin(), args.end());
  return encode({.type = PacketType::event, .nsp = std::string(nsp), .id = id, .data = data});
}

Encoded Parser::encode_ack(std::string_view nsp, std::uint64_t id,
                           std::span<const Value> args) const {
  return encode({.type = PacketType::ack,
                 .nsp = std::string(nsp),
                 .id = id,
                 .data = Array(args.begin(), args.end())});
}

namespace {

class JsonParser final : public Parser {
 public:
  [[nodiscard]] Encoded encode(const Packet& packet) const override { return sio::encode(packet); }
  [[nodiscard]] Encoded encode_event(std::string_view nsp, std::string_view name,
                                     std::span<const Value> args,
                                     std::optional<std::uint64_t> id) const override {
    return sio::encode_event(nsp, name, args, id);
  }
  [[nodiscard]] Encoded encode_ack(std::string_view nsp, std::uint64_t id,
                                   std::span<const Value> args) const override {
    return sio::encode_ack(nsp, id, args);
  }
  [[nodiscard]] std::unique_ptr<Decoder> make_decoder(const Limits& limits) const override {
    return std::make_unique<JsonDecoder>(limits);
  }
};

}  // namespace

std::shared_ptr<const Parser> json_parser() {
  static const auto parser = std::make_shared<const JsonParser>();
  return parser;
}

}  // namespace patchbay::sio
