// SPDX-License-Identifier: Apache-2.0
#include "lab/bounded_command.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "base/unique_fd.h"

namespace weir::lab {
namespace {

using base::ErrorKind;
using base::Result;

struct FileActions {
  posix_spawn_file_actions_t raw;
  FileActions() { posix_spawn_file_actions_init(&raw); }
  ~FileActions() { posix_spawn_file_actions_destroy(&raw); }
  FileActions(const FileActions&) = delete;
  FileActions& operator=(const FileActions&) = delete;
};

struct Attributes {
  posix_spawnattr_t raw;
  Attributes() {
    posix_spawnattr_init(&raw);
    sigset_t none, changed;
    sigemptyset(&none);
    sigemptyset(&changed);
    for (const int number : {SIGPIPE, SIGINT, SIGTERM, SIGXFSZ}) sigaddset(&changed, number);
    posix_spawnattr_setsigmask(&raw, &none);
    posix_spawnattr_setsigdefault(&raw, &changed);
    posix_spawnattr_setflags(&raw, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  ~Attributes() { posix_spawnattr_destroy(&raw); }
  Attributes(const Attributes&) = delete;
  Attributes& operator=(const Attributes&) = delete;
};

Result<std::string> read_back(int file, uint64_t most) {
  std::string text;
  std::array<char, 65536> part;
  for (off_t at = 0; text.size() <= most;) {
    const ssize_t got = pread(file, part.data(), part.size(), at);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return base::fail_errno(errno, "reading what it wrote");
    if (got == 0) return text;
    text.append(part.data(), static_cast<size_t>(got));
    at += got;
  }
  return base::fail(ErrorKind::resource, "wrote more than " + std::to_string(most >> 20) + " MiB");
}

/// False: it had to be killed.
bool wait_for(pid_t process, uint32_t seconds, int& status) {
  const base::UniqueFd ended(static_cast<int>(syscall(SYS_pidfd_open, process, 0)));
  bool in_time = true;
  if (ended.valid()) {
    pollfd wish{ended.get(), POLLIN, 0};
    int got = 0;
    // A signal that Weir handles begins the wait anew; one that ends Weir ends it here.
    do got = poll(&wish, 1, static_cast<int>(seconds) * 1000);
    while (got < 0 && errno == EINTR);
    if (got == 0) {
      in_time = false;
      kill(process, SIGKILL);
    }
  }
  while (waitpid(process, &status, 0) < 0 && errno == EINTR) {
  }
  return in_time;
}

void limit(pid_t process, const CommandLimits& limits) {
  const rlimit64 memory{limits.memory_bytes, limits.memory_bytes};
  const rlimit64 output{limits.output_bytes, limits.output_bytes};
  const rlimit64 core{0, 0};
  prlimit64(process, RLIMIT_AS, &memory, nullptr);
  prlimit64(process, RLIMIT_FSIZE, &output, nullptr);
  prlimit64(process, RLIMIT_CORE, &core, nullptr);
}

}  // namespace

Result<FinishedCommand> run_bounded(const std::vector<std::string>& words, const CommandLimits& limits) {
  const base::UniqueFd output(memfd_create("output", MFD_CLOEXEC));
  const base::UniqueFd errors(memfd_create("errors", MFD_CLOEXEC));
  if (!output.valid() || !errors.valid()) return base::fail_errno(errno, "making room for its output");
  FileActions actions;
  posix_spawn_file_actions_addopen(&actions.raw, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions.raw, output.get(), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions.raw, errors.get(), STDERR_FILENO);
  const Attributes attributes;
  std::vector<char*> arguments;
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  pid_t process = -1;
  const int problem =
      posix_spawn(&process, words[0].c_str(), &actions.raw, &attributes.raw, arguments.data(), environ);
  if (problem != 0) return base::fail(ErrorKind::unsupported, std::strerror(problem), problem);
  limit(process, limits);
  int status = 0;
  if (!wait_for(process, limits.seconds, status))
    return base::fail(ErrorKind::resource,
                      "was not done within " + std::to_string(limits.seconds) + " s and was ended");
  if (WIFSIGNALED(status) && WTERMSIG(status) == SIGXFSZ)
    return base::fail(ErrorKind::resource,
                      "wrote more than " + std::to_string(limits.output_bytes >> 20) + " MiB");
  FinishedCommand finished;
  finished.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  auto written = read_back(output.get(), limits.output_bytes);
  if (!written) return tl::unexpected(written.error());
  finished.output = std::move(*written);
  auto said = read_back(errors.get(), limits.output_bytes);
  if (!said) return tl::unexpected(said.error());
  finished.errors = std::move(*said);
  return finished;
}

}  // namespace weir::lab
