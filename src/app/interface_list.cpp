// SPDX-License-Identifier: Apache-2.0
#include "app/interface_list.h"

#include <net/if.h>
#include <pcap/pcap.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <memory>
#include <set>
#include <string_view>
#include <vector>

#include "app/printed_text.h"

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
std::string device_line(size_t number, const pcap_if_t& device) {
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

base::Result<std::vector<const pcap_if_t*>> with_packets(std::unique_ptr<pcap_if_t, FreeDevices>& owner) {
  pcap_if_t* found = nullptr;
  char reason[PCAP_ERRBUF_SIZE] = "";
  if (pcap_findalldevs(&found, reason) != 0)
    return base::fail(base::ErrorKind::internal, std::string("cannot list the interfaces: ") + reason);
  owner.reset(found);
  std::vector<const pcap_if_t*> devices;
  for (const pcap_if_t* device = found; device != nullptr; device = device->next)
    if (has_packets(*device)) devices.push_back(device);
  return devices;
}

}  // namespace

int list_interfaces() {
  std::unique_ptr<pcap_if_t, FreeDevices> owner;
  const auto devices = with_packets(owner);
  if (!devices) {
    std::fprintf(stderr, "weir packets: %s\n", devices.error().message.c_str());
    return base::exit_code(devices.error().kind);
  }
  std::string text;
  for (size_t i = 0; i < devices->size(); ++i) text += device_line(i + 1, *(*devices)[i]);
  return print_text(text, "weir packets") ? 0 : 1;
}

base::Result<std::string> interface_named(const std::string& word) {
  size_t number = 0;
  const auto [end, problem] = std::from_chars(word.data(), word.data() + word.size(), number);
  const bool is_number = problem == std::errc{} && end == word.data() + word.size();
  if (!is_number || ::if_nametoindex(word.c_str()) != 0) return word;
  std::unique_ptr<pcap_if_t, FreeDevices> owner;
  const auto devices = with_packets(owner);
  if (!devices) return tl::unexpected<base::Error>(devices.error());
  if (number == 0 || number > devices->size())
    return base::fail(base::ErrorKind::bad_input,
                      "-i " + word + ": -D lists interfaces 1 to " + std::to_string(devices->size()));
  return std::string((*devices)[number - 1]->name);
}

base::Result<std::vector<kernel::Interface>> interfaces_named(const std::vector<std::string>& names) {
  auto all = kernel::list_interfaces();
  if (!all) return all;
  std::set<uint32_t> wanted;
  for (const std::string& name : names) {
    if (name == "any") continue;
    const uint32_t index = ::if_nametoindex(name.c_str());  // knows alternative names too
    if (index == 0) {
      std::vector<std::string> there;
      for (const kernel::Interface& one : *all) there.push_back(one.name);
      return base::fail(base::ErrorKind::bad_input,
                        "no interface " + name + " here; there are: " + joined(there), ENODEV);
    }
    wanted.insert(index);
  }
  if (!names_any(names))
    std::erase_if(*all, [&wanted](const kernel::Interface& one) { return !wanted.contains(one.index); });
  return all;
}

bool names_any(const std::vector<std::string>& names) {
  return std::find(names.begin(), names.end(), "any") != names.end();
}

base::Result<> check_link_header(const kernel::Interface& interface) {
  if (interface.header != kernel::LinkHeader::other) return {};
  return base::fail(base::ErrorKind::unsupported, "it has a link type that Weir does not read (ARPHRD " +
                                                      std::to_string(interface.hardware) + ")");
}

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

}  // namespace weir::app
