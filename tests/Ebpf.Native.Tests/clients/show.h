// What the clients have in common: each call is printed with its result, so that two libraries can be compared by what a client prints.
#pragma once
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// errno is looked at only after a failure: a library may leave anything there when it succeeds.
#define NO_ERRNO (-12345)

static inline void show_int(const char *call, long result)
{
	int error = errno;

	if (result < 0 && error != NO_ERRNO)
		printf("%s = %ld, errno %d\n", call, result, error);
	else
		printf("%s = %ld\n", call, result);
}

static inline void show_pointer(const char *call, const void *result)
{
	int error = errno;

	if (!result && error != NO_ERRNO)
		printf("%s = NULL, errno %d\n", call, error);
	else
		printf("%s = %s\n", call, result ? "a pointer" : "NULL");
}

#define SHOW(call) (errno = NO_ERRNO, show_int(#call, (long)(call)))
#define SHOW_POINTER(call) (errno = NO_ERRNO, show_pointer(#call, (call)))
#define SHOW_TEXT(call) printf("%s = %s\n", #call, (call))

// A descriptor: its number is nobody's business, but for being above 2.
static inline void show_fd(const char *call, int result)
{
	if (result >= 0)
		printf("%s = %s\n", call, result > 2 ? "above 2" : "0, 1 or 2");
	else
		show_int(call, result);
}

#define SHOW_FD(call) (errno = NO_ERRNO, show_fd(#call, (call)))

static inline int say_nothing(enum libbpf_print_level level, const char *format, va_list arguments)
{
	(void)level;
	(void)format;
	(void)arguments;
	return 0;
}

static inline struct bpf_object *open_data(const char *directory, const char *name)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	return bpf_object__open(path);
}
