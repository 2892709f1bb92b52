// SPDX-License-Identifier: Apache-2.0
// The instructions of a program are written up to four times ("passes"), one behind the other, and an
// instruction's copies are alike in what they expect in the registers. The first copy reads the packet in
// place, and proves more than it needs at once; where that proof fails, it goes on at the same instruction of
// the copy that is slow and exact. Frames whose VLAN tag was stripped have their own two copies.
#include "filter/ebpf_filter.h"

#include "filter/ebpf_loads.h"
#include "filter/ebpf_writer.h"

namespace weir::filter {
namespace {

// Above this the tagged copy that reads in place is left out: the program stays small enough for every
// verifier.
constexpr size_t kMostWithTaggedCopy = 1000;

const char* name_of(Hook hook) {
  switch (hook) {
    case Hook::xdp:
      return "xdp";
    case Hook::tc_ethernet:
    case Hook::tc_raw:
      return "tc";
    case Hook::cgroup_skb:
      return "cgroup";
    case Hook::socket:
      return "socket";
  }
  return "";
}

class Translator {
 public:
  Translator(ClassicSpan program, const EbpfTarget& target)
      : program_(program), target_(target), loads_(writer_, program, target) {}

  base::Result<std::vector<bpf_insn>> run() {
    for (size_t i = 0; i < program_.size(); ++i) {
      if (loads_ancillary(program_[i]) && !loads_.has_ancillary(program_[i].k))
        return base::fail(base::ErrorKind::unsupported,
                          "instruction " + std::to_string(i) + " loads " + ancillary_name(program_[i].k) +
                              ", which there is not at hook " + name_of(target_.hook));
    }
    accept_ = writer_.labels();
    reject_ = writer_.labels();
    loads_.reject_to(reject_);

    const bool in_place = target_.direct_access && target_.hook != Hook::socket;
    const bool helper = target_.hook != Hook::xdp || target_.xdp_load_bytes;
    const bool tagged =
        has_ethernet_header(target_.hook) && target_.hook != Hook::xdp && !target_.vlan_transparent;
    // Where a load past the end may end the program, as only a socket filter's 0 allows.
    const bool own = target_.hook == Hook::socket && target_.direct_access && target_.reject == 0;
    const Access by_helper = own ? Access::own : Access::helper;
    Pass slow{helper ? by_helper : Access::exact, false, writer_.labels(program_.size()), 0};
    Pass fast{Access::in_place, false, writer_.labels(program_.size()), slow.first};
    Pass slow_tagged{by_helper, true, writer_.labels(program_.size()), 0};
    Pass fast_tagged{Access::in_place, true, writer_.labels(program_.size()), slow_tagged.first};
    const bool fast_when_tagged = in_place && program_.size() <= kMostWithTaggedCopy;

    loads_.begin(in_place || !helper);
    const auto for_tagged = writer_.labels();
    if (tagged) loads_.jump_if_tag_was_stripped(for_tagged);
    if (in_place) write(fast, true);
    write(slow, !in_place);
    if (tagged) {
      writer_.place(for_tagged);
      loads_.begin_tagged(fast_when_tagged);
      if (fast_when_tagged) write(fast_tagged, true);
      write(slow_tagged, !fast_when_tagged);
    }
    if (writer_.is_jumped_to(accept_)) {
      writer_.place(accept_);
      writer_.append(target_.accept);
    }
    if (writer_.is_jumped_to(reject_)) {
      writer_.place(reject_);
      writer_.move(R0, target_.reject);
      writer_.exit();
    }
    return writer_.take();
  }

 private:
  /// Where a jump to instruction `to` ends up in the pass.
  EbpfWriter::Label label_of(const Pass& pass, size_t to) const {
    while (program_[to].code == (BPF_JMP | BPF_JA)) to += 1 + program_[to].k;
    if (program_[to].code == (BPF_RET | BPF_K)) return program_[to].k != 0 ? accept_ : reject_;
    return pass.first + static_cast<EbpfWriter::Label>(to);
  }
  size_t index_of(const Pass& pass, EbpfWriter::Label label) const {
    return label >= pass.first ? label - pass.first : program_.size();
  }

