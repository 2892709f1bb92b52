// SPDX-License-Identifier: Apache-2.0
#include "lab/trial_object.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>

#include "base/unique_fd.h"
#include "lab/libbpf_messages.h"
#include "lab/section_name.h"
#include "lab/type_header.h"
#include "lab/type_set.h"

namespace weir::lab {
namespace {

using base::ErrorKind;
using base::Result;

constexpr size_t kMostObjectBytes = size_t{64} << 20;

// include/linux/bpf_verifier.h
constexpr uint32_t kLogPath = 1;   // the way to the refusal
constexpr uint32_t kLogWhole = 2;  // every way
constexpr uint32_t kLogCounts = 4;

constexpr size_t kShortLog = 16384;
constexpr std::array<size_t, 2> kPathLogs = {size_t{1} << 20, kMostLogBytes};

/// libbpf's first complaint, without what only its authors understand.
std::string reason_of(const LibbpfMessages& messages, int system_errno) {
  if (messages.with("legacy map definitions").size() || messages.with("legacy map").size())
    return "maps in SEC(\"maps\") with struct bpf_map_def are not taken since libbpf 1.0: define them in "
           "SEC(\".maps\") with __uint and __type";
  if (messages.with("elf: ").find("not a valid") != std::string_view::npos)
    return "not an object file for BPF";
  if (!messages.lines().empty()) return messages.lines().front();
  return std::strerror(system_errno);
}

std::string_view without_question_mark(std::string_view section) {
  return section.starts_with('?') ? section.substr(1) : section;
}

/// The object with its struct_ops maps out of libbpf's sight: libbpf 1.1 wants the kernel's types for them,
/// and reads address 0 where no program that it loads has made it fetch them (libbpf.c
/// obj_needs_vmlinux_btf).
std::vector<std::byte> without_struct_ops(std::span<const std::byte> object) {
  constexpr std::string_view kSection = ".struct_ops";
  std::vector<std::byte> copy(object.begin(), object.end());
  char* text = reinterpret_cast<char*>(copy.data());
  const std::string_view all(text, copy.size());
  // In the names of sections and in those of types alike.
  for (size_t at = all.find(kSection); at != std::string_view::npos; at = all.find(kSection, at + 1))
    text[at + 1] = 'x';
  return copy;
}

/// One program of the object, loaded by itself.
class ProgramTrial {
 public:
  ProgramTrial(std::span<const std::byte> object, const TrialOptions& options, TrialProgram& program)
      : object_(object), options_(options), program_(program) {}

  Result<> run() {
    if (program_.end != TrialEnd::accepted)
      if (auto done = load(kLogCounts, kShortLog); !done) return done;
    if (program_.end == TrialEnd::accepted) return options_.walk ? walk() : Result<>();
    if (program_.end == TrialEnd::not_asked) return {};
    // The short log ends with the verdict, also on kernels that keep a long log's beginning.
    const std::string verdict = program_.log;
    const int system_errno = program_.system_errno;
    for (size_t i = 0; i < kPathLogs.size() && (i == 0 || (program_.log_cut && !has_the_end())); ++i)
      if (auto done = load(kLogPath | kLogCounts, kPathLogs[i]); !done) return done;
    program_.system_errno = system_errno;
    program_.end = TrialEnd::refused;
    if (program_.log_cut && !has_the_end()) program_.log += '\n' + verdict;
    return {};
  }

 private:
  Result<> walk() {
    const std::string counts = program_.log;
    if (auto done = load(kLogWhole | kLogCounts, kMostLogBytes); !done) return done;
    if (program_.log_cut && !has_the_end()) program_.log += '\n' + counts;
    return {};
  }

  Result<> load(uint32_t level, size_t log_bytes) {
    const LibbpfMessages messages(options_.verbose);
    auto opened = open_object(object_, options_.btf);
    if (!opened) return tl::unexpected(opened.error());
    bpf_program* chosen = nullptr;
    bpf_program* each = nullptr;
    bpf_object__for_each_program(each, opened->get()) {
      const bool is_it = program_.name == bpf_program__name(each);
      bpf_program__set_autoload(each, is_it);
      if (is_it) chosen = each;
    }
    if (!chosen) return base::fail(ErrorKind::internal, "the program " + program_.name + " is gone");
    if (log_.size() < log_bytes) log_.resize(log_bytes);
    log_[0] = 0;
    bpf_program__set_log_level(chosen, level);
    bpf_program__set_log_buf(chosen, log_.data(), log_bytes);
    const int result = bpf_object__load(opened->get());
    judge(result, messages, log_bytes);
    program_.instructions = static_cast<uint32_t>(bpf_program__insn_cnt(chosen));
    return {};
  }

