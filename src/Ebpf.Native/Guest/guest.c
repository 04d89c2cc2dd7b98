/*
 * What keeps the .NET runtime a good guest of a process that is not its own, and what C# cannot say.
 *
 * libbpf takes no signal and starts no thread, so neither does this library. The runtime would, at the first call: handlers for SIGSEGV and
 * SIGFPE (it makes exceptions of faults; our code has none to make), SIGPIPE ignored, a signal by which the collector stops threads, and a
 * thread that runs finalizers. The linker leads those calls here (--wrap in Ebpf.Native.csproj).
 *
 * - No disposition is changed, so that `client | head -1` ends by SIGPIPE and a client's own handlers stay.
 * - No thread is started: unshare(CLONE_NEWUSER) and setns(2) refuse processes that have several. Nothing of ours waits for a finalizer.
 * - Without the collector's signal, a collection waits until threads that are in managed code come to a call out or an allocation by themselves.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int __wrap_sigaction(int signal, const struct sigaction *action, struct sigaction *old)
{
	(void)signal;
	(void)action;
	if (old)
		memset(old, 0, sizeof(*old));
	return 0;
}

sighandler_t __wrap_signal(int signal, sighandler_t handler)
{
	(void)signal;
	(void)handler;
	return SIG_DFL;
}

int __wrap_sigaltstack(const stack_t *stack, stack_t *old)
{
	(void)stack;
	if (old) {
		memset(old, 0, sizeof(*old));
		old->ss_flags = SS_DISABLE;
	}
	return 0;
}

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *), void *argument)
{
	(void)attributes;
	(void)start;
	(void)argument;
	*thread = pthread_self();
	return 0;
}

int __wrap_pthread_kill(pthread_t thread, int signal)
{
	(void)thread;
	(void)signal;
	return 0;
}

typedef int (*print_fn)(int level, const char *format, va_list arguments);

static int print(print_fn callback, int level, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	int result = callback(level, format, arguments);
	va_end(arguments);
	return result;
}

/* A client's print callback takes a va_list, whose form is the ABI's. */
int guest_print(print_fn callback, int level, const char *text)
{
	return print(callback, level, "%s", text);
}

/* What prints until the client sets something else. */
static int print_to_stderr(int level, const char *format, va_list arguments)
{
	(void)level;
	return vfprintf(stderr, format, arguments);
}

print_fn guest_default_print(void)
{
	return print_to_stderr;
}
