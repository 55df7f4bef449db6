/* SIGTERM: `hook-master-start = unix_signal:15 drain`.
 *
 * uWSGI's own gracefully_kill_them_all lets the workers finish, but the master keeps the sockets open: until the last
 * request in flight is done the kernel goes on accepting connections that nobody will ever serve, and resets them at the
 * end. Closed first, they are refused at once, and nginx asks another replica, or another gateway.
 *
 * But closing resets the connections that wait in the queue, and nginx, which has sent its request into them, cannot
 * repeat a POST. So new ones are refused, those that have begun are served, and only then the sockets are closed.
 */
#include <netinet/tcp.h>
#include <uwsgi.h>

extern struct uwsgi_server uwsgi;

/* The queue's share of the stop_grace_period in compose.yaml; worker-reload-mercy is the requests' in flight. */
#define QUEUE_SECONDS 8
/* In which a handshake that has begun is over: a round trip, with much to spare. It is in no queue yet. */
#define HANDSHAKE_MS 50

/* Who comes over the network finds nobody listening; what has begun goes on. Not listen(fd, 0): that also drops the end of
 * a handshake, which to the client was whole: it has sent its request. Without privileges since Linux 5.7. */
static void refuse_new_connections(int fd) {
    if (setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "lo", 2)) {
        uwsgi_error("drain: SO_BINDTODEVICE");
    }
}

/* Connections that nobody has accepted yet; of a socket that listens, unacked is their number. */
static unsigned queue_of(int fd) {
    struct tcp_info info = {0};
    socklen_t length = sizeof(info);
    return getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length) ? 0 : info.tcpi_unacked;
}

void drain(int signal) {
    struct uwsgi_socket *socket;
    int ms, empty_ms = 0;

    for (socket = uwsgi.sockets; socket; socket = socket->next) {
        refuse_new_connections(socket->fd);
    }
    for (ms = 0; ms < QUEUE_SECONDS * 1000 && empty_ms < HANDSHAKE_MS; ms++) {
        empty_ms++;
        for (socket = uwsgi.sockets; socket; socket = socket->next) {
            empty_ms = queue_of(socket->fd) ? 0 : empty_ms;
        }
        usleep(1000);
    }
    for (socket = uwsgi.sockets; socket; socket = socket->next) {
        /* shutdown, not close: the workers hold copies of the descriptor, and this ends what they share. */
        shutdown(socket->fd, SHUT_RD);
    }
    gracefully_kill_them_all(signal);
}

struct uwsgi_plugin drain_plugin = {.name = "drain"};
