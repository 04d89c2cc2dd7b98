// Global data: written before the load through the memory of the map, at the same address the live map afterwards.
#include "show.h"

int main(int argc, char **argv)
{
	struct bpf_object *object;
	struct bpf_map *map, *bss;
	const void *before, *after;
	unsigned int key = 0;
	char value[4096];
	size_t size;

	(void)argc;
	libbpf_set_print(say_nothing);
	object = open_data(argv[1], "counters.o");
	bpf_object__for_each_map(map, object) {
		unsigned int i, sum = 0;

		before = bpf_map__initial_value(map, &size);
		for (i = 0; before && i < size; i++)
			sum = sum * 31 + ((const unsigned char *)before)[i];
		printf("%s: %zu bytes, %u, internal %d\n", bpf_map__name(map), before ? size : 0, sum, bpf_map__is_internal(map));
	}

	bss = bpf_object__find_map_by_name(object, ".bss");
	SHOW_TEXT(bpf_map__name(bss));
	before = bpf_map__initial_value(bss, &size);
	memset((void *)before, 0x5a, size);
	SHOW(bpf_map__set_initial_value(bss, before, size));
	SHOW(bpf_map__set_initial_value(bss, before, size + 1));
	SHOW(bpf_object__load(object));
	after = bpf_map__initial_value(bss, &size);
	SHOW(bpf_map__set_initial_value(bss, before, size) < 0); // EBUSY since 1.5, EINVAL before
	SHOW(bpf_map_lookup_elem(bpf_map__fd(bss), &key, value));
	SHOW(memcmp(value, after, size));
	printf("%x\n", *(const unsigned char *)after);
	bpf_object__close(object);
	return 0;
}