  void judge(int result, const LibbpfMessages& messages, size_t log_bytes) {
    program_.libbpf_lines = messages.lines();
    program_.system_errno = result < 0 ? -result : 0;
    program_.log.assign(log_.data(), strnlen(log_.data(), log_bytes));
    // A byte for NUL, and one for a kernel that stops at whole characters.
    program_.log_cut = program_.log.size() + 2 >= log_bytes || program_.system_errno == ENOSPC;
    const bool load_failed = !messages.with("BPF program load failed").empty();
    const bool verified = program_.log.find("processed ") != std::string::npos;
    // A table of tail calls cannot be filled with programs that are not loaded: no matter here.
    if (result == 0 || (verified && !load_failed))
      program_.end = TrialEnd::accepted;
    else if (load_failed && program_.system_errno == ENOSPC && level_accepted_before())
      program_.end = TrialEnd::accepted;
    else
      program_.end = load_failed && !program_.log.empty() ? TrialEnd::refused : TrialEnd::not_asked;
  }

  /// An accepted program's log that does not fit ends the load with ENOSPC.
  bool level_accepted_before() const { return program_.end == TrialEnd::accepted; }

  /// Since Linux 6.4 it is the beginning of a log that goes where there is no room.
  bool has_the_end() const { return program_.log.rfind("\nprocessed ") != std::string::npos; }

