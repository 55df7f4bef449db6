/* SIGTERM: `hook-master-start = unix_signal:15 drain`.
 *
 * uWSGI's own gracefully_kill_them_all lets the workers finish, but the master keeps the sockets open: until the last
 * request in flight is done the kernel goes on accepting connections that nobody will ever serve, and resets them at the
 * end. Closed first, they are refused at once, and nginx asks another replica, or another gateway.
 */
#include <uwsgi.h>

extern struct uwsgi_server uwsgi;

void drain(int signal) {
    struct uwsgi_socket *socket;
    /* shutdown, not close: the workers hold copies of the descriptor, and this ends what they share. */
    for (socket = uwsgi.sockets; socket; socket = socket->next) {
        shutdown(socket->fd, SHUT_RD);
    }
    gracefully_kill_them_all(signal);
}

struct uwsgi_plugin drain_plugin = {.name = "drain"};
