// SPDX-License-Identifier: Apache-2.0
// Disks that are full, readers that have gone: the error tells what was kept, and that is readable.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>

#include "base/unique_fd.h"
#include "capture_write_records.h"

namespace weir::tests {
namespace {

using sink::CaptureWriter;

/// Writes until it fails; empty: all went well with the failure. In a child process, whose limits and mounts
/// are its own.
std::string fill_and_check(const std::string& path, bool pcap, const std::string& errno_text) {
  RandomRecords random(4, 2, true);
  auto writer = CaptureWriter::open({.path = path, .pcap = pcap});
  if (!writer) return writer.error().message;
  for (uint32_t i = 0; path != "/dev/full" && i < random.interfaces().size(); ++i)
    (*writer)->announce(i, random.interfaces()[i]);
  uint64_t tries = 0;
  while (tries < 1'000'000 && (*writer)->write(random.next())) ++tries;
  const uint64_t beyond = 5;
  for (uint64_t i = 0; i < beyond; ++i) (*writer)->write(random.next());
  const auto finished = (*writer)->finish({});
  if (finished) return "finish told no error";
  const sink::CaptureCounters counters = (*writer)->counters();
  const std::string& message = finished.error().message;
  if (message.find(errno_text) == std::string::npos) return "no errno in: " + message;
  if (message.find("after " + std::to_string(counters.kept) + " packets") == std::string::npos)
    return "no count in: " + message;
  if (counters.kept + counters.lost != tries + 1 + beyond) {
    return "kept " + std::to_string(counters.kept) + " lost " + std::to_string(counters.lost) + " of " +
           std::to_string(tries + 1 + beyond);
  }
  if (path == "/dev/full") return counters.kept == 0 ? "" : "kept packets on /dev/full";
  const ReadBack read = read_back(path);
  if (!read.error.empty()) return "torn: " + read.error;
  if (read.records.size() != counters.kept) return "read " + std::to_string(read.records.size());
  if (counters.kept == 0) return "kept nothing";
  RandomRecords again(4, 2, true);
  for (const std::string& record : read.records) {
    if (!pcap && record != told(again.next())) return "another record: " + record;
  }
  return "";
}

std::string in_child(const std::function<std::string()>& work) {
  int ends[2];
  if (::pipe(ends) != 0) return "no pipe";
  base::UniqueFd from_child(ends[0]);
  base::UniqueFd to_parent(ends[1]);
  const pid_t child = ::fork();
  if (child == 0) {
    const std::string answer = work();
    const ssize_t written = ::write(to_parent.get(), answer.data(), answer.size());
    ::_exit(written == static_cast<ssize_t>(answer.size()) ? 0 : 1);
  }
  to_parent.reset();
  std::string answer;
  char part[4096];
  ssize_t bytes = 0;
  while ((bytes = ::read(from_child.get(), part, sizeof part)) > 0)
    answer.append(part, static_cast<size_t>(bytes));
  int status = 0;
  if (::waitpid(child, &status, 0) != child || status != 0) answer += " (the child failed)";
  return answer;
}

TEST(CaptureWriteFailure, a_full_device_says_so_before_the_first_packet) {
  const auto writer = CaptureWriter::open({.path = "/dev/full"});
  ASSERT_FALSE(writer);
  EXPECT_EQ(writer.error().system_errno, ENOSPC);
  EXPECT_EQ(writer.error().kind, base::ErrorKind::resource);
  EXPECT_NE(writer.error().message.find("/dev/full after 0 packets"), std::string::npos)
      << writer.error().message;
  // pcap's header waits for the first interface.
  EXPECT_EQ(fill_and_check("/dev/full", true, "No space left on device"), "");
}

TEST(CaptureWriteFailure, a_file_size_limit_keeps_whole_blocks_and_their_count) {
  const CaptureFolder folder;
  for (const bool pcap : {false, true}) {
    for (const rlim_t limit : {5'001u, 300'000u, 1'000'003u}) {
      EXPECT_EQ(in_child([&]() -> std::string {
                  ::signal(SIGXFSZ, SIG_IGN);
                  const rlimit bytes{limit, limit};
                  if (::setrlimit(RLIMIT_FSIZE, &bytes) != 0) return "setrlimit";
                  return fill_and_check(folder.path("a"), pcap, "File too large");
                }),
                "")
          << (pcap ? "pcap" : "pcapng") << " limit " << limit;
    }
  }
}

TEST(CaptureWriteFailure, a_full_disk_keeps_whole_blocks_and_their_count) {
  if (::geteuid() != 0) GTEST_SKIP() << "a disk of 600 kB needs root (mount)";
  const CaptureFolder folder;
  for (const bool pcap : {false, true}) {
    EXPECT_EQ(in_child([&]() -> std::string {
                if (::unshare(CLONE_NEWNS) != 0 ||
                    ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
                    ::mount("none", folder.path().c_str(), "tmpfs", 0, "size=600k") != 0)
                  return std::string("cannot mount: ") + std::strerror(errno);
                return fill_and_check(folder.path("a"), pcap, "No space left on device");
              }),
              "")
        << (pcap ? "pcap" : "pcapng");
  }
}

TEST(CaptureWriteFailure, a_reader_that_has_gone_is_epipe) {
  EXPECT_EQ(in_child([]() -> std::string {
              ::signal(SIGPIPE, SIG_IGN);
              int ends[2];
              if (::pipe(ends) != 0 || ::dup2(ends[1], STDOUT_FILENO) < 0) return "no pipe";
              base::UniqueFd reader(ends[0]);
              RandomRecords random(4);
              auto writer = CaptureWriter::open({.path = "-"});
              if (!writer) return writer.error().message;
              reader.reset();
              while ((*writer)->write(random.next())) {
              }
              return (*writer)->error()->system_errno == EPIPE ? "" : (*writer)->error()->message;
            }),
            "");
}

TEST(CaptureWriteFailure, a_file_that_cannot_be_made_is_named) {
  const auto writer = CaptureWriter::open({.path = "/nonexistent/a.pcapng"});
  ASSERT_FALSE(writer);
  EXPECT_EQ(writer.error().kind, base::ErrorKind::not_found);
  EXPECT_EQ(writer.error().message, "cannot create /nonexistent/a.pcapng: No such file or directory");
}

TEST(CaptureWriteFailure, what_was_in_an_appended_file_before_stays) {
  const CaptureFolder folder;
  write_file(folder.path("log"), "before");
  EXPECT_EQ(in_child([&]() -> std::string {
              ::signal(SIGXFSZ, SIG_IGN);
              const rlimit bytes{100'000, 100'000};
              const int file = ::open(folder.path("log").c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
              if (file < 0 || ::dup2(file, STDOUT_FILENO) < 0 || ::setrlimit(RLIMIT_FSIZE, &bytes) != 0)
                return "cannot redirect";
              RandomRecords random(4);
              auto writer = CaptureWriter::open({.path = "-"});
              if (!writer) return writer.error().message;
              while ((*writer)->write(random.next())) {
              }
              const std::string all = file_bytes(folder.path("log"));
              if (!all.starts_with("before")) return "lost what was before";
              write_file(folder.path("rest"), all.substr(6));
              return "";
            }),
            "");
  // The second write's limit is of other files too: read in a process without it.
  const ReadBack read = read_back(folder.path("rest"));
  EXPECT_EQ(read.error, "");
  EXPECT_GT(read.records.size(), 100u);
}

}  // namespace
}  // namespace weir::tests
