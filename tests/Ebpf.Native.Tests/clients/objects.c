// Opening objects: from files and memory, with options, and what is wrong with what is given; names, versions, types; instructions.
#include "show.h"

static const char *data;

static void opening(void)
{
	LIBBPF_OPTS(bpf_object_open_opts, options, .object_name = "renamed");
	static char log[16];
	struct bpf_object *object;
	char path[512], *bytes = malloc(1 << 20);
	FILE *file;
	size_t length;

	puts("opening");
	SHOW_POINTER(bpf_object__open(NULL));
	SHOW_POINTER(bpf_object__open("/no/such/file"));
	SHOW_POINTER(bpf_object__open("/dev/null"));
	SHOW_POINTER(bpf_object__open("/etc/passwd"));
	SHOW_POINTER(bpf_object__open_mem(NULL, 1, NULL));
	SHOW_POINTER(bpf_object__open_mem("x", 0, NULL));
	SHOW_POINTER(bpf_object__open_mem("not an object", 13, NULL));
	SHOW(libbpf_get_error(NULL) != 0);

	snprintf(path, sizeof(path), "%s/autoload.o", data);
	object = bpf_object__open_file(path, &options);
	SHOW_TEXT(bpf_object__name(object));
	bpf_object__close(object);
	options.kernel_log_size = 5;
	SHOW_POINTER(bpf_object__open_file(path, &options));
	options.kernel_log_buf = log;
	object = bpf_object__open_file(path, &options);
	SHOW_POINTER(object);
	bpf_object__close(object);
	options.sz = 3;
	SHOW_POINTER(bpf_object__open_file(path, &options));

	file = fopen(path, "r");
	length = fread(bytes, 1, 1 << 20, file);
	fclose(file);
	options.sz = sizeof(options);
	object = bpf_object__open_mem(bytes, length, &options);
	memset(bytes, 0, length); // the library has what it needs
	SHOW_TEXT(bpf_object__name(object));
	SHOW_TEXT(bpf_program__name(bpf_object__next_program(object, NULL)));
	SHOW(bpf_object__load(object));
	bpf_object__close(object);
	SHOW_POINTER(bpf_object__open_mem(bytes, length, NULL));
	free(bytes);
}

static void properties(void)
{
	struct bpf_object *object = open_data(data, "version.o");
	struct bpf_program *program = bpf_object__next_program(object, NULL);
	const struct bpf_insn *instructions;
	size_t size = 7, i;

	puts("properties");
	SHOW(bpf_object__kversion(object));
	SHOW(bpf_object__set_kversion(object, 42));
	SHOW(bpf_object__kversion(object));
	SHOW_FD(bpf_object__btf_fd(object));
	SHOW(bpf_program__log_level(program));
	SHOW_POINTER(bpf_program__log_buf(program, &size));
	SHOW(size);
	SHOW(bpf_program__set_log_buf(program, NULL, 5) < 0); // sets errno since 1.8
	SHOW(bpf_program__flags(program));
	SHOW(bpf_program__expected_attach_type(program));
	SHOW(bpf_program__set_type(program, BPF_PROG_TYPE_SCHED_CLS));
	SHOW(bpf_program__type(program));
	instructions = bpf_program__insns(program);
	for (i = 0; i < bpf_program__insn_cnt(program); i++)
		printf("  %02x %x %x %d %d\n", instructions[i].code, instructions[i].dst_reg, instructions[i].src_reg, instructions[i].off, instructions[i].imm);
	bpf_object__close(object);
}

static void pins_that_fail(void)
{
	struct bpf_object *object = open_data(data, "autoload.o");

	puts("pins");
	SHOW(bpf_object__pin_maps(NULL, "/x"));
	SHOW(bpf_object__pin_maps(object, "/x"));
	SHOW(bpf_object__pin_programs(NULL, "/x"));
	SHOW(bpf_object__pin_programs(object, "/x"));
	SHOW(bpf_object__pin(object, "/x"));
	SHOW_POINTER(bpf_link__open("/no/such/link"));
	SHOW(bpf_link__destroy(NULL));
	SHOW(bpf_obj_get("/no/such/pin"));
	bpf_object__close(object);
}

static void low_level_programs(void)
{
	struct bpf_insn returns_7[] = {{.code = 0xb7, .imm = 7}, {.code = 0x95}};
	struct bpf_insn reads_nothing[] = {{.code = 0xbf, .dst_reg = 0, .src_reg = 3}, {.code = 0x95}};
	unsigned char packet[64] = {0}, out[64];
	LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = packet, .data_size_in = sizeof(packet), .data_out = out, .data_size_out = sizeof(out), .repeat = 3);
	LIBBPF_OPTS(bpf_prog_load_opts, options);
	struct bpf_prog_info info = {0};
	unsigned int length = sizeof(info);
	char log[4096] = "";
	int fd;

	puts("programs without an object");
	fd = bpf_prog_load(BPF_PROG_TYPE_XDP, "seven", "GPL", returns_7, 2, NULL);
	SHOW_FD(fd);
	SHOW(bpf_prog_test_run_opts(fd, &run));
	printf("  %u, %u bytes\n", run.retval, run.data_size_out);
	run.data_size_out = 10;
	SHOW(bpf_prog_test_run_opts(fd, &run));
	printf("  %u, %u bytes\n", run.retval, run.data_size_out);
	run.data_size_in = 4;
	SHOW(bpf_prog_test_run_opts(fd, &run));
	SHOW(bpf_obj_get_info_by_fd(fd, &info, &length));
	printf("  type %u, name %s\n", info.type, info.name);
	close(fd);
	options.log_buf = log;
	SHOW(bpf_prog_load(BPF_PROG_TYPE_XDP, "bad", "GPL", reads_nothing, 2, &options));
	options.log_size = sizeof(log);
	SHOW(bpf_prog_load(BPF_PROG_TYPE_XDP, "bad", "GPL", reads_nothing, 2, &options));
	printf("  a log: %d\n", log[0] != 0);
	options.attempts = -1;
	SHOW(bpf_prog_load(BPF_PROG_TYPE_XDP, "bad", "GPL", returns_7, 2, &options));
	SHOW(bpf_prog_load(BPF_PROG_TYPE_XDP, "none", "GPL", returns_7, 0, NULL) < 0);
}

int main(int argc, char **argv)
{
	(void)argc;
	data = argv[1];
	libbpf_set_print(say_nothing);
	opening();
	properties();
	pins_that_fail();
	low_level_programs();
	return 0;
}
