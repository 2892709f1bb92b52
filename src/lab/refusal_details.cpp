// SPDX-License-Identifier: Apache-2.0
#include "lab/refusal_details.h"

#include <algorithm>
#include <array>
#include <map>

#include "lab/register_words.h"
#include "lab/verifier_log.h"

namespace weir::lab {
namespace {

using Kind = RefusalKind;
using Sentences = std::vector<std::string>;

std::string place_words(const TrialProgram& program, uint32_t instruction) {
  const auto place = place_of(program, instruction);
  if (!place) return "instruction " + std::to_string(instruction);
  const size_t slash = place->file.rfind('/');
  return (slash == std::string::npos ? place->file : place->file.substr(slash + 1)) + ":" +
         std::to_string(place->line) + (place->text.empty() ? "" : " `" + place->text + "`");
}

/// "R4 is argument 4 of bpf_skb_load_bytes"
void argument(const Refusal& refusal, const RefusedPoint& point, Sentences& to) {
  const std::string_view callee = callee_of(point.instruction);
  const std::string& name = refusal.register_name;
  if (callee.empty() || name.size() != 2 || name[1] < '1' || name[1] > '5') return;
  to.push_back(name + " is argument " + name.substr(1) + " of " + std::string(callee));
}

std::string quoted_behind(std::string_view text, std::string_view word) {
  const size_t at = text.find(word);
  if (at == std::string_view::npos) return {};
  text.remove_prefix(at + word.size());
  return std::string(text.substr(0, text.find_first_of(";'\"\n")));
}

void packet(const Refusal& refusal, Sentences& to) {
  int64_t offset = 0, size = 0, shown = 0;
  if (!number_behind(refusal.verdict, "off=", offset) || !number_behind(refusal.verdict, "size=", size) ||
      !number_behind(refusal.verdict, ",r=", shown))
    return;
  std::string text = "the access ends at byte " + std::to_string(offset + size) + ", ";
  if (shown == 0)
    text += "and no comparison with data_end came before on this way";
  else
    text += "the comparison with data_end has shown " + std::to_string(shown) + " bytes to be there";
  to.push_back(text);
}

void map_value(const Refusal& refusal, const RefusedPoint& point, Sentences& to) {
  int64_t value_size = 0, offset = 0, size = 0;
  if (number_behind(refusal.verdict, "value_size=", value_size) &&
      number_behind(refusal.verdict, " off=", offset) && number_behind(refusal.verdict, " size=", size)) {
    to.push_back("the value has " + std::to_string(value_size) + " bytes, the access may reach " +
                 (size == 1
                      ? "byte " + std::to_string(offset)
                      : "bytes " + std::to_string(offset) + " to " + std::to_string(offset + size - 1)));
    return;
  }
  if (!point.state) return;
  const std::string_view value = point.state->value(refusal.register_name);
  const std::string_view size_text = attribute(value, "vs");
  const std::string_view most = attribute(value, "umax");
  if (!size_text.empty())
    to.push_back(
        "the value has " + std::string(size_text) + " bytes, the offset into it " +
        (most.empty() ? std::string("has no upper bound") : "may be as large as " + std::string(most)));
}

/// "invalid write to stack R1 off=-20 size=32"
void beyond_the_stack(const Refusal& refusal, const RefusedPoint& point, Sentences& to) {
  int64_t offset = 0, size = 0;
  if (!number_behind(refusal.verdict, "off=", offset) || !number_behind(refusal.verdict, "size=", size))
    return;
  const std::string_view callee = callee_of(point.instruction);
  const std::string who = callee.empty() ? "the access" : std::string(callee);
  if (offset < 0 && offset + size > 0)
    to.push_back(who + " gets " + std::to_string(-offset) + " bytes up to the stack's top and would use " +
                 std::to_string(size));
}

void stack_sizes(const TrialProgram& program, const RefusedPoint& point, Sentences& to) {
  std::string text;
  const auto& bytes = point.counts.stack_bytes;
  // The kernel names them by their order in the program.
  for (size_t i = 0; i < bytes.size() && i < program.functions.size() && i < 16; ++i)
    text += (text.empty() ? "" : ", ") + program.functions[i].function.name + " " + std::to_string(bytes[i]);
  if (!text.empty()) to.push_back("bytes of stack: " + text);
}

void return_value(const Refusal& refusal, const RefusedPoint& point, Sentences& to) {
  if (point.state)
    if (const auto value = point.state->value("R0"); !value.empty())
      to.push_back("it returns " + describe_known(value));
  const std::string wanted = quoted_behind(refusal.verdict, "should have been in ");
  if (!wanted.empty()) to.push_back("allowed is " + wanted);
}

void reference(const Refusal& refusal, const TrialProgram& program, Sentences& to) {
  int64_t instruction = 0;
  if (number_behind(refusal.verdict, "alloc_insn=", instruction) && instruction >= 0)
    to.push_back("it was taken at " + place_words(program, static_cast<uint32_t>(instruction)) +
                 " and not given back on the way that ends here");
}

void license(const std::string& text, Sentences& to) {
  if (text.empty())
    to.push_back("the object names no licence, so the kernel takes it as not GPL-compatible");
  else
    to.push_back("the object's licence is \"" + text +
                 "\", which the kernel does not count as GPL-compatible");
}

void helper(const Refusal& refusal, const TrialProgram& program, const RefusedPoint& point, Sentences& to) {
  const std::string_view callee = callee_of(point.instruction);
  if (refusal.kind == Kind::unknown_helper) {
    const std::string number = quoted_behind(refusal.verdict, "unknown#");
    if (!number.empty()) to.push_back("this kernel has no helper number " + number);
  } else if (!callee.empty()) {
    to.push_back(std::string(callee) + " is not for programs of type " + type_name(program.type));
  }
}

/// "<byte_off> [5] struct task_struct.field (0:0 @ offset 0)" -> "struct task_struct.field"
std::string relocation_name(std::string_view line) {
  const size_t bracket = line.find("] ");
  if (bracket == std::string_view::npos) return {};
  line.remove_prefix(bracket + 2);
  return std::string(line.substr(0, line.find(" (")));
}

void relocation(const Refusal& refusal, const TrialProgram& program, Sentences& to) {
  std::string name = relocation_name(refusal.verdict);
  for (const std::string& line : program.libbpf_lines)
    if (name.empty() && line.find("relo #") != std::string::npos) name = relocation_name(line);
  if (!name.empty()) to.push_back("this kernel has no " + name);
}

/// The line that the last thousands of steps came back to most.
void busiest_line(const TrialProgram& program, Sentences& to) {
  std::map<std::pair<std::string, uint32_t>, std::pair<size_t, uint32_t>> visits;
  VerifierLogReader reader(program.log);
  while (const auto step = reader.next()) {
    if (step->kind != LogKind::instruction) continue;
    const auto place = place_of(program, step->number);
    if (!place) continue;
    auto& [count, instruction] = visits[{place->file, place->line}];
    if (count++ == 0) instruction = step->number;
  }
  const auto most = std::max_element(visits.begin(), visits.end(), [](const auto& a, const auto& b) {
    return a.second.first < b.second.first;
  });
  if (most != visits.end() && most->second.first > 2)
    to.push_back("it came back most often to " + place_words(program, most->second.second));
}

void origin(const TrialProgram& program, const RefusedPoint& point, Sentences& to) {
  if (point.origin) to.push_back("the pointer came from " + place_words(program, *point.origin));
}

void wanted(const Refusal& refusal, const RefusedPoint& point, Sentences& to) {
  argument(refusal, point, to);
  const std::string expected = quoted_behind(refusal.verdict, "expected=");
  if (expected.empty()) return;
  if (expected.starts_with("fp, pkt")) {
    to.push_back("it wants the address of memory: on the stack, in a map's value or in the packet");
    return;
  }
  std::string type = quoted_behind(refusal.verdict, "type=");
  type = type.substr(0, type.find(' '));
  to.push_back("it wants " + expected + " and is given " + (type.empty() ? "something else" : type));
}

void not_permitted(const TrialProgram& program, Sentences& to) {
  if (program.type == BPF_PROG_TYPE_TRACING || program.type == BPF_PROG_TYPE_LSM ||
      program.type == BPF_PROG_TYPE_EXT)
    to.push_back(
        "the capabilities are held: kernels in lockdown, and some hosts of virtual machines, refuse fentry, "
        "fexit, "
        "fmod_ret and LSM programs to everybody; tp_btf/, raw_tp/ and tracepoint/ may still do");
}

}  // namespace

std::vector<std::string> refusal_details(const Refusal& refusal, const TrialProgram& program,
                                         const std::string& object_license, const RefusedPoint& point) {
  Sentences to;
  switch (refusal.kind) {
    case Kind::null_pointer:
      origin(program, point, to);
      break;
    case Kind::null_argument:
      argument(refusal, point, to);
      origin(program, point, to);
      break;
    case Kind::packet_bounds:
      packet(refusal, to);
      break;
    case Kind::map_value_bounds:
      map_value(refusal, point, to);
      break;
    case Kind::unbounded_size:
      argument(refusal, point, to);
      break;
    case Kind::wrong_argument:
    case Kind::not_acquired:
      wanted(refusal, point, to);
      break;
    case Kind::stack_bounds:
      beyond_the_stack(refusal, point, to);
      break;
    case Kind::stack_too_deep:
      stack_sizes(program, point, to);
      break;
    case Kind::return_value:
      return_value(refusal, point, to);
      break;
    case Kind::unreleased_reference:
      reference(refusal, program, to);
      break;
    case Kind::gpl_only:
      license(object_license, to);
      break;
    case Kind::helper_not_allowed:
    case Kind::unknown_helper:
    case Kind::kfunc_not_allowed:
      helper(refusal, program, point, to);
      break;
    case Kind::core_relocation:
      relocation(refusal, program, to);
      break;
    case Kind::too_complex:
      busiest_line(program, to);
      break;
    case Kind::not_permitted:
      not_permitted(program, to);
      break;
    default:
      break;
  }
  return to;
}

}  // namespace weir::lab
