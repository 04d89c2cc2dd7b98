// The print callback: levels, the text that programs look for, errno kept, silence.
#include "show.h"
#include <stdarg.h>

static int lines;

// The line without what differs from version to version: only the texts that are asked for are shown.
static int look(enum libbpf_print_level level, const char *format, va_list arguments)
{
	static const char *const wanted[] = {"BPF program load failed", "BEGIN PROG LOAD LOG", "failed to load object", "failed to load:", "already", "skeleton"};
	char text[65536];
	unsigned int i;

	vsnprintf(text, sizeof(text), format, arguments);
	lines++;
	errno = 99;
	for (i = 0; i < sizeof(wanted) / sizeof(*wanted); i++)
		if (level == LIBBPF_WARN && strncmp(text, "libbpf: ", 8) == 0 && strstr(text, wanted[i]))
			printf("  a warning has '%s'\n", wanted[i]);
	return 0;
}

int main(int argc, char **argv)
{
	libbpf_print_fn_t before;
	struct bpf_object *object;

	(void)argc;
	before = libbpf_set_print(look);
	SHOW(before != NULL);
	SHOW(libbpf_set_print(look) == look);
	object = open_data(argv[2], "broken/broken.o");
	SHOW(bpf_object__load(object) < 0);
	errno = 0;
	bpf_object__load(object);
	SHOW(errno);
	bpf_object__close(object);
	SHOW(libbpf_set_print(NULL) == look);
	lines = 0;
	SHOW_POINTER(bpf_object__open("/no/such/file"));
	SHOW(lines);
	SHOW_POINTER(libbpf_set_print(before));
	return 0;
}
