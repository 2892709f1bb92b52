// SPDX-License-Identifier: Apache-2.0
#include "lab/verifier_state.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace weir::lab {
namespace {

constexpr std::array<std::string_view, 11> kRegisters = {"R0", "R1", "R2", "R3", "R4", "R5",
                                                         "R6", "R7", "R8", "R9", "R10"};

/// "(07) r2 += -4" -> "r2 += -4"
std::string_view without_code(std::string_view instruction) {
  const size_t close = instruction.find(") ");
  return instruction.starts_with('(') && close != std::string_view::npos ? instruction.substr(close + 2)
                                                                         : instruction;
}

/// The number of "r2" or "w2" at the front of `text`; -1 where there is none.
int register_number(std::string_view text) {
  if (text.size() < 2 || (text[0] != 'r' && text[0] != 'w') ||
      !std::isdigit(static_cast<unsigned char>(text[1])))
    return -1;
  int number = text[1] - '0';
  if (text.size() > 2 && std::isdigit(static_cast<unsigned char>(text[2])))
    number = number * 10 + (text[2] - '0');
  return number < static_cast<int>(kRegisters.size()) ? number : -1;
}

}  // namespace

std::vector<std::string_view> registers_of(std::string_view instruction) {
  std::vector<std::string_view> names;
  const std::string_view text = without_code(instruction);
  if (text.starts_with("call ")) return {kRegisters.begin() + 1, kRegisters.begin() + 6};
  for (size_t i = 0; i + 1 < text.size(); ++i) {
    if (i > 0 && std::isalnum(static_cast<unsigned char>(text[i - 1]))) continue;
    const int number = register_number(text.substr(i));
    if (number < 0) continue;
    const std::string_view name = kRegisters[static_cast<size_t>(number)];
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  }
  if (text == "exit") names.push_back(kRegisters[0]);
  return names;
}

std::string_view callee_of(std::string_view instruction) {
  std::string_view text = without_code(instruction);
  constexpr std::string_view kCall = "call ";
  if (!text.starts_with(kCall) || text.starts_with("call pc")) return {};
  text.remove_prefix(kCall.size());
  return text.substr(0, text.find_first_of("#; "));
}

void VerifierState::put(const KnownValue& value) {
  auto& values = frames_[frame_];
  const auto found = std::find_if(values.begin(), values.end(),
                                  [&](const KnownValue& known) { return known.name == value.name; });
  if (found != values.end())
    *found = value;
  else if (values.size() < kMostKnown)
    values.push_back(value);
}

void VerifierState::forget(std::string_view name) {
  std::erase_if(frames_[frame_], [&](const KnownValue& known) { return known.name == name; });
}

void VerifierState::take(const LogStep& step) {
  switch (step.kind) {
    case LogKind::state:
    case LogKind::joined:
    case LogKind::call:
      if (step.known.empty()) return;
      frame_ = std::min(step.frame, kMostFrames - 1);
      frames_[frame_] = known_values(step.known);
      return;
    case LogKind::instruction: {
      const std::string_view text = without_code(step.text);
      if (!step.known.empty()) frame_ = std::min(step.frame, kMostFrames - 1);
      if (text.starts_with("call "))
        for (size_t i = 0; i <= 5; ++i) forget(kRegisters[i]);
      else if (const int number = register_number(text); number >= 0)
        forget(kRegisters[static_cast<size_t>(number)]);
      for (const KnownValue& value : known_values(step.known)) put(value);
      return;
    }
    default:
      return;
  }
}

std::string_view VerifierState::value(std::string_view name) const {
  for (const KnownValue& known : frames_[frame_])
    if (known.name == name) return known.value;
  return {};
}

}  // namespace weir::lab
