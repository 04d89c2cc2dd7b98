// A skeleton as bpftool generates it: choices before the load, data at one address, descriptors.
#include "show.h"
// The names that the programs' types have; generated code uses them as it finds them.
typedef unsigned int u32;
typedef unsigned long long u64;
struct stats {
	u64 packets, bytes;
};
#include "autoload.skel.h"
#include "counters.skel.h"

int main(void)
{
	struct counters *counters;
	struct autoload *autoload;
	void *data;

	libbpf_set_print(say_nothing);
	counters = counters__open();
	SHOW_POINTER(counters);
	SHOW_POINTER(counters->rodata);
	SHOW_POINTER(counters->bss);
	data = counters->data;
	memset(counters->data, 7, sizeof(*counters->data));
	SHOW(counters__load(counters));
	SHOW(counters->data == data);
	SHOW(*(unsigned char *)counters->data);
	memset(counters->data, 8, sizeof(*counters->data));
	SHOW(*(unsigned char *)counters->data);
	SHOW(counters__attach(counters));
	counters__destroy(counters);

	autoload = autoload__open();
	SHOW(bpf_program__autoload(autoload->progs.on));
	SHOW(bpf_program__autoload(autoload->progs.off));
	bpf_program__set_autoload(autoload->progs.on, false);
	bpf_program__set_autoload(autoload->progs.off_tc, true);
	SHOW(autoload__load(autoload));
	SHOW_FD(bpf_program__fd(autoload->progs.on));
	SHOW_FD(bpf_program__fd(autoload->progs.off));
	SHOW_FD(bpf_program__fd(autoload->progs.off_tc));
	SHOW(autoload__attach(autoload));
	autoload__destroy(autoload);
	autoload__destroy(NULL);
	return 0;
}
