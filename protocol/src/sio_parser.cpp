// SPDX-License-Identifier: MIT
#include "patchbay/protocol/sio/parser.hpp"

#include <utility>

#include "patchbay/protocol/sio/json_parser.hpp"

namespace patchbay::sio {

namespace {

void pass_on(MessageSink& out, const Encoded& encoded) {
  if (!encoded.text.empty()) out.text(encoded.text);
  for (const std::string& data : encoded.attachments) out.binary(data);
}

}  // namespace

void Parser::encode_event(MessageSink& out, std::string_view nsp, std::string_view name,
                          std::span<const Value> args, std::optional<std::uint64_t> id) const {
  Array data;
  data.reserve(args.size() + 1);
  data.emplace_back(name);
  data.insert(data.end(), args.begin(), args.end());
  pass_on(
      out,
      encode(
          {.type = PacketType::event, .nsp = std::string(nsp), .id = id, .data = std::move(data)}));
}

void Parser::encode_ack(MessageSink& out, std::string_view nsp, std::uint64_t id,
                        std::span<const Value> args) const {
  pass_on(out, encode({.type = PacketType::ack,
                       .nsp = std::string(nsp),
                       .id = id,
                       .data = Array(args.begin(), args.end())}));
}

namespace {

class JsonParser final : public Parser {
 public:
  [[nodiscard]] Encoded encode(const Packet& packet) const override { return sio::encode(packet); }
  void encode_event(MessageSink& out, std::string_view nsp, std::string_view name,
                    std::span<const Value> args, std::optional<std::uint64_t> id) const override {
    sio::encode_event(out, nsp, name, args, id);
  }
  void encode_ack(MessageSink& out, std::string_view nsp, std::uint64_t id,
                  std::span<const Value> args) const override {
    sio::encode_ack(out, nsp, id, args);
  }
  [[nodiscard]] bool takes_json() const noexcept override { return true; }
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
