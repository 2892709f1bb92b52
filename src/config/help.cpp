// SPDX-License-Identifier: Apache-2.0
#include "config/help.h"

#include "config/duration.h"
#include "config/lab_help.h"

namespace weir::config {
namespace {

/// What TIME and the lists of owners are, and the exit status up to 5.
std::string values_and_status() {
  return "TIME takes a unit, " + std::string(kDurationUnits) +
         ": 500ms, 1.5h. A comma list of an owner filter matches any of\n"
         "its names; a name with a leading ! excludes. Exit status: 0 done, 1 failed while running,\n"
         "2 wrong usage, filter or file, 3 not permitted, 4 this kernel cannot, 5 lost data with\n"
         "--fail-on-loss";
}

}  // namespace

std::string version_line() {
  return "weir " WEIR_VERSION "\n";
}

std::string short_usage() {
  return "weir watches the flows of a Linux node: who talks to whom, which process, how much, how slow.\n"
         "\n"
         "  weir flows [EXPR]          every connection of this node, live (needs root)\n"
         "  weir flows -r FILE [EXPR]  the same from a capture (pcap, pcapng; no privileges)\n"
         "  weir packets -i IFACE      the packets themselves, in tcpdump's manner, with their owners\n"
         "  weir packets -r FILE       the same from a capture\n"
         "  weir top --by process      who moves most, on one screen\n"
         "  weir lab list              the eBPF programs, maps and links of this machine; weir lab tells "
         "more\n"
         "  weir doctor                what this kernel can do and what Weir would use\n"
         "\n"
         "weir help VERB, weir VERB --help, man weir; weir --version\n";
}

std::string verb_head(std::string_view verb) {
  if (verb.starts_with("lab ")) return lab_head(verb);
  if (verb == "flows")
    return "weir flows: every connection of this node with its owner; live, or from a capture with -r\n"
           "\n"
           "usage: weir flows [options] [EXPR]\n"
           "       weir flows -r FILE [-r FILE]... [options] [EXPR]\n"
           "\n"
           "EXPR is a pcap-filter(7) expression: tcp port 443 and net 10.0.0.0/8\n"
           "Live, Weir listens where sockets send and receive (cgroup2): packets that this node only "
           "forwards, and\n"
           "arriving ones that find no open socket, are seen with -i alone.\n";
  if (verb == "top")
    return "weir top: who moves most; flows summed by a field, live, or from a capture with -r\n"
           "\n"
           "usage: weir top [--by FIELD,...] [options] [EXPR]\n"
           "       weir top -r FILE [--by FIELD,...] [options] [EXPR]\n";
  if (verb == "packets")
    return "weir packets: packets in tcpdump's manner, with the process that owns each\n"
           "\n"
           "usage: weir packets -r FILE [-r FILE]... [options] [EXPR]\n"
           "       weir packets [-i IFACE] [options] [EXPR] [-- COMMAND ARG...]\n"
           "       weir packets -d|-dd|-ddd|--ebpf [EXPR]\n"
           "\n"
           "EXPR is a pcap-filter(7) expression: tcp port 443 and net 10.0.0.0/8\n";
  return "weir doctor: what this kernel can do, what Weir will use here, and what is in its way\n"
         "\n"
         "usage: weir doctor [-o json] [--clean]\n";
}

std::string verb_tail(std::string_view verb) {
  if (verb.starts_with("lab ")) return lab_tail(verb);
  if (verb == "flows")
    return "EXAMPLES\n"
           "  weir flows                                    what this node does now\n"
           "  weir flows --comm nginx -o json               nginx's flows as JSON lines\n"
           "  weir flows -i eth0 --for 1m                   one minute of a card, forwarded packets too\n"
           "  weir flows -r day.pcap tcp port 443           flows of a capture, filtered\n"
           "  weir flows -r day.pcap --by destination,port --top 10\n"
           "  tcpdump -w - | weir flows -r - -o json        flows from a pipe\n"
           "\n"
           "Live on a terminal: a screen. r b p t x a order, / filters, g groups, Enter tells all, Space "
           "pauses,\n"
           "c own cost, ? all keys, q quits.\n"
           "\n" +
           values_and_status() + ".\n";
  if (verb == "top")
    return "EXAMPLES\n"
           "  weir top                                      by process\n"
           "  weir top --by container,port                  by container and port\n"
           "  weir top -r day.pcap --by destination --top 5\n"
           "  weir top --interval 10s | tee top.txt         sums of each 10 s\n"
           "\n"
           "Live on a terminal: a screen. r b p t x a f order, / filters, g changes the sums, Enter shows "
           "the\n"
           "flows of one, Space pauses, c own cost, ? all keys, q quits. Elsewhere: the sums of each\n"
           "--interval (default 2s), or with --for alone once, at the end.\n"
           "\n"
           "TIME takes a unit, " +
           std::string(kDurationUnits) + ": 500ms, 1.5h.\n";
  if (verb == "packets")
    return "EXAMPLES\n"
           "  weir packets -i eth0 tcp port 443             packets of a card, with their owners (root)\n"
           "  weir packets -i any -- curl http://a/         a command's packets, in and out\n"
           "  weir packets -r day.pcap tcp port 443         packets of a capture, filtered\n"
           "  weir packets -r day.pcapng -nnvvX -c5         five of them, all that is to be said\n"
           "  weir packets -r a.pcap -r b.pcap -w both.pcapng   two captures into one, by time\n"
           "  weir packets -r day.pcapng --comm nginx       those that nginx sent or received\n"
           "  weir packets -r day.pcap -o json | jq .message\n"
           "  weir packets -d 'ip6 and tcp'                 the filter's program\n"
           "\n" +
           values_and_status() + "; after -- COMMAND the command's own.\n";
  return "Exit status: 0 when weir flows can run here, 3 a capability is missing, 4 this kernel cannot.\n";
}

}  // namespace weir::config
