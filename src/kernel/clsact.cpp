// SPDX-License-Identifier: Apache-2.0
#include "kernel/clsact.h"

#include <libmnl/libmnl.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdio>
#include <map>
#include <optional>
#include <set>

#include "kernel/program_info.h"

namespace weir::kernel {
namespace {

constexpr uint32_t kOwnerBits = 22;
constexpr uint32_t kOwnerMask = (1U << kOwnerBits) - 1;
constexpr int kOwnerTries = 64;
constexpr const char* kNamePrefix = "weir_";
constexpr const char* kMadeQdisc = "+clsact";
constexpr uint32_t kClsactMajor = TC_H_MAKE(TC_H_CLSACT, 0);

class Request {
 public:
  Request(uint16_t type, uint16_t flags, unsigned ifindex, uint32_t parent) {
    header_ = mnl_nlmsg_put_header(buffer_.data());
    header_->nlmsg_type = type;
    header_->nlmsg_flags = flags;
    tc_ = static_cast<tcmsg*>(mnl_nlmsg_put_extra_header(header_, sizeof(tcmsg)));
    tc_->tcm_family = AF_UNSPEC;
    tc_->tcm_ifindex = static_cast<int>(ifindex);
    tc_->tcm_parent = parent;
  }
  nlmsghdr* header() { return header_; }
  tcmsg* tc() { return tc_; }

 private:
  alignas(nlmsghdr) std::array<char, 1024> buffer_{};
  nlmsghdr* header_;
  tcmsg* tc_;
};

uint32_t parent_of(Traffic traffic) {
  return TC_H_MAKE(TC_H_CLSACT, traffic == Traffic::ingress ? TC_H_MIN_INGRESS : TC_H_MIN_EGRESS);
}

std::string interface_name(unsigned ifindex) {
  char name[IF_NAMESIZE];
  return if_indextoname(ifindex, name) != nullptr ? name : "interface " + std::to_string(ifindex);
}

/// The attribute's text, also where its final NUL is missing.
std::string text_of(const nlattr& attribute) {
  const char* text = mnl_attr_get_str(&attribute);
  return std::string(text, strnlen(text, mnl_attr_get_payload_len(&attribute)));
}

/// ifindex -> "clsact" or "ingress".
base::Result<std::map<unsigned, std::string>> list_qdiscs(Rtnetlink& rtnetlink) {
  std::map<unsigned, std::string> found;
  Request request(RTM_GETQDISC, 0, 0, 0);
  const auto dumped = rtnetlink.dump(request.header(), [&found](const nlmsghdr& message) {
    if (message.nlmsg_type != RTM_NEWQDISC) return;
    const auto& tc = *static_cast<const tcmsg*>(mnl_nlmsg_get_payload(&message));
    if (tc.tcm_parent != TC_H_CLSACT) return;  // TC_H_INGRESS is the same number
    each_attribute(message, sizeof(tcmsg), [&](const nlattr& attribute) {
      if (mnl_attr_get_type(&attribute) == TCA_KIND)
        found[static_cast<unsigned>(tc.tcm_ifindex)] = text_of(attribute);
    });
  });
  if (!dumped) return base::fail_within(dumped.error(), "listing qdiscs");
  return found;
}

std::optional<TcFilter> read_filter(const nlmsghdr& message, Traffic traffic) {
  if (message.nlmsg_type != RTM_NEWTFILTER) return std::nullopt;
  const auto& tc = *static_cast<const tcmsg*>(mnl_nlmsg_get_payload(&message));
  TcFilter filter;
  filter.ifindex = static_cast<unsigned>(tc.tcm_ifindex);
  filter.traffic = traffic;
  filter.handle = tc.tcm_handle;
  filter.priority = tc.tcm_info >> 16;
  filter.protocol = static_cast<uint16_t>(tc.tcm_info & 0xffff);
  const nlattr* options = nullptr;
  each_attribute(message, sizeof(tcmsg), [&](const nlattr& attribute) {
    const uint16_t type = mnl_attr_get_type(&attribute);
    if (type == TCA_KIND) filter.kind = text_of(attribute);
    if (type == TCA_CHAIN) filter.chain = mnl_attr_get_u32(&attribute);
    if (type == TCA_OPTIONS) options = &attribute;
  });
  if (filter.handle == 0) return std::nullopt;  // the row of the priority itself
  if (filter.kind == "bpf" && options != nullptr) {
    each_attribute(*options, [&filter](const nlattr& attribute) {
      const uint16_t type = mnl_attr_get_type(&attribute);
      if (type == TCA_BPF_ID) filter.program_id = mnl_attr_get_u32(&attribute);
      if (type == TCA_BPF_NAME) filter.name = text_of(attribute);
    });
  }
  return filter;
}

base::Result<std::vector<TcFilter>> list_on(Rtnetlink& rtnetlink, unsigned ifindex,
                                            const std::string& qdisc) {
  std::vector<TcFilter> found;
  for (const Traffic traffic : {Traffic::ingress, Traffic::egress}) {
    // sch_ingress answers for the egress parent too, with its ingress filters.
    if (traffic == Traffic::egress && qdisc != "clsact") continue;
    Request request(RTM_GETTFILTER, 0, ifindex, parent_of(traffic));
    const auto dumped = rtnetlink.dump(request.header(), [&](const nlmsghdr& message) {
      if (auto filter = read_filter(message, traffic)) found.push_back(std::move(*filter));
    });
    if (!dumped && dumped.error().system_errno != ENODEV)
      return base::fail_within(dumped.error(), "listing filters of " + interface_name(ifindex));
  }
  return found;
}

base::Result<std::vector<TcFilter>> list_all(Rtnetlink& rtnetlink, unsigned only_ifindex) {
  auto qdiscs = list_qdiscs(rtnetlink);
  if (!qdiscs) return tl::unexpected(std::move(qdiscs).error());
  std::vector<TcFilter> all;
  for (const auto& [ifindex, qdisc] : *qdiscs) {
    if (only_ifindex != 0 && ifindex != only_ifindex) continue;
    auto some = list_on(rtnetlink, ifindex, qdisc);
    if (!some) return some;
    std::move(some->begin(), some->end(), std::back_inserter(all));
  }
  return all;
}

/// Fails with EADDRINUSE while the handle's owner lives.
base::Result<base::UniqueFd> claim(uint32_t handle) {
  base::UniqueFd fd(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!fd.valid()) return base::fail_errno(errno, "socket");
  sockaddr_un address{};
  address.sun_family =
      AF_UNIX;  // sun_path[0] stays 0: an abstract name, per network namespace, gone with the process
  const int length =
      std::snprintf(address.sun_path + 1, sizeof address.sun_path - 1, "weir/clsact/%08x", handle);
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + static_cast<size_t>(length));
  if (bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), size) != 0)
    return base::fail_errno(errno, "claiming an owner number");
  return fd;
}

