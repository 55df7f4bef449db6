/* `only-from = NAME`: closes every connection from an address that NAME does not have, before a byte of it is read.
 *
 * A client that can write to a socket of the uwsgi protocol can run code here (UWSGI_FILE). The other gateways and the
 * stores share its networks, the host reaches every container, and uWSGI has no list of allowed clients.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* EAI_NODATA */
#endif
#include <netdb.h>
#include <uwsgi.h>

extern struct uwsgi_server uwsgi;

/* Seconds for which an address is trusted: the engine gives the address of a removed container to the next new one. */
#define VALID 2
/* Seconds for which an unknown address may delay others: uWSGI accepts under a lock that all workers share. */
#define PATIENCE 1
#define MOST 64

static char *name;
static struct in_addr known[MOST];
static int count;
/* The numbers of look-ups that have begun, have ended and are wanted; the time when the last began. */
static uint64_t begun, ended, wanted;
static time_t since;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t is_wanted = PTHREAD_COND_INITIALIZER, has_ended = PTHREAD_COND_INITIALIZER;

static struct timespec in_seconds(int seconds) {
    struct timespec then;

    clock_gettime(CLOCK_REALTIME, &then);
    then.tv_sec += seconds;
    return then;
}

/* Each worker has its own thread for look-ups: a DNS server that does not answer takes ten seconds or more. */
static void *look_up(void *nothing) {
    struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM}, *found, *one;
    struct timespec next;
    int error;

    pthread_mutex_lock(&lock);
    for (;;) {
        begun++;
        since = uwsgi_now();
        pthread_mutex_unlock(&lock);
        found = NULL;
        error = getaddrinfo(name, NULL, &hints, &found);
        pthread_mutex_lock(&lock);
        /* A late DNS server has not said that the name has no address. It must not lock nginx out. */
        if (!error || error == EAI_NONAME || error == EAI_NODATA) {
            for (count = 0, one = found; one && count < MOST; one = one->ai_next) {
                known[count++] = ((struct sockaddr_in *) one->ai_addr)->sin_addr;
            }
        }
        if (found) {
            freeaddrinfo(found);
        }
        ended = begun;
        pthread_cond_broadcast(&has_ended);
        next = in_seconds(VALID);
        while (wanted <= begun && pthread_cond_timedwait(&is_wanted, &lock, &next) != ETIMEDOUT) {
        }
    }
    return NULL;
}

/* Called with the lock, which the wait releases. Waits for a look-up that begins now, unless one already hangs. */
static void ask_again(void) {
    struct timespec latest = in_seconds(PATIENCE);
    uint64_t mine = begun + 1;

    if (begun != ended && uwsgi_now() - since > PATIENCE) {
        return;
    }
    if (wanted < mine) {
        wanted = mine;
    }
    pthread_cond_signal(&is_wanted);
    while (ended < mine && pthread_cond_timedwait(&has_ended, &lock, &latest) != ETIMEDOUT) {
    }
}

static int is_known(struct in_addr address) {
    int number;

    for (number = 0; number < count; number++) {
        if (known[number].s_addr == address.s_addr) {
            return 1;
        }
    }
    return 0;
}

static int accept_only_from(struct wsgi_request *request, int listener) {
    struct in_addr address;
    int allowed, client = uwsgi_proto_base_accept(request, listener);

    if (client < 0) {
        return client;
    }
    address = request->client_addr.sin.sin_addr;
    pthread_mutex_lock(&lock);
    if (!is_known(address)) {
        ask_again();
    }
    /* No client over IPv6 is allowed: all known addresses are IPv4. */
    allowed = request->client_addr.sin.sin_family == AF_INET && is_known(address);
    pthread_mutex_unlock(&lock);
    if (!allowed) {
        uwsgi_log("only-from: closed a connection from %s, which is not %s\n", inet_ntoa(address), name);
        close(client);
        return -1;
    }
    return client;
}

/* Runs in each worker, when all sockets exist. Skips the HTTP socket, on loopback, and a unix socket, with a mode. */
static void guard_sockets(void) {
    struct uwsgi_socket *socket;
    sigset_t all, before;
    pthread_t thread;

    if (!name || !*name) {
        return;
    }
    /* The new thread blocks all signals: they are for uWSGI's own threads. */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    if (pthread_create(&thread, NULL, look_up, NULL)) {
        uwsgi_error("only-from: pthread_create()");
        exit(1);
    }
    pthread_detach(thread);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    for (socket = uwsgi.sockets; socket; socket = socket->next) {
        if (socket->family != AF_UNIX && (!socket->proto_name || strcmp(socket->proto_name, "http"))) {
            socket->proto_accept = accept_only_from;
        }
    }
}

/* uwsgi.ini has $(PROXY_HOST), which uWSGI leaves as it is if there is no such variable. */
static void set_name(char *option, char *value, void *where) {
    if (*value == '$') {
        uwsgi_log("%s = %s: set PROXY_HOST to the proxy's name, or to nothing to accept every client\n", option, value);
        exit(1);
    }
    uwsgi_opt_set_str(option, value, where);
}

static struct uwsgi_option options[] = {
    {"only-from", required_argument, 0, "accept connections only from the addresses of this name", set_name, &name, 0},
    {0, 0, 0, 0, 0, 0, 0},
};

struct uwsgi_plugin only_from_plugin = {.name = "only_from", .options = options, .post_fork = guard_sockets};
