// The peer of `linux-load`: libbpf (whichever it is linked with) opens an object, leaves one program on, loads and closes it.
//
// usage: libbpf_load OBJECT PROGRAM
// For each line "N" on standard input it does that N times, and answers a line: mean user-mode CPU, mean kernel CPU and mean time of one
// load, from open to loaded, in microseconds. Closing is not measured.
#include <bpf/libbpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

struct sample {
    double user, kernel, wall;
};

static double seconds(struct timeval time)
{
    return time.tv_sec + time.tv_usec / 1e6;
}

static struct sample now(void)
{
    struct rusage usage;
    struct timespec time;

    getrusage(RUSAGE_SELF, &usage);
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (struct sample){ seconds(usage.ru_utime), seconds(usage.ru_stime), time.tv_sec + time.tv_nsec / 1e9 };
}

static int say_nothing(enum libbpf_print_level level, const char *format, va_list arguments)
{
    return 0;
}

static struct bpf_object *load(const char *path, const char *only)
{
    struct bpf_object *object = bpf_object__open(path);
    struct bpf_program *program;

    if (!object)
        return NULL;
    bpf_object__for_each_program(program, object)
        bpf_program__set_autoload(program, strcmp(bpf_program__name(program), only) == 0);
    if (bpf_object__load(object) == 0)
        return object;
    bpf_object__close(object);
    return NULL;
}

int main(int count, char **arguments)
{
    char line[32];

    if (count != 3) {
        fprintf(stderr, "usage: %s OBJECT PROGRAM\n", arguments[0]);
        return 2;
    }
    libbpf_set_print(say_nothing);
    fprintf(stderr, "libbpf %s\n", libbpf_version_string());
    while (fgets(line, sizeof(line), stdin)) {
        int loads = atoi(line);
        struct sample begin, end, closing = { 0 };

        begin = now();
        for (int i = 0; i < loads; i++) {
            struct bpf_object *object = load(arguments[1], arguments[2]);
            struct sample before, after;

            if (!object) {
                perror(arguments[1]);
                return 1;
            }
            before = now();
            bpf_object__close(object);
            after = now();
            closing.user += after.user - before.user;
            closing.kernel += after.kernel - before.kernel;
            closing.wall += after.wall - before.wall;
        }
        end = now();
        printf("%.1f %.1f %.1f\n", (end.user - begin.user - closing.user) * 1e6 / loads, (end.kernel - begin.kernel - closing.kernel) * 1e6 / loads,
               (end.wall - begin.wall - closing.wall) * 1e6 / loads);
        fflush(stdout);
    }
    return 0;
}
