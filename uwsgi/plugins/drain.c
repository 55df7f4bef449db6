/* SIGTERM: `hook-master-start = unix_signal:15 drain`.
 *
 * uWSGI's own gracefully_kill_them_all lets the workers finish, but the master keeps the sockets open: until the last
 * request in flight is done the kernel goes on accepting connections that nobody will ever serve, and resets them at the
 * end. Closed first, they are refused at once, and nginx asks another replica, or another gateway.
 *
 * But closing resets the connections that wait in the queue, and nginx, which has sent its request into them, cannot
 * repeat a POST. So they are served first.
 */
#include <netinet/tcp.h>
#include <uwsgi.h>

extern struct uwsgi_server uwsgi;

/* The queue's share of the stop_grace_period in compose.yaml; worker-reload-mercy is the requests' in flight. */
#define QUEUE_SECONDS 8

/* Connections that nobody has accepted yet; of a socket that listens, unacked is their number. */
static unsigned queue_of(int fd) {
    struct tcp_info info = {0};
    socklen_t length = sizeof(info);
    return getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length) ? 0 : info.tcpi_unacked;
}

void drain(int signal) {
    struct uwsgi_socket *socket;
    int ticks = QUEUE_SECONDS * 5000;
    for (socket = uwsgi.sockets; socket; socket = socket->next) {
        /* None joins the queue while there is one: nginx waits a second for its connection, and goes elsewhere. */
        listen(socket->fd, 0);
        while (queue_of(socket->fd) && ticks-- > 0) {
            usleep(200);
        }
        /* shutdown, not close: the workers hold copies of the descriptor, and this ends what they share. */
        shutdown(socket->fd, SHUT_RD);
    }
    gracefully_kill_them_all(signal);
}

struct uwsgi_plugin drain_plugin = {.name = "drain"};
