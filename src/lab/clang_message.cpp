// SPDX-License-Identifier: Apache-2.0
#include "lab/clang_message.h"

#include <array>
#include <charconv>
#include <optional>

namespace weir::lab {
namespace {

struct SeverityWord {
  std::string_view word;
  ClangSeverity severity;
};
constexpr std::array<SeverityWord, 4> kSeverities{{
    {"fatal error: ", ClangSeverity::error},
    {"error: ", ClangSeverity::error},
    {"warning: ", ClangSeverity::warning},
    {"note: ", ClangSeverity::note},
}};

/// Takes ":NUMBER" off the end of `text`; 0 where there is none.
uint32_t take_number(std::string_view& text) {
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return 0;
  uint32_t number = 0;
  const char* end = text.data() + text.size();
  const auto [stop, problem] = std::from_chars(text.data() + colon + 1, end, number);
  if (problem != std::errc{} || stop != end) return 0;
  text.remove_suffix(text.size() - colon);
  return number;
}

/// Takes " [-Woption]" off the end of `text`.
std::string take_option(std::string_view& text) {
  const size_t bracket = text.rfind(" [-W");
  if (bracket == std::string_view::npos || !text.ends_with(']')) return {};
  std::string option(text.substr(bracket + 2, text.size() - bracket - 3));
  text.remove_suffix(text.size() - bracket);
  constexpr std::string_view kMadeError = "-Werror,";
  if (option.starts_with(kMadeError)) option.erase(0, kMadeError.size());
  return option.substr(0, option.find(','));
}

std::optional<ClangMessage> parse_line(std::string_view line) {
  for (const auto& [word, severity] : kSeverities) {
    const size_t at = line.find(word);
    if (at == std::string_view::npos) continue;
    ClangMessage message;
    message.severity = severity;
    std::string_view text = line.substr(at + word.size());
    message.option = take_option(text);
    message.text = text;
    std::string_view place = line.substr(0, at);
    if (!place.ends_with(": ")) return place.empty() ? std::optional(message) : std::nullopt;
    place.remove_suffix(2);
    message.column = take_number(place);
    message.line = take_number(place);
    if (message.line == 0) std::swap(message.line, message.column);
    if (message.line != 0) message.file = place;
    return message;
  }
  return std::nullopt;
}

}  // namespace

std::vector<ClangMessage> parse_clang_messages(std::string_view text) {
  std::vector<ClangMessage> messages;
  size_t kept = 0;
  while (!text.empty() && kept < kMostClangMessages) {
    const size_t end = std::min(text.find('\n'), text.size());
    auto message = parse_line(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (!message) continue;
    ++kept;
    if (message->severity == ClangSeverity::note && !messages.empty())
      messages.back().notes.push_back(std::move(*message));
    else
      messages.push_back(std::move(*message));
  }
  return messages;
}

std::string clang_message_line(const ClangMessage& message) {
  constexpr std::array<std::string_view, 3> kWords = {"note: ", "warning: ", "error: "};
  std::string line = message.file;
  if (message.line != 0) line += ":" + std::to_string(message.line);
  if (message.column != 0) line += ":" + std::to_string(message.column);
  if (!line.empty()) line += ": ";
  line += kWords[static_cast<size_t>(message.severity)];
  line += message.text;
  if (!message.option.empty()) line += " [" + message.option + "]";
  return line;
}

}  // namespace weir::lab
