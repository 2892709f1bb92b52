// SPDX-License-Identifier: Apache-2.0
// What terminfo(5) says about the terminal at standard output.
#pragma once

#include <string>

namespace weir::sink {

/// It can place its cursor and clear itself: not "dumb", not unknown.
bool terminal_is_screen();
/// What leaves a full screen: attributes off, cursor shown, keys as usual, the lines of before. Asked once
/// ncurses has begun; empty before.
std::string terminal_restore_text();

}  // namespace weir::sink
