// SPDX-License-Identifier: MIT
//
// Pieces of MessagePack, for those who write a structure of their own without a Value of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace patchbay::msgpack {

// The head of an array or map; as many values, or pairs of key and value, have to follow.
void append_array_head(std::string& out, std::size_t size);
void append_map_head(std::string& out, std::size_t size);

void append_string(std::string& out, std::string_view text);
void append_unsigned(std::string& out, std::uint64_t value);

}  // namespace patchbay::msgpack
