// SPDX-License-Identifier: Apache-2.0
// The words of the help that are not one option's.
#pragma once

#include <array>
#include <string>
#include <string_view>

namespace weir::config {

inline constexpr std::array<std::string_view, 5> kVerbs = {"flows", "top", "packets", "lab", "doctor"};

/// What `weir` alone prints.
std::string short_usage();
/// "weir 0.1.0"
std::string version_line();

/// One verb's first lines, and what follows its options.
std::string verb_head(std::string_view verb);
std::string verb_tail(std::string_view verb);

}  // namespace weir::config
