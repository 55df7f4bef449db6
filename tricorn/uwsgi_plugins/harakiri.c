/* `thread-harakiri = SECONDS`: if a request takes longer, its worker is killed, whatever the worker's other threads do.
 *
 * uWSGI's own harakiri (2.0.31) keeps one deadline for each worker. Any thread that ends a request clears it. So while
 * other requests come in, a view that never returns is never ended. A body that is being read moves a deadline that was
 * just cleared to 1970, so an upload kills its worker. This plugin lets the master check each thread.
 *
 * A worker that is replaced or stopped gets this time for its requests, and a little more: the plugin raises uWSGI's
 * mercies.
 *
 * The time counts from the last piece of the answer that was sent: a stream that continues is not late.
 */
#include <uwsgi.h>

extern struct uwsgi_server uwsgi;

static int seconds;

/* The last observed state of a thread, in microseconds and bytes. */
struct progress {
    uint64_t start, sent, since;
    int was_late;
};

static struct progress *seen;

/* When a worker is killed, it and the master log each of its requests. This removes the query strings. */
static void hide_queries(int worker) {
    int thread;

    for (thread = 0; thread < uwsgi.threads; thread++) {
        struct wsgi_request *request = &uwsgi.workers[worker].cores[thread].req;
        char *query = request->uri ? memchr(request->uri, '?', request->uri_len) : NULL;

        if (query) {
            request->uri_len = query - request->uri;
        }
    }
}

static void find_late_requests(void) {
    static time_t last;
    int worker, thread;

    /* The master also calls this for other reasons, and more often. */
    if (!seconds || uwsgi_now() <= last) {
        return;
    }
    last = uwsgi_now();
    if (!seen) {
        seen = uwsgi_calloc(sizeof(struct progress) * (uwsgi.numproc + 1) * uwsgi.threads);
    }
    for (worker = 1; worker <= uwsgi.numproc; worker++) {
        for (thread = 0; thread < uwsgi.threads; thread++) {
            struct uwsgi_core *core = &uwsgi.workers[worker].cores[thread];
            struct progress *before = &seen[worker * uwsgi.threads + thread];
            uint64_t start = core->req.start_of_request, sent = core->req.response_size;

            if (!core->in_request) {
                memset(before, 0, sizeof(struct progress));
            } else if (before->start != start) {
                *before = (struct progress){.start = start, .sent = sent, .since = start};
            } else if (before->sent != sent) {
                *before = (struct progress){.start = start, .sent = sent, .since = uwsgi_micros()};
            } else if (before->since + 1000000ULL * seconds > uwsgi_micros()) {
                before->was_late = 0;
            } else if (!before->was_late) {
                /* Only if it is still late a second later: a new request briefly has the start of the last. */
                before->was_late = 1;
            } else if (!uwsgi.workers[worker].pending_harakiri) {
                hide_queries(worker);
                trigger_harakiri(worker);
            }
        }
    }
}

/* Seconds beyond harakiri, for an answer that is being sent. */
#define MERCY 5

static void raise_mercies(void) {
    if (seconds && uwsgi.worker_reload_mercy < seconds + MERCY) {
        uwsgi.worker_reload_mercy = seconds + MERCY;
    }
    if (seconds && uwsgi.reload_mercy < seconds + MERCY) {
        uwsgi.reload_mercy = seconds + MERCY;
    }
}

/* uwsgi.ini has $(REQUEST_TIMEOUT), which uWSGI leaves as it is if there is no such variable. */
static void set_seconds(char *option, char *value, void *where) {
    uwsgi_opt_set_int(option, value, where);
    if (seconds <= 0) {
        uwsgi_log("%s = %s is not a number of seconds above 0: set REQUEST_TIMEOUT\n", option, value);
        exit(1);
    }
}

static struct uwsgi_option options[] = {
    {"thread-harakiri", required_argument, 0, "end requests that take longer, in seconds", set_seconds, &seconds, 0},
    {0, 0, 0, 0, 0, 0, 0},
};

struct uwsgi_plugin harakiri_plugin = {
    .name = "harakiri", .options = options, .post_init = raise_mercies, .master_cycle = find_late_requests};
