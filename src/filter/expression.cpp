// SPDX-License-Identifier: Apache-2.0
#include "filter/expression.h"

#include <pcap/pcap.h>

#include <algorithm>
#include <cstdio>

namespace weir::filter {
namespace {

struct ClosePcap {
  void operator()(pcap_t* pcap) const { pcap_close(pcap); }
};
using PcapPtr = std::unique_ptr<pcap_t, ClosePcap>;

constexpr uint32_t kLargestSnapBytes = 262144;

/// LINKTYPE_* -> DLT_*, by libpcap's own table, which it shows only to those who open a file.
base::Result<int> data_link_of(uint32_t link_type) {
  const uint32_t header[6] = {0xa1b2c3d4, 0x00040002, 0, 0, kLargestSnapBytes, link_type};
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
  return pcap_datalink(offline.get());
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

}  // namespace

void Expression::Free::operator()(bpf_program* program) const {
  pcap_freecode(program);
  delete program;
}

Expression::Expression(std::unique_ptr<bpf_program, Free> program) : program_(std::move(program)) {}
Expression::Expression(Expression&&) noexcept = default;
Expression& Expression::operator=(Expression&&) noexcept = default;
Expression::~Expression() = default;

base::Result<Expression> Expression::compile(const std::string& text, uint32_t link_type,
                                             uint32_t snap_bytes) {
  auto data_link = data_link_of(link_type);
  if (!data_link) return tl::unexpected<base::Error>(data_link.error());
  const uint32_t snap = snap_bytes == 0 ? kLargestSnapBytes : std::min<uint32_t>(snap_bytes, INT32_MAX);
  PcapPtr dead(
      pcap_open_dead_with_tstamp_precision(*data_link, static_cast<int>(snap), PCAP_TSTAMP_PRECISION_NANO));
  if (!dead) return base::fail(base::ErrorKind::resource, "no memory for the filter");
  std::unique_ptr<bpf_program, Free> program(new bpf_program{});
  if (pcap_compile(dead.get(), program.get(), text.c_str(), 1, PCAP_NETMASK_UNKNOWN) != 0) {
    return base::fail(base::ErrorKind::bad_input, "filter '" + one_line(text) + "' on link type " +
                                                      link_name(link_type, *data_link) + ": " +
                                                      one_line(pcap_geterr(dead.get())));
  }
  return Expression(std::move(program));
}

bool Expression::matches(const uint8_t* data, uint32_t captured_bytes, uint32_t wire_bytes) const {
  return bpf_filter(program_->bf_insns, data, wire_bytes, captured_bytes) != 0;
}

bool Expression::matches_all() const {
  const bpf_insn& first = program_->bf_insns[0];
  return first.code == (BPF_RET | BPF_K) && first.k != 0;
}

const bpf_insn* Expression::instructions() const {
  return program_->bf_insns;
}
size_t Expression::instruction_count() const {
  return program_->bf_len;
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
