// SPDX-License-Identifier: Apache-2.0
// The verifier's log, step by step. Its text is the kernel's, of any version, or anyone's: reading it takes
// no memory that grows with it. Knows nothing of what a refusal means.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace weir::lab {

enum class LogKind : uint8_t {
  source,       // the line that the next instructions come from: text, and since Linux 6.9 file and line
  instruction,  // number, text; known: what changed by it (since 5.18)
  state,        // number; known: all, before that instruction
  joined,       // from, number; known: all, on the way from one to the other
  pruned,       // number: from here on all was seen before; from: where the way came from, if it is told
  call,       // text: "caller:", "callee:", "returning from callee:", "to caller at 10:"; known: that frame's
  precision,  // which registers live, and going back to see what must be known exactly
  function,   // text: "func#1 @17"
  count,      // statistics: see LogCounts
  message,    // anything else: what is wrong
};

/// Views into the log.
struct LogStep {
  LogKind kind = LogKind::message;
  uint32_t number = 0;
  uint32_t from = 0;
  uint32_t frame = 0;      // of `known`: 0 for the program, 1 for what it called, and so on
  std::string_view text;   // without number and known
  std::string_view known;  // "R1=ctx() R10=fp0 fp-8=mmmm????"
  std::string_view file;   // of `source`
  uint32_t line = 0;
};

class VerifierLogReader {
 public:
  explicit VerifierLogReader(std::string_view log) : rest_(log) {}
  /// Nothing at the end.
  std::optional<LogStep> next();

 private:
  std::optional<LogStep> read(std::string_view line);
  std::string_view rest_;
  std::string_view held_;  // a second step that stood in the same line
};

struct KnownValue {
  std::string_view name;   // "R1", "fp-8", "refs"; without "_w", "_r" and the like
  std::string_view value;  // "ctx()"; empty where there is none ("cb")
};
/// The values in `LogStep::known`, at most kMostKnown.
inline constexpr size_t kMostKnown = 128;
std::vector<KnownValue> known_values(std::string_view known);

/// What the log's last lines count.
struct LogCounts {
  uint64_t verified_instructions = 0;  // each as often as the verifier went through it
  uint64_t instruction_limit = 0;
  uint64_t microseconds = 0;  // 0: not told
  uint64_t total_states = 0;
  uint64_t peak_states = 0;
  std::vector<uint32_t> stack_bytes;  // of the program and of each function that it calls
};
LogCounts read_counts(std::string_view log);

/// The lines that say what is wrong: those after the last instruction, else the last ones. At most eight.
std::vector<std::string_view> verdict_lines(std::string_view log);

}  // namespace weir::lab
