// SPDX-License-Identifier: Apache-2.0
#include "filter/classic_text.h"

#include <pcap/bpf.h>

#include <cstdio>

namespace weir::filter {
namespace {

// libpcap's own words for an instruction, of the version that runs; they lie in a buffer of its own.
std::string listed(const sock_filter& at, size_t number) {
  bpf_insn instruction{};
  instruction.code = at.code;
  instruction.jt = at.jt;
  instruction.jf = at.jf;
  instruction.k = at.k;
  return bpf_image(&instruction, static_cast<int>(number));
}

}  // namespace

std::string classic_text(ClassicSpan program, ClassicForm form) {
  std::string text;
  if (form == ClassicForm::numbers) text = std::to_string(program.size()) + "\n";
  for (size_t i = 0; i < program.size(); ++i) {
    const sock_filter& at = program[i];
    char line[80] = "";
    if (form == ClassicForm::c_array)
      std::snprintf(line, sizeof line, "{ 0x%x, %d, %d, 0x%08x },", at.code, at.jt, at.jf, at.k);
    if (form == ClassicForm::numbers)
      std::snprintf(line, sizeof line, "%u %u %u %u", at.code, at.jt, at.jf, at.k);
    text += form == ClassicForm::listing ? listed(at, i) : line;
    text += '\n';
  }
  return text;
}

}  // namespace weir::filter
