// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Serves TCP port 80 of one IPv4 address by lwIP, as Debian builds it, on a TAP device:
 *
 *     lwip DEVICE ADDRESS GATEWAY
 *
 * It answers what it reads, at length to "large", and aborts the connection at "abort". It says "ready" on standard
 * error when it listens.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <lwip/netif.h>
#include <lwip/tcp.h>
#include <lwip/tcpip.h>
#include <netif/tapif.h>

static const char RESPONSE[] = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n";
static const char ABORT[] = "abort";
static const char LARGE[] = "large";

/* The long answer: three segments. */
static const char LONG_RESPONSE[3 * TCP_MSS];

/* What the command line says. */
static struct {
    ip4_addr_t address;
    ip4_addr_t gateway;
} wanted;

static struct netif device;

/* Ends the program at a failure of the stack. */
static void check(int failed, const char *what) {
    if (failed) {
        fprintf(stderr, "lwip: %s failed\n", what);
        exit(1);
    }
}

/* Answers what a client sends. */
static err_t received(void *state, struct tcp_pcb *connection, struct pbuf *data, err_t error) {
    char start[sizeof ABORT - 1] = {0};
    u16_t length;

    (void)state;
    (void)error;
    if (!data) {
        return tcp_close(connection);
    }
    length = data->tot_len;
    pbuf_copy_partial(data, start, sizeof start, 0);
    pbuf_free(data);
    tcp_recved(connection, length);
    if (memcmp(start, ABORT, sizeof start) == 0) {
        tcp_abort(connection);
        return ERR_ABRT;
    }
    if (memcmp(start, LARGE, sizeof start) == 0) {
        return tcp_write(connection, LONG_RESPONSE, sizeof LONG_RESPONSE, 0);
    }
    return tcp_write(connection, RESPONSE, sizeof RESPONSE - 1, TCP_WRITE_FLAG_COPY);
}

/* Takes a new connection. */
static err_t accepted(void *state, struct tcp_pcb *connection, err_t error) {
    (void)state;
    if (error != ERR_OK) {
        return error;
    }
    tcp_nagle_disable(connection);
    tcp_recv(connection, received);
    return ERR_OK;
}

/* Brings the stack up, in its own thread. */
static void start(void *unused) {
    ip4_addr_t mask;
    struct tcp_pcb *listener;

    (void)unused;
    IP4_ADDR(&mask, 255, 255, 255, 0);
    check(!netif_add(&device, &wanted.address, &mask, &wanted.gateway, NULL, tapif_init,
                     tcpip_input),
          "netif_add");
    netif_set_default(&device);
    netif_set_link_up(&device);
    netif_set_up(&device);
    listener = tcp_new();
    check(!listener || tcp_bind(listener, IP4_ADDR_ANY, 80) != ERR_OK, "tcp_bind");
    listener = tcp_listen(listener);
    check(!listener, "tcp_listen");
    tcp_accept(listener, accepted);
    fprintf(stderr, "ready\n");
}

int main(int count, char **arguments) {
    check(count != 4, "reading DEVICE ADDRESS GATEWAY");
    check(setenv("PRECONFIGURED_TAPIF", arguments[1], 1) != 0, "setenv");
    check(!ip4addr_aton(arguments[2], &wanted.address), "reading the address");
    check(!ip4addr_aton(arguments[3], &wanted.gateway), "reading the gateway");
    tcpip_init(start, NULL);
    for (;;) {
        pause();
    }
}
