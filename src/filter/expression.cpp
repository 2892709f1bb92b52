// SPDX-License-Identifier: Apache-2.0
#include "filter/expression.h"

#include <pcap/pcap.h>

#include <algorithm>
#include <cstddef>
#include <cstdio>

#include "filter/alternatives.h"
#include "filter/link_words.h"

namespace weir::filter {
namespace {

struct ClosePcap {
  void operator()(pcap_t* pcap) const { pcap_close(pcap); }
};
using PcapPtr = std::unique_ptr<pcap_t, ClosePcap>;

constexpr uint32_t kLargestSnapBytes = 262144;
constexpr size_t kAlternativesAtOnce = 64;   // libpcap's optimiser takes 30 ms for them
constexpr size_t kMostOptimisedWords = 800;  // of something that cannot be cut; it takes seconds
constexpr uint32_t kLinkTypeNull = 0, kLinkTypeEthernet = 1, kLinkTypeRaw = 101, kLinkTypeLoop = 108;

/// A file of that link type without packets: libpcap shows its table of LINKTYPE_* and DLT_* only to those
/// who open one.
base::Result<PcapPtr> open_empty_file(uint32_t link_type, uint32_t snap_bytes) {
  const uint32_t header[6] = {0xa1b2c3d4, 0x00040002, 0, 0, snap_bytes, link_type};
  uint32_t bytes[6];
  std::copy(std::begin(header), std::end(header), std::begin(bytes));
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
  bytes[1] = 0x00020004;
#endif
  FILE* file = fmemopen(bytes, sizeof bytes, "r");
  if (file == nullptr) return base::fail_errno(errno, "cannot prepare the filter");
  char reason[PCAP_ERRBUF_SIZE] = "";
  PcapPtr offline(pcap_fopen_offline(file, reason));
  if (!offline) {
    std::fclose(file);
    return base::fail(base::ErrorKind::bad_input, reason);
  }
  return offline;
}

std::string link_name(uint32_t link_type, int data_link) {
  const char* name = pcap_datalink_val_to_name(data_link);
  return (name != nullptr ? std::string(name) + " (" : std::string("unknown (")) + std::to_string(link_type) +
         ")";
}

std::string one_line(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](unsigned char byte) { return byte < ' ' || byte == 0x7f; }, ' ');
  return text;
}

std::string refusal(const std::string& text, const std::string& word) {
  return "filter " + quoted(text) + ": '" + word + "' ";
}

// libpcap's own instruction is sock_filter by another name.
static_assert(sizeof(bpf_insn) == sizeof(sock_filter) &&
              offsetof(bpf_insn, jt) == offsetof(sock_filter, jt) &&
              offsetof(bpf_insn, jf) == offsetof(sock_filter, jf) &&
              offsetof(bpf_insn, k) == offsetof(sock_filter, k));

size_t words_in(const std::string& text) {
  size_t words = 0;
  for (size_t i = 0; i < text.size(); ++i) words += text[i] > ' ' && (i == 0 || text[i - 1] <= ' ');
  return words;
}

/// `part`: of `text`, which errors name.
base::Result<ClassicProgram> compile_part(const std::string& part, const std::string& text,
                                          uint32_t link_type, uint32_t snap_bytes) {
  const uint32_t snap = snap_bytes == 0 ? kLargestSnapBytes : std::min<uint32_t>(snap_bytes, INT32_MAX);
  auto file = open_empty_file(link_type, snap);
  if (!file) return tl::unexpected<base::Error>(file.error());
  const int data_link = pcap_datalink(file->get());
  // BSD loopback has the writer's number for IPv6, of which libpcap knows all where it reads a file.
  const bool as_file = link_type == kLinkTypeNull || link_type == kLinkTypeLoop;
  PcapPtr handle = as_file ? std::move(*file)
                           : PcapPtr(pcap_open_dead_with_tstamp_precision(data_link, static_cast<int>(snap),
                                                                          PCAP_TSTAMP_PRECISION_NANO));
  if (!handle) return base::fail(base::ErrorKind::resource, "no memory for the filter");
  bpf_program compiled{};
  const int optimise = words_in(part) <= kMostOptimisedWords;
  if (pcap_compile(handle.get(), &compiled, part.c_str(), optimise, PCAP_NETMASK_UNKNOWN) != 0) {
    return base::fail(base::ErrorKind::bad_input, "filter " + quoted(text) + " on link type " +
                                                      link_name(link_type, data_link) + ": " +
                                                      one_line(pcap_geterr(handle.get())));
  }
  const auto* first = reinterpret_cast<const sock_filter*>(compiled.bf_insns);
  ClassicProgram program(first, first + compiled.bf_len);
  pcap_freecode(&compiled);
  return program;
}

