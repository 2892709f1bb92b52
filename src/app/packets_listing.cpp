// SPDX-License-Identifier: Apache-2.0
#include "app/packets_listing.h"

#include <net/if_arp.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

#include "app/hook_filter.h"
#include "app/packet_filter.h"
#include "app/printed_text.h"
#include "bytecode/instruction_text.h"
#include "filter/classic_text.h"
#include "filter/ebpf_filter.h"
#include "source/capture_file.h"

namespace weir::app {
namespace {

using base::Result;
using kernel::FilterPlace;

constexpr uint32_t kEthernet = 1;  // LINKTYPE_ETHERNET
constexpr uint32_t kRawIp = 101;   // LINKTYPE_RAW
constexpr std::string_view kMapWithoutNumber = "map[fd:-1]";
constexpr std::string_view kMap = "map[the programs that a match goes on to]";

/// What the packets begin with that the options speak of.
struct Ground {
  uint32_t link_type = kEthernet;
  bool from_file = false;
};

Result<Ground> ground_of_file(const std::string& path) {
  auto reader = source::open_captures({path});
  if (!reader) return tl::unexpected<base::Error>(std::move(reader.error()));
  std::array<source::CapturedPacket, 1> packet;
  // pcapng describes its interfaces behind its header.
  if ((*reader)->interfaces().empty()) static_cast<void>((*reader)->read(packet));
  if ((*reader)->interfaces().empty())
    return base::fail(base::ErrorKind::bad_input, path + ": describes no interface, so no link type");
  return Ground{(*reader)->interfaces().front().link_type, true};
}

/// Interfaces without a link header: tun, WireGuard, IP in IP and the like.
bool begins_with_ip(const std::string& interface) {
  std::ifstream file("/sys/class/net/" + interface + "/type");
  int type = ARPHRD_ETHER;
  if (!(file >> type)) return false;
  constexpr std::array kWithout = {int{ARPHRD_NONE},    int{ARPHRD_RAWIP}, int{ARPHRD_TUNNEL},
                                   int{ARPHRD_TUNNEL6}, int{ARPHRD_SIT},   int{ARPHRD_IPGRE}};
  return std::find(kWithout.begin(), kWithout.end(), type) != kWithout.end();
}

Result<Ground> ground_of(const config::PacketsOptions& options) {
  if (!options.captures.empty()) return ground_of_file(options.captures.front());
  Ground ground;
  const bool cgroup = options.hooks.size() == 1 && options.hooks.front() == config::Hook::cgroup;
  const bool layer3 = !options.interfaces.empty() && begins_with_ip(options.interfaces.front());
  if (cgroup || layer3) ground.link_type = kRawIp;
  return ground;
}

Result<filter::Expression> compile(const config::PacketsOptions& options, const Ground& ground) {
  if (!options.classic_file.empty()) return read_classic_file(options.classic_file);
  const uint32_t snap = options.snap_bytes;
  if (ground.from_file) return filter::Expression::compile(options.expression, ground.link_type, snap);
  const auto first = ground.link_type == kRawIp ? filter::FirstHeader::ip : filter::FirstHeader::ethernet;
  auto compiled = filter::Expression::compile_for_hook(options.expression, first, snap);
  // A file may be asked with what no hook can: protochain.
  if (compiled || first == filter::FirstHeader::ip || options.listing == config::PacketsListing::ebpf)
    return compiled;
  auto of_file = filter::Expression::compile(options.expression, ground.link_type, snap);
  if (of_file) return of_file;
  return compiled;
}

FilterPlace place_of(config::Hook hook, const Ground& ground) {
  switch (hook) {
    case config::Hook::cgroup:
      return FilterPlace::cgroup;
    case config::Hook::xdp:
      return FilterPlace::xdp;
    case config::Hook::socket:
      return FilterPlace::socket;
    case config::Hook::automatic:
    case config::Hook::tc:
      break;
  }
  return ground.link_type == kRawIp ? FilterPlace::tc_layer3 : FilterPlace::tc;
}

/// The tail call's map by what it is for: its number is known only when it runs.
std::string with_map_named(std::string text) {
  if (const size_t at = text.find(kMapWithoutNumber); at != std::string::npos)
    text.replace(at, kMapWithoutNumber.size(), kMap);
  return text;
}

Result<std::string> ebpf_listing(const config::PacketsOptions& options, const Ground& ground,
                                 const filter::Expression& expression) {
  kernel::FilterRequest request;
  request.place = place_of(options.hooks.empty() ? config::Hook::tc : options.hooks.front(), ground);
  if (options.direction == config::PacketsDirection::out) request.traffic = kernel::Traffic::egress;
  auto program = hook_instructions(expression.classic(), request, options.vlan_transparent);
  if (!program) return tl::unexpected<base::Error>(std::move(program.error()));
  return with_map_named(bytecode::program_text(*program));
}

filter::ClassicForm classic_form(config::PacketsListing listing) {
  switch (listing) {
    case config::PacketsListing::c_array:
      return filter::ClassicForm::c_array;
    case config::PacketsListing::numbers:
      return filter::ClassicForm::numbers;
    default:
      return filter::ClassicForm::listing;
  }
}

Result<std::string> listing(const config::PacketsOptions& options) {
  auto ground = ground_of(options);
  if (!ground) return tl::unexpected<base::Error>(std::move(ground.error()));
  auto expression = compile(options, *ground);
  if (!expression) return tl::unexpected<base::Error>(std::move(expression.error()));
  if (options.listing == config::PacketsListing::ebpf) return ebpf_listing(options, *ground, *expression);
  return filter::classic_text(expression->classic(), classic_form(options.listing));
}

}  // namespace

int packets_listing(const config::PacketsOptions& options) {
  auto text = listing(options);
  if (!text) {
    std::fprintf(stderr, "weir packets: %s\n", text.error().message.c_str());
    return base::exit_code(text.error().kind);
  }
  return print_text(*text, "weir packets") ? 0 : 1;
}

}  // namespace weir::app
