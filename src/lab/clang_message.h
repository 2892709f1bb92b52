// SPDX-License-Identifier: Apache-2.0
// What clang says about a source: one message each, with its place. Its text is anyone's.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace weir::lab {

enum class ClangSeverity : uint8_t { note, warning, error };

struct ClangMessage {
  ClangSeverity severity = ClangSeverity::note;
  std::string file;  // as clang names it; empty: none of a source
  uint32_t line = 0;
  uint32_t column = 0;
  std::string text;
  std::string option;               // "-Wuninitialized"; empty: none
  std::vector<ClangMessage> notes;  // that belong to it
};

inline constexpr size_t kMostClangMessages = 200;

/// Reads what clang writes to stderr with -fno-caret-diagnostics: "file:line:column: warning: text
/// [-Woption]". Other lines are left out, as is what goes beyond kMostClangMessages.
std::vector<ClangMessage> parse_clang_messages(std::string_view text);

/// "file:12:3: warning: text [-Woption]"
std::string clang_message_line(const ClangMessage& message);

}  // namespace weir::lab
