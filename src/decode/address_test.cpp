// SPDX-License-Identifier: Apache-2.0
#include "decode/address.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>

#include <random>

namespace weir::decode {
namespace {

IpAddress v6(const char* text) {
  uint8_t bytes[16];
  EXPECT_EQ(inet_pton(AF_INET6, text, bytes), 1) << text;
  return IpAddress::v6(bytes);
}

std::string system_text(const IpAddress& address) {
  char text[INET6_ADDRSTRLEN];
  return inet_ntop(address.version == 6 ? AF_INET6 : AF_INET, address.bytes.data(), text, sizeof text);
}

TEST(address, an_ipv4_address_is_four_decimal_numbers_without_leading_zeros) {
  const uint8_t bytes[] = {10, 0, 207, 255};
  EXPECT_EQ(to_string(IpAddress::v4(bytes)), "10.0.207.255");
}

TEST(address, ipv6_text_follows_rfc_5952) {
  for (const char* text :
       {"::", "::1", "1::", "2001:db8::1", "2001:db8:0:1:1:1:1:1",  // one zero group is not shortened
        "2001:db8::1:0:0:1",                                        // of equal runs the first is
        "2001:0:0:1::1", "fe80::1:2:3:4", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6::", "0:1:2:3:4:5:6:7",
        "::ffff:192.0.2.1", "64:ff9b::c000:201", "abcd:ef01:2345:6789:abcd:ef01:2345:6789"})
    EXPECT_EQ(to_string(v6(text)), text);
}

TEST(address, an_ipv4_compatible_address_is_written_in_hexadecimal) {
  EXPECT_EQ(to_string(v6("::192.0.2.1")), "::c000:201");  // RFC 4291: deprecated; glibc shows dots
}

TEST(address, the_longest_text_fits) {
  EXPECT_LT(to_string(v6("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")).size(), kAddressTextBytes);
}

TEST(address, text_equals_the_c_librarys_for_random_addresses) {
  std::mt19937 random(1);
  for (int i = 0; i < 20000; ++i) {
    IpAddress address;
    address.version = i % 2 ? 6 : 4;
    const size_t bytes = address.version == 6 ? 16 : 4;
    for (size_t b = 0; b < bytes; ++b)
      if (random() % 3) address.bytes[b] = static_cast<uint8_t>(random());
    for (size_t group = 0; group + 1 < bytes; group += 2)
      if (random() % 2) address.bytes[group] = address.bytes[group + 1] = 0;
    if (address.version == 6 && address.bytes[0] == 0) address.bytes[0] = 0x20;  // not IPv4-compatible
    ASSERT_EQ(to_string(address), system_text(address));
  }
}

}  // namespace
}  // namespace weir::decode
