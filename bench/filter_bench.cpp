// SPDX-License-Identifier: Apache-2.0
// What a filter costs a packet, all in one run: in the kernel at each hook, beside the empty program there
// and the classic form that a socket filter takes (LD_ABS), by BPF_PROG_TEST_RUN (the kernel's own average,
// its floor included); over captured frames as x86-64, beside libpcap's interpreter.
#include <bpf/bpf.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "bench/traffic.h"
#include "filter/ebpf_filter.h"
#include "filter/ebpf_writer.h"
#include "filter/expression.h"
#include "tests/kernel/filter_expressions.h"
#include "tests/kernel/filter_oracle.h"
#include "tests/kernel/filter_program.h"

namespace {

using namespace weir;
using namespace weir::filter;
using weir::tests::Bytes;

constexpr uint32_t kRepeats = 1'000'000;
constexpr int kRounds = 9;

/// As the kernel turns a classic socket filter into eBPF (net/core/filter.c bpf_convert_filter): the packet
/// is read by LD_ABS and LD_IND. Empty: an instruction that the expressions here have no use for.
std::vector<bpf_insn> as_classic_filter(ClassicSpan program, int32_t accept, int32_t reject) {
  constexpr EbpfRegister kA = R0, kX = R7;
  const auto memory = [](uint32_t word) { return -64 + 4 * static_cast<int32_t>(word); };
  EbpfWriter writer;
  const auto first = writer.labels(program.size());
  writer.move(R6, R1);
  writer.move(kA, 0);
  writer.move(kX, 0);
  for (size_t i = 0; i < program.size(); ++i) {
    const sock_filter& at = program[i];
    const auto k = static_cast<int32_t>(at.k);
    const auto label = [&](size_t skip) { return first + static_cast<EbpfWriter::Label>(i + 1 + skip); };
    writer.place(first + static_cast<EbpfWriter::Label>(i));
    switch (BPF_CLASS(at.code)) {
      case BPF_ST:
      case BPF_STX:
        writer.store(BPF_W, R10, memory(at.k), BPF_CLASS(at.code) == BPF_ST ? kA : kX);
        break;
      case BPF_MISC:
        writer.move(BPF_MISCOP(at.code) == BPF_TAX ? kX : kA, BPF_MISCOP(at.code) == BPF_TAX ? kA : kX);
        break;
      case BPF_LD:
        if (BPF_MODE(at.code) == BPF_MEM) {
          writer.load(BPF_W, kA, R10, memory(at.k));
          break;
        }
        if (BPF_MODE(at.code) != BPF_ABS && BPF_MODE(at.code) != BPF_IND) return {};
        writer.emit(static_cast<uint8_t>(at.code), R0, BPF_MODE(at.code) == BPF_IND ? kX : R0, 0, k);
        break;
      case BPF_LDX:
        if (BPF_MODE(at.code) == BPF_MEM) {
          writer.load(BPF_W, kX, R10, memory(at.k));
          break;
        }
        if (BPF_MODE(at.code) != BPF_MSH) return {};
        writer.move(R8, kA);
        writer.emit(BPF_LD | BPF_ABS | BPF_B, R0, R0, 0, k);
        writer.alu(BPF_AND, R0, 0xf);
        writer.alu(BPF_LSH, R0, 2);
        writer.move(kX, R0);
        writer.move(kA, R8);
        break;
      case BPF_ALU:
        writer.emit(static_cast<uint8_t>(at.code), kA, BPF_SRC(at.code) == BPF_X ? kX : R0, 0,
                    BPF_SRC(at.code) == BPF_X ? 0 : k);
        break;
      case BPF_JMP:
        if (BPF_OP(at.code) != BPF_JA) {
          const bool by_x = BPF_SRC(at.code) == BPF_X;
          writer.jump_if(static_cast<uint8_t>(BPF_JMP32 | BPF_OP(at.code) | BPF_SRC(at.code)), kA,
                         by_x ? kX : R0, by_x ? 0 : k, label(at.jt));
          if (at.jf != 0) writer.jump(label(at.jf));
        } else {
          writer.jump(label(at.k));
        }
        break;
      case BPF_RET:
        writer.move(R0, at.k != 0 ? accept : reject);
        writer.exit();
        break;
      default:
        return {};
    }
  }
  return writer.take();
}

base::UniqueFd load(bpf_prog_type type, const std::vector<bpf_insn>& instructions) {
  bpf_prog_load_opts options{};
  options.sz = sizeof options;
  if (type == BPF_PROG_TYPE_CGROUP_SKB) options.expected_attach_type = BPF_CGROUP_INET_INGRESS;
  return base::UniqueFd(
      bpf_prog_load(type, "weir_bench", "GPL", instructions.data(), instructions.size(), &options));
}

struct BenchedHook {
  const char* name;
  Hook hook;
  bpf_prog_type type;
};
constexpr BenchedHook kHooks[] = {{"xdp", Hook::xdp, BPF_PROG_TYPE_XDP},
                                  {"tc", Hook::tc_ethernet, BPF_PROG_TYPE_SCHED_CLS},
                                  {"cgroup", Hook::cgroup_skb, BPF_PROG_TYPE_CGROUP_SKB},
                                  {"socket", Hook::socket, BPF_PROG_TYPE_SOCKET_FILTER}};

/// One program over one frame; figures of all rounds.
struct Measured {
  base::UniqueFd program;
  std::vector<uint32_t> figures;

