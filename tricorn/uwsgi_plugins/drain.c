/* SIGTERM: `hook-master-start = unix_signal:15 drain`.
 *
 * uWSGI's own gracefully_kill_them_all lets the workers finish, but the master keeps the sockets open. Until the last
 * request in flight is done, the kernel accepts connections that no worker will serve, and resets them at the end. If
 * the sockets are closed first, the kernel refuses connections at once, and nginx asks another replica or gateway.
 *
 * But closing resets the connections in the queue. nginx has already sent its requests into them, and cannot repeat a
 * POST. So drain refuses new connections, waits until the workers have accepted the queued ones, and then closes the
 * sockets.
 */
#include <netinet/tcp.h>
#include <uwsgi.h>

extern struct uwsgi_server uwsgi;

/* Seconds for the queue, of stop_grace_period in compose.yaml. worker-reload-mercy limits the requests in flight. */
#define QUEUE_SECONDS 8
/* A TCP handshake that has begun ends within this time, a round trip with a large margin. It is in no queue yet. */
#define HANDSHAKE_MS 50

/* Refuses new connections from the network; handshakes that have begun continue. Not listen(fd, 0): that also drops the
 * end of a handshake that is complete for the client, which has sent its request. SO_BINDTODEVICE needs no privileges
 * since Linux 5.7. */
static void refuse_new_connections(int fd) {
    if (setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "lo", 2)) {
        uwsgi_error("drain: SO_BINDTODEVICE");
    }
}

/* Connections that no worker has accepted yet: for a listening socket, tcpi_unacked is their number. */
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
        /* shutdown, not close: the workers hold copies of the descriptor, and shutdown ends the shared socket. */
        shutdown(socket->fd, SHUT_RD);
    }
    gracefully_kill_them_all(signal);
}

struct uwsgi_plugin drain_plugin = {.name = "drain"};