  std::span<const std::byte> object_;
  const TrialOptions& options_;
  TrialProgram& program_;
  std::vector<char> log_;
};

/// All programs at once: where the kernel takes them, each need not be loaded by itself, which for each makes
/// libbpf look through the kernel's types again.
Result<> try_together(std::span<const std::byte> object, const TrialOptions& options, Trial& trial) {
  const LibbpfMessages messages;
  auto opened = open_object(object, options.btf);
  if (!opened) return tl::unexpected(opened.error());
  std::vector<std::vector<char>> logs;
  std::vector<std::pair<TrialProgram*, const bpf_program*>> loaded;
  bpf_program* each = nullptr;
  bpf_object__for_each_program(each, opened->get()) {
    const auto found =
        std::find_if(trial.programs.begin(), trial.programs.end(), [&](const TrialProgram& program) {
          return program.name == bpf_program__name(each) && program.type != BPF_PROG_TYPE_UNSPEC;
        });
    bpf_program__set_autoload(each, found != trial.programs.end());
    if (found == trial.programs.end()) continue;
    logs.emplace_back(kShortLog);
    bpf_program__set_log_level(each, kLogCounts);
    bpf_program__set_log_buf(each, logs.back().data(), logs.back().size());
    loaded.emplace_back(&*found, each);
  }
  if (loaded.size() < 2 || bpf_object__load(opened->get()) != 0) return {};
  for (size_t i = 0; i < loaded.size(); ++i) {
    TrialProgram& program = *loaded[i].first;
    program.end = TrialEnd::accepted;
    program.log.assign(logs[i].data(), strnlen(logs[i].data(), logs[i].size()));
    program.instructions = static_cast<uint32_t>(bpf_program__insn_cnt(loaded[i].second));
  }
  return {};
}

bool is_wanted(const TrialOptions& options, const std::string& name) {
  return options.programs.empty() ||
         std::find(options.programs.begin(), options.programs.end(), name) != options.programs.end();
}

Result<> refuse_unknown_programs(const TrialOptions& options, const Trial& trial) {
  for (const std::string& name : options.programs) {
    const bool found = std::any_of(trial.programs.begin(), trial.programs.end(),
                                   [&](const TrialProgram& program) { return program.name == name; });
    if (!found) return base::fail(ErrorKind::bad_input, "there is no program " + name);
  }
  return {};
}

/// Functions of which clang left no instruction: libbpf sees no program in them.
void add_deleted_programs(const TrialOptions& options, Trial& trial) {
  for (const ObjectFunction& function : trial.contents.functions) {
    if (function.count > 0 || function.section == ".text" || trial.programs.size() >= kMostPrograms) continue;
    TrialProgram program;
    program.name = function.name;
    program.section = without_question_mark(function.section);
    program.functions = {{function, 0}};
    if (is_wanted(options, program.name)) trial.programs.push_back(std::move(program));
  }
}

std::string without_programs(const ObjectContents& contents) {
  std::string names;
  for (const ObjectFunction& function : contents.functions)
    names += (names.empty() ? "" : ", ") + function.name;
  if (names.empty()) return "no program: nothing but SEC(\"…\") in front of a function makes one";
  return "no program: SEC(\"…\") in front of a function makes it one, and none has it (" + names + ")";
}

}  // namespace

Result<OwnedObject> open_object(std::span<const std::byte> bytes, const std::string& btf) {
  // libbpf 1.1 trusts both: sections that are not whole, and types that name types which are not there.
  if (auto whole = read_object(bytes); !whole) return tl::unexpected(whole.error());
  if (const auto section = object_section(bytes, ".BTF"); !section.empty())
    if (const auto types = TypeSet::of_bytes(section))
      if (auto checked = check_for_header(*types); !checked) return tl::unexpected(checked.error());
  const LibbpfMessages messages;
  bpf_object_open_opts options{};
  options.sz = sizeof(options);
  options.object_name = "lab";
  if (!btf.empty()) options.btf_custom_path = btf.c_str();
  OwnedObject object(bpf_object__open_mem(bytes.data(), bytes.size(), &options));
  if (!object) {
    const int problem = errno;
    return base::fail(ErrorKind::bad_input, reason_of(messages, problem), problem);
  }
  bpf_map* map = nullptr;
  bpf_object__for_each_map(map, object.get()) {
    if (bpf_map__pin_path(map)) bpf_map__set_pin_path(map, nullptr);
  }
  bpf_program* program = nullptr;
  bpf_object__for_each_program(program, object.get()) {
    if (bpf_program__type(program) != BPF_PROG_TYPE_UNSPEC) continue;
    if (const auto section = newer_section(without_question_mark(bpf_program__section_name(program)))) {
      bpf_program__set_type(program, static_cast<bpf_prog_type>(section->program_type));
      bpf_program__set_expected_attach_type(program, static_cast<bpf_attach_type>(section->attach_type));
    }
  }
  return object;
}

Result<Trial> try_object(std::span<const std::byte> object, const TrialOptions& options) {
  auto contents = read_object(object);
  if (!contents) return tl::unexpected(contents.error());
  auto opened = open_object(object, options.btf);
  if (!opened) return tl::unexpected(opened.error());
  Trial trial;
  trial.contents = std::move(*contents);
  const ObjectLines lines = ObjectLines::of(object);
  bpf_program* each = nullptr;
  bpf_object__for_each_program(each, opened->get()) {
    // libbpf takes a lone function without a section for a program, and cannot load it.
    if (std::string_view(bpf_program__section_name(each)) == ".text") continue;
    TrialProgram program;
    program.name = bpf_program__name(each);
    program.section = without_question_mark(bpf_program__section_name(each));
    program.type = bpf_program__type(each);
    program.functions = trial.contents.placed(bpf_program__section_name(each), program.name);
    if (program.functions.empty())
      program.functions = trial.contents.placed("?" + program.section, program.name);
    program.lines = lines.of_program(program.functions);
    program.instructions = static_cast<uint32_t>(bpf_program__insn_cnt(each));
    if (is_wanted(options, program.name)) trial.programs.push_back(std::move(program));
    if (trial.programs.size() > kMostPrograms)
      return base::fail(ErrorKind::bad_input,
                        "more than " + std::to_string(kMostPrograms) + " programs in one object");
  }
  opened->reset();
  add_deleted_programs(options, trial);
  if (auto known = refuse_unknown_programs(options, trial); !known) return tl::unexpected(known.error());
  if (trial.programs.empty()) return base::fail(ErrorKind::bad_input, without_programs(trial.contents));
  std::vector<std::byte> plain;
  if (!object_section(object, ".struct_ops").empty()) plain = without_struct_ops(object);
  const std::span<const std::byte> others = plain.empty() ? object : std::span<const std::byte>(plain);
  const bool has_operations =
      std::any_of(trial.programs.begin(), trial.programs.end(),
                  [](const TrialProgram& one) { return one.type == BPF_PROG_TYPE_STRUCT_OPS; });
  if (auto done = try_together(has_operations ? object : others, options, trial); !done)
    return tl::unexpected(done.error());
  for (TrialProgram& program : trial.programs) {
    if (program.type == BPF_PROG_TYPE_UNSPEC) continue;
    const auto& bytes = program.type == BPF_PROG_TYPE_STRUCT_OPS ? object : others;
    if (auto done = ProgramTrial(bytes, options, program).run(); !done) return tl::unexpected(done.error());
  }
  return trial;
}

bool is_object_file(const std::string& path, std::span<const std::byte> bytes) {
  constexpr unsigned char kMagic[] = {0x7f, 'E', 'L', 'F'};
  return path.ends_with(".o") || (bytes.size() >= 4 && std::memcmp(bytes.data(), kMagic, 4) == 0);
}

Result<std::vector<std::byte>> read_object_file(const std::string& path) {
  const base::UniqueFd file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat status {};
  if (!file.valid() || fstat(file.get(), &status) != 0)
    return base::fail(ErrorKind::bad_input, path + ": " + std::strerror(errno), errno);
  if (!S_ISREG(status.st_mode)) return base::fail(ErrorKind::bad_input, path + ": not a file");
  if (static_cast<uint64_t>(status.st_size) > kMostObjectBytes)
    return base::fail(ErrorKind::bad_input, path + ": larger than any object for BPF");
  std::vector<std::byte> bytes(static_cast<size_t>(status.st_size));
  for (size_t at = 0; at < bytes.size();) {
    const ssize_t got = pread(file.get(), bytes.data() + at, bytes.size() - at, static_cast<off_t>(at));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return base::fail(ErrorKind::bad_input, path + ": " + std::strerror(errno), errno);
    if (got == 0) {
      bytes.resize(at);
      break;
    }
    at += static_cast<size_t>(got);
  }
  return bytes;
}

}  // namespace weir::lab
