// Asks libbpf and the running kernel what they make of our objects, and prints it: the tables that tests compare with.
//
//   record open FILE...            what libbpf sees when it opens a file, a JSON object a line
//   record verdicts FILE...        whether the kernel accepts each program, loaded alone
//   record runs INPUTS FILE...     what each program answers to each input (BPF_PROG_TEST_RUN), each time freshly loaded
//   record core TARGET FILE...     what each program finds out about the types of a target
//
// record.sh calls it, as root.
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_BYTES 4096
#define LOG_SIZE (64 << 20)

static int say_nothing(enum libbpf_print_level level, const char *format, va_list arguments)
{
    return 0;
}

// A PROG_ARRAY whose initialiser names programs can be filled only if these are loaded as well.
static bool needs_all_programs(const char *file)
{
    return strstr(file, "prog_array.o") || strstr(file, "tail_calls.o");
}

// Opens a file with one program on (or all that are on by default), and loads it. Returns libbpf's error.
static int load(const char *file, const char *program, const char *target, char *log, struct bpf_object **loaded)
{
    LIBBPF_OPTS(bpf_object_open_opts, options, .btf_custom_path = target);
    struct bpf_object *object = bpf_object__open_file(file, &options);
    struct bpf_program *each;

    *loaded = NULL;
    if (!object)
        return -errno;

    bpf_object__for_each_program(each, object) {
        bool named = strcmp(bpf_program__name(each), program) == 0;
        bpf_program__set_autoload(each, named || (needs_all_programs(file) && bpf_program__autoload(each)));
        if (named && log) {
            bpf_program__set_log_level(each, 4); // statistics
            bpf_program__set_log_buf(each, log, LOG_SIZE);
        }
    }

    int error = bpf_object__load(object);
    *loaded = object;
    return error;
}

static void print_text(const char *text)
{
    putchar('"');
    for (; *text; text++)
        if (*text == '"' || *text == '\\')
            printf("\\%c", *text);
        else
            putchar(*text);
    putchar('"');
}

static const char *yes_or_no(bool value)
{
    return value ? "true" : "false";
}

static void print_program(const struct bpf_program *program)
{
    printf("{\"name\":");
    print_text(bpf_program__name(program));
    printf(",\"section\":");
    print_text(bpf_program__section_name(program));
    printf(",\"type\":%d,\"attach_type\":%d,\"autoload\":%s,\"flags\":%u,\"insns\":%zu}", bpf_program__type(program),
           bpf_program__expected_attach_type(program), yes_or_no(bpf_program__autoload(program)), bpf_program__flags(program),
           bpf_program__insn_cnt(program));
}

static void print_map(struct bpf_map *map)
{
    size_t initial_size = 0;
    struct bpf_map *inner = bpf_map__inner_map(map);

    printf("{\"name\":");
    print_text(bpf_map__name(map));
    if (!bpf_map__initial_value(map, &initial_size))
        initial_size = 0;
    printf(",\"type\":%d,\"key_size\":%u,\"value_size\":%u,\"max_entries\":%u,\"flags\":%u,\"extra\":%llu,\"numa_node\":%u", bpf_map__type(map),
           bpf_map__key_size(map), bpf_map__value_size(map), bpf_map__max_entries(map), bpf_map__map_flags(map),
           (unsigned long long)bpf_map__map_extra(map), bpf_map__numa_node(map));
    printf(",\"key_type_id\":%u,\"value_type_id\":%u,\"autocreate\":%s,\"internal\":%s,\"initial_value_size\":%zu", bpf_map__btf_key_type_id(map),
           bpf_map__btf_value_type_id(map), yes_or_no(bpf_map__autocreate(map)), yes_or_no(bpf_map__is_internal(map)), initial_size);
    if (bpf_map__pin_path(map)) {
        printf(",\"pin_path\":");
        print_text(bpf_map__pin_path(map));
    }
    if (inner)
        printf(",\"inner\":{\"type\":%d,\"key_size\":%u,\"value_size\":%u,\"max_entries\":%u,\"flags\":%u}", bpf_map__type(inner),
               bpf_map__key_size(inner), bpf_map__value_size(inner), bpf_map__max_entries(inner), bpf_map__map_flags(inner));
    printf("}");
}

