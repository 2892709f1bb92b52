// SPDX-License-Identifier: Apache-2.0
// The structs that a C file and its own headers define, found by their brackets: of those that only a
// function's variables have, clang writes nothing into the object's BTF.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace weir::lab {

/// "struct event", "union address", "event_t" (of `typedef struct {…} event_t`): those outside of functions,
/// in their order, each once. At most kMostSourceTypes.
inline constexpr size_t kMostSourceTypes = 256;
std::vector<std::string> find_types(std::string_view source);

/// Of the file and of what it includes with quotes, as far as that lies beside it; vmlinux.h is left out.
std::vector<std::string> find_types_of_file(const std::string& path);

/// A C file that includes `path` and leaves the types in its BTF.
std::string type_carrier(const std::string& path, const std::vector<std::string>& types);

}  // namespace weir::lab
