/* `recycle-on-share = PERCENT`: all workers share this percentage of the container's memory equally. A worker that
 * exceeds its share finishes its requests and is replaced, one worker at a time. `recycle-on-rss = MIB` does the same
 * with a size for each worker, if there is no container.
 *
 * With uWSGI's own `reload-on-rss` (2.0.31), each worker opens /proc/self/stat after every request. That costs a tenth
 * of its throughput. Here the master checks once a second.
 */
#include <uwsgi.h>

extern struct uwsgi_server uwsgi;

/* Seconds for which a new worker is left alone. A project that needs more than its share from the beginning has no
 * leak: if its workers were replaced at once, they would do little but start. And a worker that has not yet started
 * does not notice the order to end. */
static int young = 60;

static int share;
static uint64_t limit;

/* The container's limit, with either version of control groups; 0 if there is none. */
static uint64_t memory_of_container(void) {
    static const char *const files[] = {"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"};
    unsigned long long bytes = 0;
    size_t i;

    for (i = 0; i < sizeof(files) / sizeof(files[0]) && !bytes; i++) {
        FILE *file = fopen(files[i], "r");

        if (file) {
            /* No limit is the word `max`, or a number that exceeds any machine's memory. */
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

/* In bytes; 0 if the worker no longer exists. */
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

    /* The master also calls this for other reasons, and more often. */
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
            uwsgi_log("worker %d has grown to %llu MiB, and is replaced: its limit is %llu MiB\n", worker,
                      (unsigned long long) rss >> 20, (unsigned long long) limit >> 20);
            uwsgi_curse(worker, SIGHUP);
            return;
        }
    }
}

static struct uwsgi_option options[] = {
    {"recycle-on-share", required_argument, 0,
     "replace workers that grow beyond their share of this percentage of the memory", uwsgi_opt_set_int, &share, 0},
    {"recycle-not-before", required_argument, 0,
     "do not replace workers younger than this, in seconds", uwsgi_opt_set_int, &young, 0},
    {"recycle-on-rss", required_argument, 0,
     "replace workers that grow beyond this, in MiB", uwsgi_opt_set_megabytes, &limit, 0},
    {0, 0, 0, 0, 0, 0, 0},
};

struct uwsgi_plugin recycle_plugin = {
    .name = "recycle", .options = options, .post_init = set_limit, .master_cycle = find_large_workers};