  void run(const Bytes& frame) {
    bpf_test_run_opts options{};
    options.sz = sizeof options;
    options.data_in = frame.data();
    options.data_size_in = static_cast<uint32_t>(frame.size());
    options.repeat = kRepeats;
    if (program.valid() && bpf_prog_test_run_opts(program.get(), &options) == 0)
      figures.push_back(options.duration);
  }
  std::string median() {
    if (figures.empty()) return "-";
    std::sort(figures.begin(), figures.end());
    return std::to_string(figures[figures.size() / 2]);
  }
};

struct Question {
  const char* text;
  const char* about;
  Bytes frame;
};

std::vector<Question> questions() {
  using namespace weir::tests;
  const Bytes web = (Ethernet{} / IPv4{} / TCP{} / Payload{100}).bytes();
  const Bytes datagram = (Ethernet{} / IPv4{} / UDP{} / Payload{100}).bytes();
  const Bytes six = (Ethernet{} / IPv6{} / TCP{} / Payload{100}).bytes();
  return {
      {"tcp port 80", "matches", web},
      {"tcp port 80", "IPv6, matches", six},
      {"tcp port 80", "UDP, does not", datagram},
      {"tcp port 80 and host 10.0.0.7 and host 10.0.0.9", "matches", web},
      {"net 10.0.0.0/8 and not udp and (port 80 or port 443 or port 8080 or portrange 9000-9100)", "matches",
       web},
      {"tcp[tcpflags] & (tcp-syn|tcp-fin) != 0 and not port 22 and not net 192.168.0.0/16", "does not", web},
      {"tcp port 80 and (((ip[2:2] - ((ip[0]&0xf)<<2)) - ((tcp[12]&0xf0)>>2)) != 0)", "matches", web}};
}

void measure(const BenchedHook& at) {
  const bool ethernet = has_ethernet_header(at.hook);
  for (const Question& question : questions()) {
    const auto expression =
        Expression::compile_for_hook(question.text, ethernet ? FirstHeader::ethernet : FirstHeader::ip);
    if (!expression) continue;
    const int32_t pass = pass_value(at.hook);
    Measured floor{load(at.type, accept_by_value(pass)), {}};
    EbpfTarget target;
    target.hook = at.hook;
    target.accept = accept_by_value(pass);
    target.reject = pass;
    const auto ours = translate_to_ebpf(expression->classic(), target);
    // As it stands before a program: a packet that matches goes on to one that does nothing.
    const base::UniqueFd array(bpf_map_create(BPF_MAP_TYPE_PROG_ARRAY, "next", 4, 4, 1, nullptr));
    const uint32_t zero = 0;
    const int behind = floor.program.get();
    target.accept = accept_by_tail_call(at.hook, array.get());
    const auto gate = translate_to_ebpf(expression->classic(), target);
    if (!ours || !gate) continue;
    Measured filter{load(at.type, *ours), {}};
    Measured before{load(at.type, *gate), {}};
    bpf_map_update_elem(array.get(), &zero, &behind, BPF_ANY);
    const bool takes_classic = at.hook == Hook::tc_ethernet || at.hook == Hook::socket;
    Measured classic;
    if (takes_classic) {
      const auto converted = as_classic_filter(expression->classic(), pass, pass);
      if (!converted.empty()) classic.program = load(at.type, converted);
    }
    // A test run takes the link header off, but for XDP and tc: at a socket there is another one before it.
    Bytes frame = question.frame;
    if (at.hook == Hook::socket)
      frame.insert(frame.begin(), question.frame.begin(), question.frame.begin() + 14);
    for (int round = 0; round < kRounds; ++round)
      for (Measured* one : {&floor, &filter, &before, &classic}) one->run(frame);
    std::printf("| %s | `%s`, %s | %zu | %s | %s | %s | %s |\n", at.name, question.text, question.about,
                expression->classic().size(), floor.median().c_str(), filter.median().c_str(),
                before.median().c_str(), takes_classic ? classic.median().c_str() : "");
    std::fflush(stdout);
  }
}

/// Headers of made traffic, back to back.
class Frames {
 public:
  explicit Frames(uint32_t count) {
    bench::Traffic traffic({count, count / 20, 60, 1});
    bench::Frame frame;
    while (traffic.next(frame)) {
      begins_.push_back(bytes_.size());
      bytes_.insert(bytes_.end(), frame.headers.begin(), frame.headers.end());
    }
    begins_.push_back(bytes_.size());
  }
  /// Calls `matches(data, bytes)` for each; ns a frame, and how many matched.
  template <class Matches>
  std::pair<double, size_t> each(const Matches& matches) const {
    size_t matched = 0;
    const auto began = std::chrono::steady_clock::now();
    for (size_t i = 0; i + 1 < begins_.size(); ++i)
      matched += matches(&bytes_[begins_[i]], static_cast<uint32_t>(begins_[i + 1] - begins_[i]));
    const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - began;
    return {took.count() / static_cast<double>(begins_.size() - 1), matched};
  }