static void record_open(const char *file)
{
    struct bpf_object *object = bpf_object__open(file);
    int error = object ? 0 : errno;
    struct bpf_program *program;
    struct bpf_map *map;
    int count = 0;

    printf("{\"file\":");
    print_text(file);
    printf(",\"errno\":%d", error);
    if (object) {
        printf(",\"name\":");
        print_text(bpf_object__name(object));
        printf(",\"programs\":[");
        bpf_object__for_each_program(program, object) {
            printf(count++ ? "," : "");
            print_program(program);
        }
        printf("],\"maps\":[");
        count = 0;
        bpf_object__for_each_map(map, object) {
            printf(count++ ? "," : "");
            print_map(map);
        }
        printf("]");
    }
    printf("}\n");
    bpf_object__close(object);
}

// Calls `record` for each program of a file that libbpf opens.
static void each_program(const char *file, void (*record)(const char *file, const struct bpf_program *program))
{
    struct bpf_object *object = bpf_object__open(file);
    struct bpf_program *program;

    if (!object)
        return;
    bpf_object__for_each_program(program, object)
        record(file, program);
    bpf_object__close(object);
}

static void record_verdict(const char *file, const struct bpf_program *program)
{
    static char *log;
    const char *name = bpf_program__name(program);
    struct bpf_object *object;

    if (!log)
        log = malloc(LOG_SIZE);
    log[0] = 0;

    int error = load(file, name, NULL, log, &object);
    if (!object)
        return;
    const char *processed = strstr(log, "processed ");
    printf("%s\t%s\t", file, name);
    if (error)
        printf("%d", error);
    else
        printf("accept");
    printf("\t%zu\t%d\n", bpf_program__insn_cnt(bpf_object__find_program_by_name(object, name)), processed ? atoi(processed + 10) : 0);
    bpf_object__close(object);
}

// One line of the inputs: a name, what it is for, and bytes.
struct input {
    char name[32];
    char kind[16]; // packet, syscall, raw_tp, skb
    unsigned char bytes[MAX_BYTES];
    unsigned int size;
};

static struct input inputs[64];
static int input_count;

static void read_inputs(const char *path)
{
    FILE *file = fopen(path, "r");
    static char line[4 * MAX_BYTES], hex[2 * MAX_BYTES + 1];

    if (!file) {
        perror(path);
        exit(1);
    }
    while (fgets(line, sizeof(line), file)) {
        struct input *input = &inputs[input_count];
        unsigned int byte;

        if (line[0] == '#' || sscanf(line, "%31s %15s %8192s", input->name, input->kind, hex) != 3)
            continue;
        for (char *at = hex; sscanf(at, "%2x", &byte) == 1; at += 2)
            input->bytes[input->size++] = byte;
        input_count++;
    }
    fclose(file);
}

static void print_bytes(const unsigned char *bytes, unsigned int size)
{
    for (unsigned int i = 0; i < size; i++)
        printf("%02x", bytes[i]);
}

// Runs a program once with a packet, a context, or both.
static void record_run(const char *file, const char *name, const struct input *packet, const struct input *context)
{
    static unsigned char out[2 * MAX_BYTES];
    static unsigned char context_bytes[MAX_BYTES];
    struct bpf_object *object;
    LIBBPF_OPTS(bpf_test_run_opts, run);

    if (load(file, name, NULL, NULL, &object) == 0) {
        if (packet) {
            run.repeat = 1;
            run.data_in = packet->bytes;
            run.data_size_in = packet->size;
            run.data_out = out;
            run.data_size_out = sizeof(out);
        }
        if (context) {
            memcpy(context_bytes, context->bytes, context->size);
            run.ctx_in = context_bytes;
            run.ctx_size_in = context->size;
        }

        int error = bpf_prog_test_run_opts(bpf_program__fd(bpf_object__find_program_by_name(object, name)), &run);
        printf("%s\t%s\t%s%s%s\t", file, name, packet ? packet->name : "", packet && context ? "+" : "", context ? context->name : "");
        if (error)
            printf("(%d)\t-\t-", error);
        else {
            printf("%d\t", (int)run.retval);
            if (!packet)
                printf("-");
            else if (run.data_size_out == packet->size && memcmp(out, packet->bytes, packet->size) == 0)
                printf("=");
            else
                print_bytes(out, run.data_size_out);
            printf("\t");
            if (context && !packet)
                print_bytes(context_bytes, context->size);
            else
                printf("-");
        }
        printf("\n");
    }
    bpf_object__close(object);
}

