// SPDX-License-Identifier: Apache-2.0
#include "filter/classic_program.h"

#include <cstdio>
#include <string>

namespace weir::filter {
namespace {

base::Result<> breach(size_t number, const std::string& what) {
  return base::fail(base::ErrorKind::bad_input, "instruction " + std::to_string(number) + " " + what);
}

std::string code_text(uint16_t code) {
  char text[16];
  std::snprintf(text, sizeof text, "0x%02x", code);
  return text;
}

bool is_known(uint16_t code) {
  switch (BPF_CLASS(code)) {
    case BPF_LD:
      switch (BPF_MODE(code)) {
        case BPF_ABS:
        case BPF_IND:
          return code <= 0xff && BPF_SIZE(code) != 0x18;
        default:
          return code == (BPF_LD | BPF_IMM) || code == (BPF_LD | BPF_MEM) || code == (BPF_LD | BPF_LEN);
      }
    case BPF_LDX:
      return code == (BPF_LDX | BPF_IMM) || code == (BPF_LDX | BPF_MEM) || code == (BPF_LDX | BPF_LEN) ||
             code == (BPF_LDX | BPF_MSH | BPF_B);
    case BPF_ST:
      return code == BPF_ST;
    case BPF_STX:
      return code == BPF_STX;
    case BPF_ALU:
      return code == (BPF_ALU | BPF_NEG) ||
             (code <= 0xff && BPF_OP(code) <= BPF_XOR && BPF_OP(code) != BPF_NEG);
    case BPF_JMP:
      return code == (BPF_JMP | BPF_JA) ||
             (code <= 0xff && BPF_OP(code) != BPF_JA && BPF_OP(code) <= BPF_JSET);
    case BPF_RET:
      return code == (BPF_RET | BPF_K) || code == (BPF_RET | BPF_A);
    default:
      return code == (BPF_MISC | BPF_TAX) || code == (BPF_MISC | BPF_TXA);
  }
}

bool names_memory(uint16_t code) {
  const uint16_t kind = BPF_CLASS(code);
  return kind == BPF_ST || kind == BPF_STX ||
         ((kind == BPF_LD || kind == BPF_LDX) && BPF_MODE(code) == BPF_MEM);
}

base::Result<> check_jump(const sock_filter& at, size_t number, size_t size) {
  const uint64_t behind = size - number - 1;  // instructions after this one
  if (at.code == (BPF_JMP | BPF_JA)) {
    if (at.k > INT32_MAX) return breach(number, "jumps backwards");
    if (at.k >= behind) return breach(number, "jumps out of the program");
  } else if (at.jt >= behind || at.jf >= behind) {
    return breach(number, "jumps out of the program");
  }
  return {};
}

base::Result<> check_arithmetic(const sock_filter& at, size_t number) {
  if (BPF_SRC(at.code) != BPF_K) return {};
  const uint16_t operation = BPF_OP(at.code);
  if ((operation == BPF_DIV || operation == BPF_MOD) && at.k == 0) return breach(number, "divides by 0");
  if ((operation == BPF_LSH || operation == BPF_RSH) && at.k > 31)
    return breach(number, "shifts by " + std::to_string(at.k) + " bits; at most 31");
  return {};
}

}  // namespace

base::Result<> check_classic(ClassicSpan program, size_t most_instructions) {
  if (program.empty()) return base::fail(base::ErrorKind::bad_input, "the program is empty");
  if (program.size() > most_instructions)
    return base::fail(base::ErrorKind::bad_input, "the program has " + std::to_string(program.size()) +
                                                      " instructions; at most " +
                                                      std::to_string(most_instructions));
  for (size_t i = 0; i < program.size(); ++i) {
    const sock_filter& at = program[i];
    if (!is_known(at.code))
      return breach(i, "has the code " + code_text(at.code) + ", which is no classic BPF");
    if (names_memory(at.code) && at.k >= kClassicMemoryWords)
      return breach(i, "names M[" + std::to_string(at.k) + "]; the last is M[15]");
    base::Result<> held;
    if (BPF_CLASS(at.code) == BPF_JMP) held = check_jump(at, i, program.size());
    if (BPF_CLASS(at.code) == BPF_ALU) held = check_arithmetic(at, i);
    if (!held) return held;
  }
  if (BPF_CLASS(program.back().code) != BPF_RET)
    return breach(program.size() - 1, "is the last one and does not return");
  return {};
}

bool loads_ancillary(const sock_filter& instruction) {
  return BPF_CLASS(instruction.code) == BPF_LD && BPF_MODE(instruction.code) == BPF_ABS &&
         is_ancillary(instruction.k);
}

ReadUnset registers_read_unset(ClassicSpan program) {
  constexpr uint32_t kA = 1u << 16, kX = 1u << 17, kAll = (1u << 18) - 1;
  std::vector<uint32_t> set(program.size() + 1, kAll);  // on every way to here; kAll also where none leads
  std::vector<bool> reached(program.size() + 1, false);
  set[0] = 0;
  reached[0] = true;
  uint32_t unset_reads = 0;
  const auto lead = [&](size_t to, uint32_t with) {
    set[to] &= with;
    reached[to] = true;
  };
  for (size_t i = 0; i < program.size(); ++i) {
    if (!reached[i]) continue;
    const sock_filter& at = program[i];
    uint32_t reads = 0, writes = 0;
    switch (BPF_CLASS(at.code)) {
      case BPF_LD:
      case BPF_LDX:
        writes = BPF_CLASS(at.code) == BPF_LD ? kA : kX;
        if (BPF_MODE(at.code) == BPF_IND) reads = kX;
        if (BPF_MODE(at.code) == BPF_MEM) reads = 1u << at.k;
        break;
      case BPF_ST:
        reads = kA, writes = 1u << at.k;
        break;
      case BPF_STX:
        reads = kX, writes = 1u << at.k;
        break;
      case BPF_ALU:
        reads = kA | (BPF_SRC(at.code) == BPF_X ? kX : 0);
        break;
      case BPF_JMP:
        if (at.code == (BPF_JMP | BPF_JA)) {
          lead(i + 1 + at.k, set[i]);
          continue;
        }
        reads = kA | (BPF_SRC(at.code) == BPF_X ? kX : 0);
        lead(i + 1 + at.jt, set[i]);
        lead(i + 1 + at.jf, set[i]);
        break;
      case BPF_RET:
        reads = at.code == (BPF_RET | BPF_A) ? kA : 0;
        break;
      default:
        reads = BPF_MISCOP(at.code) == BPF_TAX ? kA : kX;
        writes = BPF_MISCOP(at.code) == BPF_TAX ? kX : kA;
    }
    unset_reads |= reads & ~set[i];
    if (BPF_CLASS(at.code) != BPF_JMP && BPF_CLASS(at.code) != BPF_RET) lead(i + 1, set[i] | writes);
  }
  return {unset_reads & 0xffff, (unset_reads & kA) != 0, (unset_reads & kX) != 0};
}

}  // namespace weir::filter
