// SPDX-License-Identifier: Apache-2.0
#include "lab/verifier_log.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace weir::lab {
namespace {

constexpr size_t kMostVerdictLines = 8;
constexpr size_t kMostStackDepths = 512;

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r'))
    text.remove_suffix(1);
  return text;
}

template <class Number>
bool take_number(std::string_view& text, Number& number) {
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (problem != std::errc{}) return false;
  text.remove_prefix(static_cast<size_t>(end - text.data()));
  return true;
}

bool take_word(std::string_view& text, std::string_view word) {
  if (!text.starts_with(word)) return false;
  text.remove_prefix(word.size());
  return true;
}

/// "frame1: " in front of values.
void take_frame(std::string_view& text, uint32_t& frame) {
  std::string_view rest = text;
  if (!take_word(rest, "frame") || !take_number(rest, frame) || !take_word(rest, ":")) return;
  text = trim(rest);
}

bool is_known(std::string_view text) {
  std::string_view rest = text;
  uint32_t number = 0;
  if (take_word(rest, "frame") && take_number(rest, number) && rest.starts_with(':')) return true;
  rest = text;
  return (take_word(rest, "R") && take_number(rest, number) &&
          (rest.starts_with('=') || rest.starts_with('_'))) ||
         text.starts_with("fp-") || text.starts_with("refs=");
}

/// Where an instruction's text ends: behind a conditional jump the kernel writes no line end before what
/// comes next.
size_t end_of_instruction(std::string_view text) {
  constexpr std::string_view kJump = "goto pc";
  const size_t jump = text.find(kJump);
  if (jump == std::string_view::npos) return text.size();
  return std::min(text.find(' ', jump + kJump.size()), text.size());
}

std::optional<LogStep> read_source(std::string_view line) {
  LogStep step;
  step.kind = LogKind::source;
  step.text = trim(line);
  const size_t at = step.text.rfind("@ ");
  if (at == std::string_view::npos) return step;
  std::string_view place = step.text.substr(at + 2);
  const size_t colon = place.rfind(':');
  if (colon == std::string_view::npos) return step;
  std::string_view digits = place.substr(colon + 1);
  if (!take_number(digits, step.line) || !digits.empty()) {
    step.line = 0;
    return step;
  }
  step.file = place.substr(0, colon);
  step.text = trim(step.text.substr(0, at));
  return step;
}

/// Behind "from ".
std::optional<LogStep> read_joined(std::string_view line) {
  LogStep step;
  step.kind = LogKind::joined;
  if (!take_number(line, step.from) || !take_word(line, " to ") || !take_number(line, step.number))
    return std::nullopt;
  // "from 5 to 7 (speculative execution): R0=..."
  const size_t colon = line.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  line = trim(line.substr(colon + 1));
  if (line == "safe") {
    step.kind = LogKind::pruned;
    return step;
  }
  take_frame(line, step.frame);
  step.known = line;
  return step;
}

/// Since Linux 6.16, before the walk: "12: 01........ (07) r1 += 1", a sign for each register.
bool is_liveness(std::string_view text) {
  constexpr size_t kRegisters = 10;
  return text.size() > kRegisters && text[kRegisters] == ' ' &&
         text.substr(0, kRegisters).find_first_not_of(".0123456789") == std::string_view::npos;
}

bool is_precision(std::string_view line) {
  constexpr std::array<std::string_view, 10> kBeginnings = {
      "Live regs before insn", "mark_precise:", "last_idx ",       "regs=",          "parent ",
      "propagating ",          "falling back ", "to_precise_reg ", "parent already", "frame0: propagating"};
  if (line.starts_with("frame") && line.find(": propagating ") != std::string_view::npos) return true;
  // "(0) frame 0 insn 6 +live -8"
  if (line.size() > 2 && line[0] == '(' && line[1] >= '0' && line[1] <= '9' &&
      line.find(") ") != std::string_view::npos)
    return line.find("live") != std::string_view::npos;
  return std::any_of(kBeginnings.begin(), kBeginnings.end(),
                     [&](std::string_view beginning) { return line.starts_with(beginning); });
}

bool is_count(std::string_view line) {
  return (line.starts_with("processed ") && line.find(" insns") != std::string_view::npos) ||
         line.starts_with("verification time ") || line.starts_with("stack depth ");
}

}  // namespace