bool made_qdisc(const TcFilter& filter) {
  return filter.name.ends_with(kMadeQdisc);
}

bool is_same(const TcFilter& left, const TcFilter& right) {
  return left.ifindex == right.ifindex && left.traffic == right.traffic && left.handle == right.handle &&
         left.priority == right.priority && left.program_id == right.program_id;
}

/// Gone already is done.
base::Result<> remove_filter(Rtnetlink& rtnetlink, const TcFilter& filter) {
  Request request(RTM_DELTFILTER, 0, filter.ifindex, parent_of(filter.traffic));
  request.tc()->tcm_handle = filter.handle;
  request.tc()->tcm_info = TC_H_MAKE(filter.priority << 16, filter.protocol);
  mnl_attr_put_strz(request.header(), TCA_KIND, "bpf");
  auto removed = rtnetlink.acknowledge(request.header());
  if (!removed && removed.error().kind != base::ErrorKind::not_found)
    return base::fail_within(removed.error(), "removing a filter of " + interface_name(filter.ifindex));
  return {};
}

base::Result<> remove_qdisc_if_empty(Rtnetlink& rtnetlink, unsigned ifindex) {
  const auto left = list_on(rtnetlink, ifindex, "clsact");
  if (!left) return tl::unexpected(left.error());
  if (!left->empty()) return {};
  Request request(RTM_DELQDISC, 0, ifindex, TC_H_CLSACT);
  request.tc()->tcm_handle = kClsactMajor;
  mnl_attr_put_strz(request.header(), TCA_KIND, "clsact");
  const auto removed = rtnetlink.acknowledge(request.header());
  // ENOENT, EINVAL: no such qdisc any more; ENODEV: no such interface.
  if (!removed && removed.error().kind != base::ErrorKind::not_found &&
      removed.error().system_errno != EINVAL)
    return base::fail_within(removed.error(), "removing clsact of " + interface_name(ifindex));
  return {};
}

