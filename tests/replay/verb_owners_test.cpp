// SPDX-License-Identifier: Apache-2.0
// `weir flows -r` of captures that tell who owns the packets.
#include <gtest/gtest.h>

#include "capture_writer.h"
#include "weir_run.h"

namespace weir::tests {
namespace {

Bytes options(uint32_t direction, const std::string& comment) {
  Bytes bytes;
  Bytes flags;
  put_little(flags, direction, 4);
  PcapngFile::option(bytes, 1, Bytes(comment.begin(), comment.end()));
  if (direction != 0) PcapngFile::option(bytes, 2, flags);
  put_little(bytes, 0, 4);
  return bytes;
}

const Frame kRequest = Ethernet{} / IPv4{.source = "10.0.0.7", .destination = "10.0.0.9"} /
                       UDP{.source = 4000, .destination = 53} / Payload{8};
const Frame kAnswer = Ethernet{} / IPv4{.source = "10.0.0.9", .destination = "10.0.0.7"} /
                      UDP{.source = 53, .destination = 4000} / Payload{8};

TEST(VerbOwners, show_both_ends_of_a_flow_from_comments_and_directions) {
  const TestFolder folder;
  PcapngFile file;
  file.add_interface(1, "lo");
  file.add(0, 0, kRequest, options(2, "PID: 4121\nCmd: /usr/bin/curl\nArgs: curl http://a\nUserId: 1000"));
  file.add(0, 1000, kRequest, options(1, "PID: 77\nCmd: /usr/sbin/nginx"));
  file.add(0, 2000, kAnswer, options(2, "PID: 77\nCmd: /usr/sbin/nginx"));
  const RunResult run = run_shell(folder, "WEIR flows -o json -r " + folder.file("a.pcapng", file.bytes()));
  EXPECT_EQ(run.status, 0) << run.err;
  const auto lines = run.lines();
  ASSERT_EQ(lines.size(), 1u) << run.out;
  EXPECT_NE(lines[0].find(
                R"("process":{"pid":4121,"comm":"curl","executable":{"name":"curl"}},"user":{"id":1000})"),
            std::string::npos)
      << lines[0];
  // The file does not tell nginx's user.
  EXPECT_NE(lines[0].find(R"("process":{"pid":77,"comm":"nginx","executable":{"name":"nginx"}})"),
            std::string::npos)
      << lines[0];
  EXPECT_EQ(lines[0].find("4294967295"), std::string::npos) << lines[0];
}

TEST(VerbOwners, say_how_many_packets_told_a_process_without_a_direction) {
  const TestFolder folder;
  PcapngFile file;
  file.add_interface(1, "eth0").add(0, 0, kRequest, options(0, "PID: 4121\nCmd: curl"));
  const RunResult run = run_shell(folder, "WEIR flows -o json -r " + folder.file("a.pcapng", file.bytes()));
  EXPECT_EQ(run.status, 0) << run.err;
  EXPECT_EQ(run.out.find("process"), std::string::npos) << run.out;
  EXPECT_NE(run.err.find("1 packets with a process but no direction"), std::string::npos) << run.err;
}

}  // namespace
}  // namespace weir::tests
