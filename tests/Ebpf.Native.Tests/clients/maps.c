// Maps: what a definition can be changed to and when, elements through the object and through bpf.h, batches, errors of every kind.
#include "show.h"

static const char *data;

static void elements(const char *what, int fd, int with_key)
{
	unsigned int key = 1, next = 0, value[64] = {7}, found[64] = {0};

	printf("%s\n", what);
	SHOW(bpf_map_lookup_elem(fd, with_key ? &key : NULL, found));
	SHOW(bpf_map_update_elem(fd, with_key ? &key : NULL, value, BPF_ANY));
	SHOW(bpf_map_update_elem(fd, with_key ? &key : NULL, value, BPF_NOEXIST));
	SHOW(bpf_map_update_elem(fd, with_key ? &key : NULL, value, BPF_EXIST));
	SHOW(bpf_map_update_elem(fd, with_key ? &key : NULL, value, 77));
	SHOW(bpf_map_lookup_elem(fd, with_key ? &key : NULL, found));
	printf("  found %u\n", found[0]);
	SHOW(bpf_map_lookup_elem_flags(fd, with_key ? &key : NULL, found, 77));
	SHOW(bpf_map_get_next_key(fd, NULL, &next));
	printf("  next %u\n", next);
	SHOW(bpf_map_get_next_key(fd, &next, &next));
	key = 99;
	SHOW(bpf_map_lookup_elem(fd, with_key ? &key : NULL, found));
	SHOW(bpf_map_delete_elem(fd, with_key ? &key : NULL));
	key = 1;
	SHOW(bpf_map_lookup_and_delete_elem(fd, with_key ? &key : NULL, found));
	SHOW(bpf_map_delete_elem(fd, with_key ? &key : NULL));
}

static void by_type(void)
{
	elements("hash", bpf_map_create(BPF_MAP_TYPE_HASH, "hash", 4, 4, 8, NULL), 1);
	elements("array", bpf_map_create(BPF_MAP_TYPE_ARRAY, "array", 4, 4, 8, NULL), 1);
	elements("lru_hash", bpf_map_create(BPF_MAP_TYPE_LRU_HASH, "lru", 4, 4, 8, NULL), 1);
	elements("queue", bpf_map_create(BPF_MAP_TYPE_QUEUE, "queue", 0, 4, 8, NULL), 0);
	elements("stack", bpf_map_create(BPF_MAP_TYPE_STACK, "stack", 0, 4, 8, NULL), 0);
}

static void creation(void)
{
	LIBBPF_OPTS(bpf_map_create_opts, options, .map_flags = BPF_F_NO_PREALLOC);
	struct {
		struct bpf_map_create_opts known;
		char more[256]; // more than any version knows
	} longer = {.known = {.sz = sizeof(longer)}};

	puts("creation");
	SHOW_FD(bpf_map_create(BPF_MAP_TYPE_HASH, NULL, 4, 4, 8, &options));
	SHOW_FD(bpf_map_create(BPF_MAP_TYPE_ARRAY, NULL, 4, 4, 8, &options));
	SHOW_FD(bpf_map_create(BPF_MAP_TYPE_ARRAY, NULL, 3, 4, 8, NULL));
	SHOW_FD(bpf_map_create(BPF_MAP_TYPE_ARRAY, NULL, 4, 0, 8, NULL));
	SHOW_FD(bpf_map_create(BPF_MAP_TYPE_HASH, NULL, 4, 4, 0, NULL));
	SHOW_FD(bpf_map_create(BPF_MAP_TYPE_HASH, NULL, 0, 4, 8, NULL));
	SHOW_FD(bpf_map_create(BPF_MAP_TYPE_QUEUE, NULL, 4, 4, 8, NULL));
	SHOW_FD(bpf_map_create(BPF_MAP_TYPE_RINGBUF, NULL, 0, 0, 4096, NULL));
	SHOW_FD(bpf_map_create(BPF_MAP_TYPE_RINGBUF, NULL, 0, 0, 4095, NULL));
	SHOW_FD(bpf_map_create(BPF_MAP_TYPE_ARRAY_OF_MAPS, NULL, 4, 4, 8, NULL));

	puts("sizes of options");
	SHOW_FD(bpf_map_create(BPF_MAP_TYPE_HASH, "longer", 4, 4, 8, &longer.known));
	longer.more[255] = 1;
	SHOW_FD(bpf_map_create(BPF_MAP_TYPE_HASH, "longer", 4, 4, 8, &longer.known));
	options.sz = 4;
	SHOW_FD(bpf_map_create(BPF_MAP_TYPE_HASH, "small", 4, 4, 8, &options));
	options.sz = sizeof(size_t);
	options.map_flags = 0xffffffff; // beyond the size: not looked at
	SHOW_FD(bpf_map_create(BPF_MAP_TYPE_HASH, "size", 4, 4, 8, &options));
}

static void bad_descriptors(void)
{
	unsigned int key = 0, value = 0;
	int file = open("/dev/null", O_RDONLY);

	puts("descriptors that are none");
	SHOW(bpf_map_lookup_elem(-1, &key, &value));
	SHOW(bpf_map_lookup_elem(900, &key, &value));
	SHOW(bpf_map_lookup_elem(file, &key, &value));
	SHOW(bpf_map_update_elem(file, &key, &value, 0));
	SHOW(bpf_map_delete_elem(900, &key));
	SHOW(bpf_map_get_next_key(900, &key, &key));
	SHOW(bpf_map_freeze(900));
	SHOW(bpf_prog_test_run_opts(900, NULL));
	close(file);
}

