# SPDX-License-Identifier: Apache-2.0
# bash completion for weir; installed as bash-completion's "weir".

_weir_fields() {
  echo "time source.address source.port source.packets source.bytes source.retransmits source.nat.ip source.nat.port
    source.process.pid source.process.comm source.process.executable.name source.user.id source.cgroup.id
    source.cgroup.path source.container.id destination.address destination.port destination.packets destination.bytes
    destination.retransmits destination.nat.ip destination.nat.port destination.process.pid destination.process.comm
    destination.process.executable.name destination.user.id destination.cgroup.id destination.cgroup.path
    destination.container.id network.type network.transport network.iana_number network.community_id
    network.interface.name network.netns icmp.id icmp.type icmp.code start end duration_ns part state partial
    icmp_error tcp.flags.source tcp.flags.destination tcp.handshake_ns tcp.srtt_ns tcp.zero_windows.source
    tcp.zero_windows.destination tcp.resets.source tcp.resets.destination packets bytes retransmits rtt pid process
    comm uid cgroup container source destination port protocol interface duration"
}

_weir_options() {
  case "$1" in
    flows) echo "-r -i --hook --decap --pid --comm --uid --cgroup --container -o --fields --header --by --top --sort -c
      --no-color --for --interval --active --tcp-idle --udp-idle --end-wait --max-flows --fail-on-loss --cost -v -h
      --help" ;;
    top) echo "-r -i --hook --decap --pid --comm --uid --cgroup --container -o --by --top --sort -c --no-color --for
      --interval --active --tcp-idle --udp-idle --end-wait --max-flows --fail-on-loss --cost -v -h --help" ;;
    packets) echo "-r -i --interface --hook --netns -Q -D -F --classic --vlan-transparent --once --pid --comm --uid --cgroup
      --container -c --for -s --headers -B --buffer-size --fail-on-loss -v -q -e -t --nano --micro -# --number -S -K -x -X -A -l -n -N
      -o -w --pcap --print -U -C -G -W -z -d --ebpf -h --help" ;;
    doctor) echo "-o --clean --no-color -v -h --help" ;;
    "lab list") echo "--watch --sort --interval -c -o --no-color -v -h --help" ;;
    "lab show") echo "-o --no-color -v -h --help" ;;
    "lab dump") echo "--bytecode --jit --cfg --no-source -o --no-color -v -h --help" ;;
    "lab btf") echo "--header --type -o --no-color -v -h --help" ;;
    "lab map") echo "--per-cpu --by --top --interval -c -o --no-color -v -h --help" ;;
    "lab log") echo "--prog -c -o --no-color -v -h --help" ;;
    "lab features") echo "--prog -o --no-color -v -h --help" ;;
    "lab run") echo "-i --cgroup --set --map --event -c --for --interval --top -I -D --btf -o -v -h --help" ;;
    "lab check") echo "--prog --walk --log -I -D --btf -o --no-color -v -h --help" ;;
  esac
}

# Names of loaded programs or maps, or files: what may stand for an object of "lab COMMAND".
_weir_objects() {
  case "$1" in
    "lab map")
      if ((COMP_CWORD == 3)); then
        COMPREPLY=($(compgen -W "$(weir lab list maps -o names 2>/dev/null | sort -u)" -- "$2"))
      elif ((COMP_CWORD == 4)); then
        COMPREPLY=($(compgen -W "get set del top watch" -- "$2"))
        return
      fi
      ;;
    "lab list") COMPREPLY=($(compgen -W "progs maps links net" -- "$2")) && return ;;
    "lab show" | "lab dump" | "lab btf") COMPREPLY=($(compgen -W "$(weir lab list progs -o names 2>/dev/null | sort -u)" -- "$2")) ;;
    *) return ;;
  esac
  COMPREPLY+=($(compgen -f -- "$2"))
  compopt -o filenames
}

