// SPDX-License-Identifier: MIT
//
// A schema as it is checked: nodes that refer to each other by their numbers, so that a schema may
// refer to itself.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "patchbay/protocol/json_schema.hpp"
#include "pattern.hpp"

namespace patchbay {

using SchemaId = std::uint32_t;

// One schema: what it demands. What it does not mention is allowed.
struct SchemaNode {
  bool never = false;  // the schema `false`

  // Of any value. Types are bits: 1 << Value::Type.
  std::uint32_t types = 0;  // 0: any
  std::optional<std::vector<Value>> enumeration;
  std::vector<SchemaId> all_of;
  std::vector<SchemaId> any_of;
  std::vector<SchemaId> one_of;
  std::optional<SchemaId> none_of;
  std::optional<SchemaId> condition;
  std::optional<SchemaId> then_;
  std::optional<SchemaId> else_;
  std::optional<SchemaId> reference;

  // Of numbers.
  std::optional<Value> minimum;
  std::optional<Value> maximum;
  std::optional<Value> above;
  std::optional<Value> below;
  bool minimum_is_excluded = false;  // draft 4
  bool maximum_is_excluded = false;
  std::optional<Value> multiple_of;

  // Of strings, and of binary content.
  std::optional<std::size_t> min_length;
  std::optional<std::size_t> max_length;
  std::optional<Pattern> pattern;
  std::optional<std::size_t> min_bytes;
  std::optional<std::size_t> max_bytes;

  // Of arrays: schemas for the first items, and one for the others.
  std::vector<SchemaId> first_items;
  std::optional<SchemaId> items;
  std::optional<SchemaId> additional_items;
  std::optional<SchemaId> contains;
  std::optional<std::size_t> min_items;
  std::optional<std::size_t> max_items;
  bool unique_items = false;

  // Of objects.
  std::unordered_map<std::string, SchemaId> properties;
  std::vector<std::pair<Pattern, SchemaId>> pattern_properties;
  std::optional<SchemaId> additional_properties;
  std::optional<SchemaId> property_names;
  std::vector<std::string> required;
  std::optional<std::size_t> min_properties;
  std::optional<std::size_t> max_properties;
  std::vector<std::pair<std::string, std::vector<std::string>>> required_with;
  std::vector<std::pair<std::string, SchemaId>> schema_with;
};

struct JsonSchema::Nodes {
  std::vector<SchemaNode> list;
  SchemaId root = 0;
};

// Types that a value is of: integers are numbers, and 2.0 is an integer.
inline constexpr std::uint32_t type_bit(Value::Type type) noexcept {
  return std::uint32_t{1} << static_cast<unsigned>(type);
}

}  // namespace patchbay
