// BTF: reading types, names, sizes; what is not there.
#include "show.h"

int main(int argc, char **argv)
{
	struct btf_ext *ext = NULL;
	const struct btf_type *type;
	struct btf *btf, *copy;
	char path[512];
	unsigned int size, i;
	const void *raw;

	(void)argc;
	libbpf_set_print(say_nothing);
	snprintf(path, sizeof(path), "%s/btf_kinds.o", argv[1]);
	btf = btf__parse(path, &ext);
	SHOW_POINTER(btf);
	SHOW_POINTER(ext);
	SHOW(btf__type_cnt(btf));
	SHOW(btf__pointer_size(btf));
	SHOW(btf__endianness(btf));
	SHOW(btf__fd(btf));
	SHOW_POINTER(btf__base_btf(btf));
	for (i = 0; i < btf__type_cnt(btf); i++) {
		const char *name;

		type = btf__type_by_id(btf, i);
		name = btf__name_by_offset(btf, type->name_off);
		printf("%u: %s, info %x, size %u\n", i, name, type->info, type->size);
		if (i) {
			SHOW(btf__resolve_size(btf, i));
			SHOW(btf__resolve_type(btf, i));
			SHOW(btf__find_by_name_kind(btf, name, BTF_INFO_KIND(type->info)) > 0);
		}
	}

	SHOW_POINTER(btf__type_by_id(btf, 100000));
	SHOW_POINTER(btf__name_by_offset(btf, 0x7fffffff));
	SHOW(btf__find_by_name(btf, "no such type"));
	SHOW(btf__find_by_name(btf, "int"));
	SHOW(btf__find_by_name(btf, "void"));
	SHOW(btf__find_by_name_kind(btf, "int", BTF_KIND_STRUCT));
	SHOW(btf__find_str(btf, "no such string"));
	raw = btf__raw_data(btf, &size);
	copy = btf__new(raw, size);
	SHOW_POINTER(copy);
	SHOW(btf__type_cnt(copy) == btf__type_cnt(btf));
	btf__free(copy);
	SHOW_POINTER(btf__new("nonsense", 8));
	SHOW_POINTER(btf__parse("/no/such/file", NULL));
	btf_ext__free(ext);
	btf__free(btf);
	btf__free(NULL);
	return 0;
}
