# Puts the machine's own ip, tc and xdp-loader to work in a network namespace of its own: unshare --net --mount tools.sh OBJECT TOOL
# Prints what happened, a line each. LD_LIBRARY_PATH says which libbpf they use.
set -u
object=$1 tool=$2
trace=$(mktemp)
trap 'rm -f "$trace"' EXIT
library=${LD_LIBRARY_PATH:-}
unset LD_LIBRARY_PATH
mount -t bpf bpf /sys/fs/bpf || exit 77
ip link add veth0 type veth peer name veth1 || exit 77
ip addr add 10.9.0.1/24 dev veth1
ip link set veth0 up
ip link set veth1 up
ip neigh add 10.9.0.2 lladdr "$(ip -o link show veth0 | grep -o 'ether [0-9a-f:]*' | cut -d' ' -f2)" dev veth1

# with TRACE COMMAND...: with the library under test, watched.
with() {
    LD_LIBRARY_PATH=$library strace -f -qq -v -s 256 -e trace=bpf,openat -o "$trace" "$@" >/dev/null 2>&1
    echo "$1 exits $?"
    grep -o 'openat([^,]*, "[^"]*libbpf.so[^"]*", [^)]*) = [0-9]' "$trace" | sed 's/.*"\(.*\)".*/library \1/' | sort -u
    grep -o 'BPF_PROG_LOAD.*prog_name="[^"]*"' "$trace" | sed 's/.*prog_name="\(.*\)"/load \1/' | grep -E 'counts|never' | sort -u
}

# Sends packets, and says how many the program with that id saw.
count() {
    local map
    for _ in 1 2 3; do
        echo hello >/dev/udp/10.9.0.2/9999
    done
    sleep 0.2
    map=$(bpftool prog show id "$1" | grep -o 'map_ids [0-9]*' | grep -o '[0-9]*')
    echo "packets $(bpftool -j map lookup id "$map" key 0 0 0 0 | grep -o '"value":\["0x[0-9a-f]*"' | grep -o '0x[0-9a-f]*')"
}

xdp_id() {
    ip -d link show veth0 | grep -o 'prog/xdp[a-z]* id [0-9]*' | grep -o '[0-9]*$'
}

case $tool in
ip)
    with ip link set dev veth0 xdp obj "$object" sec xdp
    count "$(xdp_id)"
    with ip link set dev veth0 xdp off
    ;;
tc)
    tc qdisc add dev veth0 clsact
    with tc filter add dev veth0 ingress bpf da obj "$object" sec tc
    tc filter show dev veth0 ingress | grep -o 'name [a-z_]*'
    count "$(tc filter show dev veth0 ingress | grep -o ' id [0-9]*' | grep -o '[0-9]*' | head -1)"
    with tc filter del dev veth0 ingress
    ;;
xdp-loader)
    with xdp-loader load -m skb -n counts_xdp veth0 "$object"
    count "$(xdp_id)"
    LD_LIBRARY_PATH=$library xdp-loader status veth0 | grep -o 'counts_xdp'
    with xdp-loader unload veth0 --all
    ;;
esac
echo "left: $(xdp_id)"
