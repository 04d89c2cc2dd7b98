// What a library costs a fresh process: dlopen, the first call, then open + load + close of an object, and of the same object again.
//
//   startup LIBRARY OBJECT      prints four times in microseconds, and the resident memory in KiB
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

static double microseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1e6 + now.tv_nsec / 1e3;
}

int main(int argc, char **argv)
{
	double start, opened, called, first, second;
	struct rusage usage;
	void *library;
	int round;

	if (argc != 3)
		return 2;
	start = microseconds();
	library = dlopen(argv[1], RTLD_NOW);
	if (!library) {
		fprintf(stderr, "%s\n", dlerror());
		return 1;
	}

	unsigned int (*major)(void) = (unsigned int (*)(void))dlsym(library, "libbpf_major_version");
	void *(*open)(const char *) = (void *(*)(const char *))dlsym(library, "bpf_object__open");
	int (*load)(void *) = (int (*)(void *))dlsym(library, "bpf_object__load");
	void (*close)(void *) = (void (*)(void *))dlsym(library, "bpf_object__close");
	opened = microseconds();
	major();
	called = first = microseconds();
	for (round = 0; round < 2; round++) {
		void *object = open(argv[2]);

		if (!object || load(object))
			return 1;
		close(object);
		second = first;
		first = microseconds();
	}

	getrusage(RUSAGE_SELF, &usage);
	printf("%.0f %.0f %.0f %.0f %ld\n", opened - start, called - opened, second - called, first - second, usage.ru_maxrss);
	return 0;
}
