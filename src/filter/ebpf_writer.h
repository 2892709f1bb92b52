// SPDX-License-Identifier: Apache-2.0
// Writes eBPF instructions with jumps to labels ahead; knows nothing of filters.
#pragma once

#include <linux/bpf.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

namespace weir::filter {

enum EbpfRegister : uint8_t { R0, R1, R2, R3, R4, R5, R6, R7, R8, R9, R10 };

class EbpfWriter {
 public:
  using Label = uint32_t;

  /// `count` labels in a row; the first is returned. Every label that is jumped to must be placed later on.
  Label labels(size_t count = 1);

  void emit(uint8_t code, EbpfRegister to, EbpfRegister from, int16_t offset, int32_t immediate);
  void move(EbpfRegister to, EbpfRegister from) { emit(BPF_ALU64 | BPF_MOV | BPF_X, to, from, 0, 0); }
  void move(EbpfRegister to, int32_t value) { emit(BPF_ALU64 | BPF_MOV | BPF_K, to, R0, 0, value); }
  void add(EbpfRegister to, EbpfRegister from) { emit(BPF_ALU64 | BPF_ADD | BPF_X, to, from, 0, 0); }
  void add(EbpfRegister to, int32_t value) { emit(BPF_ALU64 | BPF_ADD | BPF_K, to, R0, 0, value); }
  /// A 64-bit operation with a constant or a register.
  void alu(uint8_t operation, EbpfRegister to, int32_t value) {
    emit(BPF_ALU64 | operation | BPF_K, to, R0, 0, value);
  }
  void alu(uint8_t operation, EbpfRegister to, EbpfRegister from) {
    emit(BPF_ALU64 | operation | BPF_X, to, from, 0, 0);
  }
  /// to = *(size *)(from + offset); `size` is BPF_B, BPF_H, BPF_W or BPF_DW.
  void load(uint8_t size, EbpfRegister to, EbpfRegister from, int32_t offset) {
    emit(static_cast<uint8_t>(BPF_LDX | BPF_MEM | size), to, from, static_cast<int16_t>(offset), 0);
  }
  void store(uint8_t size, EbpfRegister to, int32_t offset, EbpfRegister from) {
    emit(static_cast<uint8_t>(BPF_STX | BPF_MEM | size), to, from, static_cast<int16_t>(offset), 0);
  }
  void to_host_order(EbpfRegister value, int32_t bits) {
    emit(BPF_ALU | BPF_END | BPF_TO_BE, value, R0, 0, bits);
  }
  void load_map(EbpfRegister to, int fd);
  void call(int32_t helper) { emit(BPF_JMP | BPF_CALL, R0, R0, 0, helper); }
  void exit() { emit(BPF_JMP | BPF_EXIT, R0, R0, 0, 0); }

  void jump(Label target) { jump_if(BPF_JMP | BPF_JA, R0, R0, 0, target); }
  /// `code` is a whole one: class, operation and source.
  void jump_if(uint8_t code, EbpfRegister left, EbpfRegister right, int32_t value, Label target);
  void jump_if(uint8_t code, EbpfRegister left, int32_t value, Label target) {
    jump_if(code, left, R0, value, target);
  }
  void place(Label label);
  bool is_jumped_to(Label label) const { return !waiting_[label].empty(); }

  /// A jump reaches 32,767 instructions. Call this at least every hundred of them: it puts in stepping stones
  /// for those jumps that would not reach their label otherwise.
  void keep_labels_in_reach();

  void append(const std::vector<bpf_insn>& instructions);
  size_t size() const { return instructions_.size(); }
  std::vector<bpf_insn> take() { return std::move(instructions_); }

 private:
  struct Jump {
    size_t at;
    Label target;
  };
  std::vector<bpf_insn> instructions_;
  std::vector<std::vector<size_t>> waiting_;  // by label: jumps to it that are not yet filled in
  std::deque<Jump> open_;                     // in order; those that are filled in meanwhile included
};

}  // namespace weir::filter
