// Choosing programs, as facts about libbpf's autoload have it: defaults, changes before and after a load and a failed load, descriptors,
// what consumers of a skipped program answer, iteration, what fails although it is off.
//
//   autoload DIRECTORY      test objects and samples
#include "show.h"

static const char *data, *samples;

static void show_programs(struct bpf_object *object)
{
	struct bpf_program *program;

	bpf_object__for_each_program(program, object) {
		printf("  %s in %s: type %d, autoload %d, autoattach %d\n", bpf_program__name(program), bpf_program__section_name(program),
		       bpf_program__type(program), bpf_program__autoload(program), bpf_program__autoattach(program));
		SHOW_FD(bpf_program__fd(program));
	}
}

static void defaults_and_changes(void)
{
	struct bpf_object *object = open_data(data, "autoload.o");
	struct bpf_program *on = bpf_object__find_program_by_name(object, "on");
	struct bpf_program *off = bpf_object__find_program_by_name(object, "off");
	struct bpf_program *off_tc = bpf_object__find_program_by_name(object, "off_tc");

	puts("defaults");
	show_programs(object);
	SHOW(bpf_program__set_autoload(on, false));
	SHOW(bpf_program__autoload(on));
	SHOW(bpf_program__set_autoload(off, true));
	SHOW(bpf_program__autoload(off));
	SHOW(bpf_object__load(object));
	puts("loaded");
	show_programs(object);
	SHOW(bpf_program__set_autoload(on, true));
	SHOW(bpf_program__set_autoload(on, false));
	SHOW(bpf_program__set_autoload(off, false));
	SHOW(bpf_program__autoload(off));
	SHOW(bpf_program__set_type(on, BPF_PROG_TYPE_XDP));
	SHOW(bpf_program__set_expected_attach_type(on, BPF_XDP));
	SHOW(bpf_program__set_flags(on, 0));
	SHOW(bpf_program__set_log_level(on, 1));
	SHOW(bpf_program__set_log_buf(on, NULL, 0) < 0); // sets errno since 1.8
	SHOW(bpf_object__load(object));

	puts("consumers of a skipped program");
	SHOW_POINTER(bpf_program__attach(on));
	SHOW_POINTER(bpf_program__attach_xdp(on, 1));
	SHOW_POINTER(bpf_program__attach_cgroup(on, 1));
	SHOW_POINTER(bpf_program__attach_trace(on));
	SHOW_POINTER(bpf_program__attach_raw_tracepoint(on, "sys_enter"));
	SHOW_POINTER(bpf_program__attach_perf_event(on, 1));
	SHOW_POINTER(bpf_program__attach_freplace(on, 0, NULL));
	SHOW_POINTER(bpf_program__attach_iter(on, NULL));
	SHOW(bpf_program__pin(on, "/sys/fs/bpf/never"));
	SHOW(bpf_program__unpin(on, "/sys/fs/bpf/never"));
	SHOW(bpf_object__pin_programs(object, "/sys/fs/bpf/never"));
	SHOW(bpf_program__insn_cnt(on));
	SHOW(bpf_program__insn_cnt(off_tc));
	SHOW(bpf_prog_test_run_opts(bpf_program__fd(on), NULL));
	bpf_program__unload(off);
	SHOW_FD(bpf_program__fd(off));
	SHOW(bpf_program__set_autoload(off, false));
	bpf_object__close(object);
}

// Sections without an attach function say so first; before 1.8 those with one began to attach a program that is not loaded.
static void attach_functions(void)
{
	static const char *const names[] = {"xdp", "tc", "socket", "cgroup_skb/ingress", "sockops", "perf_event", "syscall", "nowhere"};
	struct bpf_object *object = open_data(data, "sections.o");
	struct bpf_program *program;

	puts("attach by section, before any load");
	bpf_object__for_each_program(program, object) {
		const char *section = bpf_program__section_name(program);
		unsigned int i;

		for (i = 0; i < sizeof(names) / sizeof(*names); i++)
			if (strcmp(names[i], section) == 0) {
				printf("  %s\n", section);
				SHOW_POINTER(bpf_program__attach(program));
			}
	}

	bpf_object__close(object);
}