/// Removes those of `filters` that are still as listed. `removed` may be null.
base::Result<> remove_filters(Rtnetlink& rtnetlink, const std::vector<TcFilter>& filters,
                              std::vector<TcFilter>* removed) {
  base::Result<> outcome;
  const auto note = [&outcome](base::Result<> step) {
    const bool done = step.has_value();
    if (!done && outcome) outcome = std::move(step);
    return done;
  };
  const auto present = list_all(rtnetlink, 0);
  if (!present) return tl::unexpected(present.error());
  std::set<unsigned> made;
  for (const TcFilter& filter : filters) {
    if (made_qdisc(filter)) made.insert(filter.ifindex);
    if (std::none_of(present->begin(), present->end(),
                     [&](const TcFilter& one) { return is_same(one, filter); }))
      continue;
    if (note(remove_filter(rtnetlink, filter)) && removed != nullptr) removed->push_back(filter);
  }
  for (const unsigned ifindex : made) note(remove_qdisc_if_empty(rtnetlink, ifindex));
  return outcome;
}

base::Result<std::vector<TcFilter>> dead_of(Rtnetlink& rtnetlink) {
  auto filters = list_all(rtnetlink, 0);
  if (!filters) return filters;
  std::map<uint32_t, bool> alive;
  std::erase_if(*filters, [&alive](const TcFilter& filter) {
    if (!is_weirs(filter)) return true;
    const auto [at, first] = alive.try_emplace(filter.handle, true);
    if (first) at->second = !claim(filter.handle).has_value();
    return at->second;
  });
  return filters;
}

}  // namespace

bool is_weirs(const TcFilter& filter) {
  return filter.kind == "bpf" && filter.handle >> kOwnerBits == kClsactMark &&
         filter.name.starts_with(kNamePrefix);
}

base::Result<std::vector<TcFilter>> list_tc_filters(unsigned ifindex) {
  auto rtnetlink = Rtnetlink::open();
  if (!rtnetlink) return tl::unexpected(std::move(rtnetlink).error());
  return list_all(*rtnetlink, ifindex);
}

base::Result<std::vector<TcFilter>> list_dead_filters() {
  auto rtnetlink = Rtnetlink::open();
  if (!rtnetlink) return tl::unexpected(std::move(rtnetlink).error());
  return dead_of(*rtnetlink);
}

base::Result<std::vector<TcFilter>> remove_dead_filters() {
  auto rtnetlink = Rtnetlink::open();
  if (!rtnetlink) return tl::unexpected(std::move(rtnetlink).error());
  auto dead = dead_of(*rtnetlink);
  if (!dead || dead->empty()) return dead;
  std::vector<TcFilter> removed;
  auto outcome = remove_filters(*rtnetlink, *dead, &removed);
  if (!outcome) return tl::unexpected(std::move(outcome).error());
  return removed;
}

base::Result<ClsactFilters> ClsactFilters::open() {
  auto rtnetlink = Rtnetlink::open();
  if (!rtnetlink) return tl::unexpected(std::move(rtnetlink).error());
  const auto first = static_cast<uint32_t>(getpid());
  for (uint32_t step = 0; step < kOwnerTries; ++step) {
    const uint32_t handle = kClsactMark << kOwnerBits | ((first + step) & kOwnerMask);
    auto presence = claim(handle);
    if (presence) return ClsactFilters(std::move(*rtnetlink), std::move(*presence), handle);
    if (presence.error().system_errno != EADDRINUSE) return tl::unexpected(std::move(presence).error());
  }
  return base::fail(base::ErrorKind::resource, "no free owner number for clsact filters");
}