std::optional<LogStep> VerifierLogReader::read(std::string_view line) {
  LogStep step;
  std::string_view rest = line;
  if (take_word(rest, ";")) return read_source(rest);
  if (take_word(rest, "from "))
    if (auto joined = read_joined(rest)) return joined;
  rest = line;
  if (take_number(rest, step.number) && take_word(rest, ":")) {
    rest = trim(rest);
    if (rest == "safe") {
      step.kind = LogKind::pruned;
      return step;
    }
    if (is_liveness(rest)) {
      step.kind = LogKind::precision;
      step.text = line;
      return step;
    }
    if (is_known(rest)) {
      step.kind = LogKind::state;
      take_frame(rest, step.frame);
      step.known = rest;
      return step;
    }
    if (rest.starts_with('(') || rest.starts_with('<')) {
      step.kind = LogKind::instruction;
      const size_t comment = rest.find(';');
      std::string_view text = trim(rest.substr(0, comment));
      if (const size_t end = end_of_instruction(text);
          comment == std::string_view::npos && end < text.size()) {
        held_ = trim(text.substr(end));
        text = text.substr(0, end);
      }
      step.text = trim(text);
      if (comment != std::string_view::npos) {
        std::string_view known = trim(rest.substr(comment + 1));
        take_frame(known, step.frame);
        step.known = known;
      }
      return step;
    }
    step.number = 0;
  }
  step.text = line;
  if (line == "caller:" || line == "callee:" || line == "returning from callee:" ||
      line.starts_with("to caller at "))
    step.kind = LogKind::call;
  else if (line.starts_with("func#") && line.find(" @") != std::string_view::npos)
    step.kind = LogKind::function;
  else if (is_precision(line))
    step.kind = LogKind::precision;
  else if (is_count(line))
    step.kind = LogKind::count;
  else if (is_known(line)) {
    // Frames at a call, and before Linux 5.18 what changed by the instruction before: it says no number.
    step.kind = LogKind::call;
    step.text = {};
    std::string_view known = line;
    take_frame(known, step.frame);
    step.known = known;
  }
  return step;
}

std::optional<LogStep> VerifierLogReader::next() {
  if (!held_.empty()) {
    const std::string_view line = std::exchange(held_, {});
    return read(line);
  }
  while (!rest_.empty()) {
    const size_t end = std::min(rest_.find('\n'), rest_.size());
    std::string_view line = trim(rest_.substr(0, end));
    rest_.remove_prefix(std::min(end + 1, rest_.size()));
    if (line.empty()) continue;
    // A message without a line end, then the statistics.
    if (const size_t count = line.find("verification time "); count != std::string_view::npos && count > 0) {
      held_ = line.substr(count);
      line = trim(line.substr(0, count));
    }
    return read(line);
  }
  return std::nullopt;
}

std::vector<KnownValue> known_values(std::string_view known) {
  std::vector<KnownValue> values;
  while (!known.empty() && values.size() < kMostKnown) {
    known = trim(known);
    size_t end = 0;
    for (int depth = 0; end < known.size() && (known[end] != ' ' || depth > 0); ++end) {
      if (known[end] == '(') ++depth;
      if (known[end] == ')' && depth > 0) --depth;
    }
    std::string_view word = known.substr(0, end);
    known.remove_prefix(end);
    if (word.empty() || word.ends_with(':')) continue;
    KnownValue value;
    const size_t sign = word.find('=');
    value.name = word.substr(0, sign);
    if (sign != std::string_view::npos) value.value = word.substr(sign + 1);
    value.name = value.name.substr(0, value.name.find('_'));
    values.push_back(value);
  }
  return values;
}

LogCounts read_counts(std::string_view log) {
  LogCounts counts;
  VerifierLogReader reader(log);
  while (const auto step = reader.next()) {
    if (step->kind != LogKind::count) continue;
    std::string_view text = step->text;
    if (take_word(text, "verification time ")) {
      take_number(text, counts.microseconds);
    } else if (take_word(text, "stack depth ")) {
      counts.stack_bytes.clear();
      for (uint32_t bytes = 0; counts.stack_bytes.size() < kMostStackDepths && take_number(text, bytes);
           take_word(text, "+"))
        counts.stack_bytes.push_back(bytes);
    } else if (take_word(text, "processed ")) {
      take_number(text, counts.verified_instructions);
      if (take_word(text, " insns (limit ")) take_number(text, counts.instruction_limit);
      if (const size_t at = text.find("total_states "); at != std::string_view::npos) {
        text.remove_prefix(at + 13);
        take_number(text, counts.total_states);
      }
      if (take_word(text, " peak_states ")) take_number(text, counts.peak_states);
    }
  }
  return counts;
}

std::vector<std::string_view> verdict_lines(std::string_view log) {
  std::vector<std::string_view> lines;
  VerifierLogReader reader(log);
  while (const auto step = reader.next()) {
    switch (step->kind) {
      case LogKind::message:
        // Registers of an endless loop, long and told elsewhere.
        if (step->text.starts_with("cur state:") || step->text.starts_with("old state:") ||
            step->text.starts_with("Validating "))
          break;
        if (lines.size() >= kMostVerdictLines) lines.erase(lines.begin());
        // The two logs of a program too long for one end alike.
        if (std::find(lines.begin(), lines.end(), step->text) == lines.end()) lines.push_back(step->text);
        break;
      case LogKind::instruction:
      case LogKind::state:
      case LogKind::joined:
      case LogKind::pruned:
        lines.clear();
        break;
      default:
        break;
    }
  }
  return lines;
}

}  // namespace weir::lab
