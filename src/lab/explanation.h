// SPDX-License-Identifier: Apache-2.0
// Why a program was refused, in words: where, what the verifier knew there, which rule, what usually helps.
// Prints nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lab/refusal.h"
#include "lab/trial_object.h"

namespace weir::lab {

struct SourcePlace {
  std::string file;
  uint32_t line = 0;
  uint32_t column = 0;  // 0: not known
  std::string function;
  std::string text;
};

/// A register as the verifier knew it before the refused instruction.
struct KnownRegister {
  std::string name;   // "R1"
  std::string value;  // in the verifier's words
  std::string words;  // in ours
};

struct Explanation {
  Refusal refusal;
  std::optional<SourcePlace> place;
  std::optional<uint32_t> instruction;  // in the program
  std::string instruction_text;         // "(79) r1 = *(u64 *)(r0 +0)"
  std::vector<KnownRegister> known;     // of the registers that the instruction names
  std::vector<std::string> details;     // sentences on this case
  std::string rule;
  std::string cure;
};

/// Of a program that was not accepted. `license` is the object's.
Explanation explain(const TrialProgram& program, const std::string& license);

/// The source of an instruction; nothing where neither the object nor the log names it.
std::optional<SourcePlace> place_of(const TrialProgram& program, uint32_t instruction);

/// "xdp", "sched_cls"
std::string type_name(bpf_prog_type type);

}  // namespace weir::lab
