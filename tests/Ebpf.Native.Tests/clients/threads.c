// Several threads at once: each has objects of its own, all share one map. No thread of the library's helps them, and no signal stops them.
#include "show.h"
#include <pthread.h>

#define THREADS 6
#define ROUNDS 15

static const char *samples;
static int shared;

static void *work(void *number)
{
	unsigned char packet[64] = {0};
	long failures = 0;
	int round;

	for (round = 0; round < ROUNDS; round++) {
		LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = packet, .data_size_in = sizeof(packet), .repeat = 3);
		struct bpf_object *object = open_data(samples, "broken/broken.o");
		struct bpf_program *program;
		unsigned int key = (unsigned int)(long)number, value = round, found = 0;

		bpf_object__for_each_program(program, object)
			bpf_program__set_autoload(program, strcmp(bpf_program__name(program), "good") == 0);
		failures += bpf_object__load(object) != 0;
		failures += bpf_prog_test_run_opts(bpf_program__fd(bpf_object__find_program_by_name(object, "good")), &run) != 0;
		failures += run.retval != 2;
		failures += bpf_map_update_elem(shared, &key, &value, 0) != 0;
		failures += bpf_map_lookup_elem(shared, &key, &found) != 0 || found != value;
		bpf_object__close(object);
	}

	return (void *)failures;
}

int main(int argc, char **argv)
{
	pthread_t threads[THREADS];
	long failures = 0, i;

	(void)argc;
	samples = argv[2];
	libbpf_set_print(say_nothing);
	shared = bpf_map_create(BPF_MAP_TYPE_HASH, "shared", 4, 4, 64, NULL);
	for (i = 0; i < THREADS; i++)
		pthread_create(threads + i, NULL, work, (void *)i);
	for (i = 0; i < THREADS; i++) {
		void *result;

		pthread_join(threads[i], &result);
		failures += (long)result;
	}

	SHOW(failures);
	return 0;
}
