/* `recycle-on-rss = MIB`: a worker that has grown beyond this finishes its requests, and is replaced; one at a time.
 *
 * uWSGI's own `reload-on-rss` (2.0.31) has each worker open /proc/self/stat after every request: a tenth of what it could
 * answer. Here the master looks, once a second.
 */
#include <uwsgi.h>

extern struct uwsgi_server uwsgi;

/* Seconds in which a new worker is left alone: before it has started it does not hear that it is to end. */
#define YOUNG 5

static uint64_t limit;

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
        int is_young = uwsgi.workers[worker].last_spawn + YOUNG > last;
        uint64_t rss = is_young || uwsgi.workers[worker].pid <= 0 ? 0 : rss_of(uwsgi.workers[worker].pid);

        if (rss > limit) {
            uwsgi_log("worker %d has grown to %llu MiB, and is replaced\n", worker, (unsigned long long) rss >> 20);
            uwsgi_curse(worker, SIGHUP);
            return;
        }
    }
}

static struct uwsgi_option options[] = {
    {"recycle-on-rss", required_argument, 0, "replace workers that grow beyond this", uwsgi_opt_set_megabytes, &limit, 0},
    {0, 0, 0, 0, 0, 0, 0},
};

struct uwsgi_plugin recycle_plugin = {.name = "recycle", .options = options, .master_cycle = find_large_workers};
