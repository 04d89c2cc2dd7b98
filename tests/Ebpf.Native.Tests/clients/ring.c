// Ring buffers: records in order, an error of the callback, waiting, the descriptor that one waits with.
#include "show.h"
#include <poll.h>

static int seen, stop_at = -1;

static int on_record(void *context, void *record, size_t length)
{
	printf("  %s: %llu, %zu bytes\n", (const char *)context, *(unsigned long long *)record, length);
	return seen++ == stop_at ? -77 : 0;
}

static void run(int program, unsigned int length, int times)
{
	unsigned char packet[64] = {0};
	LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = packet, .data_size_in = sizeof(packet), .repeat = times);

	memcpy(packet + 8, &length, sizeof(length));
	SHOW(bpf_prog_test_run_opts(program, &run));
}

int main(int argc, char **argv)
{
	struct ring_buffer *ring;
	struct bpf_object *object;
	struct pollfd wait = {.events = POLLIN};
	int small, large, program;

	(void)argc;
	libbpf_set_print(say_nothing);
	object = open_data(argv[1], "buffers.o");
	SHOW(bpf_object__load(object));
	small = bpf_object__find_map_fd_by_name(object, "small");
	large = bpf_object__find_map_fd_by_name(object, "large");
	program = bpf_program__fd(bpf_object__find_program_by_name(object, "put_small"));
	SHOW_FD(program);

	SHOW_POINTER(ring_buffer__new(900, on_record, "none", NULL));
	SHOW_POINTER(ring_buffer__new(bpf_object__find_map_fd_by_name(object, "scratch"), on_record, "none", NULL));
	ring = ring_buffer__new(small, on_record, "small", NULL);
	SHOW_POINTER(ring);
	SHOW(ring_buffer__add(ring, large, on_record, "large"));
	SHOW(ring_buffer__add(ring, 900, on_record, "none"));
	SHOW(ring_buffer__poll(ring, 10));
	SHOW(ring_buffer__consume(ring));
	run(program, 5, 3);
	wait.fd = ring_buffer__epoll_fd(ring);
	SHOW(poll(&wait, 1, 1000));
	SHOW(ring_buffer__poll(ring, 1000));
	SHOW(poll(&wait, 1, 0));
	run(program, 100, 4);
	stop_at = seen + 1;
	SHOW(ring_buffer__consume(ring));
	SHOW(ring_buffer__consume(ring));
	SHOW(ring_buffer__poll(ring, 0));
	ring_buffer__free(ring);
	ring_buffer__free(NULL);
	bpf_object__close(object);
	return 0;
}
