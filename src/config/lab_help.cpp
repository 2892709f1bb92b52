// SPDX-License-Identifier: Apache-2.0
#include "config/lab_help.h"

#include "config/duration.h"
#include "config/lab_check_command.h"
#include "config/lab_run_command.h"

namespace weir::config {
namespace {

constexpr std::string_view kObjects =
    "PROG and MAP are an id (12, id 12), a name, or the path of a pin (/sys/fs/bpf/x).\n";

}  // namespace

std::string lab_usage() {
  return "weir lab: the eBPF programs, maps and links of this machine, yours and others'\n"
         "\n"
         "  weir lab list [progs|maps|links|net]  what is loaded and attached, with its owners\n"
         "  weir lab list --watch                 which programs run how often and for how long\n"
         "  weir lab show PROG|FILE.o             all about a program, or about an object file\n"
         "  weir lab dump PROG|FILE.o             its instructions, its machine code, its control flow\n"
         "  weir lab map MAP [get|set|del|top|watch]  its entries, by their types\n"
         "  weir lab btf [FILE|PROG] [--header]   types: of the kernel, a file, a program\n"
         "  weir lab run FILE.c|FILE.o            compiled, loaded, attached; what it says and counts, until "
         "Ctrl-C\n"
         "  weir lab check FILE.c|FILE.o...       what the verifier says of programs, explained\n"
         "  weir lab log                          what bpf_printk writes\n"
         "  weir lab features                     program types, map types, helpers of this kernel\n"
         "\n"
         "weir lab COMMAND --help shows its options and examples; -o json works with each.\n" +
         std::string(kObjects);
}

std::string lab_head(std::string_view verb) {
  if (verb == "lab check") return lab_check_head();
  if (verb == "lab run") return lab_run_head();
  if (verb == "lab list")
    return "weir lab list: the eBPF programs, maps and links of this machine\n"
           "\n"
           "usage: weir lab list [progs|maps|links|net] [options]\n"
           "\n"
           "net: what is attached to the network interfaces and to the root of cgroup2. Needs "
           "CAP_SYS_ADMIN.\n";
  if (verb == "lab show")
    return "weir lab show: all about one program, or about an object file that is not loaded\n"
           "\n"
           "usage: weir lab show PROG|FILE.o [options]\n"
           "\n" +
           std::string(kObjects);
  if (verb == "lab dump")
    return "weir lab dump: a program's instructions\n"
           "\n"
           "usage: weir lab dump PROG|FILE.o [--bytecode|--jit|--cfg] [options]\n"
           "\n"
           "From the kernel as its verifier left them (needs CAP_BPF), from a file as the compiler wrote "
           "them.\n" +
           std::string(kObjects);
  if (verb == "lab btf")
    return "weir lab btf: types as BTF describes them\n"
           "\n"
           "usage: weir lab btf [FILE|PROG] [--type NAME] [--header] [options]\n"
           "\n"
           "FILE is an object file or raw BTF; without it the running kernel's types.\n";
  if (verb == "lab map")
    return "weir lab map: a map's entries, by the types that the map has\n"
           "\n"
           "usage: weir lab map MAP [options]                 all entries\n"
           "       weir lab map MAP get KEY\n"
           "       weir lab map MAP set KEY VALUE             what VALUE does not name stays as it is\n"
           "       weir lab map MAP del KEY\n"
           "       weir lab map MAP top|watch [options]       the largest; what changes\n"
           "\n"
           "MAP is an id (12, id 12), a name, or the path of a pin (/sys/fs/bpf/x). KEY and VALUE are "
           "written as "
           "they\n"
           "are shown, or as JSON: 17, 0x11, LISTEN, \"text\", 10.0.0.1, {pid: 1, bytes: 0}, [1, 2], "
           "hex:0a00.\n";
  if (verb == "lab log")
    return "weir lab log: what programs write with bpf_printk, one record a line\n"
           "\n"
           "usage: weir lab log [--prog PROG] [options]\n"
           "\n"
           "A record goes to one reader: beside another reader of trace_pipe each sees a part.\n";
  return "weir lab features: what eBPF programs may use on this kernel\n"
         "\n"
         "usage: weir lab features [--prog TYPE] [options]\n";
}

std::string lab_tail(std::string_view verb) {
  if (verb == "lab check") return lab_check_tail();
  if (verb == "lab run") return lab_run_tail();
  const std::string units = "TIME takes a unit, " + std::string(kDurationUnits) + ": 500ms, 1.5h.\n";
  if (verb == "lab list")
    return "EXAMPLES\n"
           "  weir lab list maps                            all maps, with their owners\n"
           "  weir lab list progs -o json | jq .name\n"
           "  weir lab list net                             who sits at the interfaces\n"
           "  weir lab list --watch --sort calls            programs as they run\n"
           "\n" +
           units;
  if (verb == "lab dump")
    return "EXAMPLES\n"
           "  weir lab dump 12                              instructions beside their source\n"
           "  weir lab dump filter_in --jit                 machine code\n"
           "  weir lab dump xdp.bpf.o --cfg | dot -Tsvg > xdp.svg\n";
  if (verb == "lab btf")
    return "EXAMPLES\n"
           "  weir lab btf --header > vmlinux.h             the kernel's types, to be included\n"
           "  weir lab btf --type task_struct               one of them, with offsets\n"
           "  weir lab btf xdp.bpf.o -o json\n";
  if (verb == "lab map")
    return "EXAMPLES\n"
           "  weir lab map flows                            all entries\n"
           "  weir lab map id 7 get 10.0.0.1\n"
           "  weir lab map config set 0 '{limit: 100, action: DROP}'\n"
           "  weir lab map pids top --by bytes --top 5      the five largest\n"
           "  weir lab map flows watch --interval 1s        what comes, changes and goes\n"
           "  weir lab map /sys/fs/bpf/counters --per-cpu -o json\n"
           "\n" +
           units;
  if (verb == "lab show")
    return "EXAMPLES\n"
           "  weir lab show 12\n"
           "  weir lab show xdp.bpf.o -o json\n";
  if (verb == "lab log")
    return "EXAMPLES\n"
           "  weir lab log                                  until Ctrl-C\n"
           "  weir lab log --prog hello -c 10 -o json\n";
  return "EXAMPLES\n"
         "  weir lab features -o json\n"
         "  weir lab features --prog xdp                  the helpers of one program type\n";
}

}  // namespace weir::config
