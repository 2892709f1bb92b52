// SPDX-License-Identifier: Apache-2.0
#include "lab/code_listing.h"

#include <capstone/capstone.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <string_view>

#include "bytecode/instruction_text.h"
#include "lab/kernel_symbols.h"

namespace weir::lab {
namespace {

using base::Result;

/// Not in Debian 12's UAPI header under these names everywhere: enum of src_reg in a wide load.
constexpr uint8_t kMap = BPF_PSEUDO_MAP_FD, kMapValue = BPF_PSEUDO_MAP_VALUE, kMapIndex = BPF_PSEUDO_MAP_IDX,
                  kMapIndexValue = BPF_PSEUDO_MAP_IDX_VALUE;

bool is_call(const bpf_insn& at) {
  return at.code == (BPF_JMP | BPF_CALL);
}

/// Where calls lead, as the kernel resolved them: helpers by their distance from __bpf_call_base, the
/// program's own functions by their number (kernel/bpf/syscall.c bpf_insn_prepare_dump, verifier.c
/// jit_subprogs).
class Callees {
 public:
  explicit Callees(const ProgramCode& code) : code_(code) {
    if (!code.from_kernel || std::none_of(code.instructions.begin(), code.instructions.end(), is_call))
      return;
    base_ = kernel_address("__bpf_call_base");
    if (base_ == 0) return;
    std::vector<uint64_t> addresses;
    for (const bpf_insn& at : code.instructions)
      if (is_call(at)) addresses.push_back(address_of(at));
    symbols_ = KernelSymbols::at(addresses);
  }

  std::string name(const bpf_insn& at) const {
    if (!code_.from_kernel) return {};
    if (at.src_reg == BPF_PSEUDO_CALL) {
      const std::string distance = (at.off < 0 ? "" : "+") + std::to_string(at.off);
      if (code_.machine.empty() || address_of(at) == 0) return distance;
      const auto symbol = symbols_.name(address_of(at));
      return distance + '#' + (symbol.empty() ? hex(address_of(at)) : std::string(symbol));
    }
    // What the kernel did not resolve stands by its number: bpf_tail_call.
    if (at.src_reg == 0 && std::string_view(bytecode::helper_name(at.imm)) != "unknown") return {};
    if (base_ == 0) return "unknown";
    const auto symbol = symbols_.name(address_of(at));
    return symbol.empty() ? hex(address_of(at)) : std::string(symbol);
  }

 private:
  static std::string hex(uint64_t number) {
    char text[20];
    const auto end = std::to_chars(text, text + sizeof text, number, 16).ptr;
    return "0x" + std::string(text, end);
  }

  uint64_t address_of(const bpf_insn& at) const {
    if (at.src_reg != BPF_PSEUDO_CALL) return base_ + static_cast<uint64_t>(int64_t{at.imm});
    const auto function = static_cast<uint32_t>(at.imm);
    return function < code_.functions.size() ? code_.functions[function].address : 0;
  }

  const ProgramCode& code_;
  uint64_t base_ = 0;
  KernelSymbols symbols_;
};

std::string constant_name(const ProgramCode& code, const bpf_insn& at, const bpf_insn& upper) {
  const auto number = std::to_string(static_cast<uint32_t>(at.imm));
  const auto offset = std::to_string(static_cast<uint32_t>(upper.imm));
  const std::string key = code.from_kernel ? "id:" : "idx:";
  switch (at.src_reg) {
    case kMap:
    case kMapIndex:
      return "map[" + key + number + "]";
    case kMapValue:
    case kMapIndexValue:
      return "map[" + key + number + "][0]+" + offset;
    case BPF_PSEUDO_FUNC:
      return "subprog[" + std::string(at.imm < 0 ? "" : "+") + std::to_string(at.imm) + "]";
    default:
      return {};
  }
}

std::string map_of(const ProgramCode& code, const bpf_insn& at) {
  if (at.src_reg != kMap && at.src_reg != kMapValue && at.src_reg != kMapIndex &&
      at.src_reg != kMapIndexValue)
    return {};
  const auto found = code.map_names.find(static_cast<uint32_t>(at.imm));
  return found == code.map_names.end() ? std::string() : found->second;
}

/// Capstone's handle, closed at the end.
class Disassembler {
 public:
  Disassembler() {
#if defined(__x86_64__)
    ready_ = cs_open(CS_ARCH_X86, CS_MODE_64, &handle_) == CS_ERR_OK;
#elif defined(__aarch64__)
    ready_ = cs_open(CS_ARCH_ARM64, CS_MODE_LITTLE_ENDIAN, &handle_) == CS_ERR_OK;
#endif
  }
  ~Disassembler() {
    if (ready_) cs_close(&handle_);
  }
  Disassembler(const Disassembler&) = delete;
  Disassembler& operator=(const Disassembler&) = delete;
  bool ready() const {
    return ready_;
  }