 private:
  std::vector<uint8_t> bytes_;
  std::vector<size_t> begins_;
};

int measure_files() {
  constexpr uint32_t kLinkTypeEthernet = 1, kFrames = 100'000;
  const Frames frames(kFrames);
  std::printf("\n| expression | instructions | x86-64, ns | libpcap's bpf_filter, ns | times | matched |\n");
  std::printf("|---|---|---|---|---|---|\n");
  const std::pair<const char*, std::string> expressions[] = {{"tcp port 80", "tcp port 80"},
                                                             {"an OR of 40 hosts", tests::any_of_hosts(40)}};
  for (const auto& [name, text] : expressions) {
    const auto expression = Expression::compile(text, kLinkTypeEthernet);
    const tests::LibpcapFilter libpcap(text, true);
    if (!expression || !libpcap.failure().empty())
      return std::fprintf(stderr, "%s does not compile\n", name), 1;
    std::vector<double> native, interpreted;
    size_t matched = 0;
    for (int round = 0; round < kRounds; ++round) {
      const auto ours = frames.each(
          [&](const uint8_t* data, uint32_t bytes) { return expression->matches(data, bytes, bytes); });
      const auto theirs = frames.each(
          [&](const uint8_t* data, uint32_t bytes) { return libpcap.matches(data, bytes, bytes); });
      if (ours.second != theirs.second) return std::fprintf(stderr, "%s: the verdicts differ\n", name), 1;
      matched = ours.second;
      native.push_back(ours.first), interpreted.push_back(theirs.first);
    }
    std::sort(native.begin(), native.end());
    std::sort(interpreted.begin(), interpreted.end());
    const double ours = native[kRounds / 2], theirs = interpreted[kRounds / 2];
    std::printf("| %s | %zu | %.1f | %.1f | %.1f | %zu of %u |\n", name, expression->classic().size(), ours,
                theirs, theirs / ours, matched, kFrames);
  }
  return 0;
}

}  // namespace

int main() {
  if (!tests::may_load_programs()) return std::fprintf(stderr, "cannot load programs (root?)\n"), 1;
  std::printf("ns a packet, median of %d averages over %u:\n\n", kRounds, kRepeats);
  std::printf("| hook | expression, packet | instructions | floor | filter | with tail call | LD_ABS |\n");
  std::printf("|---|---|---|---|---|---|---|\n");
  for (const BenchedHook& hook : kHooks) measure(hook);
  return measure_files();
}