static void record_runs(const char *file, const struct bpf_program *program)
{
    const char *name = bpf_program__name(program);
    enum bpf_prog_type type = bpf_program__type(program);
    bool takes_packets = type == BPF_PROG_TYPE_XDP || type == BPF_PROG_TYPE_SCHED_CLS || type == BPF_PROG_TYPE_SOCKET_FILTER ||
                         type == BPF_PROG_TYPE_CGROUP_SKB;

    for (int i = 0; i < input_count; i++) {
        const struct input *input = &inputs[i];

        if (takes_packets && strcmp(input->kind, "packet") == 0)
            record_run(file, name, input, NULL);
        if (type == BPF_PROG_TYPE_SCHED_CLS && strcmp(input->kind, "skb") == 0)
            record_run(file, name, &inputs[1], input);
        if (type == BPF_PROG_TYPE_SYSCALL && strcmp(input->kind, "syscall") == 0)
            record_run(file, name, NULL, input);
        if (type == BPF_PROG_TYPE_RAW_TRACEPOINT && strcmp(input->kind, "raw_tp") == 0)
            record_run(file, name, NULL, input);
    }
}

static const char *target;

static void print_answers(struct bpf_object *object)
{
    struct bpf_map *map;
    unsigned int zero = 0;
    long long answers[64];

    bpf_object__for_each_map(map, object) {
        if (!strstr(bpf_map__name(map), ".bss"))
            continue;
        bpf_map_lookup_elem(bpf_map__fd(map), &zero, answers);
        for (unsigned int i = 0; i < 11 && i < bpf_map__value_size(map) / 8; i++)
            printf("%s%lld", i ? "," : "", answers[i]);
        return;
    }
    printf("-");
}

static void record_core(const char *file, const struct bpf_program *program)
{
    static unsigned char packet[64], out[4096];
    unsigned char before[512], after[512];
    const char *name = bpf_program__name(program);
    unsigned int zero = 0;
    struct bpf_object *object;
    LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = packet, .data_size_in = sizeof(packet), .data_out = out, .data_size_out = sizeof(out),
                .repeat = 1);

    int error = load(file, name, target, NULL, &object);
    printf("%s\t%s\t%s\t", target, file, name);
    if (error)
        printf("%d\t-\t-\n", error);
    else {
        struct bpf_map *memory = bpf_object__find_map_by_name(object, "memory");
        for (unsigned int i = 0; i < sizeof(before); i++)
            before[i] = 7 * i + 3;
        if (memory)
            bpf_map_update_elem(bpf_map__fd(memory), &zero, before, BPF_ANY);

        bpf_prog_test_run_opts(bpf_program__fd(bpf_object__find_program_by_name(object, name)), &run);
        printf("%d\t", (int)run.retval);
        print_answers(object);
        printf("\t");

        int changes = 0;
        if (memory && bpf_map_lookup_elem(bpf_map__fd(memory), &zero, after) == 0)
            for (unsigned int i = 0; i < sizeof(after); i++)
                if (before[i] != after[i])
                    printf("%s%u:%02x", changes++ ? "," : "", i, after[i]);
        printf("%s\n", changes ? "" : "-");
    }
    bpf_object__close(object);
}

int main(int count, char **arguments)
{
    const char *mode = count > 1 ? arguments[1] : "";
    int first = 2;

    libbpf_set_print(say_nothing);
    if (strcmp(mode, "runs") == 0)
        read_inputs(arguments[first++]);
    if (strcmp(mode, "core") == 0)
        target = arguments[first++];

    for (int i = first; i < count; i++) {
        if (strcmp(mode, "open") == 0)
            record_open(arguments[i]);
        else if (strcmp(mode, "verdicts") == 0)
            each_program(arguments[i], record_verdict);
        else if (strcmp(mode, "runs") == 0)
            each_program(arguments[i], record_runs);
        else if (strcmp(mode, "core") == 0)
            each_program(arguments[i], record_core);
    }
    return 0;
}
