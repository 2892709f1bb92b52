// SPDX-License-Identifier: Apache-2.0
#include "app/interface_list.h"

#include <net/if.h>
#include <pcap/pcap.h>

#include <cstdio>
#include <memory>
#include <string>
#include <string_view>

#include "app/printed_text.h"
#include "base/result.h"

namespace weir::app {
namespace {

struct FreeDevices {
  void operator()(pcap_if_t* devices) const { pcap_freealldevs(devices); }
};

constexpr struct {
  unsigned flag;
  const char* word;
} kFlags[] = {
    {PCAP_IF_UP, "Up"},
    {PCAP_IF_RUNNING, "Running"},
    {PCAP_IF_LOOPBACK, "Loopback"},
    {PCAP_IF_WIRELESS, "Wireless"},
};

const char* connection_words(unsigned flags) {
  const bool wireless = (flags & PCAP_IF_WIRELESS) != 0;
  switch (flags & PCAP_IF_CONNECTION_STATUS) {
    case PCAP_IF_CONNECTION_STATUS_UNKNOWN:
      return wireless ? ", Association status unknown" : ", Connection status unknown";
    case PCAP_IF_CONNECTION_STATUS_CONNECTED:
      return wireless ? ", Associated" : ", Connected";
    case PCAP_IF_CONNECTION_STATUS_DISCONNECTED:
      return wireless ? ", Not associated" : ", Disconnected";
    default:
      return "";  // not applicable
  }
}

/// "3.lo [Up, Running, Loopback]"
std::string device_line(unsigned number, const pcap_if_t& device) {
  std::string line = std::to_string(number) + '.' + device.name;
  if (device.description != nullptr) line.append(" (").append(device.description).append(")");
  if (device.flags != 0) {
    std::string words;
    for (const auto& [flag, word] : kFlags)
      if ((device.flags & flag) != 0) words.append(words.empty() ? "" : ", ").append(word);
    line += " [" + (words.empty() ? "none" : words) + connection_words(device.flags) + ']';
  }
  return line + '\n';
}

/// libpcap lists buses and netfilter's logs too, which have no network packets to see.
bool has_packets(const pcap_if_t& device) {
  return std::string_view(device.name) == "any" || ::if_nametoindex(device.name) != 0;
}

}  // namespace

int list_interfaces() {
  pcap_if_t* found = nullptr;
  char reason[PCAP_ERRBUF_SIZE] = "";
  if (pcap_findalldevs(&found, reason) != 0) {
    std::fprintf(stderr, "weir packets: cannot list the interfaces: %s\n", reason);
    return base::exit_code(base::ErrorKind::internal);
  }
  const std::unique_ptr<pcap_if_t, FreeDevices> devices(found);
  std::string text;
  unsigned number = 0;
  for (const pcap_if_t* device = devices.get(); device != nullptr; device = device->next)
    if (has_packets(*device)) text += device_line(++number, *device);
  return print_text(text, "weir packets") ? 0 : 1;
}

}  // namespace weir::app
