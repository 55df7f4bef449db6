/* `recycle-on-share = PERCENT`: a worker that has grown beyond its share of so much of the container's memory finishes its requests,
 * and is replaced; one at a time. `recycle-on-rss = MIB` is the same with a size, for where there is no container.
 *
 * uWSGI's own `reload-on-rss` (2.0.31) has each worker open /proc/self/stat after every request: a tenth of what it could
 * answer. Here the master looks, once a second.
 */
#include <uwsgi.h>

extern struct uwsgi_server uwsgi;

/* Seconds in which a new worker is left alone. A project that needs more than its share from the beginning has no leak: replaced at
 * once, its workers would do little but start. And before one has started it does not hear that it is to end. */
static int young = 60;

static int share;
static uint64_t limit;

/* The container's limit, under either version of control groups; 0 where there is none. */
static uint64_t memory_of_container(void) {
    static const char *const files[] = {"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"};
    unsigned long long bytes = 0;
    size_t i;

    for (i = 0; i < sizeof(files) / sizeof(files[0]) && !bytes; i++) {
        FILE *file = fopen(files[i], "r");

        if (file) {
            /* No limit is the word `max`, or more than any machine has. */
            if (fscanf(file, "%llu", &bytes) != 1 || bytes >> 50) {
                bytes = 0;
            }
            fclose(file);
        }
    }
    return bytes;
}

static void set_limit(void) {
    if (share && !limit) {
        limit = memory_of_container() / 100 * share / (uwsgi.numproc ? uwsgi.numproc : 1);
    }
}

/* In bytes; 0 where the worker is gone. */
static uint64_t rss_of(int pid) {
    char path[32];
    unsigned long size, resident = 0;
    FILE *file;

    snprintf(path, sizeof(path), "/proc/%d/statm", pid);
    if ((file = fopen(path, "r"))) {
        if (fscanf(file, "%lu %lu", &size, &resident) != 2) {
            resident = 0;
        }
        fclose(file);
    }
    return resident * uwsgi.page_size;
}

static void find_large_workers(void) {
    static time_t last;
    int worker;

    /* The master comes by for other reasons too, and more often. */
    if (!limit || uwsgi_now() <= last) {
        return;
    }
    last = uwsgi_now();
    for (worker = 1; worker <= uwsgi.numproc; worker++) {
        if (uwsgi.workers[worker].cursed_at) {
            return;
        }
    }
    for (worker = 1; worker <= uwsgi.numproc; worker++) {
        int is_young = uwsgi.workers[worker].last_spawn + young > last;
        uint64_t rss = is_young || uwsgi.workers[worker].pid <= 0 ? 0 : rss_of(uwsgi.workers[worker].pid);

        if (rss > limit) {
            uwsgi_log("worker %d has grown to %llu MiB, and is replaced: its share of the memory is %llu\n", worker,
                      (unsigned long long) rss >> 20, (unsigned long long) limit >> 20);
            uwsgi_curse(worker, SIGHUP);
            return;
        }
    }
}

static struct uwsgi_option options[] = {
    {"recycle-on-share", required_argument, 0, "replace workers that grow beyond their share of this percentage", uwsgi_opt_set_int, &share, 0},
    {"recycle-not-before", required_argument, 0, "leave new workers alone for so many seconds", uwsgi_opt_set_int, &young, 0},
    {"recycle-on-rss", required_argument, 0, "replace workers that grow beyond this", uwsgi_opt_set_megabytes, &limit, 0},
    {0, 0, 0, 0, 0, 0, 0},
};

struct uwsgi_plugin recycle_plugin = {.name = "recycle", .options = options, .post_init = set_limit, .master_cycle = find_large_workers};
