// SPDX-License-Identifier: Apache-2.0
#include "app/lab_run.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <optional>

#include "app/interface_list.h"
#include "app/lab_check_report.h"
#include "app/lab_run_maps.h"
#include "app/stop_signal.h"
#include "app/watched_command.h"
#include "base/clock.h"
#include "kernel/cgroup_mount.h"
#include "lab/event_stream.h"
#include "lab/json_record.h"
#include "lab/program_check.h"
#include "lab/record_types.h"
#include "lab/running_object.h"
#include "lab/source_types.h"
#include "lab/trace_pipe.h"
#include "sink/output_buffer.h"

namespace weir::app {
namespace {

using base::ErrorKind;
using base::Result;
using config::LabRunOptions;
using config::LabRunOutput;

constexpr int64_t kLastRecordsNs = 20'000'000;  // for what a command's end causes

int tell(const base::Error& error) {
  std::fprintf(stderr, "weir lab run: %s\n", error.message.c_str());
  return base::exit_code(error.kind);
}

lab::CompileOptions compile_options(const LabRunOptions& options) {
  lab::CompileOptions compile;
  compile.source = options.file;
  compile.btf = options.btf;
  compile.include_folders = options.include_folders;
  compile.defines = options.defines;
  return compile;
}

/// What `weir lab check` says of the file, on stderr; false: nothing.
bool explain(const LabRunOptions& options) {
  lab::CheckOptions check;
  check.compile = compile_options(options);
  const auto file = lab::check_file(check);
  const auto refused = [](const lab::CheckedProgram& program) { return !program.accepted(); };
  if (!file || std::none_of(file->programs.begin(), file->programs.end(), refused)) return false;
  config::LabCheckOptions shown;
  shown.files = {options.file};
  shown.colour = isatty(STDERR_FILENO) == 1;
  sink::OutputBuffer output(STDERR_FILENO);
  write_check_text(options.file, *file, shown, output);
  return output.flush().has_value();
}

/// The types of records: from the source's structs, which the object itself may lack, else from the object.
lab::RecordTypes types_of_records(const LabRunOptions& options, const lab::RunningObject& object,
                                  bool from_source) {
  if (from_source) {
    const auto names = lab::find_types_of_file(options.file);
    std::string path = std::filesystem::temp_directory_path() / "weir-types-XXXXXX.c";
    const base::UniqueFd file(::mkstemps(path.data(), 2));
    if (file.valid() && !names.empty()) {
      std::ofstream(path) << lab::type_carrier(options.file, names);
      auto compile = compile_options(options);
      compile.source = path;
      const auto made = lab::compile_bpf(compile);
      ::unlink(path.c_str());
      if (made && !made->object.empty())
        if (auto carrier = lab::RunningObject::open(made->object, options.btf))
          if (auto types = carrier->types()) return {std::move(*types), names};
    }
  }
  auto types = object.types();
  return types ? lab::RecordTypes(std::move(*types), {}) : lab::RecordTypes();
}

lab::RecordTypes record_types(const LabRunOptions& options, const lab::RunningObject& object,
                              bool from_source) {
  auto types = types_of_records(options, object, from_source);
  std::vector<std::string> maps;
  for (const bpf_map* map : object.maps()) maps.emplace_back(bpf_map__name(map));
  types.tell_maps(std::move(maps));
  return types;
}

/// The run's parts in one place, in order of acquisition.
class Run {
 public:
  Run(const LabRunOptions& options, StopSignal& stop) : options_(options), stop_(stop) {}

  /// Compiles, loads, fills, attaches. `refused_`: the verifier did not take it.
  Result<> begin();
  void run();
  /// Takes everything away; the exit status.
  int end();
  bool refused() const { return refused_; }

 private:
  Result<std::vector<std::byte>> object_bytes();
  Result<> prepare(lab::RunningObject& object);
  Result<lab::Places> places();
  void show(const lab::TraceLine& line);
  void show(const lab::StreamRecord& record);
  void look(int64_t now);
  bool count_one();
  void write(std::string_view lines);
  bool wait(int64_t until_ns);

