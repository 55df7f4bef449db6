/* `only-from = NAME`: who does not have that name's address is hung up on, before a byte of theirs is read.
 *
 * Who can write to a socket of the uwsgi protocol can run code here (UWSGI_FILE). Its networks are shared with the other
 * gateways and the stores, and the host reaches every container; and uWSGI has no list of who may.
 */
#include <netdb.h>
#include <uwsgi.h>

extern struct uwsgi_server uwsgi;

/* Seconds that an address is believed: the engine gives that of a container that is gone to the next that comes. */
#define VALID 2
#define MOST 64

static char *name;
static struct in_addr known[MOST];
static int count;
static time_t looked_up;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void look_up(void) {
    struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM}, *found = NULL, *one;
    int error = getaddrinfo(name, NULL, &hints, &found);

    /* A DNS server that is late has not said that there is nobody: nginx must not be shut out for that. */
    if (error == EAI_AGAIN) {
        return;
    }
    for (count = 0, one = error ? NULL : found; one && count < MOST; one = one->ai_next) {
        known[count++] = ((struct sockaddr_in *) one->ai_addr)->sin_addr;
    }
    if (!error) {
        freeaddrinfo(found);
    }
    looked_up = uwsgi_now();
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
    if (uwsgi_now() - looked_up >= VALID || !is_known(address)) {
        look_up();
    }
    /* Over IPv6 nobody is: what is known are addresses of IPv4. */
    allowed = request->client_addr.sin.sin_family == AF_INET && is_known(address);
    pthread_mutex_unlock(&lock);
    if (!allowed) {
        uwsgi_log("only-from: hung up on %s, who is not %s\n", inet_ntoa(address), name);
        close(client);
        return -1;
    }
    return client;
}

/* In each worker, when all sockets are there. Not the one for HTTP, on loopback; nor a file, which has a mode. */
static void guard_sockets(void) {
    struct uwsgi_socket *socket;

    for (socket = uwsgi.sockets; name && *name && socket; socket = socket->next) {
        if (socket->family != AF_UNIX && (!socket->proto_name || strcmp(socket->proto_name, "http"))) {
            socket->proto_accept = accept_only_from;
        }
    }
}

static struct uwsgi_option options[] = {
    {"only-from", required_argument, 0, "whose connections are accepted, by name", uwsgi_opt_set_str, &name, 0},
    {0, 0, 0, 0, 0, 0, 0},
};

struct uwsgi_plugin only_from_plugin = {.name = "only_from", .options = options, .post_fork = guard_sockets};
