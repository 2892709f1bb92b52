// SPDX-License-Identifier: Apache-2.0
// What others read in the captures that we write: tshark, tcpdump, capinfos.
#include <gtest/gtest.h>

#include "capture_write_records.h"
#include "tests/packet_builder.h"

namespace weir::tests {
namespace {

using sink::CaptureWriter;
using sink::CaptureWriterOptions;

constexpr int64_t kStartNs = 1'763'717'239'123'456'789;

/// Six packets, each of another kind, on two interfaces of one link type.
class Sample {
 public:
  Sample() {
    frame_ = (Ethernet{} / IPv4{} / UDP{} / Payload{8}).bytes();
    interfaces_[0].name = "eth0";
    interfaces_[0].description = "the first card";
    interfaces_[1].name = "veth1";
    for (auto& interface : interfaces_) interface.link_type = 1, interface.snap_bytes = 262144;
    auto process = std::make_shared<decode::Process>();
    process->pid = 4121;
    process->uid = 1000;
    process->comm = process->executable = "curl";
    process_ = process;
  }
  std::vector<decode::PacketRecord> records() const {
    std::vector<decode::PacketRecord> records(6);
    for (size_t i = 0; i < records.size(); ++i) {
      records[i].time_ns = kStartNs + static_cast<int64_t>(i) * 1'000'000'001;
      records[i].data = frame_;
      records[i].wire_bytes = static_cast<uint32_t>(frame_.size());
      records[i].interface_index = i % 2;
      records[i].interface = &interfaces_[i % 2];
    }
    records[0].direction = decode::PacketDirection::outbound;
    records[0].process = process_;
    records[0].thread_id = 4122;
    records[1].direction = decode::PacketDirection::inbound;
    records[1].packet_id = 0x1234567890;
    records[2].dropped_before = 17;
    records[3].verdict = decode::PacketVerdict{decode::PacketVerdict::Kind::tc, -1};
    records[4].verdict = decode::PacketVerdict{decode::PacketVerdict::Kind::xdp, 1};
    records[4].comments = {"one", "two"};
    return records;
  }
  void write(CaptureWriterOptions options, const sink::CaptureEnd& end = {}) const {
    auto writer = CaptureWriter::open(std::move(options));
    ASSERT_TRUE(writer) << writer.error().message;
    for (const auto& record : records()) ASSERT_TRUE((*writer)->write(record));
    ASSERT_TRUE((*writer)->finish(end));
  }
  const Bytes& frame() const { return frame_; }

