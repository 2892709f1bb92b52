// SPDX-License-Identifier: Apache-2.0
#include "sink/screen_filter.h"

#include <algorithm>

namespace weir::sink {
namespace {

constexpr size_t kMostBytes = 200;

bool continues(char byte) {
  return (static_cast<unsigned char>(byte) & 0xc0) == 0x80;
}

void append_utf8(std::string& to, char32_t character) {
  const auto put = [&to](char32_t byte) { to += static_cast<char>(static_cast<unsigned char>(byte)); };
  if (character < 0x80) return put(character);
  if (character < 0x800) {
    put(0xc0 | character >> 6);
  } else {
    if (character < 0x10000) {
      put(0xe0 | character >> 12);
    } else {
      put(0xf0 | character >> 18);
      put(0x80 | (character >> 12 & 0x3f));
    }
    put(0x80 | (character >> 6 & 0x3f));
  }
  put(0x80 | (character & 0x3f));
}

std::vector<std::string> words_of(const std::string& text) {
  std::vector<std::string> words;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find(' ', begin), text.size());
    std::string word = small_letters(text.substr(begin, end - begin));
    if (!word.empty() && word != "!") words.push_back(std::move(word));
    begin = end + 1;
  }
  return words;
}

}  // namespace

std::string small_letters(std::string text) {
  for (char& character : text)
    if (character >= 'A' && character <= 'Z') character = static_cast<char>(character - 'A' + 'a');
  return text;
}

void ScreenFilter::clear() {
  typing_ = false;
  text_.clear();
  words_.clear();
}

void ScreenFilter::press(const ScreenKey& key) {
  switch (key.kind) {
    case ScreenKey::Kind::character:
      if (key.character >= 0x20 && key.character != 0x7f && text_.size() < kMostBytes)
        append_utf8(text_, key.character);
      break;
    case ScreenKey::Kind::backspace:
      while (!text_.empty() && continues(text_.back())) text_.pop_back();
      if (!text_.empty()) text_.pop_back();
      break;
    case ScreenKey::Kind::escape:
      return clear();
    case ScreenKey::Kind::enter:
      typing_ = false;
      break;
    default:
      break;
  }
  words_ = words_of(text_);
}

bool ScreenFilter::matches(std::string_view text) const {
  return std::all_of(words_.begin(), words_.end(), [&](const std::string& word) {
    const bool excludes = word[0] == '!';
    const std::string_view sought = std::string_view(word).substr(excludes ? 1 : 0);
    return (text.find(sought) == std::string_view::npos) == excludes;
  });
}

ScreenLine ScreenFilter::line(size_t width) const {
  constexpr std::string_view kHead = "filter: ";
  std::string typed = shown_text(text_) + '_';
  while (!typed.empty() && kHead.size() + terminal_columns(typed) > width) {
    size_t bytes = 1;
    while (bytes < typed.size() && continues(typed[bytes])) ++bytes;
    typed.erase(0, bytes);
  }
  ScreenLine line;
  line.add(std::string(kHead), Style::bold).add(std::move(typed));
  cut_line(line, width);
  return line;
}

}  // namespace weir::sink
