// SPDX-License-Identifier: Apache-2.0
#include "filter/ebpf_writer.h"

namespace weir::filter {
namespace {

// A stepping stone is put in when the oldest jump is this old. What is then left to 32,767 holds the stones
// of all labels of the largest program.
constexpr size_t kOldestJump = 16'000;

}  // namespace

EbpfWriter::Label EbpfWriter::labels(size_t count) {
  const auto first = static_cast<Label>(waiting_.size());
  waiting_.resize(waiting_.size() + count);
  return first;
}

void EbpfWriter::emit(uint8_t code, EbpfRegister to, EbpfRegister from, int16_t offset, int32_t immediate) {
  bpf_insn instruction{};
  instruction.code = code;
  instruction.dst_reg = to & 15;
  instruction.src_reg = from & 15;
  instruction.off = offset;
  instruction.imm = immediate;
  instructions_.push_back(instruction);
}

void EbpfWriter::load_map(EbpfRegister to, int fd) {
  emit(BPF_LD | BPF_IMM | BPF_DW, to, static_cast<EbpfRegister>(BPF_PSEUDO_MAP_FD), 0, fd);
  emit(0, R0, R0, 0, 0);
}

void EbpfWriter::jump_if(uint8_t code, EbpfRegister left, EbpfRegister right, int32_t value, Label target) {
  waiting_[target].push_back(instructions_.size());
  open_.push_back({instructions_.size(), target});
  emit(code, left, right, 0, value);
}

void EbpfWriter::place(Label label) {
  for (const size_t at : waiting_[label])
    instructions_[at].off = static_cast<int16_t>(instructions_.size() - at - 1);
  waiting_[label].clear();
}

void EbpfWriter::keep_labels_in_reach() {
  const auto is_filled_in = [&](const Jump& jump) {
    return waiting_[jump.target].empty() || waiting_[jump.target].front() > jump.at;
  };
  while (!open_.empty() && is_filled_in(open_.front())) open_.pop_front();
  if (open_.empty() || instructions_.size() - open_.front().at < kOldestJump) return;

  open_.clear();
  const size_t over = instructions_.size();
  emit(BPF_JMP | BPF_JA, R0, R0, 0, 0);
  for (Label label = 0; label < waiting_.size(); ++label) {
    if (waiting_[label].empty()) continue;
    place(label);
    jump(label);
  }
  instructions_[over].off = static_cast<int16_t>(instructions_.size() - over - 1);
}

void EbpfWriter::append(const std::vector<bpf_insn>& instructions) {
  instructions_.insert(instructions_.end(), instructions.begin(), instructions.end());
}

}  // namespace weir::filter
