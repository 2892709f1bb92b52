// SPDX-License-Identifier: Apache-2.0
// The words that the user types to narrow the screen's rows.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sink/screen_key.h"
#include "sink/screen_text.h"

namespace weir::sink {

class ScreenFilter {
 public:
  bool typing() const { return typing_; }
  bool empty() const { return text_.empty(); }
  const std::string& text() const { return text_; }
  void begin() { typing_ = true; }
  void clear();
  /// Only while `typing`.
  void press(const ScreenKey& key);

  /// `text` in small letters holds every word, and no word that was typed behind a '!'.
  bool matches(std::string_view text) const;
  /// What is being typed; its end is always to be seen.
  ScreenLine line(size_t width) const;

 private:
  bool typing_ = false;
  std::string text_;
  std::vector<std::string> words_;
};

/// A to Z as a to z.
std::string small_letters(std::string text);

}  // namespace weir::sink
