/* Programs of type request_filter: SEC("request_filter"), with struct request * as their argument; they return 0 to 1 */
#ifndef __REQUEST_FILTER_HOST_H
#define __REQUEST_FILTER_HOST_H

struct request {
	unsigned int client;
	unsigned int age;
	void *line;
	void *line_end;
	unsigned int score; /* may be written */
	unsigned int connection; /* the host's own */
} __attribute__((packed, aligned(8)));

static int (*const place_of)(const unsigned int *client, void *place) = (void *)1048577;
static void (*const log_text)(const void *text, unsigned long long text_size) = (void *)1048578;
static long long (*const count_in)(void *map, const void *key) = (void *)1048579;
static int (*const for_each_limit)(long (*callback)(unsigned long long number, void *context), void *callback_context) = (void *)1048580;
static int (*const host_name)(void *name, unsigned long long name_size) = (void *)1048581;
static void (*const give_up)(int code) = (void *)1048582;

#endif