base::Result<> ClsactFilters::attach(int program_fd, unsigned ifindex, Traffic traffic) {
  const std::string what = "attaching to clsact of " + interface_name(ifindex);
  const auto program = program_info_by_fd(program_fd);
  if (!program) return base::fail_within(program.error(), what);
  const auto qdiscs = list_qdiscs(rtnetlink_);
  if (!qdiscs) return base::fail_within(qdiscs.error(), what);

  bool made = false;
  std::string kind = "clsact";
  if (const auto there = qdiscs->find(ifindex); there == qdiscs->end()) {
    Request request(RTM_NEWQDISC, NLM_F_CREATE | NLM_F_EXCL, ifindex, TC_H_CLSACT);
    request.tc()->tcm_handle = kClsactMajor;
    mnl_attr_put_strz(request.header(), TCA_KIND, "clsact");
    const auto created = rtnetlink_.acknowledge(request.header());
    if (!created && created.error().system_errno == ENOENT)
      return base::fail(base::ErrorKind::unsupported, what + ": needs CONFIG_NET_SCH_INGRESS", ENOENT);
    if (!created && created.error().system_errno != EEXIST) return base::fail_within(created.error(), what);
    made = created.has_value();
  } else if (there->second != "clsact" && traffic == Traffic::egress) {
    return base::fail(base::ErrorKind::resource, what + ": another tool's qdisc \"" + there->second +
                                                     "\" holds the place, which has no egress");
  } else {
    kind = there->second;
    // Made by a Weir that still lives or is about to end: whoever goes last takes it away.
    const auto others = list_on(rtnetlink_, ifindex, kind);
    if (!others) return base::fail_within(others.error(), what);
    made = std::any_of(others->begin(), others->end(),
                       [](const TcFilter& filter) { return is_weirs(filter) && made_qdisc(filter); });
  }

  std::string name = program->name.starts_with(kNamePrefix) ? "" : kNamePrefix;
  name += program->name;
  if (made) name += kMadeQdisc;
  base::Result<> attached;
  for (const uint32_t priority : {1U, 0U}) {  // 0: the kernel chooses one before all that it chose
    Request request(RTM_NEWTFILTER, NLM_F_CREATE | NLM_F_EXCL, ifindex, parent_of(traffic));
    request.tc()->tcm_handle = handle_;
    request.tc()->tcm_info = TC_H_MAKE(priority << 16, __builtin_bswap16(ETH_P_ALL));
    mnl_attr_put_strz(request.header(), TCA_KIND, "bpf");
    nlattr* options = mnl_attr_nest_start(request.header(), TCA_OPTIONS);
    mnl_attr_put_u32(request.header(), TCA_BPF_FD, static_cast<uint32_t>(program_fd));
    mnl_attr_put_strz(request.header(), TCA_BPF_NAME, name.c_str());
    mnl_attr_put_u32(request.header(), TCA_BPF_FLAGS, TCA_BPF_FLAG_ACT_DIRECT);
    mnl_attr_nest_end(request.header(), options);
    attached = rtnetlink_.acknowledge(request.header());
    if (attached) break;
    const int error = attached.error().system_errno;
    if (error != EINVAL && error != EEXIST && error != EBUSY) break;
  }
  if (!attached) {
    if (made && qdiscs->find(ifindex) == qdiscs->end()) (void)remove_qdisc_if_empty(rtnetlink_, ifindex);
    if (attached.error().system_errno == ENOENT)
      return base::fail(base::ErrorKind::unsupported, what + ": needs CONFIG_NET_CLS_BPF", ENOENT);
    return base::fail_within(attached.error(), what);
  }
  const auto now = list_on(rtnetlink_, ifindex, kind);
  if (!now) return base::fail_within(now.error(), what);
  for (const TcFilter& filter : *now)
    if (filter.handle == handle_ && filter.traffic == traffic && filter.program_id == program->id)
      filters_.push_back(filter);
  return {};
}

base::Result<> ClsactFilters::detach() {
  if (filters_.empty()) return {};
  auto outcome = remove_filters(rtnetlink_, filters_, nullptr);
  if (outcome) filters_.clear();
  return outcome;
}

ClsactFilters::~ClsactFilters() {
  // The presence goes after this: what could not be removed is a dead Weir's for the next start.
  if (presence_.valid()) (void)detach();
}

}  // namespace weir::kernel
