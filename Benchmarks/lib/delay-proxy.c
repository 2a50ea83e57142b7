// Passes TCP connections on as a line of some length does: every byte arrives DELAY milliseconds after it was sent, and so
// does the end. For benchmarks on kernels without netem.
//
//   delay-proxy LISTEN-PORT TARGET-PORT DELAY     on 127.0.0.1; DELAY is one way's, in milliseconds, fractions allowed
//
// A client's first bytes wait for a round trip more, because a real handshake would have taken that; the loopback's takes
// none. A direction holds at most WINDOW bytes, as a receiver's window does, so one connection moves WINDOW a round trip.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { PIECE = 64 << 10, WINDOW = 6 << 20, EVENTS = 256 };

typedef struct chunk {
    struct chunk *next;
    int64_t due;
    size_t length, sent;  // of length 0: the sender has finished
    char bytes[];
} chunk;

struct connection;

// Bytes from one socket to the other.
typedef struct {
    struct connection *connection;
    chunk *first, *last;
    size_t held;
    int64_t not_before;
    int ended, blocked;
} direction;

typedef struct connection {
    struct connection *next;
    int socket[2];         // the client's, the server's
    direction way[2];      // way[0] from the client to the server
    uint32_t wanted[2];
    int broken;
} connection;

typedef struct {
    connection *connection;
    int side;
} watched;

static connection *connections;
static int poll_set;
static int64_t delay;

static int64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static watched *tags[2][65536];

// Watches a socket for what is wanted of it, and not at all for nothing, because a hang-up would be reported ever again.
static void watch(connection *c, int side) {
    direction *in = &c->way[side], *out = &c->way[!side];
    uint32_t wanted = 0;
    if (!in->ended && in->held < WINDOW) wanted |= EPOLLIN;
    if (out->blocked) wanted |= EPOLLOUT;
    if (wanted == c->wanted[side]) return;
    struct epoll_event event = {.events = wanted, .data.ptr = tags[side][c->socket[0]]};
    int operation = !wanted ? EPOLL_CTL_DEL : c->wanted[side] ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
    epoll_ctl(poll_set, operation, c->socket[side], &event);
    c->wanted[side] = wanted;
}

static void take(connection *c, int side) {
    direction *way = &c->way[side];
    while (!way->ended && way->held < WINDOW) {
        chunk *piece = malloc(sizeof *piece + PIECE);
        if (!piece) { c->broken = 1; return; }
        ssize_t count = recv(c->socket[side], piece->bytes, PIECE, MSG_DONTWAIT);
        if (count < 0) {
            free(piece);
            if (errno != EAGAIN && errno != EINTR) c->broken = 1;
            return;
        }
        if (count < PIECE) {
            chunk *smaller = realloc(piece, sizeof *piece + count);
            if (smaller) piece = smaller;
        }
        int64_t due = now() + delay;
        *piece = (chunk){.due = due > way->not_before ? due : way->not_before, .length = count};
        if (way->last) way->last->next = piece; else way->first = piece;
        way->last = piece;
        way->held += count;
        if (count == 0) way->ended = 1;
    }
}

// Sends what is due. Returns when the next is, or -1.
static int64_t give(connection *c, int side, int64_t time) {
    direction *way = &c->way[side];
    while (way->first && way->first->due <= time) {
        chunk *piece = way->first;
        if (piece->length == 0) {
            shutdown(c->socket[!side], SHUT_WR);
        } else {
            ssize_t count = send(
                c->socket[!side], piece->bytes + piece->sent, piece->length - piece->sent, MSG_DONTWAIT | MSG_NOSIGNAL);
            if (count < 0) {
                if (errno == EAGAIN) { way->blocked = 1; return -1; }
                c->broken = 1;
                return -1;
            }
            piece->sent += count;
            way->held -= count;
            if (piece->sent < piece->length) { way->blocked = 1; return -1; }
        }
        way->blocked = 0;
        way->first = piece->next;
        if (!way->first) way->last = NULL;
        free(piece);
    }
    return way->first ? way->first->due : -1;
}

static void add(int client, int target) {
    int on = 1, server = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(target), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    connection *c = calloc(1, sizeof *c);
    if (!c || server < 0 || client >= 65536 || connect(server, (struct sockaddr *)&address, sizeof address)) {
        close(client);
        if (server >= 0) close(server);
        free(c);
        return;
    }
    *c = (connection){.next = connections, .socket = {client, server}};
    connections = c;
    for (int side = 0; side < 2; side++) {
        c->way[side].connection = c;
        setsockopt(c->socket[side], IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        if (!tags[side][client]) tags[side][client] = malloc(sizeof(watched));
        *tags[side][client] = (watched){c, side};
        watch(c, side);
    }
    c->way[0].not_before = now() + 3 * delay;
}

static void drop(connection *c) {
    for (int side = 0; side < 2; side++) {
        close(c->socket[side]);
        for (chunk *piece = c->way[side].first, *next; piece; piece = next) {
            next = piece->next;
            free(piece);
        }
    }
    free(c);
}

int main(int count, char **arguments) {
    if (count != 4) {
        fprintf(stderr, "usage: delay-proxy LISTEN-PORT TARGET-PORT DELAY\n");
        return 64;
    }
    int target = atoi(arguments[2]), on = 1, listener = socket(AF_INET, SOCK_STREAM, 0);
    delay = (int64_t)(atof(arguments[3]) * 1e6);
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(atoi(arguments[1])), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 1024)) {
        perror("delay-proxy");
        return 69;
    }
    signal(SIGPIPE, SIG_IGN);
    poll_set = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL}, events[EVENTS];
    epoll_ctl(poll_set, EPOLL_CTL_ADD, listener, &event);
    for (;;) {
        int64_t time = now(), next = -1;
        for (connection **link = &connections, *c; (c = *link);) {
            for (int side = 0; side < 2 && !c->broken; side++) {
                int64_t due = give(c, side, time);
                if (due >= 0 && (next < 0 || due < next)) next = due;
            }
            int finished = c->way[0].ended && c->way[1].ended && !c->way[0].first && !c->way[1].first;
            if (c->broken || finished) {
                *link = c->next;
                drop(c);
            } else {
                for (int side = 0; side < 2; side++) watch(c, side);
                link = &c->next;
            }
        }
        struct timespec wait = {0};
        if (next >= 0) {
            int64_t left = next - now();
            if (left > 0) wait = (struct timespec){left / 1000000000, left % 1000000000};
        }
        int ready = epoll_pwait2(poll_set, events, EVENTS, next < 0 ? NULL : &wait, NULL);
        for (int index = 0; index < ready; index++) {
            watched *tag = events[index].data.ptr;
            if (!tag) {
                int client = accept(listener, NULL, NULL);
                if (client >= 0) add(client, target);
            } else if (events[index].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) {
                take(tag->connection, tag->side);
                if (events[index].events & EPOLLERR) tag->connection->broken = 1;
            }
        }
    }
}
