// A test double of eBPF for Windows' ebpfapi.dll: the exports that Platform.Windows calls, over maps and programs in memory. It answers as the real
// one does as far as its documentation and headers say, and refuses what that one refuses: attributes with non-zero tails, names that are too long.
//
// Built for the tests under Wine: x86_64-w64-mingw32-gcc -shared -O1 -o ebpfapi.dll ebpfapi.c
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT __declspec(dllexport)
#define MSVC_ENOTSUP 129

enum { FREE, MAP, PROGRAM, FIRST = 3, FDS = 256, PINS = 8 };

struct entry {
    struct entry *next;
    uint8_t bytes[];
};

struct thing {
    int kind, uses;
    int type;
    char name[64];
    uint32_t key_size, value_size, max_entries, count;
    struct entry *entries;
    uint32_t instructions;
};

static struct thing *fds[FDS];
static struct { char path[256]; struct thing *thing; } pins[PINS];

static int fail(int error)
{
    errno = error;
    return -error;
}

static int put(struct thing *thing)
{
    for (int fd = FIRST; fd < FDS; fd++)
        if (!fds[fd]) {
            thing->uses++;
            fds[fd] = thing;
            return fd;
        }
    return fail(ENOMEM);
}

static struct thing *get(int fd, int kind)
{
    return fd >= FIRST && fd < FDS && fds[fd] && fds[fd]->kind == kind ? fds[fd] : NULL;
}

static void release(struct thing *thing)
{
    if (--thing->uses > 0)
        return;
    for (struct entry *e = thing->entries; e;) {
        struct entry *next = e->next;
        free(e);
        e = next;
    }
    free(thing);
}

// How many descriptors are open: tests see that nothing is left behind.
EXPORT int double_open_fds(void)
{
    int count = 0;
    for (int fd = FIRST; fd < FDS; fd++)
        count += fds[fd] != NULL;
    return count;
}

EXPORT int ebpf_close_fd(int fd)
{
    if (fd < FIRST || fd >= FDS || !fds[fd])
        return 4; // EBPF_INVALID_FD
    release(fds[fd]);
    fds[fd] = NULL;
    return 0;
}

EXPORT int ebpf_duplicate_fd(int fd, int *copy)
{
    if (fd < FIRST || fd >= FDS || !fds[fd])
        return 4;
    *copy = put(fds[fd]);
    return 0;
}

EXPORT int libbpf_num_possible_cpus(void)
{
    return 2;
}

EXPORT int bpf_map_create(int type, const char *name, uint32_t key_size, uint32_t value_size, uint32_t max_entries, const void *options)
{
    if (type < 1 || type > 16 || !name || strlen(name) > 63 || value_size == 0 || max_entries == 0)
        return fail(EINVAL);
    struct thing *map = calloc(1, sizeof(*map));
    map->kind = MAP;
    map->type = type;
    strcpy(map->name, name);
    map->key_size = key_size;
    map->value_size = value_size;
    map->max_entries = max_entries;
    if (type == 2 || type == 3) // ARRAY, PROG_ARRAY: all there from the start
        for (uint32_t i = 0; i < max_entries; i++) {
            struct entry *e = calloc(1, sizeof(*e) + key_size + value_size);
            memcpy(e->bytes, &i, key_size < 4 ? key_size : 4);
            e->next = map->entries;
            map->entries = e;
        }
    return put(map);
}

static struct entry **find(struct thing *map, const void *key)
{
    struct entry **e = &map->entries;
    while (*e && memcmp((*e)->bytes, key, map->key_size) != 0)
        e = &(*e)->next;
    return e;
}

EXPORT int bpf_map_lookup_elem(int fd, const void *key, void *value)
{
    struct thing *map = get(fd, MAP);
    if (!map)
        return fail(EBADF);
    if (!value || (!key && map->key_size))
        return fail(EINVAL);
    struct entry *e = *find(map, key);
    if (!e)
        return fail(ENOENT);
    memcpy(value, e->bytes + map->key_size, map->value_size);
    return 0;
}

EXPORT int bpf_map_update_elem(int fd, const void *key, const void *value, uint64_t flags)
{
    struct thing *map = get(fd, MAP);
    if (!map)
        return fail(EBADF);
    if (!value || (!key && map->key_size) || flags > 2)
        return fail(EINVAL);
    if (map->type == 3 && !get(*(const int *)value, PROGRAM))
        return fail(EBADF);
    struct entry **e = find(map, key);
    if (*e && flags == 1)
        return fail(EEXIST);
    if (!*e && (flags == 2 || map->type == 2 || map->type == 3))
        return fail(ENOENT);
    if (!*e) {
        if (map->count == map->max_entries)
            return fail(ENOSPC);
        *e = calloc(1, sizeof(**e) + map->key_size + map->value_size);
        memcpy((*e)->bytes, key, map->key_size);
        map->count++;
    }
    memcpy((*e)->bytes + map->key_size, value, map->value_size);
    return 0;
}