  const LabRunOptions& options_;
  StopSignal& stop_;
  base::Result<kernel::CgroupMount> cgroup_ = kernel::open_cgroup2();
  base::UniqueFd own_cgroup_;  // of --cgroup
  sink::OutputBuffer output_{STDOUT_FILENO};
  std::unique_ptr<WatchedCommand> command_;  // null: none
  std::optional<lab::TracePipe> pipe_;
  std::optional<lab::RunningObject> object_;
  std::optional<lab::RecordTypes> types_;
  lab::EventStream events_{[this](const lab::StreamRecord& record) { show(record); }};
  LabRunMaps maps_{options_};
  bool from_source_ = false;
  int64_t last_look_ns_ = 0;
  uint64_t shown_ = 0;
  bool refused_ = false;
  bool done_ = false;
};

Result<std::vector<std::byte>> Run::object_bytes() {
  auto bytes = lab::read_object_file(options_.file);
  if (!bytes || lab::is_object_file(options_.file, *bytes)) return bytes;
  from_source_ = true;
  auto made = lab::compile_bpf(compile_options(options_));
  if (!made) return tl::unexpected<base::Error>(made.error());
  for (const lab::ClangMessage& message : made->messages)
    std::fprintf(stderr, "%s\n", lab::clang_message_line(message).c_str());
  if (!made->object.empty()) return std::move(made->object);
  const std::string advice = lab::compile_advice(made->messages);
  return base::fail(ErrorKind::bad_input,
                    options_.file + " does not compile" + (advice.empty() ? "" : ": " + advice));
}

Result<lab::Places> Run::places() {
  lab::Places places;
  if (!options_.interfaces.empty()) {
    auto interfaces = interfaces_named(options_.interfaces);
    if (!interfaces) return tl::unexpected<base::Error>(interfaces.error());
    places.interfaces = std::move(*interfaces);
  }
  if (!options_.cgroup.empty()) {
    own_cgroup_ = base::UniqueFd(::open(options_.cgroup.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!own_cgroup_.valid()) return base::fail_errno(errno, "--cgroup " + options_.cgroup);
    places.cgroup = own_cgroup_.get();
    places.cgroup_name = options_.cgroup;
  } else if (cgroup_) {
    places.cgroup = cgroup_->root.get();
    places.cgroup_name = "/";
  }
  return places;
}

Result<> Run::prepare(lab::RunningObject& object) {
  for (const std::string& entry : options_.entries)
    if (auto filled = object.fill_map(entry); !filled) return base::fail_within(filled.error(), "--map");
  if (auto filled = object.fill_tail_calls(); !filled) return filled;
  for (const std::string& note : object.notes()) std::fprintf(stderr, "weir: %s\n", note.c_str());
  for (const bpf_map* map : object.maps()) {
    if (auto added = events_.add(map); !added) return added;
    if (auto added = maps_.add(map); !added) return added;
  }
  if (!options_.events.empty()) types_ = record_types(options_, object, from_source_);
  for (const std::string& event : options_.events) {
    const size_t equals = event.find('=');
    if (equals == event.npos)
      return base::fail(ErrorKind::bad_input, "--event " + event + ": expected MAP=TYPE");
    if (auto chosen = types_->choose(event.substr(0, equals), event.substr(equals + 1)); !chosen)
      return base::fail_within(chosen.error(), "--event");
  }
  if (object.prints()) {
    auto pipe = lab::TracePipe::open();
    if (pipe) {
      pipe_.emplace(std::move(*pipe));
      pipe_->discard();
    } else {
      std::fprintf(stderr, "weir: without bpf_printk: %s\n", pipe.error().message.c_str());
    }
  }
  return {};
}

Result<> Run::begin() {
  if (!options_.command.empty()) {
    if (!cgroup_) return base::fail_within(cgroup_.error(), "-- COMMAND");
    auto command = WatchedCommand::prepare(options_.command, cgroup_->root.get());
    if (!command) return base::fail_within(command.error(), "-- COMMAND");
    command_ = std::move(*command);
  }
  const auto bytes = object_bytes();
  if (!bytes) return tl::unexpected<base::Error>(bytes.error());
  auto at = places();
  if (!at) return tl::unexpected<base::Error>(at.error());
  auto object = lab::RunningObject::open(*bytes, options_.btf);
  if (!object) return base::fail_within(object.error(), options_.file);
  object_.emplace(std::move(*object));
  for (const std::string& global : options_.globals)
    if (auto set = object_->set_global(global); !set) return base::fail_within(set.error(), "--set");
  if (auto loaded = object_->load(); !loaded) {
    refused_ = loaded.error().kind == ErrorKind::bad_input;
    return base::fail_within(loaded.error(), options_.file + " is not taken by the kernel");
  }
  if (auto prepared = prepare(*object_); !prepared) return prepared;
  if (auto placed = object_->place(std::move(*at)); !placed) return placed;
  for (const lab::Placed& one : object_->placement().placed())
    std::fprintf(stderr, "weir: %s: %s\n", one.program.c_str(), one.where.c_str());
  for (const lab::Placed& one : object_->placement().left())
    std::fprintf(stderr, "weir: %s is loaded and not attached: %s\n", one.program.c_str(), one.where.c_str());
  write(object_->iterate());
  return command_ ? command_->start() : Result<>();
}

void Run::write(std::string_view lines) {
  if (lines.empty()) return;
  output_.append(lines);
  if (!output_.flush()) done_ = true;
}

bool Run::count_one() {
  if (options_.count != 0 && shown_ >= options_.count) return false;
  if (++shown_ == options_.count) done_ = true;
  return true;
}

void Run::show(const lab::TraceLine& line) {
  if (!count_one()) return;
  if (options_.output == LabRunOutput::json) {
    const auto process = lab::JsonRecord().number("pid", line.pid).text("name", line.task).object();
    output_.append(lab::JsonRecord()
                       .text("type", "lab.run.message")
                       .time("time", base::now_ns(CLOCK_REALTIME))
                       .raw("task", process)
                       .number("cpu", line.cpu)
                       .text("message", line.message)
                       .line());
  } else {
    output_.append(line.task + '[' + std::to_string(line.pid) + "]: " + line.message + '\n');
  }
}

void Run::show(const lab::StreamRecord& record) {
  if (!count_one()) return;
  if (!types_) types_ = record_types(options_, *object_, from_source_);
  const bool json = options_.output == LabRunOutput::json;
  std::string value;
  types_->print(record.map, record.bytes, record.from_perf_buffer,
                json ? lab::ValueForm::json : lab::ValueForm::text, value);
  if (const std::string doubt = types_->take_doubt(); !doubt.empty())
    std::fprintf(stderr, "weir: %s\n", doubt.c_str());
  if (!json) {
    output_.append(record.map + ": " + value + '\n');
    return;
  }
  lab::JsonRecord line;
  line.text("type", "lab.run.record").time("time", base::now_ns(CLOCK_REALTIME)).text("map", record.map);
  if (record.cpu >= 0) line.number("cpu", static_cast<uint64_t>(record.cpu));
  output_.append(line.raw("value", value).line());
}

void Run::look(int64_t now) {
  const double seconds = std::max(1e-3, static_cast<double>(now - last_look_ns_) / 1e9);
  last_look_ns_ = now;
  write(maps_.look(seconds));
}

/// Until there is something to read, or `until_ns`; false at the end.
bool Run::wait(int64_t until_ns) {
  std::vector<pollfd> wishes = {{stop_.fd(), POLLIN, 0}, {STDOUT_FILENO, 0, 0}};
  if (pipe_) wishes.push_back({pipe_->fd(), POLLIN, 0});
  for (const int fd : events_.fds()) wishes.push_back({fd, POLLIN, 0});
  const int64_t left = std::max<int64_t>(0, until_ns - base::now_ns(CLOCK_MONOTONIC));
  const timespec timeout{left / 1'000'000'000, left % 1'000'000'000};
  if (ppoll(wishes.data(), wishes.size(), &timeout, nullptr) > 0 && (wishes[1].revents & POLLERR))
    return false;
  if (pipe_) pipe_->read([this](const lab::TraceLine& line) { show(line); });
  events_.read();
  if (!output_.flush()) return false;
  return !done_ && !stop_.requested();
}

void Run::run() {
  constexpr int64_t kCommandLookNs = 20'000'000;
  int64_t now = base::now_ns(CLOCK_MONOTONIC);
  int64_t end = options_.duration ? now + options_.duration->count() : INT64_MAX;
  int64_t next_look = now + options_.interval.count();
  last_look_ns_ = now;
  bool ending = false;
  while (wait(
      std::min({end, next_look, command_ ? base::now_ns(CLOCK_MONOTONIC) + kCommandLookNs : INT64_MAX}))) {
    now = base::now_ns(CLOCK_MONOTONIC);
    if (now >= end) break;
    if (command_ && !ending && command_->ended()) {
      ending = true;
      end = std::min(end, now + kLastRecordsNs);
    }
    if (now >= next_look) {
      look(now);
      next_look = now + options_.interval.count();
    }
  }
}

int Run::end() {
  wait(0);
  look(base::now_ns(CLOCK_MONOTONIC));
  std::string lost;
  if (events_.lost()) lost += ", " + std::to_string(events_.lost()) + " lost: perf buffer full";
  if (pipe_ && pipe_->lost()) lost += ", " + std::to_string(pipe_->lost()) + " messages written over";
  std::fprintf(stderr, "weir: %llu messages and records%s\n", static_cast<unsigned long long>(shown_),
               lost.c_str());
  object_.reset();
  if (command_) command_->wait(stop_.fd());
  const auto written = output_.flush();
  if (!written && written.error().system_errno != EPIPE) return tell(written.error());
  return command_ ? command_->exit_code() : 0;
}

}  // namespace

int lab_run(const LabRunOptions& options) {
  auto stop = StopSignal::create();
  if (!stop) return tell(stop.error());
  Run run(options, *stop);
  if (auto begun = run.begin(); !begun) {
    if (!run.refused() || !explain(options)) return tell(begun.error());
    return base::exit_code(begun.error().kind);
  }
  run.run();
  return run.end();
}

}  // namespace weir::app
