// SPDX-License-Identifier: Apache-2.0
// A key as the screen understands it, and what it asks of the run.
#pragma once

namespace weir::sink {

struct ScreenKey {
  enum class Kind { character, up, down, page_up, page_down, home, end, enter, escape, backspace };
  Kind kind = Kind::character;
  char32_t character = 0;
};

enum class ScreenWish { nothing, snapshot, cost, quit };

}  // namespace weir::sink
