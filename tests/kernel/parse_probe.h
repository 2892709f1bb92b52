/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What tests/kernel/parse_probe.bpf.c tells the tests of one packet. */
#ifndef WEIR_TESTS_KERNEL_PARSE_PROBE_H
#define WEIR_TESTS_KERNEL_PARSE_PROBE_H

#include "wire/packet_info.h"

struct parse_probe {
  struct packet_info info;
  __u32 result; /* enum packet_result */
  __u32 runs;   /* packets so far: shows that the program ran */
  __u32 plain;  /* of them those that PACKET_PLAIN parsed */
  __u32 reserved;
};

#endif
