// SPDX-License-Identifier: Apache-2.0
#include "flow/community_id.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>

namespace weir::flow {
namespace {

decode::IpAddress address(const char* text) {
  uint8_t bytes[16];
  if (inet_pton(AF_INET, text, bytes) == 1) return decode::IpAddress::v4(bytes);
  EXPECT_EQ(inet_pton(AF_INET6, text, bytes), 1) << text;
  return decode::IpAddress::v6(bytes);
}

FlowRecord flow(uint8_t protocol, const char* source, uint16_t source_port, const char* destination,
                uint16_t destination_port) {
  FlowRecord record;
  record.protocol = protocol;
  record.has_ports = true;
  record.source.address = address(source);
  record.source.port = source_port;
  record.destination.address = address(destination);
  record.destination.port = destination_port;
  return record;
}

FlowRecord icmp(uint8_t protocol, const char* source, const char* destination, uint8_t type, uint8_t code) {
  FlowRecord record = flow(protocol, source, 0, destination, 0);
  record.has_ports = false;
  record.icmp_type = type;
  record.icmp_code = code;
  return record;
}

FlowRecord without_ports(uint8_t protocol, const char* source, const char* destination) {
  FlowRecord record = flow(protocol, source, 0, destination, 0);
  record.has_ports = false;
  return record;
}

// The values are those of the specification's baseline, for the seeds 0 and 1.
TEST(CommunityId, equals_the_published_values) {
  const struct {
    FlowRecord record;
    const char* seed_0;
    const char* seed_1;
  } cases[] = {
      {icmp(58, "fe80::200:86ff:fe05:80da", "fe80::260:97ff:fe07:69ea", 135, 136),
       "1:dGHyGvjMfljg6Bppwm3bg0LO8TY=", "1:kHa1FhMYIT6Ym2Vm2AOtoOARDzY="},
      {icmp(58, "fe80::260:97ff:fe07:69ea", "fe80::200:86ff:fe05:80da", 136, 135),
       "1:dGHyGvjMfljg6Bppwm3bg0LO8TY=", "1:kHa1FhMYIT6Ym2Vm2AOtoOARDzY="},
      {icmp(58, "3ffe:501:1800:2345::2", "3ffe:507:0:1:200:86ff:fe05:80da", 3, 0),
       "1:2ObVBgIn28oZvibYZhZMBgh7WdQ=", "1:lVEtCZpYu84Xqaa++3lXFyuu2n4="},
      {icmp(58, "3ffe:501:410:0:2c0:dfff:fe47:33e", "3ffe:507:0:1:200:86ff:fe05:80da", 1, 4),
       "1:hLZd0XGWojozrvxqE0dWB1iM6R0=", "1:W8MHwXpWzpoSTD+cGcaJr4u0ys8="},
      {icmp(58, "3ffe:501:0:1001::2", "3ffe:507:0:1:200:86ff:fe05:80da", 129, 0),
       "1:+TW+HtLHvV1xnGhV1lv7XoJrqQg=", "1:GfZxjAkDk2MkegpBYHV6tadtFXQ="},
      {icmp(58, "fe80::200:86ff:fe05:80da", "ff02::2", 133, 0),
       "1:hO+sN4H+MG5MY/8hIrXPqc4ZQz0=", "1:L7Ka0ZMYu+J3bL4ulW2PrqyXNo8="},
      {icmp(58, "fe80::260:97ff:fe07:69ea", "ff02::1", 134, 0),
       "1:pkvHqCL88/tg1k4cPigmZXUtL00=", "1:K/ee5UCqAMAQXDorP5nSa2CGLjc="},
      {icmp(1, "192.168.0.89", "192.168.0.1", 8, 0),
       "1:X0snYXpgwiv9TZtqg64sgzUn6Dk=", "1:03g6IloqVBdcZlPyX8r0hgoE7kA="},
      {icmp(1, "192.168.0.1", "192.168.0.89", 0, 0),
       "1:X0snYXpgwiv9TZtqg64sgzUn6Dk=", "1:03g6IloqVBdcZlPyX8r0hgoE7kA="},
      {icmp(1, "10.0.0.1", "10.0.0.2", 11, 0),
       "1:YHxtAirCG//0OzkcVAukqKQN9xM=", "1:XjUibYHaafLQ3pxQeiMI8g25q20="},
      {flow(6, "2001:470:e5bf:dead:4957:2174:e82c:4887", 63943, "2607:f8b0:400c:c03::1a", 25),
       "1:/qFaeAR+gFe1KYjMzVDsMv+wgU4=", "1:eJYTW6AOzFLlSUoESovMjnu7rMw="},
      {flow(132, "192.168.170.8", 7, "192.168.170.56", 7),
       "1:MP2EtRCAUIZvTw6MxJHLV7N7JDs=", "1:5w3ZRjeKBzqT3zsaEECDGjUbYeg="},
      {flow(6, "128.232.110.120", 34855, "66.35.250.204", 80),
       "1:LQU9qZlK+B5F3KDmev6m5PMibrg=", "1:3V71V58M3Ksw/yuFALMcW0LAHvc="},
      {flow(6, "66.35.250.204", 80, "128.232.110.120", 34855),
       "1:LQU9qZlK+B5F3KDmev6m5PMibrg=", "1:3V71V58M3Ksw/yuFALMcW0LAHvc="},
      {flow(17, "8.8.8.8", 53, "192.168.1.52", 54585),
       "1:d/FP5EW3wiY1vCndhwleRRKHowQ=", "1:Q9We8WO3piVF8yEQBNJF4uiSVrI="},
      {without_ports(46, "10.1.12.2", "10.1.12.1"),
       "1:KHlLkgoJW7ifUTyTSgyVfkFHzKw=", "1:rYir8gphR31noO9iDRQmF/BteEI="},
  };
  for (const auto& expected : cases) {
    SCOPED_TRACE(expected.seed_0);
    EXPECT_EQ(community_id(expected.record, 0), expected.seed_0);
    EXPECT_EQ(community_id(expected.record, 1), expected.seed_1);
  }
}

TEST(CommunityId, is_the_same_both_ways) {
  EXPECT_EQ(community_id(flow(6, "10.0.0.1", 80, "10.0.0.1", 79)),
            community_id(flow(6, "10.0.0.1", 79, "10.0.0.1", 80)));
  EXPECT_EQ(community_id(icmp(58, "::1", "::2", 128, 0)), community_id(icmp(58, "::2", "::1", 129, 0)));
}

TEST(CommunityId, of_a_one_way_icmp_type_tells_the_direction) {
  EXPECT_NE(community_id(icmp(1, "10.0.0.1", "10.0.0.2", 3, 1)),
            community_id(icmp(1, "10.0.0.2", "10.0.0.1", 3, 1)));
}

}  // namespace
}  // namespace weir::flow