# Completes the last word of a comma list; a leading ! is kept.
_weir_list() {
  local before="" word="$2"
  if [[ $word == *,* ]]; then
    before="${word%,*},"
    word="${word##*,}"
  fi
  if [[ $word == !* ]]; then
    before+="!"
    word="${word#!}"
  fi
  COMPREPLY=($(compgen -P "$before" -W "$1" -- "$word"))
  compopt -o nospace
}

_weir() {
  local word="${COMP_WORDS[COMP_CWORD]}" previous="${COMP_WORDS[COMP_CWORD - 1]}" verb="${COMP_WORDS[1]}"
  COMPREPLY=()
  if ((COMP_CWORD == 1)); then
    COMPREPLY=($(compgen -W "flows top packets lab doctor help --version" -- "$word"))
    return
  fi
  if [[ $verb == lab ]]; then
    if ((COMP_CWORD == 2)); then
      COMPREPLY=($(compgen -W "run check list show dump btf map log features" -- "$word"))
      return
    fi
    verb="lab ${COMP_WORDS[2]}"
  fi
  case "$previous" in
    help) COMPREPLY=($(compgen -W "flows top packets lab doctor" -- "$word")) ;;
    -r | -w | -F | --classic | --btf | -I)
      COMPREPLY=($(compgen -f -- "$word"))
      compopt -o filenames
      ;;
    -i | --interface) COMPREPLY=($(compgen -W "any $(ls /sys/class/net 2>/dev/null)" -- "$word")) ;;
    -Q) COMPREPLY=($(compgen -W "in out inout" -- "$word")) ;;
    -z) COMPREPLY=($(compgen -c -- "$word")) ;;
    --netns) COMPREPLY=($(compgen -W "$(ls /run/netns 2>/dev/null)" -- "$word")) ;;
    --hook) COMPREPLY=($(compgen -W "cgroup tc xdp socket" -- "$word")) ;;
    -o)
      if [[ $verb == "lab list" ]]; then
        COMPREPLY=($(compgen -W "table json names" -- "$word"))
      elif [[ $verb == doctor || ($verb == lab* && $verb != "lab run") ]]; then
        COMPREPLY=($(compgen -W "table json" -- "$word"))
      elif [[ $verb == packets || $verb == "lab run" ]]; then
        COMPREPLY=($(compgen -W "text json" -- "$word"))
      else
        COMPREPLY=($(compgen -W "table wide lines json" -- "$word"))
      fi
      ;;
    --prog)
      if [[ $verb == "lab log" ]]; then
        COMPREPLY=($(compgen -W "$(weir lab list progs -o names 2>/dev/null | sort -u)" -- "$word"))
      elif [[ $verb == "lab features" ]]; then
        COMPREPLY=($(compgen -W "$(weir lab features -o json 2>/dev/null |
          sed -n 's/.*"object":"program_type","name":"\([a-z0-9_]*\)".*/\1/p')" -- "$word"))
      fi
      ;;
    --sort)
      if [[ $verb == lab* ]]; then
        COMPREPLY=($(compgen -W "cpu calls time id name" -- "$word"))
      else
        COMPREPLY=($(compgen -W "bytes packets rate rtt retransmits start flows" -- "$word"))
      fi
      ;;
    --fields | --by) _weir_list "$(_weir_fields)" "$word" ;;
    --comm) _weir_list "$(ps -eo comm= 2>/dev/null | sort -u)" "$word" ;;
    --pid) _weir_list "$(ps -eo pid= 2>/dev/null)" "$word" ;;
    --for | --interval | --active | --tcp-idle | --udp-idle | --end-wait | --top | -c | --max-flows | --uid | \
      --cgroup | --container | -s | -B | -C | -G | -W) ;;
    *)
      if [[ $word == -* ]]; then
        COMPREPLY=($(compgen -W "$(_weir_options "$verb")" -- "$word"))
      elif [[ $verb == "lab check" || $verb == "lab run" ]]; then
        COMPREPLY=($(compgen -f -- "$word"))
        compopt -o filenames
      elif [[ $verb == lab* ]]; then
        _weir_objects "$verb" "$word"
      fi
      ;;
  esac
}

complete -F _weir weir