static void copies(void)
{
	int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "copied", 4, 4, 2, NULL);
	unsigned int key = 0, value = 5, found = 0;
	int copy = dup(fd);

	puts("copies of descriptors");
	SHOW(bpf_map_update_elem(fd, &key, &value, 0));
	close(fd);
	SHOW(bpf_map_lookup_elem(copy, &key, &found));
	printf("  found %u\n", found);
	SHOW(bpf_map_freeze(copy));
	SHOW(bpf_map_update_elem(copy, &key, &value, 0));
	SHOW(bpf_map_lookup_elem(copy, &key, &found));
	SHOW(bpf_map_freeze(copy));
	close(copy);
	SHOW(bpf_map_lookup_elem(copy, &key, &found));
}

static void batches(void)
{
	int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "batch", 4, 4, 6, NULL);
	unsigned int keys[8] = {0, 1, 2, 3, 4, 5}, values[8] = {10, 11, 12, 13, 14, 15}, count = 6, mark = 0, i;
	LIBBPF_OPTS(bpf_map_batch_opts, options);

	puts("batches");
	SHOW(bpf_map_update_batch(fd, keys, values, &count, &options));
	printf("  count %u\n", count);
	memset(values, 0, sizeof(values));
	count = 4;
	SHOW(bpf_map_lookup_batch(fd, NULL, &mark, keys, values, &count, &options));
	printf("  count %u\n", count);
	for (i = 0; i < count; i++)
		printf("  %u: %u\n", keys[i], values[i]);
	count = 4;
	SHOW(bpf_map_lookup_batch(fd, &mark, &mark, keys, values, &count, &options));
	printf("  count %u\n", count);
	close(fd);
	fd = bpf_map_create(BPF_MAP_TYPE_HASH, "batch", 4, 4, 8, NULL);
	keys[0] = 3, keys[1] = 4;
	count = 2;
	SHOW(bpf_map_update_batch(fd, keys, values, &count, &options));
	count = 2;
	SHOW(bpf_map_delete_batch(fd, keys, &count, &options));
	count = 1;
	SHOW(bpf_map_delete_batch(fd, keys, &count, &options));
	printf("  count %u\n", count);
	close(fd);
}

static void information(void)
{
	int fd = bpf_map_create(BPF_MAP_TYPE_HASH, "informed", 4, 8, 16, NULL);
	struct bpf_map_info info = {0};
	unsigned int length = sizeof(info);
	int again;

	puts("information");
	SHOW(bpf_obj_get_info_by_fd(fd, &info, &length));
	printf("  type %u, key %u, value %u, entries %u, flags %u, name %s, id %d\n", info.type, info.key_size, info.value_size, info.max_entries,
	       info.map_flags, info.name, info.id > 0);
	again = bpf_map_get_fd_by_id(info.id);
	printf("  by id: %s\n", again > 2 ? "above 2" : "none");
	close(again);
	SHOW(bpf_map_get_fd_by_id(0x7ffffff0));
	close(fd);
}

static void definitions(void)
{
	struct bpf_object *object = open_data(data, "map_attributes.o"), *other;
	struct bpf_map *map = bpf_object__next_map(object, NULL);
	unsigned int key = 0;
	size_t size = 1;
	char value[256];
	int fd;

	puts("definitions");
	SHOW_FD(bpf_map__fd(map));
	SHOW(bpf_map__set_max_entries(map, 33));
	SHOW(bpf_map__max_entries(map));
	SHOW(bpf_map__set_autocreate(map, false));
	SHOW(bpf_map__autocreate(map));
	SHOW(bpf_map__set_autocreate(map, true));
	SHOW_POINTER(bpf_map__initial_value(map, &size));
	SHOW(bpf_map__set_initial_value(map, value, 4));
	SHOW(bpf_map__is_internal(map));
	SHOW(bpf_map__is_pinned(map));
	SHOW_POINTER(bpf_map__inner_map(map));
	SHOW(bpf_map__set_inner_map_fd(map, 1));
	SHOW(bpf_map__lookup_elem(map, &key, 4, value, bpf_map__value_size(map), 0));
	SHOW(bpf_map__pin(map, NULL));
	SHOW(bpf_map__unpin(map, NULL));
	SHOW(bpf_map__set_pin_path(map, "/somewhere/else"));
	SHOW_TEXT(bpf_map__pin_path(map));
	SHOW(bpf_map__set_pin_path(map, NULL));
	bpf_object__close(object);

	object = open_data(data, "counters.o");
	map = bpf_object__next_map(object, NULL);
	SHOW(bpf_object__load(object));
	SHOW_FD(bpf_map__fd(map));
	SHOW(bpf_map__set_max_entries(map, 3));
	SHOW(bpf_map__set_key_size(map, 3));
	SHOW(bpf_map__set_value_size(map, 3));
	SHOW(bpf_map__set_type(map, 3));
	SHOW(bpf_map__set_autocreate(map, false));
	SHOW(bpf_map__lookup_elem(map, &key, 3, value, bpf_map__value_size(map), 0));
	SHOW(bpf_map__lookup_elem(map, &key, 4, value, bpf_map__value_size(map) + 1, 0));
	fd = bpf_map__fd(map);

	// A map of one object in another one's place.
	other = open_data(data, "counters.o");
	SHOW(bpf_map__reuse_fd(bpf_object__next_map(other, NULL), fd));
	SHOW_FD(bpf_map__fd(bpf_object__next_map(other, NULL)));
	SHOW(bpf_map__reuse_fd(bpf_object__next_map(other, NULL), 900));
	SHOW(bpf_object__load(other));
	bpf_object__close(other);
	bpf_object__close(object);
}

int main(int argc, char **argv)
{
	(void)argc;
	data = argv[1];
	libbpf_set_print(say_nothing);
	by_type();
	creation();
	bad_descriptors();
	copies();
	batches();
	information();
	definitions();
	return 0;
}
