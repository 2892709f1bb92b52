// SPDX-License-Identifier: Apache-2.0
#include "decode/owner_comment.h"

#include <gtest/gtest.h>

namespace weir::decode {
namespace {

Process curl() {
  Process process;
  process.pid = 4121;
  process.uid = 1000;
  process.comm = "curl";
  process.executable = "curl";
  return process;
}

void expect_same(const Process& a, const Process& b) {
  EXPECT_EQ(a.pid, b.pid);
  EXPECT_EQ(a.uid, b.uid);
  EXPECT_EQ(a.start_ns, b.start_ns);
  EXPECT_EQ(a.cgroup_id, b.cgroup_id);
  EXPECT_EQ(a.comm, b.comm);
  EXPECT_EQ(a.executable, b.executable);
  EXPECT_EQ(a.cgroup_path, b.cgroup_path);
  EXPECT_EQ(a.container_id, b.container_id);
}

TEST(OwnerComment, writes_only_what_is_known) {
  EXPECT_EQ(owner_comment(curl()), "PID: 4121\nCmd: curl\nUserId: 1000");
  EXPECT_EQ(owner_comment(Process()), "");
}

TEST(OwnerComment, reads_back_what_it_wrote) {
  Process process = curl();
  process.start_ns = 123'456'789'012;
  process.cgroup_id = 77;
  process.comm = "worker/0 of x";
  process.cgroup_path = "/kubepods/pod1/abc";
  process.container_id = std::string(64, 'f');
  const OwnerComments read = read_owner({owner_comment(process)});
  ASSERT_TRUE(read.process);
  expect_same(*read.process, process);
  EXPECT_TRUE(read.remaining.empty());
}

TEST(OwnerComment, keeps_hostile_names_apart_from_keys_and_readable_as_utf8) {
  Process process = curl();
  process.executable = "a\nPID: 1\\ \xff\xc3\xa9";
  process.comm = " spaces ";
  process.cgroup_path = std::string("/\0/\t", 4);
  const std::string text = owner_comment(process);
  EXPECT_NE(text.find("Cmd: a\\012PID: 1\\134 \\377\xc3\xa9\n"), std::string::npos) << text;
  const OwnerComments read = read_owner({text});
  ASSERT_TRUE(read.process);
  expect_same(*read.process, process);
}

TEST(OwnerComment, reads_the_files_of_ptcpdump) {
  const OwnerComments read = read_owner(
      {"PID: 3217\nCmd: /usr/bin/curl\nArgs: curl -s http://a/", "ThreadId: 3218\nThreadName: curl-dns",
       "UserId: 65534\nGroupId: 65534", "ParentPID: 3000\nParentCmd: /usr/bin/bash\nParentArgs: -bash",
       "ContainerName: web\nContainerId: 0123ab\nContainerImage: nginx\nContainerLabels: {}",
       "PodName: web-1\nPodNamespace: default"});
  ASSERT_TRUE(read.process);
  EXPECT_EQ(read.process->pid, 3217u);
  EXPECT_EQ(read.process->uid, 65534u);
  EXPECT_EQ(read.process->executable, "curl");
  EXPECT_EQ(read.process->comm, "curl");
  EXPECT_EQ(read.process->container_id, "0123ab");
  EXPECT_EQ(read.thread_id, 3218u);
  EXPECT_EQ(read.remaining,
            (std::vector<std::string>{"Args: curl -s http://a/", "ThreadName: curl-dns", "GroupId: 65534",
                                      "ParentPID: 3000\nParentCmd: /usr/bin/bash\nParentArgs: -bash",
                                      "ContainerName: web\nContainerImage: nginx\nContainerLabels: {}",
                                      "PodName: web-1\nPodNamespace: default"}));
}

TEST(OwnerComment, leaves_comments_without_a_process_as_they_are) {
  const std::vector<std::string_view> comments{"Cmd: look at this one", "", "two\n\nlines", "PID: none"};
  const OwnerComments read = read_owner(comments);
  EXPECT_FALSE(read.process);
  EXPECT_EQ(read.remaining, std::vector<std::string>(comments.begin(), comments.end()));
}

TEST(OwnerComment, says_unknown_where_a_file_tells_no_user) {
  const OwnerComments read = read_owner({"PID: 7\nCmd: /sbin/init"});
  ASSERT_TRUE(read.process);
  EXPECT_EQ(read.process->uid, kUnknownUser);
  EXPECT_EQ(owner_comment(*read.process), "PID: 7\nCmd: init");
}

TEST(OwnerComment, finds_threads_in_their_own_comment_only) {
  EXPECT_EQ(thread_of("ThreadId: 12"), 12u);
  EXPECT_EQ(thread_of("ThreadId: 12\nThreadName: x"), std::nullopt);
  EXPECT_EQ(thread_of("ThreadId: 0"), std::nullopt);
  EXPECT_EQ(thread_of("ThreadId: 99999999999"), std::nullopt);
}

}  // namespace
}  // namespace weir::decode
