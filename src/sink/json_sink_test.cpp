// SPDX-License-Identifier: Apache-2.0
#include "sink/json_sink.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "sink/record_example.h"
#include "sink/written_text.h"

namespace weir::sink {
namespace {

using nlohmann::json;

template <class Record>
std::string text_of(const Record& record) {
  std::string text = written_text([&](OutputBuffer& output) { JsonSink(output).write(record); });
  EXPECT_EQ(text.back(), '\n');
  text.pop_back();
  return text;
}

template <class Record>
json written(const Record& record) {
  return json::parse(text_of(record));
}

TEST(JsonSink, writes_the_fields_of_the_design_in_their_order) {
  EXPECT_EQ(
      text_of(example_flow()),
      R"({"type":"flow","time":"2025-11-21T09:27:19.307456789Z","source":{"address":"10.0.0.7","port":51514,)"
      R"("packets":6,"bytes":812,"retransmits":0,"process":{"pid":4121,"comm":"curl","executable":{"name":"curl"}},)"
      R"("user":{"id":1000}},"destination":{"address":"10.0.0.9","port":80,"packets":5,"bytes":5120,"retransmits":0},)"
      R"("network":{"type":"ipv4","transport":"tcp","community_id":"1:)" +
          written(example_flow())["network"]["community_id"].get<std::string>().substr(2) +
          R"("},"start":"2025-11-21T09:27:19.123456789Z","end":"2025-11-21T09:27:19.307456789Z","part":1,)"
          R"("state":"closed","tcp":{"flags":{"source":"SPAF","destination":"SPAF"},"handshake_ns":184000,)"
          R"("srtt_ns":201000}})");
}

TEST(JsonSink, leaves_out_what_is_absent) {
  flow::FlowRecord record = example_flow();
  record.protocol = 17;
  record.source.process = nullptr;
  record.handshake_ns.reset();
  record.srtt_ns.reset();
  const json flow = written(record);
  EXPECT_FALSE(flow.contains("tcp"));
  EXPECT_FALSE(flow.contains("icmp"));
  EXPECT_FALSE(flow.contains("partial"));
  EXPECT_FALSE(flow["source"].contains("process"));
  EXPECT_FALSE(flow["source"].contains("retransmits"));
  EXPECT_FALSE(flow["network"].contains("interface"));
  EXPECT_EQ(flow["network"]["transport"], "udp");
}

TEST(JsonSink, a_flow_without_ports_has_none) {
  flow::FlowRecord record = example_flow();
  record.protocol = 253;
  record.has_ports = false;
  const json flow = written(record);
  EXPECT_FALSE(flow["source"].contains("port"));
  EXPECT_FALSE(flow["network"].contains("transport"));
  EXPECT_EQ(flow["network"]["iana_number"], 253);
}

TEST(JsonSink, writes_icmp_with_the_id_of_an_echo) {
  flow::FlowRecord record = example_flow();
  record.protocol = 1;
  record.has_ports = false;
  record.icmp_id = 77;
  record.icmp_type = 8;
  record.icmp_code = 0;
  EXPECT_EQ(written(record)["icmp"], json::parse(R"({"id":77,"type":8,"code":0})"));
  record.icmp_id.reset();
  EXPECT_EQ(written(record)["icmp"], json::parse(R"({"type":8,"code":0})"));
}

TEST(JsonSink, writes_owners_containers_and_translated_addresses) {
  flow::FlowRecord record = example_flow();
  auto process = std::make_shared<decode::Process>();
  process->pid = 9;
  process->comm = "nginx\xff\"";
  process->cgroup_id = 42;
  process->cgroup_path = "/kubepods/x";
  process->container_id = std::string(64, 'a');
  record.destination.process = process;
  record.destination.nat_address = record.source.address;
  record.destination.nat_port = 8080;
  const json end = written(record)["destination"];
  EXPECT_EQ(end["process"]["comm"], "nginx\xEF\xBF\xBD\"");
  EXPECT_EQ(end["user"]["id"], 0);
  EXPECT_EQ(end["cgroup"], json::parse(R"({"id":42,"path":"/kubepods/x"})"));
  EXPECT_EQ(end["container"]["id"], std::string(64, 'a'));
  EXPECT_EQ(end["nat"], json::parse(R"({"ip":"10.0.0.7","port":8080})"));
}

