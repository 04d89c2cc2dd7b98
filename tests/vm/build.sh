#!/usr/bin/env bash
# Builds what the virtual machines of Ebpf.Kernel.Tests boot, into artifacts/vm: kernels (Debian's for clouds, unpacked, never installed), and an
# initramfs whose init is tests/Ebpf.Kernel.Guest, published ahead of time. Needs apt, cpio, a C compiler and the .NET SDK.
#
# Kernels come from apt once: they stay in EBPF_VM_CACHE (default ~/.cache/ebpf-vm).
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
cache=${EBPF_VM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/ebpf-vm}
out=$root/artifacts/vm

# The two that Debian 12 has: 6.1 is old enough to take the fall-backs, 6.12 has most of the newer attachments.
kernels=(6.1=linux-image-cloud-amd64 6.12=linux-image-6.12-cloud-amd64)

mkdir -p "$cache" "$out/kernels"
# The package that a meta-package stands for today.
package_of() { apt-cache depends --no-recommends "$1" 2>/dev/null | sed -n 's/^ *Depends: *\(linux-image-.*\)$/\1/p' | head -n 1; }

for kernel in "${kernels[@]}"; do
    series=${kernel%%=*} meta=${kernel#*=}
    package=$(package_of "$meta")
    if [ -z "$package" ]; then
        apt-get update -qq
        package=$(package_of "$meta")
    fi
    [ -n "$package" ] || { echo "apt knows no $meta: the machine needs Debian 12's package lists" >&2; exit 1; }
    if [ ! -e "$cache/$package" ]; then
        unpacked=$(mktemp -d "$cache/unpack.XXXXXX")
        (cd "$unpacked" && apt-get download -qq -o APT::Sandbox::User=root "$package")
        dpkg-deb --fsys-tarfile "$unpacked"/*.deb | tar -x -C "$unpacked" ./boot
        mv "$unpacked"/boot/vmlinuz-* "$cache/$package"
        rm -rf "$unpacked"
    fi
    cp "$cache/$package" "$out/kernels/$series"
done

dotnet publish -c Release -r linux-x64 -o "$out/guest" "$root/tests/Ebpf.Kernel.Guest" -v quiet

image=$(mktemp -d)
trap 'rm -rf "$image"' EXIT
mkdir -p "$image"/{proc,sys,dev,tmp,objects}
cp "$out/guest/Ebpf.Kernel.Guest" "$image/init"
cp "$root"/tests/testdata/links/*.o "$root/samples/map/map.o" "$image/objects/"
${CC:-cc} -O2 -o "$image/target" "$root/tests/vm/target.c"
for library in $(ldd "$image/init" "$image/target" | grep -o '/[^ :]*' | sort -u); do
    [ "${library#"$image"}" = "$library" ] || continue
    mkdir -p "$image$(dirname "$library")"
    cp -L "$library" "$image$library"
done
(cd "$image" && find . | LC_ALL=C sort | cpio --quiet -o -H newc --reproducible | gzip -1) >"$out/initramfs.new"
mv "$out/initramfs.new" "$out/initramfs"