EXPORT int bpf_map_delete_elem(int fd, const void *key)
{
    struct thing *map = get(fd, MAP);
    if (!map)
        return fail(EBADF);
    struct entry **e = find(map, key), *gone = *e;
    if (!gone)
        return fail(ENOENT);
    *e = gone->next;
    map->count--;
    free(gone);
    return 0;
}

EXPORT int bpf_map_lookup_and_delete_elem(int fd, const void *key, void *value)
{
    int result = bpf_map_lookup_elem(fd, key, value);
    return result < 0 ? result : bpf_map_delete_elem(fd, key);
}

EXPORT int bpf_map_get_next_key(int fd, const void *key, void *next)
{
    struct thing *map = get(fd, MAP);
    if (!map)
        return fail(EBADF);
    struct entry *e = key ? *find(map, key) : NULL;
    e = e ? e->next : map->entries;
    if (!e)
        return fail(ENOENT);
    memcpy(next, e->bytes, map->key_size);
    return 0;
}

EXPORT int bpf_obj_pin(int fd, const char *path)
{
    struct thing *map = get(fd, MAP);
    if (!map)
        return fail(EBADF);
    for (int i = 0; i < PINS; i++)
        if (pins[i].thing && strcmp(pins[i].path, path) == 0)
            return fail(EEXIST);
    for (int i = 0; i < PINS; i++)
        if (!pins[i].thing) {
            strncpy(pins[i].path, path, sizeof(pins[i].path) - 1);
            pins[i].thing = map;
            map->uses++;
            return 0;
        }
    return fail(ENOSPC);
}

EXPORT int bpf_obj_get(const char *path)
{
    for (int i = 0; i < PINS; i++)
        if (pins[i].thing && strcmp(pins[i].path, path) == 0)
            return put(pins[i].thing);
    return fail(ENOENT);
}

EXPORT int ebpf_object_unpin(const char *path)
{
    for (int i = 0; i < PINS; i++)
        if (pins[i].thing && strcmp(pins[i].path, path) == 0) {
            release(pins[i].thing);
            pins[i].thing = NULL;
            return 0;
        }
    return 7; // EBPF_OBJECT_NOT_FOUND
}

struct map_info {
    uint32_t id, type, key_size, value_size, max_entries;
    char name[64];
    uint32_t flags, inner_map_id, pinned_path_count;
};

EXPORT int bpf_obj_get_info_by_fd(int fd, void *info, uint32_t *size)
{
    struct thing *map = get(fd, MAP);
    if (!map || *size < sizeof(struct map_info))
        return fail(map ? EFAULT : EBADF);
    struct map_info answer = { .id = fd, .type = map->type, .key_size = map->key_size, .value_size = map->value_size, .max_entries = map->max_entries };
    strcpy(answer.name, map->name);
    memcpy(info, &answer, sizeof(answer));
    *size = sizeof(answer);
    return 0;
}

// The attributes of bpf(), which are Linux's.
struct load {
    uint32_t type, count;
    const uint8_t *instructions;
    const char *license;
    uint32_t log_level, log_size;
    char *log;
    uint32_t kernel_version, flags;
    char name[16];
    uint32_t rest[22];
};

struct run {
    uint32_t fd, result, data_size_in, data_size_out;
    const void *data_in;
    void *data_out;
    uint32_t repeat, duration, context_size_in, context_size_out;
    const void *context_in;
    void *context_out;
    uint32_t flags, cpu, batch_size, padding;
};

static int load(struct load *attributes, unsigned size)
{
    const uint32_t *word = (const uint32_t *)((const char *)attributes + offsetof(struct load, rest));
    for (; (const char *)word + 4 <= (const char *)attributes + size - 4; word++)
        if (*word)
            return -EINVAL;
    if (attributes->flags || attributes->log_level > 1 || !!attributes->log_level != !!attributes->log || attributes->name[15])
        return -EINVAL;
    const uint8_t *last = attributes->instructions + 8 * (attributes->count - 1);
    for (const uint8_t *i = attributes->instructions; i <= last; i += 8)
        if (*i == 0x18 && (i[1] >> 4) == 1 && !get(*(const int *)(i + 4), MAP))
            return -EBADF;
    if (*last != 0x95 && *last != 0x05) { // neither an exit nor a jump
        strcpy(attributes->log, "0: the last instruction is no exit\nfailed to verify");
        return -EACCES;
    }
    struct thing *program = calloc(1, sizeof(*program));
    program->kind = PROGRAM;
    program->type = attributes->type;
    program->instructions = attributes->count;
    return put(program);
}

