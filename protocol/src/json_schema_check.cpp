// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <utility>
#include <variant>

#include "json_schema_nodes.hpp"
#include "patchbay/protocol/json_schema.hpp"

namespace patchbay {

namespace {

// Some 0.1 s at most.
constexpr std::size_t kMaxSteps = 2'000'000;
// An automaton's steps are small.
constexpr std::size_t kPatternSteps = 16;

// What is checked: a value, or items that make up an array.
struct Instance {
  const Value* value;  // null: the items
  std::span<const Value> items;

  explicit Instance(const Value& a_value) : value(&a_value) {
    if (const auto* const array = a_value.get_if<Array>()) items = *array;
  }
  explicit Instance(std::span<const Value> some_items) : value(nullptr), items(some_items) {}

  [[nodiscard]] Value::Type type() const { return value ? value->type() : Value::Type::array; }
  [[nodiscard]] bool equals(const Value& other) const {
    if (value) return *value == other;
    const auto* const array = other.get_if<Array>();
    return array && std::ranges::equal(items, *array);
  }
};

std::uint32_t types_of(const Instance& instance) {
  const Value::Type type = instance.type();
  std::uint32_t bits = type_bit(type);
  if (type == Value::Type::number &&
      std::trunc(instance.value->as_double()) == instance.value->as_double()) {
    bits |= type_bit(Value::Type::integer);
  }
  return bits;
}

// Integers are compared exactly.
bool less(const Value& a, const Value& b) {
  if (a.is_integer() && b.is_integer()) return a.as_integer() < b.as_integer();
  return a.as_double() < b.as_double();
}

bool is_multiple(const Value& value, const Value& step) {
  if (value.is_integer() && step.is_integer()) {
    // -1 divides everything, and the smallest integer by -1 is none.
    return step.as_integer() == -1 ||
           (step.as_integer() != 0 && value.as_integer() % step.as_integer() == 0);
  }
  const double quotient = value.as_double() / step.as_double();
  constexpr double kTolerance = 1e-9;  // 0.3 is a multiple of 0.1
  return std::isfinite(quotient) && std::abs(quotient - std::round(quotient)) <=
                                        kTolerance * std::max(1.0, std::abs(quotient));
}

std::size_t length_of(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80; }));
}

std::size_t or_none(const std::optional<std::size_t>& bound) {
  return bound.value_or(0);
}
bool exceeds(std::size_t size, const std::optional<std::size_t>& bound) {
  return bound && size > *bound;
}

// One check of one value. Functions return the keyword that is violated, empty when none is; then
// place_ tells where, for it is left as it was then.
class Check {
 public:
  explicit Check(const std::vector<SchemaNode>& nodes) : nodes_(nodes) {}

  std::optional<SchemaViolation> run(SchemaId root, const Instance& instance) {
    const std::string_view keyword = apply(root, instance, "false");
    if (keyword.empty()) return std::nullopt;
    return SchemaViolation{.path = pointer(), .keyword = std::string(keyword)};
  }

 private:
  using Keyword = std::string_view;
  static constexpr Keyword kFine = {};
  static constexpr Keyword kTooComplex = "too complex";

  // `via`: the keyword by which the schema is applied, which is what the schema `false` violates.
  Keyword apply(SchemaId id, const Instance& instance, Keyword via) {
    const SchemaNode& node = nodes_[id];
    if (!spend(1)) return kTooComplex;
    if (node.never) return via;
    if (node.types != 0 && (node.types & types_of(instance)) == 0) return "type";
    for (const auto part : {&Check::constants, &Check::content, &Check::combined}) {
      const Keyword keyword = (this->*part)(node, instance);
      if (!keyword.empty()) return keyword;
    }
    return kFine;
  }

  // Whether the schema holds, with no trace of where it does not.
  bool holds(SchemaId id, const Instance& instance) {
    const std::size_t depth = place_.size();
    const bool good = apply(id, instance, "false").empty();
    place_.resize(depth);
    return good;
  }

  bool spend(std::size_t steps) {
    steps_ += steps;
    return steps_ <= kMaxSteps;
  }

  Keyword constants(const SchemaNode& node, const Instance& instance) {
    if (!node.enumeration) return kFine;
    if (!spend(node.enumeration->size())) return kTooComplex;
    const bool found = std::ranges::any_of(*node.enumeration,
                                           [&](const Value& one) { return instance.equals(one); });
    return found ? kFine : "enum";
  }

