// SPDX-License-Identifier: Apache-2.0
#include "flow/field.h"

#include <gtest/gtest.h>

#include <set>

#include "flow/flow_text.h"

namespace weir::flow {
namespace {

FlowRecord example() {
  auto curl = std::make_shared<decode::Process>();
  curl->pid = 4121;
  curl->uid = 0;
  curl->comm = "curl";
  curl->executable = "curl";
  auto nginx = std::make_shared<decode::Process>();
  nginx->pid = 9;
  nginx->uid = 33;
  nginx->comm = nginx->executable = "nginx";
  nginx->cgroup_id = 77;
  nginx->cgroup_path = "/web";
  nginx->container_id = std::string(64, 'a');
  FlowRecord record;
  record.source.address = decode::IpAddress::v4("\x0a\x00\x00\x07");
  record.source.port = 51514;
  record.source.packets = 6;
  record.source.bytes = 812;
  record.source.tcp_flags = 0x1b;
  record.source.process = curl;
  record.destination.address = decode::IpAddress::v4("\x0a\x00\x00\x09");
  record.destination.port = 80;
  record.destination.packets = 5;
  record.destination.bytes = 5120;
  record.destination.retransmits = 1;
  record.destination.nat_address = decode::IpAddress::v4("\x0a\x00\x00\x0a");
  record.destination.nat_port = 8080;
  record.destination.process = nginx;
  record.protocol = 6;
  record.has_ports = true;
  record.state = FlowState::closed;
  record.start_ns = 1'763'717'239'123'456'789;
  record.end_ns = record.start_ns + 5;
  record.handshake_ns = 184'000;
  record.interfaces = {"eth0", "veth1"};
  return record;
}

std::string value(const FlowRecord& record, std::string_view word) {
  const Field* field = find_field(word);
  if (field == nullptr) return "no such field";
  std::string text;
  return append_field(*field, record, text) ? text : "absent";
}

TEST(Field, each_is_found_by_its_name_and_its_short_word) {
  std::set<std::string_view> words;
  for (const Field& field : fields()) {
    EXPECT_EQ(find_field(field.name), &field) << field.name;
    EXPECT_TRUE(words.insert(field.name).second) << field.name << " twice";
    if (!field.alias.empty()) {
      EXPECT_EQ(find_field(field.alias), &field) << field.alias;
      EXPECT_TRUE(words.insert(field.alias).second) << field.alias << " twice";
    }
    EXPECT_EQ(field.kind == FieldKind::text, field.text != nullptr);
    EXPECT_EQ(field.kind != FieldKind::text, field.number != nullptr);
  }
  EXPECT_EQ(find_field(""), nullptr);
  EXPECT_EQ(find_field("source.adress"), nullptr);
}

TEST(Field, values_are_those_of_the_record) {
  const FlowRecord record = example();
  const std::pair<const char*, const char*> expected[] = {
      {"time", "2025-11-21T09:27:19.123456794Z"},
      {"source.address", "10.0.0.7"},
      {"source", "10.0.0.7"},
      {"source.port", "51514"},
      {"source.packets", "6"},
      {"source.bytes", "812"},
      {"source.retransmits", "0"},
      {"source.nat.ip", "absent"},
      {"source.nat.port", "absent"},
      {"source.process.pid", "4121"},
      {"source.process.comm", "curl"},
      {"source.process.executable.name", "curl"},
      {"source.user.id", "0"},
      {"source.cgroup.id", "absent"},
      {"source.cgroup.path", "absent"},
      {"source.container.id", "absent"},
      {"destination", "10.0.0.9"},
      {"port", "80"},
      {"destination.nat.ip", "10.0.0.10"},
      {"destination.nat.port", "8080"},
      {"destination.user.id", "33"},
      {"destination.cgroup.id", "77"},
      {"cgroup", "/web"},
      {"container", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"},
      {"process", "curl"},
      {"pid", "4121"},
      {"uid", "0"},
      {"network.type", "ipv4"},
      {"protocol", "tcp"},
      {"network.iana_number", "6"},
      {"interface", "eth0,veth1"},
      {"network.netns", "absent"},
      {"icmp.id", "absent"},
      {"start", "2025-11-21T09:27:19.123456789Z"},
      {"duration_ns", "5"},
      {"part", "1"},
      {"state", "closed"},
      {"partial", "absent"},
      {"tcp.flags.source", "SPAF"},
      {"tcp.flags.destination", "absent"},
      {"tcp.handshake_ns", "184000"},
      {"tcp.srtt_ns", "absent"},
      {"rtt", "184000"},
      {"packets", "11"},
      {"bytes", "5932"},
      {"retransmits", "1"},
  };
  for (const auto& [word, text] : expected) EXPECT_EQ(value(record, word), text) << word;
  EXPECT_EQ(value(record, "community_id").substr(0, 2), "1:");
}

TEST(Field, the_owner_of_a_flow_is_the_destinations_where_the_source_has_none) {
  FlowRecord record = example();
  record.source.process = nullptr;
  EXPECT_EQ(value(record, "process"), "nginx");
  EXPECT_EQ(value(record, "pid"), "9");
  EXPECT_EQ(value(record, "source.process.pid"), "absent");
  record.destination.process = nullptr;
  EXPECT_EQ(value(record, "process"), "absent");
  EXPECT_EQ(value(record, "uid"), "absent");
}

TEST(Field, what_has_no_ports_has_none_and_an_unnamed_protocol_is_its_number) {
  FlowRecord record = example();
  record.has_ports = false;
  record.protocol = 253;
  EXPECT_EQ(value(record, "port"), "absent");
  EXPECT_EQ(value(record, "destination.nat.port"), "absent");
  EXPECT_EQ(value(record, "source.retransmits"), "absent");
  EXPECT_EQ(value(record, "protocol"), "253");
}

TEST(FlowText, flags_stand_in_the_order_of_a_connections_life) {
  char letters[kTcpFlagsBytes];
  EXPECT_EQ(std::string(letters, write_tcp_flags(letters, 0xff)), "SPAUEWFR");
  EXPECT_EQ(write_tcp_flags(letters, 0), letters);
}

}  // namespace
}  // namespace weir::flow