static void failed_load(void)
{
	struct bpf_object *object = open_data(samples, "broken/broken.o");
	struct bpf_program *good = bpf_object__find_program_by_name(object, "good");
	struct bpf_program *program;
	struct bpf_map *map;

	puts("a failed load");
	SHOW(bpf_object__load(object) < 0);
	show_programs(object);
	bpf_object__for_each_map(map, object)
		printf("  map %s\n", bpf_map__name(map));
	SHOW(bpf_program__set_autoload(good, false));
	SHOW(bpf_object__load(object));
	bpf_object__close(object);

	puts("the same with all but the good one off");
	object = open_data(samples, "broken/broken.o");
	bpf_object__for_each_program(program, object)
		SHOW(bpf_program__set_autoload(program, strcmp(bpf_program__name(program), "good") == 0));
	SHOW(bpf_object__load(object));
	show_programs(object);
	bpf_object__close(object);
}

static void odd_objects(void)
{
	static const char *const names[] = {"autoload_all_off.o", "autoload_extern.o", "maps_only.o", "license_only.o", "static_program.o", "legacy_maps.o", "undefined_call.o", "calls_other_section.o", "notype.o",
					    "version.o", "long_names.o", "no_btf.o"};
	unsigned int i;

	for (i = 0; i < sizeof(names) / sizeof(*names); i++) {
		struct bpf_object *object;
		struct bpf_program *program;
		struct bpf_map *map;

		printf("%s\n", names[i]);
		errno = 0;
		object = open_data(data, names[i]);
		if (!object) {
			printf("  not opened: errno %d\n", errno);
			continue;
		}

		SHOW(bpf_object__load(object));
		show_programs(object);
		bpf_object__for_each_map(map, object)
			SHOW_FD(bpf_map__fd(map));
		bpf_object__for_each_program(program, object)
			SHOW(bpf_program__set_autoload(program, true));
		bpf_object__close(object);
	}
}

static void program_arrays(void)
{
	struct bpf_object *object = open_data(data, "prog_array.o");

	puts("a slot that names a skipped program");
	bpf_program__set_autoload(bpf_object__find_program_by_name(object, "second"), false);
	SHOW(bpf_object__load(object));
	show_programs(object);
	bpf_object__close(object);

	puts("all slots can be filled");
	object = open_data(data, "prog_array.o");
	SHOW(bpf_object__load(object));
	bpf_object__close(object);
}

static void iteration(void)
{
	struct bpf_object *object = open_data(data, "several_programs.o");
	struct bpf_object *other = open_data(data, "autoload.o");
	struct bpf_program *first = bpf_object__next_program(object, NULL);
	struct bpf_map *none = bpf_object__next_map(object, NULL);
	struct bpf_program *program = NULL;

	puts("iteration");
	while ((program = bpf_object__prev_program(object, program)))
		printf("  backwards %s\n", bpf_program__name(program));
	SHOW_POINTER(bpf_object__next_program(other, first));
	SHOW_POINTER(bpf_object__prev_program(object, first));
	SHOW_POINTER(none);
	SHOW_POINTER(bpf_object__find_program_by_name(object, "no such program"));
	SHOW_POINTER(bpf_object__find_map_by_name(object, "no such map"));
	SHOW(bpf_object__find_map_fd_by_name(object, "no such map"));
	SHOW(bpf_program__fd(NULL));
	SHOW(bpf_map__fd(NULL));
	SHOW_POINTER(bpf_map__name(NULL));
	bpf_object__close(other);
	bpf_object__close(object);
	bpf_object__close(NULL);

	// Subprograms are not listed and cannot be found.
	object = open_data(data, "subprograms.o");
	bpf_object__for_each_program(program, object)
		printf("  %s\n", bpf_program__name(program));
	bpf_object__close(object);
}

int main(int argc, char **argv)
{
	data = argv[1];
	samples = argv[2];
	(void)argc;
	libbpf_set_print(say_nothing);
	defaults_and_changes();
	attach_functions();
	failed_load();
	odd_objects();
	program_arrays();
	iteration();
	return 0;
}
