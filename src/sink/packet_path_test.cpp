// SPDX-License-Identifier: Apache-2.0
#include "sink/packet_path.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "sink/packet_text.h"

namespace weir::sink {
namespace {

using decode::IpAddress;
using decode::PacketDirection;
using decode::PacketHeaders;

const decode::PacketInterface kVeth0{"veth0", "", 1, 1, 0}, kNamed{"a\x1b[1m\"", "", 2, 1, 0},
    kCgroup{"", "", 0, 101, 0};

PacketHeaders headers() {
  PacketHeaders made;
  const uint8_t address[4] = {10, 0, 0, 1};
  made.ethernet.emplace();
  made.ip = {IpAddress::v4(address), IpAddress::v4(address), 64, 0};
  made.ports = {51514, 80};
  return made;
}

decode::PacketHop hop_with_everything_changed() {
  decode::PacketHop hop{12'345, headers(), headers()};
  hop.now.ip->ttl = 63;
  hop.now.ip->tos = 0xb8;
  hop.now.ip->source.bytes[3] = 2;
  hop.now.ip->destination.bytes[3] = 3;
  hop.now.ports = {1024, 8080};
  hop.now.ethernet->tags = 2;
  hop.now.ethernet->vlans = {3, 7};
  hop.now.ethernet->source[5] = 1;
  hop.now.ethernet->destination[5] = 2;
  return hop;
}

std::string text(const decode::PacketHop& hop) {
  PacketWriter to;
  put_hop(to, hop);
  return std::string(to.view());
}

std::string json(const decode::PacketHop& hop) {
  std::string to(kJsonHopBytes, '\0');
  to.resize(static_cast<size_t>(write_json_hop(to.data(), hop) - to.data()));
  return to;
}

TEST(packet_path, of_one_hop_has_the_time_and_each_field_that_changed) {
  EXPECT_EQ(text(hop_with_everything_changed()),
            " (+12.3 us, ttl 64>63, tos 0>184, source.address 10.0.0.1>10.0.0.2, source.port 51514>1024, "
            "destination.address 10.0.0.1>10.0.0.3, destination.port 80>8080, vlan none>3.7, "
            "source.mac 00:00:00:00:00:00>00:00:00:00:00:01, "
            "destination.mac 00:00:00:00:00:00>00:00:00:00:00:02)");
  EXPECT_EQ(json(hop_with_everything_changed()),
            R"(,"after_ns":12345,"changed":[{"field":"ttl","from":64,"to":63},)"
            R"({"field":"tos","from":0,"to":184},)"
            R"({"field":"source.address","from":"10.0.0.1","to":"10.0.0.2"},)"
            R"({"field":"source.port","from":51514,"to":1024},)"
            R"({"field":"destination.address","from":"10.0.0.1","to":"10.0.0.3"},)"
            R"({"field":"destination.port","from":80,"to":8080},{"field":"vlan","to":"3.7"},)"
            R"({"field":"source.mac","from":"00:00:00:00:00:00","to":"00:00:00:00:00:01"},)"
            R"({"field":"destination.mac","from":"00:00:00:00:00:00","to":"00:00:00:00:00:02"}])");
}

TEST(packet_path, of_ipv6_names_its_own_fields) {
  decode::PacketHop hop{5, headers(), headers()};
  hop.before.ip->source.version = hop.now.ip->source.version = 6;
  hop.now.ip->ttl = 63;
  hop.now.ip->tos = 1;
  EXPECT_EQ(text(hop), " (+5 ns, hop_limit 64>63, traffic_class 0>1)");
}

TEST(packet_path, says_nothing_of_what_one_end_does_not_show) {
  decode::PacketHop hop = hop_with_everything_changed();
  hop.before.ip.reset();
  hop.before.ports.reset();
  hop.now.ethernet.reset();
  EXPECT_EQ(text(hop), " (+12.3 us)");
  EXPECT_EQ(json(hop), R"(,"after_ns":12345)");
}

TEST(packet_path, has_each_point_in_order) {
  decode::PacketHop hop{1000, headers(), headers()};
  hop.now.ip->ttl = 63;
  const std::vector<decode::PacketStep> path{
      {&kVeth0, PacketDirection::inbound, decode::CapturePoint::xdp, {}},
      {&kNamed, PacketDirection::outbound, decode::CapturePoint::tc, hop},
      {&kCgroup, PacketDirection::inbound, decode::CapturePoint::cgroup, decode::PacketHop{7, {}, {}}}};
  PacketWriter lines;
  put_path(lines, path);
  EXPECT_EQ(lines.view(), "\n\txdp veth0 In\n\ttc a^[[1m\" Out +1.00 us, ttl 64>63\n\tcgroup In +7 ns");
  EXPECT_EQ(path_comment(path), "path: xdp veth0 In; tc a^[[1m\" Out +1.00 us, ttl 64>63; cgroup In +7 ns");

  std::string to(json_path_bound(path), '\0');
  to.resize(static_cast<size_t>(write_json_path(to.data(), path) - to.data()));
  EXPECT_EQ(to, R"(,"path":[{"point":"xdp","interface":"veth0","direction":"ingress"},)"
                R"({"point":"tc","interface":"a\u001b[1m\"","direction":"egress","after_ns":1000,)"
                R"("changed":[{"field":"ttl","from":64,"to":63}]},)"
                R"({"point":"cgroup","direction":"ingress","after_ns":7}])");
  EXPECT_EQ(write_json_path(to.data(), {}), to.data());
}

TEST(packet_path, stands_behind_both_owners_unless_the_line_is_quiet) {
  const std::vector<decode::PacketStep> path{
      {&kVeth0, PacketDirection::inbound, decode::CapturePoint::tc, {}},
      {&kVeth0, PacketDirection::outbound, decode::CapturePoint::tc, decode::PacketHop{7, {}, {}}}};
  const auto process = [](const char* name, uint32_t pid) {
    auto made = std::make_shared<decode::Process>();
    made->executable = name;
    made->pid = pid;
    return made;
  };
  const std::vector<uint8_t> data(14);
  decode::PacketRecord record;
  record.interface = &kVeth0;
  record.data = data;
  record.wire_bytes = 14;
  record.direction = PacketDirection::inbound;
  record.process = process("nginx", 55);
  record.other_end = process("curl", 41);
  record.path = path;
  PacketText text({});
  const std::string_view line = text.line(record);
  EXPECT_TRUE(line.ends_with(" curl[41] > nginx[55]\n\ttc veth0 In\n\ttc veth0 Out +7 ns\n")) << line;
  PacketTextOptions quiet;
  quiet.quiet = true;
  PacketText brief(quiet);
  EXPECT_TRUE(brief.line(record).ends_with(" curl[41] > nginx[55]\n"));
  // One point is no path.
  record.path = record.path.first(1);
  EXPECT_TRUE(text.line(record).ends_with(" curl[41] > nginx[55]\n"));
}

}  // namespace
}  // namespace weir::sink
