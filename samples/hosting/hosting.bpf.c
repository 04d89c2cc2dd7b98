// Plug-ins of a server: filters of requests. Their context and helpers are the host's, see RequestFilter.cs.
#include "bpf.h"
#include "request_filter.h"

struct {
    MAP_NUMBER(type, BPF_MAP_TYPE_HASH);
    MAP_TYPE_OF(key, u32);
    MAP_TYPE_OF(value, u64);
    MAP_NUMBER(max_entries, 1024);
} requests SEC(".maps");

struct place {
    u16 country;
    u16 region;
};

// Refuses all that is not "GET /...", and clients that come too often.
SEC("request_filter/requests")
int only_gets(struct request *request)
{
    const u8 *line = request->line, *end = request->line_end;
    u32 client = request->client;

    if (line + 5 > end || line[0] != 'G' || line[1] != 'E' || line[2] != 'T' || line[3] != ' ' || line[4] != '/') {
        request->score = 100;
        log_text("no GET", 6);
        return 1;
    }
    long seen = count_in(&requests, &client);
    request->score = seen;
    return seen > 3;
}

// Refuses clients from a country.
SEC("request_filter")
int abroad(struct request *request)
{
    u32 client = request->client;
    struct place place;

    if (place_of(&client, &place))
        return 0;
    request->score = place.region;
    return place.country != 0x4e4c;
}

static long below(u64 limit, void *context)
{
    u32 *age = context;

    return *age < limit;
}

// The score is how many of the host's limits were looked at.
SEC("request_filter")
int limits(struct request *request)
{
    u32 age = request->age;

    request->score = for_each_limit(below, &age);
    return 0;
}

SEC("request_filter")
int name(struct request *request)
{
    char text[8];

    request->score = host_name(text, sizeof(text)) + text[0];
    return 0;
}

SEC("request_filter")
int gives_up(struct request *request)
{
    give_up(7);
    return 0;
}

// Reads the context a thousand times.
SEC("request_filter")
int patient(struct request *request)
{
    volatile u32 sum = 0;

    for (int i = 0; i < 1000; i++)
        sum += request->age;
    request->score = sum;
    return 0;
}

SEC("request_filter")
int too_many(struct request *request)
{
    return request->age;
}

LICENSE("Dual MIT/GPL");
