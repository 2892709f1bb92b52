// SPDX-License-Identifier: Apache-2.0
// A terminal taken over for lines that change: ncurses behind one door. Knows nothing of what the lines say.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

#include "base/result.h"
#include "sink/screen_key.h"
#include "sink/screen_text.h"

namespace weir::sink {

/// One at a time. Given back by the destructor, and as well as it goes when a signal kills the process. While
/// it is there, what is written to a stderr that is a terminal waits, and follows at the end.
class Screen {
 public:
  /// Fails where `terminal_is_screen` says no.
  static base::Result<std::unique_ptr<Screen>> open(bool colour);
  ~Screen();
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;

  size_t width() const;
  size_t height() const;
  /// Readable when a key was pressed; also after a resize, read_key must be asked.
  int input_fd() const;
  /// Never waits; empty: no key.
  std::optional<ScreenKey> read_key();
  void draw(const std::vector<ScreenLine>& lines);

 private:
  struct State;
  explicit Screen(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace weir::sink