 private:
  Bytes frame_;
  std::array<decode::PacketInterface, 2> interfaces_;
  decode::ProcessPtr process_;
};

TEST(CaptureWriteTools, tshark_shows_owner_direction_drops_id_and_verdict) {
  if (!has_program("tshark")) GTEST_SKIP() << "tshark is not installed: scripts/setup test";
  const CaptureFolder folder;
  const std::string path = folder.path("a.pcapng");
  Sample().write({.path = path});
  const std::string fields =
      shell("tshark -r " + path +
            " -T fields -E separator='|' -E aggregator=';' -e frame.number -e frame.interface_name"
            " -e frame.packet_flags_direction -e frame.packet_id -e frame.drop_count -e frame.verdict.ebpf_tc"
            " -e frame.verdict.ebpf_xdp -e frame.comment -e frame.time_epoch 2>/dev/null");
  EXPECT_EQ(fields,
            "1|eth0|0x00000002|||||PID: 4121\\nCmd: curl\\nUserId: 1000;ThreadId: 4122|1763717239.123456789\n"
            "2|veth1|0x00000001|78187493520|||||1763717240.123456790\n"
            "3|eth0|||17||||1763717241.123456791\n"
            "4|veth1||||-1|||1763717242.123456792\n"
            "5|eth0|||||1|one;two|1763717243.123456793\n"
            "6|veth1|||||||1763717244.123456794\n");
}

TEST(CaptureWriteTools, capinfos_shows_the_section_the_interfaces_and_their_statistics) {
  if (!has_program("capinfos")) GTEST_SKIP() << "capinfos is not installed: scripts/setup test";
  const CaptureFolder folder;
  const std::string path = folder.path("a.pcapng");
  sink::CaptureEnd end;
  end.interfaces = {{.interface_index = 1, .received = 10, .dropped = 2}};
  Sample().write({.path = path, .application = "weir 1.2.3", .filter = "udp port 53"}, end);
  const std::string text = shell("capinfos " + path + " 2>&1");
  for (const char* wanted :
       {"pcapng", "Number of packets:   6", "Capture application: weir 1.2.3", "Capture oper-sys:    Linux",
        "Name = eth0", "Description = the first card", "Name = veth1", "Time precision = nanoseconds (9)",
        "Filter string = udp port 53", "Number of stat entries = 1", "Capture length = 262144"})
    EXPECT_NE(text.find(wanted), std::string::npos) << wanted << " in:\n" << text;
  EXPECT_EQ(text.find("cut short"), std::string::npos) << text;
}

TEST(CaptureWriteTools, tshark_counts_the_statistics_and_uses_the_names) {
  if (!has_program("tshark")) GTEST_SKIP() << "tshark is not installed: scripts/setup test";
  const CaptureFolder folder;
  const std::string path = folder.path("a.pcapng");
  sink::CaptureEnd end;
  const Sample sample;
  const Bytes source(sample.frame().begin() + 26, sample.frame().begin() + 30);
  end.names = {{decode::IpAddress::v4(source.data()), "sender.example"},
               {decode::IpAddress::v6("0123456789abcdef"), "six.example"}};
  sample.write({.path = path}, end);
  const std::string hosts = shell("tshark -r " + path + " -q -z hosts 2>/dev/null");
  EXPECT_NE(hosts.find("sender.example"), std::string::npos) << hosts;
  EXPECT_NE(hosts.find("six.example"), std::string::npos) << hosts;
}

TEST(CaptureWriteTools, tcpdump_reads_both_formats) {
  if (!has_program("tcpdump")) GTEST_SKIP() << "tcpdump is not installed: scripts/setup test";
  const CaptureFolder folder;
  Sample().write({.path = folder.path("a.pcapng")});
  Sample().write({.path = folder.path("micro.pcap"), .pcap = true, .nanoseconds = false});
  Sample().write({.path = folder.path("nano.pcap"), .pcap = true});
  const std::string reads = "TZ=UTC tcpdump -nn -tttt --nano -r ";
  const std::string pcapng = shell(reads + folder.path("a.pcapng") + " 2>/dev/null");
  EXPECT_EQ(std::count(pcapng.begin(), pcapng.end(), '\n'), 6) << pcapng;
  EXPECT_TRUE(pcapng.starts_with("2025-11-21 09:27:19.123456789 IP ")) << pcapng;
  EXPECT_EQ(shell(reads + folder.path("nano.pcap") + " 2>/dev/null"), pcapng);
  EXPECT_TRUE(shell(reads + folder.path("micro.pcap") + " 2>/dev/null")
                  .starts_with("2025-11-21 09:27:19.123456000 IP "));
}

TEST(CaptureWriteTools, an_empty_capture_is_one_for_everybody) {
  if (!has_program("tcpdump")) GTEST_SKIP() << "tcpdump is not installed: scripts/setup test";
  const CaptureFolder folder;
  decode::PacketInterface interface;
  interface.name = "eth0";
  interface.link_type = 1;
  for (const bool pcap : {false, true}) {
    auto writer = CaptureWriter::open({.path = folder.path("empty"), .pcap = pcap});
    ASSERT_TRUE(writer);
    EXPECT_TRUE((*writer)->announce(0, interface));
    // Also before it ends: somebody may kill us.
    EXPECT_EQ(shell("tcpdump -nn -r " + folder.path("empty") + " > /dev/null 2>&1; echo $?"), "0\n");
    EXPECT_TRUE((*writer)->finish({}));
    EXPECT_EQ(shell("tcpdump -nn -r " + folder.path("empty") + " > /dev/null 2>&1; echo $?"), "0\n");
  }
}

TEST(CaptureWriteTools, random_captures_are_whole_for_tshark) {
  if (!has_program("tshark")) GTEST_SKIP() << "tshark is not installed: scripts/setup test";
  const CaptureFolder folder;
  RandomRecords random(123);
  auto writer = CaptureWriter::open({.path = folder.path("a.pcapng")});
  ASSERT_TRUE(writer);
  for (int i = 0; i < 500; ++i) (*writer)->write(random.next());
  ASSERT_TRUE((*writer)->finish({}));
  const std::string answer = shell("tshark -n -r " + folder.path("a.pcapng") +
                                   " -T fields -e frame.number 2>" + folder.path("err") + " | wc -l");
  EXPECT_EQ(answer, "500\n");
  EXPECT_EQ(file_bytes(folder.path("err")).find("appears"), std::string::npos)
      << file_bytes(folder.path("err"));
}

}  // namespace
}  // namespace weir::tests
