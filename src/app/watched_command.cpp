// SPDX-License-Identifier: Apache-2.0
#include "app/watched_command.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <fstream>

namespace weir::app {
namespace {

constexpr std::string_view kPrefix = "weir-";
constexpr int kExecFailed = 127;
constexpr int kEndLooks = 150;    // for a command that shall end, 20 ms each
constexpr int kLooksToTerm = 25;  // before SIGTERM: Ctrl-C on a terminal has reached it too

struct CloseFolder {
  void operator()(DIR* folder) const { closedir(folder); }
};

/// This process's cgroup below cgroup2's root: "0::/path" (cgroups(7)).
std::string own_cgroup_path() {
  std::ifstream lines("/proc/self/cgroup");
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with("0::/")) return line.substr(4);
  return {};
}

bool write_number(int folder, const char* file, pid_t number) {
  const base::UniqueFd fd(openat(folder, file, O_WRONLY | O_CLOEXEC));
  const std::string text = std::to_string(number);
  return fd.valid() && write(fd.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

/// Cgroups of Weirs that were killed; those in which something still runs stay.
void remove_dead_cgroups(int folder) {
  const int again = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const std::unique_ptr<DIR, CloseFolder> entries(again >= 0 ? fdopendir(again) : nullptr);
  while (const dirent* entry = entries ? readdir(entries.get()) : nullptr) {
    std::string_view name = entry->d_name;
    if (!name.starts_with(kPrefix)) continue;
    name.remove_prefix(kPrefix.size());
    pid_t pid = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (error == std::errc() && end == name.data() + name.size() && kill(pid, 0) != 0 && errno == ESRCH)
      static_cast<void>(unlinkat(folder, entry->d_name, AT_REMOVEDIR));
  }
}

/// In the child, which shares nothing with Weir but its standard streams.
[[noreturn]] void become(const std::vector<std::string>& words, int go, int failure) {
  char letter;
  if (read(go, &letter, 1) != 1) _exit(kExecFailed);  // Weir has gone
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  signal(SIGPIPE, SIG_DFL);
  std::vector<char*> arguments;
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  execvp(arguments[0], arguments.data());
  const int problem = errno;
  static_cast<void>(!write(failure, &problem, sizeof(problem)));
  _exit(kExecFailed);
}

}  // namespace

base::Result<> WatchedCommand::make_cgroup(int cgroup_root) {
  const std::string path = own_cgroup_path();
  own_cgroup_ = base::UniqueFd(
      openat(cgroup_root, path.empty() ? "." : path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!own_cgroup_.valid())  // a cgroup namespace tells paths that are not those of the root
    own_cgroup_ = base::UniqueFd(openat(cgroup_root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!own_cgroup_.valid()) return base::fail_errno(errno, "opening Weir's own cgroup");
  remove_dead_cgroups(own_cgroup_.get());
  cgroup_name_ = std::string(kPrefix) + std::to_string(getpid());
  if (mkdirat(own_cgroup_.get(), cgroup_name_.c_str(), 0755) != 0)
    return base::fail_errno(errno, "making a cgroup for the command, by which its packets are known");
  cgroup_ =
      base::UniqueFd(openat(own_cgroup_.get(), cgroup_name_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  struct stat status {};
  if (!cgroup_.valid() || fstat(cgroup_.get(), &status) != 0)
    return base::fail_errno(errno, "opening the command's cgroup");
  cgroup_id_ = status.st_ino;
  cgroup_path_ = "/" + (path.empty() ? path : path + "/") + cgroup_name_;
  return {};
}

base::Result<std::unique_ptr<WatchedCommand>> WatchedCommand::prepare(const std::vector<std::string>& words,
                                                                      int cgroup_root) {
  std::unique_ptr<WatchedCommand> command(new WatchedCommand);
  command->words_ = words;
  if (auto made = command->make_cgroup(cgroup_root); !made) return tl::unexpected(made.error());
  std::array<int, 2> go, failure;
  if (pipe2(go.data(), O_CLOEXEC) != 0) return base::fail_errno(errno, "starting the command");
  base::UniqueFd go_read(go[0]);
  command->go_ = base::UniqueFd(go[1]);
  if (pipe2(failure.data(), O_CLOEXEC) != 0) return base::fail_errno(errno, "starting the command");
  command->failure_ = base::UniqueFd(failure[0]);
  const base::UniqueFd failure_write(failure[1]);
  command->pid_ = fork();
  if (command->pid_ < 0) return base::fail_errno(errno, "starting the command");
  if (command->pid_ == 0) {
    command->go_.reset();  // else it would wait for its own end of the pipe
    become(words, go_read.get(), failure_write.get());
  }
  if (!write_number(command->cgroup_.get(), "cgroup.procs", command->pid_))
    return base::fail_errno(errno, "moving the command into its cgroup");
  return command;
}

base::Result<> WatchedCommand::start() {
  static_cast<void>(!write(go_.get(), "g", 1));
  go_.reset();
  int problem = 0;
  // Closed by the exec where that succeeds.
  if (read(failure_.get(), &problem, sizeof(problem)) == sizeof(problem)) {
    wait(-1);
    return base::fail(base::ErrorKind::bad_input, words_[0] + ": " + std::strerror(problem), problem);
  }
  return {};
}

bool WatchedCommand::ended() {
  if (ended_ || pid_ < 0) return true;
  int status = 0;
  const pid_t got = waitpid(pid_, &status, WNOHANG);
  if (got == 0 || (got < 0 && errno == EINTR)) return false;
  ended_ = true;
  if (got == pid_) exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return true;
}

void WatchedCommand::wait(int give_up_fd) {
  for (int looks = 0; !ended() && looks < kEndLooks;) {
    pollfd wish{give_up_fd, POLLIN, 0};
    const bool given_up = poll(&wish, 1, looks ? 0 : 20) > 0;
    if (!given_up) continue;
    if (++looks == kLooksToTerm) kill(pid_, SIGTERM);
    poll(nullptr, 0, 20);
  }
}

/// What still runs goes back to where it would have been without Weir.
void WatchedCommand::leave_cgroup() {
  const base::UniqueFd list(openat(cgroup_.get(), "cgroup.procs", O_RDONLY | O_CLOEXEC));
  std::array<char, 4096> text;
  const ssize_t length = list.valid() ? read(list.get(), text.data(), text.size()) : 0;
  for (const char *at = text.data(), *end = at + std::max<ssize_t>(length, 0); at < end;) {
    pid_t pid = 0;
    const auto [next, error] = std::from_chars(at, end, pid);
    if (error == std::errc()) write_number(own_cgroup_.get(), "cgroup.procs", pid);
    at = next + 1;
  }
}

WatchedCommand::~WatchedCommand() {
  if (go_.valid()) {  // never started: the child ends by itself
    go_.reset();
    wait(-1);
  }
  if (!cgroup_.valid()) return;
  // A process that has just ended leaves its cgroup a moment later.
  for (int tries = 0; tries < 50; tries++) {
    if (unlinkat(own_cgroup_.get(), cgroup_name_.c_str(), AT_REMOVEDIR) == 0 || errno != EBUSY) return;
    leave_cgroup();
    poll(nullptr, 0, 2);
  }
}

}  // namespace weir::app