// What a run gives: the number of instructions; data and context come back as they were.
static int run(struct run *attributes)
{
    struct thing *program = get(attributes->fd, PROGRAM);
    if (!program || attributes->padding)
        return program ? -EINVAL : -EBADF;
    if (attributes->data_out && attributes->data_size_out < attributes->data_size_in)
        return -EINVAL;
    memcpy(attributes->data_out, attributes->data_in, attributes->data_out ? attributes->data_size_in : 0);
    memcpy(attributes->context_out, attributes->context_in, attributes->context_size_in);
    attributes->data_size_out = attributes->data_size_in;
    attributes->context_size_out = attributes->context_size_in;
    attributes->result = program->instructions;
    attributes->duration = 100;
    return 0;
}

EXPORT int bpf(int command, void *attributes, unsigned size)
{
    switch (command) {
    case 5:
        return load(attributes, size);
    case 10:
        return run(attributes);
    default:
        return -EINVAL;
    }
}

static int attached_program, attached_type;

EXPORT int double_attached_type(void)
{
    return attached_program ? attached_type : -1;
}

EXPORT int bpf_prog_attach(int program, int target, int type, unsigned flags)
{
    if (!get(program, PROGRAM))
        return fail(EBADF);
    if (target || flags)
        return fail(MSVC_ENOTSUP);
    attached_program = program;
    attached_type = type;
    return 0;
}

EXPORT int bpf_prog_detach2(int program, int target, int type)
{
    if (!get(program, PROGRAM) || type != attached_type)
        return fail(EBADF);
    attached_program = 0;
    return 0;
}

// A native module: two programs and a map, whatever the file says, as long as it is there.
struct program {
    const char *name, *section;
    int type, attach_type, autoload, fd;
};

struct object {
    struct program programs[2];
    struct { const char *name; int fd; } map;
    int loaded;
};

EXPORT void *bpf_object__open(const char *path)
{
    if (!strstr(path, ".sys")) {
        errno = EINVAL;
        return NULL;
    }
    struct object *object = calloc(1, sizeof(*object));
    object->programs[0] = (struct program){ "callee", "sample_ext/0", 999, 8, 1, -1 };
    object->programs[1] = (struct program){ "caller", "sample_ext", 999, 8, 1, -1 };
    object->map.name = "canary";
    object->map.fd = -1;
    return object;
}

EXPORT int bpf_object__load(struct object *object)
{
    if (object->loaded)
        return fail(EINVAL);
    object->loaded = 1;
    object->map.fd = bpf_map_create(2, object->map.name, 4, 4, 1, NULL);
    for (int i = 0; i < 2; i++) { // every program is created; those that are off are closed again
        struct thing *program = calloc(1, sizeof(*program));
        program->kind = PROGRAM;
        object->programs[i].fd = put(program);
        if (!object->programs[i].autoload) {
            ebpf_close_fd(object->programs[i].fd);
            object->programs[i].fd = -1;
        }
    }
    return 0;
}

EXPORT void bpf_object__close(struct object *object)
{
    for (int i = 0; i < 2; i++)
        ebpf_close_fd(object->programs[i].fd);
    ebpf_close_fd(object->map.fd);
    free(object);
}

EXPORT void *bpf_object__next_program(struct object *object, struct program *previous)
{
    return !previous ? &object->programs[0] : previous == &object->programs[0] ? &object->programs[1] : NULL;
}

EXPORT void *bpf_object__next_map(struct object *object, void *previous)
{
    return previous ? NULL : &object->map;
}

EXPORT const char *bpf_program__name(struct program *program) { return program->name; }
EXPORT const char *bpf_program__section_name(struct program *program) { return program->section; }
EXPORT int bpf_program__type(struct program *program) { return program->type; }
EXPORT int bpf_program__get_expected_attach_type(struct program *program) { return program->attach_type; }
EXPORT int bpf_program__fd(struct program *program) { return program->fd; }

EXPORT int bpf_program__set_autoload(struct program *program, unsigned char autoload)
{
    struct object *object = (struct object *)(program - (strcmp(program->name, "caller") == 0));
    if (object->loaded)
        return fail(EINVAL);
    program->autoload = autoload;
    return 0;
}

EXPORT const char *bpf_map__name(void *map) { return *(const char **)map; }
EXPORT int bpf_map__fd(void *map) { return *(int *)((char *)map + sizeof(char *)); }
