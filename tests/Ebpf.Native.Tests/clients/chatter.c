// Writes more than a pipe takes, after the library was used: whose reader is gone, it ends by SIGPIPE as every program does.
#include "show.h"

int main(int argc, char **argv)
{
	struct bpf_object *object;
	int i;

	(void)argc;
	libbpf_set_print(say_nothing);
	object = open_data(argv[1], "map/map.o");
	bpf_object__close(object);
	for (i = 0; i < 1000000; i++)
		printf("line %d\n", i);
	return 0;
}
