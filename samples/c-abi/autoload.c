// Loads one of an object's programs and leaves the others alone, written for libbpf. The same binary runs on libbpf, on Ebpf for .NET's
// libbpf.so.1, and with EBPF_PLATFORM=embedded on the latter without a kernel and without privileges.
//
//   gcc -o autoload autoload.c -lbpf
//   ./autoload ../map/map.o
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

static const char *answer(bool yes)
{
	return yes ? "yes" : "no";
}

static void show(const struct bpf_program *program)
{
	int fd = bpf_program__fd(program);
	printf("%-18s autoload: %-4s loaded: %s\n", bpf_program__name(program), answer(bpf_program__autoload(program)),
	       fd >= 0 ? "yes" : strerror(-fd));
}

int main(int argc, char **argv)
{
	unsigned char packet[64] = {0};
	LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = packet, .data_size_in = sizeof(packet), .repeat = 1);
	struct bpf_program *lru, *push_pop, *maps;
	struct bpf_object *object;
	int error;

	if (argc != 2) {
		fprintf(stderr, "usage: %s map.o\n", argv[0]);
		return 2;
	}

	object = bpf_object__open(argv[1]);
	if (!object) {
		fprintf(stderr, "%s cannot be opened: %s\n", argv[1], strerror(errno));
		return 1;
	}

	lru = bpf_object__find_program_by_name(object, "test_LRU_map");
	push_pop = bpf_object__find_program_by_name(object, "test_PUSH_POP_map");
	maps = bpf_object__find_program_by_name(object, "test_maps");
	if (!lru || !push_pop || !maps) {
		fprintf(stderr, "%s has not the three programs of samples/map\n", argv[1]);
		return 1;
	}

	bpf_program__set_autoload(lru, false);
	bpf_program__set_autoload(push_pop, false);
	bpf_program__set_autoload(maps, true);

	error = bpf_object__load(object);
	if (error) {
		fprintf(stderr, "%s cannot be loaded: %s\n", argv[1], strerror(-error));
		return 1;
	}

	show(lru);
	show(push_pop);
	show(maps);
	error = bpf_program__set_autoload(lru, true);
	printf("changing it after the load: %s\n", error ? strerror(-error) : "works");

	error = bpf_prog_test_run_opts(bpf_program__fd(maps), &run);
	if (error) {
		fprintf(stderr, "test_maps cannot be run: %s\n", strerror(-error));
		return 1;
	}

	printf("test_maps returned %u\n", run.retval);
	bpf_object__close(object);
	return run.retval != 0;
}
