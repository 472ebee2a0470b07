// SPDX-License-Identifier: MIT
//
// Header fields of one HTTP message, kept in one block of text: a session keeps the headers of its
// handshake for life, so they have to be small.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace patchbay::http {

// Equal when ASCII letters are compared without case.
[[nodiscard]] bool iequals(std::string_view a, std::string_view b) noexcept;

// True when `list` is a comma-separated list that holds `token`, compared without case.
[[nodiscard]] bool list_contains(std::string_view list, std::string_view token) noexcept;

class Headers {
 public:
  struct Field {
    std::string_view name;  // lower case
    std::string_view value;
  };

  // Makes room for that many fields, whose names and values have that many bytes together.
  void reserve(std::size_t fields, std::size_t text_bytes);

  // The name is stored in lower case. Precondition of add and set: the arguments are not views of
  // this object, and all text together stays below 4 GiB.
  void add(std::string_view name, std::string_view value);
  // Replaces every field of that name.
  void set(std::string_view name, std::string_view value);
  void remove(std::string_view name);

  [[nodiscard]] std::size_t size() const noexcept { return fields_.size(); }
  [[nodiscard]] bool empty() const noexcept { return fields_.empty(); }
  // Views live until the object changes. Precondition: index < size().
  [[nodiscard]] Field at(std::size_t index) const noexcept;

  // The first field of that name, compared without case.
  [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const noexcept;
  [[nodiscard]] bool contains(std::string_view name) const noexcept;
  [[nodiscard]] std::size_t count(std::string_view name) const noexcept;
  // All fields of that name joined by ", " ("; " for cookie), as Node.js presents them.
  [[nodiscard]] std::string joined(std::string_view name) const;

  // Gives unused memory back.
  void shrink_to_fit();

 private:
  struct Extent {
    std::uint32_t name_begin;
    std::uint32_t value_begin;
    std::uint32_t value_end;
  };

  std::string text_;  // name, value, name, value, ... without separators
  std::vector<Extent> fields_;
};

}  // namespace patchbay::http