  /// One instruction from the front of `bytes`; how many bytes it takes. What is none is a byte of data.
  size_t take(const uint8_t* bytes, size_t size, uint64_t address, MachineInstruction& to) {
    cs_insn* found = nullptr;
    const size_t count = cs_disasm(handle_, bytes, size, address, 1, &found);
    size_t taken = 1;
    to.address = address;
    if (count == 1) {
      taken = std::min<size_t>(found->size, size);
      to.text = found->mnemonic;
      if (found->op_str[0] != '\0') to.text.append(" ").append(found->op_str);
      cs_free(found, count);
    } else {
      to.text = ".byte " + std::to_string(bytes[0]);
    }
    for (size_t i = 0; i < taken; ++i) {
      to.bytes += "0123456789abcdef"[bytes[i] >> 4];
      to.bytes += "0123456789abcdef"[bytes[i] & 15];
    }
    return taken;
  }

 private:
  csh handle_ = 0;
  bool ready_ = false;
};

/// The address behind "call 0x" or "jmp 0x"; 0: none.
uint64_t direct_target(const std::string& text) {
  if (!text.starts_with("call 0x") && !text.starts_with("jmp 0x") && !text.starts_with("bl #0x")) return 0;
  const size_t begin = text.find("0x") + 2;
  uint64_t address = 0;
  std::from_chars(text.data() + begin, text.data() + text.size(), address, 16);
  return address;
}

}  // namespace

std::vector<ListedInstruction> list_instructions(const ProgramCode& code) {
  const Callees callees(code);
  bytecode::InstructionNames names;
  names.callee = [&](const bpf_insn& at) { return callees.name(at); };
  names.constant = [&](const bpf_insn& at, const bpf_insn& upper) { return constant_name(code, at, upper); };
  std::vector<ListedInstruction> lines;
  for (uint32_t i = 0; i < code.instructions.size(); ++i) {
    const bpf_insn& at = code.instructions[i];
    const bool wide = bytecode::is_wide(at);
    const bpf_insn& upper = wide && i + 1 < code.instructions.size() ? code.instructions[i + 1] : at;
    lines.push_back({i, bytecode::instruction_text(at, upper, names), wide ? map_of(code, at) : ""});
    if (wide) ++i;
  }
  return lines;
}

Result<std::vector<MachineInstruction>> list_machine_code(const ProgramCode& code, size_t function) {
  Disassembler disassembler;
  if (!disassembler.ready())
    return base::fail(base::ErrorKind::unsupported, "no disassembler for this machine's code is built in");
  size_t begin = 0;
  for (size_t i = 0; i < function; ++i) begin += code.functions[i].machine_bytes;
  begin = std::min(begin, code.machine.size());
  size_t left = std::min<size_t>(code.functions[function].machine_bytes, code.machine.size() - begin);
  std::vector<MachineInstruction> lines;
  std::vector<uint64_t> targets;
  uint64_t address = code.functions[function].address;
  while (left > 0) {
    MachineInstruction& line = lines.emplace_back();
    const size_t taken = disassembler.take(code.machine.data() + begin, left, address, line);
    begin += taken;
    left -= taken;
    address += taken;
    if (const uint64_t target = direct_target(line.text)) targets.push_back(target);
  }
  const KernelSymbols symbols = KernelSymbols::at(targets);
  for (MachineInstruction& line : lines)
    if (const uint64_t target = direct_target(line.text)) line.callee = symbols.name(target);
  return lines;
}

}  // namespace weir::lab