  /// `entered`: at the first instruction, where it stands; else only by jumps from the pass before.
  void write(const Pass& pass, bool entered) {
    proven_.assign(program_.size(), kNothingYet);
    bool falls_in = entered;  // the instruction before this one goes on here
    if (entered) {
      const EbpfWriter::Label first = label_of(pass, 0);
      if (first != pass.first) writer_.jump(first);
      falls_in = first == pass.first;
      if (falls_in) proven_[0] = Proven{};
    }
    for (size_t i = 0; i < program_.size(); ++i) {
      const EbpfWriter::Label here = pass.first + static_cast<EbpfWriter::Label>(i);
      if (!falls_in && !writer_.is_jumped_to(here)) continue;
      writer_.keep_labels_in_reach();
      writer_.place(here);
      Proven proven = proven_[i] == kNothingYet ? Proven{} : proven_[i];
      falls_in = write_one(pass, i, proven);
    }
  }

  /// Whether it goes on at the next instruction of the pass.
  bool write_one(const Pass& pass, size_t i, Proven& proven) {
    const sock_filter& at = program_[i];
    switch (BPF_CLASS(at.code)) {
      case BPF_LD:
      case BPF_LDX:
        if (!loads_.write(pass, i, proven)) return false;
        break;
      case BPF_ST:
      case BPF_STX:
        loads_.store_memory(at.k, BPF_CLASS(at.code) == BPF_ST ? kA : kX);
        break;
      case BPF_ALU:
        write_arithmetic(at);
        break;
      case BPF_JMP:
        return write_jump(pass, i, proven);
      case BPF_RET:
        if (at.code == (BPF_RET | BPF_A)) {
          writer_.jump_if(BPF_JMP32 | BPF_JEQ | BPF_K, kA, 0, reject_);
          writer_.jump(accept_);
        } else {
          writer_.jump(at.k != 0 ? accept_ : reject_);
        }
        return false;
      default:
        if (BPF_MISCOP(at.code) == BPF_TAX) {
          writer_.emit(BPF_ALU | BPF_MOV | BPF_X, kX, kA, 0, 0);
          proven.at_x = 0;
        } else {
          writer_.emit(BPF_ALU | BPF_MOV | BPF_X, kA, kX, 0, 0);
        }
    }
    return goes_on(pass, i + 1, proven);
  }

  /// Goes to instruction `next`, which stands behind this one; whether by falling into it.
  bool goes_on(const Pass& pass, size_t next, const Proven& proven) {
    const EbpfWriter::Label label = label_of(pass, next);
    lead(pass, label, proven);
    if (label == pass.first + next) return true;
    writer_.jump(label);
    return false;
  }

  void lead(const Pass& pass, EbpfWriter::Label label, const Proven& proven) {
    const size_t to = index_of(pass, label);
    if (to < program_.size()) proven_[to].meet(proven);
  }

  void write_arithmetic(const sock_filter& at) {
    const auto operation = static_cast<uint8_t>(BPF_OP(at.code));
    if (operation == BPF_NEG) return writer_.emit(BPF_ALU | BPF_NEG, kA, R0, 0, 0);
    const auto code = static_cast<uint8_t>(BPF_ALU | operation | BPF_SRC(at.code));
    if (BPF_SRC(at.code) == BPF_K) return writer_.emit(code, kA, R0, 0, static_cast<int32_t>(at.k));
    if (operation == BPF_DIV || operation == BPF_MOD)
      writer_.jump_if(BPF_JMP32 | BPF_JEQ | BPF_K, kX, 0, reject_);
    if (operation != BPF_LSH && operation != BPF_RSH) return writer_.emit(code, kA, kX, 0, 0);
    // eBPF shifts by the lower five bits; classic BPF shifts everything out.
    const auto out = writer_.labels(2);
    writer_.jump_if(BPF_JMP32 | BPF_JGT | BPF_K, kX, 31, out);
    writer_.emit(code, kA, kX, 0, 0);
    writer_.jump(out + 1);
    writer_.place(out);
    writer_.emit(BPF_ALU | BPF_MOV | BPF_K, kA, R0, 0, 0);
    writer_.place(out + 1);
  }

