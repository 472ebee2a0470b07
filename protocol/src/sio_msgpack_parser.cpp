// SPDX-License-Identifier: MIT
#include "patchbay/protocol/sio/msgpack_parser.hpp"

#include <cmath>
#include <utility>

#include "msgpack_bytes.hpp"
#include "patchbay/protocol/msgpack.hpp"
#include "sio_payload.hpp"

namespace patchbay::sio {

namespace {

// --- Encoder -------------------------------------------------------------------------------------

// Writes one packet: the constructor what stands before the data, finish() what stands behind it.
class MapWriter {
 public:
  MapWriter(PacketType type, bool has_data, std::optional<std::uint64_t> id) : id_(id) {
    out_.reserve(64);
    msgpack::append_map_head(out_, std::size_t{2} + (has_data ? 1 : 0) + (id ? 1 : 0));
    msgpack::append_string(out_, "type");
    msgpack::append_unsigned(out_, static_cast<std::uint64_t>(type));
    if (has_data) msgpack::append_string(out_, "data");
  }

  void value(const Value& value) { append_msgpack(out_, value); }

  // An array: the name, when there is one, and the arguments.
  void array(std::optional<std::string_view> name, std::span<const Value> args) {
    msgpack::append_array_head(out_, args.size() + (name ? 1 : 0));
    if (name) msgpack::append_string(out_, *name);
    for (const Value& arg : args) value(arg);
  }

  // The packet as a binary message.
  std::string finish(std::string_view nsp) && {
    msgpack::append_string(out_, "nsp");
    msgpack::append_string(out_, nsp);
    if (id_) {
      msgpack::append_string(out_, "id");
      msgpack::append_unsigned(out_, *id_);
    }
    return std::move(out_);
  }

 private:
  std::optional<std::uint64_t> id_;
  std::string out_;
};

// --- Decoder -------------------------------------------------------------------------------------

// The value as a natural number, for which JavaScript takes a whole double as well.
std::optional<std::uint64_t> to_natural(const Value& value) noexcept {
  constexpr double kTwoTo63 = 9223372036854775808.0;
  if (const auto* const integer = value.get_if<std::int64_t>()) {
    return *integer >= 0 ? std::optional(static_cast<std::uint64_t>(*integer)) : std::nullopt;
  }
  const auto* const number = value.get_if<double>();
  if (!number || !(*number >= 0 && *number < kTwoTo63) || std::trunc(*number) != *number) {
    return std::nullopt;
  }
  return static_cast<std::uint64_t>(*number);
}

std::optional<PacketType> to_type(const Value& value) noexcept {
  const auto number = to_natural(value);
  if (!number || *number > static_cast<std::uint64_t>(PacketType::connect_error)) {
    return std::nullopt;
  }
  return static_cast<PacketType>(*number);
}

// An array without even a name is this encoding's event without payload.
Errc check_data(PacketType type, const Value& data) noexcept {
  const Array* const array = data.get_if<Array>();
  if (type == PacketType::event && array && array->empty()) return Errc::none;
  return check_payload(type, data);
}

Errc take_data(Packet& packet, Value* data) {
  if (data) {
    packet.data = std::move(*data);
    return check_data(packet.type, packet.data);
  }
  if (packet.type != PacketType::connect && packet.type != PacketType::disconnect) {
    return Errc::sio_bad_payload;
  }
  packet.data = missing_payload(packet.type);
  return Errc::none;
}

Result<std::optional<Packet>> to_packet(Value value, const Limits& limits) {
  Object* const members = value.get_if<Object>();
  if (!members) return Errc::sio_unknown_packet_type;
  const auto type = to_type(value["type"]);
  if (!type) return Errc::sio_unknown_packet_type;
  Packet packet;
  packet.type = *type;

  Value* const nsp = members->find("nsp");
  if (!nsp || !nsp->is_string() || !is_namespace(nsp->as_string(), limits)) {
    return Errc::sio_bad_namespace;
  }
  packet.nsp = nsp->as_string();

  const Errc error = take_data(packet, members->find("data"));
  if (error != Errc::none) return error;

  if (const Value* const id = members->find("id")) {
    packet.id = to_natural(*id);
    if (!packet.id) return Errc::sio_bad_ack_id;
  }
  return std::optional(std::move(packet));
}

class MsgpackDecoder final : public Decoder {
 public:
  explicit MsgpackDecoder(const Limits& limits) noexcept : limits_(&limits) {}

  Result<std::optional<Packet>> on_text(std::string_view /*text*/) override {
    return Errc::sio_unexpected_text;
  }

  Result<std::optional<Packet>> on_binary(std::string_view data) override {
    if (data.empty()) return Errc::sio_empty_packet;
    // The packet itself is one level more than the same packet has in the default encoding.
    auto value = parse_msgpack(data, limits_->json_depth + 1);
    if (!value) return value.error();
    return to_packet(*std::move(value), *limits_);
  }

 private:
  const Limits* limits_;
};

// --- Parser --------------------------------------------------------------------------------------

class MsgpackParser final : public Parser {
 public:
  [[nodiscard]] Encoded encode(const Packet& packet) const override {
    const bool needs_array = packet.type == PacketType::event || packet.type == PacketType::ack;
    MapWriter writer(packet.type, needs_array || !packet.data.is_null(), packet.id);
    if (needs_array && packet.data.is_null()) {
      writer.array(std::nullopt, {});
    } else if (!packet.data.is_null()) {
      writer.value(packet.data);
    }
    Encoded encoded;
    encoded.attachments.push_back(std::move(writer).finish(packet.nsp));
    return encoded;
  }

  void encode_event(MessageSink& out, std::string_view nsp, std::string_view name,
                    std::span<const Value> args, std::optional<std::uint64_t> id) const override {
    MapWriter writer(PacketType::event, true, id);
    writer.array(name, args);
    out.binary(std::move(writer).finish(nsp));
  }

  void encode_ack(MessageSink& out, std::string_view nsp, std::uint64_t id,
                  std::span<const Value> args) const override {
    MapWriter writer(PacketType::ack, true, id);
    writer.array(std::nullopt, args);
    out.binary(std::move(writer).finish(nsp));
  }

  [[nodiscard]] std::unique_ptr<Decoder> make_decoder(const Limits& limits) const override {
    return std::make_unique<MsgpackDecoder>(limits);
  }
};

}  // namespace

std::shared_ptr<const Parser> msgpack_parser() {
  static const auto parser = std::make_shared<const MsgpackParser>();
  return parser;
}

}  // namespace patchbay::sio
