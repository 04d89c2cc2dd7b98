// Names of types, types of section names, error texts, versions.
#include "show.h"

static const char *or_null(const char *text)
{
	return text ? text : "NULL";
}

int main(void)
{
	static const char *const sections[] = {"xdp", "xdp/x", "tc", "kprobe/do_exit", "fentry/x", "cgroup/skb", "cgroup_skb/ingress", "nowhere", "socket", "lsm/x"};
	enum bpf_attach_type attach_type;
	enum bpf_prog_type type;
	char text[64], small[8];
	unsigned int i;

	libbpf_set_print(say_nothing);
	// As far as Debian's libbpf knows them.
	for (i = 0; i <= BPF_LSM_CGROUP; i++)
		printf("attach type %u: %s\n", i, or_null(libbpf_bpf_attach_type_str(i)));
	for (i = 0; i <= BPF_LINK_TYPE_STRUCT_OPS; i++)
		printf("link type %u: %s\n", i, or_null(libbpf_bpf_link_type_str(i)));
	for (i = 0; i <= BPF_MAP_TYPE_USER_RINGBUF; i++)
		printf("map type %u: %s\n", i, or_null(libbpf_bpf_map_type_str(i)));
	for (i = 0; i <= BPF_PROG_TYPE_SYSCALL; i++)
		printf("program type %u: %s\n", i, or_null(libbpf_bpf_prog_type_str(i)));
	printf("beyond: %s %s %s %s\n", or_null(libbpf_bpf_attach_type_str(999)), or_null(libbpf_bpf_link_type_str(999)),
	       or_null(libbpf_bpf_map_type_str(999)), or_null(libbpf_bpf_prog_type_str(999)));
	for (i = 0; i < sizeof(sections) / sizeof(*sections); i++) {
		type = 0, attach_type = 0;
		printf("%s\n", sections[i]);
		SHOW(libbpf_prog_type_by_name(sections[i], &type, &attach_type));
		printf("  %d %d\n", type, attach_type);
		attach_type = 0;
		SHOW(libbpf_attach_type_by_name(sections[i], &attach_type));
		printf("  %d\n", attach_type);
	}

	SHOW(libbpf_prog_type_by_name(NULL, &type, &attach_type));
	for (i = 4000; i < 4016; i++) {
		if (i == 4006)
			continue; // libbpf has no text for this one since 1.5
		SHOW(libbpf_strerror(i, text, sizeof(text)));
		printf("  %s\n", text);
	}

	SHOW(libbpf_strerror(-22, text, sizeof(text)));
	printf("  %s\n", text);
	SHOW(libbpf_strerror(4001, small, sizeof(small)));
	printf("  %s\n", small);
	SHOW(libbpf_strerror(4001, NULL, 8));
	SHOW(libbpf_major_version());
	SHOW(libbpf_set_strict_mode(LIBBPF_STRICT_ALL));
	return 0;
}