  Keyword content(const SchemaNode& node, const Instance& instance) {
    switch (instance.type()) {
      case Value::Type::integer:
      case Value::Type::number:
        return number(node, *instance.value);
      case Value::Type::string:
        return text(node, instance.value->as_string());
      case Value::Type::binary:
        if (instance.value->as_binary().size() < or_none(node.min_bytes)) return "minBytes";
        return exceeds(instance.value->as_binary().size(), node.max_bytes) ? "maxBytes" : kFine;
      case Value::Type::array:
        return array(node, instance.items);
      case Value::Type::object:
        return object(node, instance.value->as_object());
      case Value::Type::null:
      case Value::Type::boolean:
        break;
    }
    return kFine;
  }

  static Keyword number(const SchemaNode& node, const Value& value) {
    if (node.minimum && less(value, *node.minimum)) return "minimum";
    if (node.maximum && less(*node.maximum, value)) return "maximum";
    if (node.minimum && node.minimum_is_excluded && !less(*node.minimum, value)) {
      return "exclusiveMinimum";
    }
    if (node.maximum && node.maximum_is_excluded && !less(value, *node.maximum)) {
      return "exclusiveMaximum";
    }
    if (node.above && !less(*node.above, value)) return "exclusiveMinimum";
    if (node.below && !less(value, *node.below)) return "exclusiveMaximum";
    if (node.multiple_of && !is_multiple(value, *node.multiple_of)) return "multipleOf";
    return kFine;
  }

  Keyword text(const SchemaNode& node, std::string_view text) {
    if (node.min_length || node.max_length) {
      const std::size_t length = length_of(text);
      if (length < or_none(node.min_length)) return "minLength";
      if (exceeds(length, node.max_length)) return "maxLength";
    }
    if (!node.pattern) return kFine;
    return matches(*node.pattern, text, "pattern");
  }
  Keyword matches(const Pattern& pattern, std::string_view text, Keyword otherwise) {
    if (!spend(text.size() * pattern.steps() / kPatternSteps)) return kTooComplex;
    return pattern.found_in(text) ? kFine : otherwise;
  }

  // --- Arrays

