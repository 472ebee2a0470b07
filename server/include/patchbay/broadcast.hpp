// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "patchbay/convert.hpp"

namespace patchbay {

class Namespace;

// Whom a broadcast goes to: members of any of the rooms (everyone when there are none), except
// members of any of the excepted ones. Each recipient gets it once.
struct BroadcastTarget {
  std::vector<std::string> rooms;
  std::vector<std::string> except;
};

// Says to whom, then what. Immutable: each step gives a new one, which may be kept and used again.
// Every socket is alone in the room named by its id, so rooms can be socket ids too. Any thread;
// what one thread emits arrives everywhere in that order.
class BroadcastOperator {
 public:
  // The namespace must outlive it.
  explicit BroadcastOperator(Namespace& nsp, BroadcastTarget target = {});

  [[nodiscard]] BroadcastOperator to(std::string_view room) const;
  [[nodiscard]] BroadcastOperator to(std::span<const std::string> rooms) const;
  [[nodiscard]] BroadcastOperator to(std::initializer_list<std::string_view> rooms) const;
  [[nodiscard]] BroadcastOperator in(std::string_view room) const { return to(room); }
  [[nodiscard]] BroadcastOperator in(std::span<const std::string> rooms) const { return to(rooms); }
  [[nodiscard]] BroadcastOperator except(std::string_view room) const;
  [[nodiscard]] BroadcastOperator except(std::span<const std::string> rooms) const;

  // Encodes once and sends to everyone selected. Throws std::invalid_argument for a reserved name.
  template <typename... Ts>
  void emit(std::string_view event, Ts&&... args) const {
    const std::array<Value, sizeof...(Ts)> values{to_value(std::forward<Ts>(args))...};
    emit_values(event, values);
  }
  void emit_values(std::string_view event, std::span<const Value> args) const;

 private:
  Namespace* nsp_;
  BroadcastTarget target_;
};

}  // namespace patchbay