  bool write_jump(const Pass& pass, size_t i, const Proven& proven) {
    const sock_filter& at = program_[i];
    if (BPF_OP(at.code) == BPF_JA) {
      const EbpfWriter::Label to = label_of(pass, i);
      lead(pass, to, proven);
      writer_.jump(to);
      return false;
    }
    const EbpfWriter::Label yes = label_of(pass, i + 1 + at.jt);
    const EbpfWriter::Label no = label_of(pass, i + 1 + at.jf);
    const EbpfWriter::Label next = pass.first + static_cast<EbpfWriter::Label>(i) + 1;
    lead(pass, yes, proven);
    lead(pass, no, proven);
    if (yes == no) {
      if (yes != next) writer_.jump(yes);
      return yes == next;
    }
    const auto test = [&](uint8_t operation, EbpfWriter::Label to) {
      const bool by_x = BPF_SRC(at.code) == BPF_X;
      writer_.jump_if(static_cast<uint8_t>(BPF_JMP32 | operation | BPF_SRC(at.code)), kA, by_x ? kX : R0,
                      by_x ? 0 : static_cast<int32_t>(at.k), to);
    };
    const auto operation = static_cast<uint8_t>(BPF_OP(at.code));
    if (yes == next && operation != BPF_JSET) {
      test(operation == BPF_JEQ ? BPF_JNE : operation == BPF_JGT ? BPF_JLE : BPF_JLT, no);
      return true;
    }
    test(operation, yes);
    if (no != next) writer_.jump(no);
    return no == next || yes == next;
  }

  ClassicSpan program_;
  const EbpfTarget& target_;
  EbpfWriter writer_;
  EbpfLoads loads_;
  EbpfWriter::Label accept_ = 0, reject_ = 0;
  std::vector<Proven> proven_;  // by instruction, of this pass: what holds on every way to it
};

}  // namespace

int32_t pass_value(Hook hook) {
  switch (hook) {
    case Hook::xdp:
      return XDP_PASS;
    case Hook::tc_ethernet:
    case Hook::tc_raw:
      return -1;  // TC_ACT_UNSPEC; TCX_NEXT is the same
    case Hook::cgroup_skb:
      return 1;
    case Hook::socket:
      return 0;
  }
  return 0;
}

bool has_ethernet_header(Hook hook) {
  return hook != Hook::cgroup_skb && hook != Hook::tc_raw;
}

std::vector<bpf_insn> accept_by_tail_call(Hook hook, int prog_array_fd, uint32_t index) {
  EbpfWriter writer;
  writer.move(R1, R6);
  writer.load_map(R2, prog_array_fd);
  writer.move(R3, static_cast<int32_t>(index));
  writer.call(BPF_FUNC_tail_call);
  writer.move(R0, pass_value(hook));
  writer.exit();
  return writer.take();
}

std::vector<bpf_insn> accept_by_value(int32_t value) {
  EbpfWriter writer;
  writer.move(R0, value);
  writer.exit();
  return writer.take();
}

base::Result<std::vector<bpf_insn>> translate_to_ebpf(ClassicSpan program, const EbpfTarget& target) {
  auto checked = check_classic(program);
  if (!checked) return tl::unexpected<base::Error>(std::move(checked.error()));
  return Translator(program, target).run();
}

}  // namespace weir::filter