  Keyword array(const SchemaNode& node, std::span<const Value> items) {
    if (items.size() < or_none(node.min_items)) return "minItems";
    if (exceeds(items.size(), node.max_items)) return "maxItems";
    const std::size_t first = std::min(node.first_items.size(), items.size());
    for (std::size_t i = 0; i < first; ++i) {
      const Keyword keyword = at(i, node.first_items[i], items[i], "items");
      if (!keyword.empty()) return keyword;
    }
    // With a list in `items` the others are additional; with prefixItems they are `items`.
    const auto& others =
        node.items || node.first_items.empty() ? node.items : node.additional_items;
    const Keyword name = node.items ? "items" : "additionalItems";
    for (std::size_t i = first; others && i < items.size(); ++i) {
      const Keyword keyword = at(i, *others, items[i], name);
      if (!keyword.empty()) return keyword;
    }
    if (node.contains && !contains(*node.contains, items)) return "contains";
    return node.unique_items ? unique(items) : kFine;
  }
  bool contains(SchemaId id, std::span<const Value> items) {
    return std::ranges::any_of(items, [&](const Value& item) { return holds(id, Instance(item)); });
  }
  Keyword unique(std::span<const Value> items) {
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (!spend(i)) return kTooComplex;
      for (std::size_t j = 0; j < i; ++j) {
        if (items[i] == items[j]) return "uniqueItems";
      }
    }
    return kFine;
  }

  // --- Objects

  Keyword object(const SchemaNode& node, const Object& object) {
    if (object.size() < or_none(node.min_properties)) return "minProperties";
    if (exceeds(object.size(), node.max_properties)) return "maxProperties";
    // Looking for a key goes through all.
    if (!spend(node.required.size() * object.size())) return kTooComplex;
    for (const std::string& key : node.required) {
      if (!object.contains(key)) return "required";
    }
    const Keyword keyword = dependencies(node, object);
    if (!keyword.empty()) return keyword;
    for (const auto& [key, value] : object) {
      const Keyword wrong = member(node, key, value);
      if (!wrong.empty()) return wrong;
    }
    return kFine;
  }

  Keyword dependencies(const SchemaNode& node, const Object& object) {
    for (const auto& [key, others] : node.required_with) {
      if (!spend((others.size() + 1) * object.size())) return kTooComplex;
      if (!object.contains(key)) continue;
      for (const std::string& other : others) {
        if (!object.contains(other)) return "dependencies";
      }
    }
    return kFine;
  }

  Keyword member(const SchemaNode& node, const std::string& key, const Value& value) {
    if (!spend(1)) return kTooComplex;
    if (node.property_names) {
      const Value name = key;
      const std::size_t depth = place_.size();
      const Keyword wrong = apply(*node.property_names, Instance(name), "propertyNames");
      place_.resize(depth);
      if (!wrong.empty()) return fail_at(key, wrong == kTooComplex ? wrong : "propertyNames");
    }
    bool known = false;
    const auto found = node.properties.find(key);
    if (found != node.properties.end()) {
      known = true;
      const Keyword wrong = at(std::string_view(key), found->second, value, "properties");
      if (!wrong.empty()) return wrong;
    }
    for (const auto& [pattern, id] : node.pattern_properties) {
      const Keyword missed = matches(pattern, key, "patternProperties");
      if (missed == kTooComplex) return missed;
      if (!missed.empty()) continue;
      known = true;
      const Keyword wrong = at(std::string_view(key), id, value, "patternProperties");
      if (!wrong.empty()) return wrong;
    }
    if (known || !node.additional_properties) return kFine;
    return at(std::string_view(key), *node.additional_properties, value, "additionalProperties");
  }

  // --- Schemas of the same value

  Keyword combined(const SchemaNode& node, const Instance& instance) {
    if (node.reference) {
      const Keyword keyword = apply(*node.reference, instance, "$ref");
      if (!keyword.empty()) return keyword;
    }
    for (const SchemaId id : node.all_of) {
      const Keyword keyword = apply(id, instance, "allOf");
      if (!keyword.empty()) return keyword;
    }
    const auto good = [&](SchemaId id) { return holds(id, instance); };
    if (!node.any_of.empty() && std::ranges::none_of(node.any_of, good))
      return alternative("anyOf");
    if (!node.one_of.empty() && std::ranges::count_if(node.one_of, good) != 1) {
      return alternative("oneOf");
    }
    if (node.none_of && good(*node.none_of)) return alternative("not");
    const Keyword keyword = conditional(node, instance);
    // What was too complex may have counted as not holding, which `not` would take for good.
    return keyword.empty() && steps_ > kMaxSteps ? kTooComplex : keyword;
  }
  [[nodiscard]] Keyword alternative(Keyword keyword) const {
    return steps_ > kMaxSteps ? kTooComplex : keyword;
  }

  Keyword conditional(const SchemaNode& node, const Instance& instance) {
    if (node.condition) {
      const auto& next = holds(*node.condition, instance) ? node.then_ : node.else_;
      if (next) {
        const Keyword keyword = apply(*next, instance, "if");
        if (!keyword.empty()) return keyword;
      }
    }
    if (node.schema_with.empty() || instance.type() != Value::Type::object) return kFine;
    for (const auto& [key, id] : node.schema_with) {
      if (!instance.value->as_object().contains(key)) continue;
      const Keyword keyword = apply(id, instance, "dependencies");
      if (!keyword.empty()) return keyword;
    }
    return kFine;
  }

  // --- Where

  using Step = std::variant<std::size_t, std::string_view>;

  // Applies a schema to a part.
  Keyword at(Step step, SchemaId id, const Value& value, Keyword via) {
    place_.push_back(step);
    const Keyword keyword = apply(id, Instance(value), via);
    if (keyword.empty()) place_.pop_back();
    return keyword;
  }
  Keyword fail_at(std::string_view key, Keyword keyword) {
    place_.emplace_back(key);
    return keyword;
  }

  [[nodiscard]] std::string pointer() const {
    std::string text;
    for (const Step& step : place_) {
      text += '/';
      if (const auto* const index = std::get_if<std::size_t>(&step)) {
        text += std::to_string(*index);
        continue;
      }
      for (const char c : *std::get_if<std::string_view>(&step)) {
        if (c == '~') {
          text += "~0";
        } else if (c == '/') {
          text += "~1";
        } else {
          text += c;
        }
      }
    }
    return text;
  }

  const std::vector<SchemaNode>& nodes_;
  std::vector<Step> place_;
  std::size_t steps_ = 0;
};

}  // namespace

std::optional<SchemaViolation> JsonSchema::validate(const Value& value) const {
  return Check(nodes_->list).run(nodes_->root, Instance(value));
}

std::optional<SchemaViolation> JsonSchema::validate_array(std::span<const Value> items) const {
  return Check(nodes_->list).run(nodes_->root, Instance(items));
}

}  // namespace patchbay
