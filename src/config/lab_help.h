// SPDX-License-Identifier: Apache-2.0
// The words of `weir lab`'s help that are not one option's.
#pragma once

#include <array>
#include <string>
#include <string_view>

namespace weir::config {

inline constexpr std::array<std::string_view, 7> kLabCommands = {"list", "show", "dump",    "btf",
                                                                 "map",  "log",  "features"};
/// With those whose options are their own.
inline constexpr std::array<std::string_view, 9> kLabWords = {"run", "check", "list", "show",    "dump",
                                                              "btf", "map",   "log",  "features"};

/// What `weir lab` alone and `weir lab --help` print.
std::string lab_usage();

/// Of "lab list" and the like: as verb_head and verb_tail.
std::string lab_head(std::string_view verb);
std::string lab_tail(std::string_view verb);

}  // namespace weir::config