base::Result<ClassicProgram> compile_by_libpcap(const std::string& text, uint32_t link_type,
                                                uint32_t snap_bytes) {
  std::vector<ClassicProgram> programs;
  for (const std::string& part : alternatives(text, kAlternativesAtOnce)) {
    auto program = compile_part(part, text, link_type, snap_bytes);
    if (!program) return program;
    programs.push_back(std::move(*program));
  }
  return programs.size() == 1 ? std::move(programs.front()) : any_of(programs);
}

}  // namespace

std::string quoted(std::string text) {
  constexpr size_t kMostShown = 200, kShownBehind = 60;
  if (text.size() > kMostShown) {
    const size_t cut = text.size() - kMostShown;
    text.replace(kMostShown - kShownBehind, cut, " ... ");
  }
  return "'" + one_line(std::move(text)) + "'";
}

Expression::Expression(ClassicProgram program)
    : program_(std::move(program)), native_(NativeFilter::compile(program_)) {}

base::Result<Expression> Expression::compile(const std::string& text, uint32_t link_type,
                                             uint32_t snap_bytes) {
  auto program = compile_by_libpcap(text, link_type, snap_bytes);
  if (!program) return tl::unexpected<base::Error>(std::move(program.error()));
  // libpcap compiles these for its live captures; without a kernel behind it they would match nothing.
  const std::string word = direction_word(text);
  if (!word.empty())
    return base::fail(base::ErrorKind::bad_input,
                      refusal(text, word) + "asks for the direction, which captured bytes do not tell");
  return Expression(std::move(*program));
}

base::Result<Expression> Expression::compile_for_hook(const std::string& text, FirstHeader first,
                                                      uint32_t snap_bytes) {
  const std::string loop = loop_word(text);
  if (!loop.empty())
    return base::fail(base::ErrorKind::bad_input,
                      refusal(text, loop) +
                          "loops over headers, which a filter in the kernel cannot; name the "
                          "header, as in 'ip6 proto 6'");
  const std::string link = first == FirstHeader::ip ? link_header_word(text) : "";
  if (!link.empty())
    return base::fail(base::ErrorKind::bad_input,
                      refusal(text, link) +
                          "needs a link header; packets begin with the IP header here. Ask at "
                          "a hook that has one: -i INTERFACE with --hook tc or xdp");
  auto program =
      compile_by_libpcap(text, first == FirstHeader::ip ? kLinkTypeRaw : kLinkTypeEthernet, snap_bytes);
  if (!program) return tl::unexpected<base::Error>(std::move(program.error()));
  return Expression(std::move(*program));
}

base::Result<Expression> Expression::of_program(ClassicProgram program) {
  auto checked = check_classic(program);
  if (!checked) return tl::unexpected<base::Error>(std::move(checked.error()));
  return Expression(std::move(program));
}

Expression Expression::for_direction(Direction direction) const {
  ClassicProgram program = program_;
  for (sock_filter& at : program) {
    if (loads_ancillary(at) && at.k == static_cast<uint32_t>(SKF_AD_OFF + SKF_AD_PKTTYPE))
      at = {BPF_LD | BPF_IMM, 0, 0, packet_type(direction)};
  }
  return Expression(std::move(program));
}

bool Expression::interpret(const uint8_t* data, uint32_t captured_bytes, uint32_t wire_bytes) const {
  const auto* instructions = reinterpret_cast<const bpf_insn*>(program_.data());
  return bpf_filter(instructions, data, wire_bytes, captured_bytes) != 0;
}

bool Expression::matches_all() const {
  const sock_filter& first = program_[0];
  return first.code == (BPF_RET | BPF_K) && first.k != 0;
}

base::Result<const Expression*> ExpressionSet::of(uint32_t link_type) {
  for (const Compiled& compiled : compiled_) {
    if (compiled.link_type == link_type) return compiled.expression.get();
  }
  auto expression = Expression::compile(text_, link_type);
  if (!expression) return tl::unexpected<base::Error>(std::move(expression.error()));
  compiled_.push_back({link_type, std::make_unique<Expression>(std::move(*expression))});
  return compiled_.back().expression.get();
}

}  // namespace weir::filter
