// A library in a process that is not its own: what the process had before, it has afterwards.
#define _GNU_SOURCE
#include "show.h"
#include <dirent.h>
#include <dlfcn.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>

static const char *samples;

static int threads(void)
{
	DIR *tasks = opendir("/proc/self/task");
	struct dirent *task;
	int count = 0;

	while ((task = readdir(tasks)))
		count += task->d_name[0] != '.';
	closedir(tasks);
	return count;
}

static int descriptors(void)
{
	DIR *open = opendir("/proc/self/fd");
	int count = 0;

	while (readdir(open))
		count++;
	closedir(open);
	return count;
}

static int use(void)
{
	struct bpf_object *object = open_data(samples, "map/map.o");
	int error = object ? bpf_object__load(object) : -errno;

	bpf_object__close(object);
	return error;
}

static sigjmp_buf back;

static void on_fault(int signal)
{
	(void)signal;
	siglongjmp(back, 1);
}

static int in_child(int (*work)(void))
{
	int status = -1;
	pid_t child = fork();

	if (child == 0)
		_exit(work());
	waitpid(child, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

static int uses(void)
{
	return use() == 0 ? 0 : 1;
}

static int new_user_namespace(void)
{
	return unshare(CLONE_NEWUSER) ? errno : 0;
}

static int new_mount_namespace(void)
{
	int own = open("/proc/self/ns/mnt", O_RDONLY);

	if (unshare(CLONE_NEWNS))
		return errno;
	return setns(own, CLONE_NEWNS) ? errno : 0;
}

// daemon(3) after the load: the parent is gone, the object is still there.
static int as_daemon(void)
{
	struct bpf_object *object = open_data(samples, "map/map.o");
	int pipes[2], error;
	char answer = 1;

	if (bpf_object__load(object))
		return 2;
	if (pipe(pipes))
		return 3;
	switch (fork()) {
	case 0:
		setsid();
		error = bpf_map__fd(bpf_object__next_map(object, NULL)) > 2 && use() == 0;
		answer = !error;
		bpf_object__close(object);
		if (write(pipes[1], &answer, 1) != 1)
			_exit(4);
		_exit(0);
	default:
		return read(pipes[0], &answer, 1) == 1 ? answer : 5;
	}
}

int main(int argc, char **argv)
{
	struct sigaction action;
	volatile int fault = 0;
	int number;

	(void)argc;
	samples = argv[1];
	libbpf_set_print(say_nothing);
	signal(SIGUSR1, SIG_IGN);
	SHOW(use());
	number = descriptors();
	SHOW(use());
	SHOW(descriptors() - number);
	SHOW(threads());
	for (number = 1; number < 65; number++)
		if (number != 32 && number != 33 && !sigaction(number, NULL, &action) && action.sa_handler != SIG_DFL)
			printf("signal %d: %s\n", number, action.sa_handler == SIG_IGN ? "ignored" : "a handler");
	signal(SIGSEGV, on_fault);
	if (sigsetjmp(back, 1) == 0)
		*(volatile int *)8 = 1;
	else
		fault = 1;
	SHOW(fault);
	SHOW(use());
	SHOW(sigaction(SIGSEGV, NULL, &action) == 0 && action.sa_handler == on_fault);
	SHOW(in_child(uses));
	SHOW(in_child(new_user_namespace));
	SHOW(in_child(new_mount_namespace));
	SHOW(in_child(as_daemon));
	SHOW(use());
	return 0;
}