TEST(JsonSink, writes_zero_windows_and_resets_where_there_were_any) {
  flow::FlowRecord record = example_flow();
  EXPECT_FALSE(written(record)["tcp"].contains("resets"));
  record.source.resets = 1;
  record.destination.zero_windows = 3;
  EXPECT_EQ(written(record)["tcp"]["resets"], json::parse(R"({"source":1,"destination":0})"));
  EXPECT_EQ(written(record)["tcp"]["zero_windows"], json::parse(R"({"source":0,"destination":3})"));
}

TEST(JsonSink, one_interface_is_a_word_and_several_are_a_list) {
  flow::FlowRecord record = example_flow();
  record.interfaces = {"eth0"};
  EXPECT_EQ(written(record)["network"]["interface"]["name"], "eth0");
  record.interfaces = {"veth1", "br\"0"};
  EXPECT_EQ(written(record)["network"]["interface"]["name"], json::parse(R"(["veth1","br\"0"])"));
}

TEST(JsonSink, tells_partial_flows_namespaces_and_icmp_errors) {
  flow::FlowRecord record = example_flow();
  record.partial = true;
  record.icmp_error = true;
  record.netns = 4026531840;
  record.part = 3;
  const json flow = written(record);
  EXPECT_EQ(flow["partial"], true);
  EXPECT_EQ(flow["icmp_error"], true);
  EXPECT_EQ(flow["network"]["netns"], 4026531840);
  EXPECT_EQ(flow["part"], 3);
}

TEST(JsonSink, counters_of_64_bits_are_exact) {
  flow::FlowRecord record = example_flow();
  record.source.bytes = UINT64_MAX;
  record.source.packets = UINT64_MAX - 1;
  EXPECT_EQ(written(record)["source"]["bytes"], UINT64_MAX);
  EXPECT_EQ(written(record)["source"]["packets"], UINT64_MAX - 1);
}

TEST(JsonSink, the_largest_record_fits) {
  flow::FlowRecord record = example_flow();
  auto process = std::make_shared<decode::Process>();
  process->pid = UINT32_MAX;
  process->uid = UINT32_MAX - 1;
  process->cgroup_id = UINT64_MAX;
  process->comm = std::string(15, '\x01');
  process->executable = std::string(255, '\x02');
  process->cgroup_path = std::string(4096, '\x03');
  process->container_id = std::string(64, 'f');
  for (flow::FlowEnd* end : {&record.source, &record.destination}) {
    std::array<uint8_t, 16> address;
    address.fill(0xff);
    end->address = decode::IpAddress::v6(address.data());
    end->nat_address = end->address;
    end->nat_port = 65535;
    end->port = 65535;
    end->process = process;
    end->tcp_flags = 0xff;
    end->packets = end->bytes = end->retransmits = end->zero_windows = end->resets = UINT64_MAX;
  }
  record.handshake_ns = record.srtt_ns = UINT64_MAX;
  record.icmp_id = 65535;
  record.icmp_type = record.icmp_code = 255;
  record.netns = UINT32_MAX;
  record.part = UINT32_MAX;
  record.partial = record.icmp_error = true;
  record.state = flow::FlowState::established;
  record.interfaces.assign(64, std::string(255, '\x04'));
  const json flow = written(record);
  EXPECT_EQ(flow["source"]["cgroup"]["path"], process->cgroup_path);
  EXPECT_EQ(flow["tcp"]["flags"]["source"], "SPAUEWFR");
}

TEST(JsonSink, a_loss_is_a_record) {
  const flow::LossRecord loss{.stage = "ring full", .unit = "packets", .count = 3, .total = 10, .time_ns = 0};
  EXPECT_EQ(written(loss), json::parse(R"({"type":"loss","time":"1970-01-01T00:00:00.000000000Z",
      "stage":"ring full","unit":"packets","count":3,"total":10})"));
}

}  // namespace
}  // namespace weir::sink
