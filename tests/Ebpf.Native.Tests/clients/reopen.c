// dlopen(3), dlclose(3), dlopen(3) again.
#include <dlfcn.h>
#include <stdio.h>

int main(void)
{
	int round;

	for (round = 0; round < 3; round++) {
		void *library = dlopen("libbpf.so.1", RTLD_NOW);
		void *(*open)(const char *) = (void *(*)(const char *))dlsym(library, "bpf_object__open");
		unsigned int (*major)(void) = (unsigned int (*)(void))dlsym(library, "libbpf_major_version");
		void *(*set_print)(void *) = (void *(*)(void *))dlsym(library, "libbpf_set_print");

		set_print(0);
		printf("%u %d\n", major(), open("/no/such/file") == NULL);
		dlclose(library);
	}

	return 0;
}
