// SPDX-License-Identifier: GPL-2.0-or-later

// Serves TCP port 80 of one address by gVisor's netstack on a TAP device:
//
//	gvisor DEVICE ADDRESS GATEWAY
//
// It answers what it reads, and aborts the connection at "abort". It says "ready" on standard
// error when it listens.
package main

import (
	"bytes"
	"fmt"
	"log"
	"net"
	"os"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/link/fdbased"
	"gvisor.dev/gvisor/pkg/tcpip/link/tun"
	"gvisor.dev/gvisor/pkg/tcpip/network/arp"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv6"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
	"gvisor.dev/gvisor/pkg/waiter"
)

const (
	nic      = 1
	port     = 80
	response = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n"
)

// main brings the stack up and serves for ever.
func main() {
	if len(os.Args) != 4 {
		log.Fatal("usage: gvisor DEVICE ADDRESS GATEWAY")
	}
	address, gateway := parse(os.Args[2]), parse(os.Args[3])
	protocol := tcpip.NetworkProtocolNumber(ipv4.ProtocolNumber)
	if len(address) == header.IPv6AddressSize {
		protocol = ipv6.ProtocolNumber
	}
	s := open(os.Args[1])
	check(s.AddProtocolAddress(nic, tcpip.ProtocolAddress{
		Protocol: protocol,
		AddressWithPrefix: tcpip.AddressWithPrefix{
			Address:   address,
			PrefixLen: len(address) * 8,
		},
	}, stack.AddressProperties{}))
	s.SetRouteTable([]tcpip.Route{
		{Destination: host(gateway), NIC: nic},
		{Destination: everything(len(gateway)), Gateway: gateway, NIC: nic},
	})
	var queue waiter.Queue
	listener, failure := s.NewEndpoint(tcp.ProtocolNumber, protocol, &queue)
	check(failure)
	check(listener.Bind(tcpip.FullAddress{NIC: nic, Addr: address, Port: port}))
	check(listener.Listen(16))
	fmt.Fprintln(os.Stderr, "ready")
	for {
		entry, arrived := waiter.NewChannelEntry(waiter.ReadableEvents)
		queue.EventRegister(&entry)
		endpoint, own, failure := listener.Accept(nil)
		if _, ok := failure.(*tcpip.ErrWouldBlock); ok {
			<-arrived
			queue.EventUnregister(&entry)
			continue
		}
		queue.EventUnregister(&entry)
		check(failure)
		go serve(endpoint, own)
	}
}

// open makes a stack whose one link is an existing TAP device.
func open(device string) *stack.Stack {
	s := stack.New(stack.Options{
		NetworkProtocols: []stack.NetworkProtocolFactory{
			arp.NewProtocol, ipv4.NewProtocol, ipv6.NewProtocol,
		},
		TransportProtocols: []stack.TransportProtocolFactory{tcp.NewProtocol},
	})
	descriptor, err := tun.OpenTAP(device)
	if err != nil {
		log.Fatal(err)
	}
	link, err := fdbased.New(&fdbased.Options{
		FDs:            []int{descriptor},
		MTU:            1500,
		EthernetHeader: true,
		Address:        tcpip.LinkAddress("\x02\x77\x00\x03\x00\x02"),
	})
	if err != nil {
		log.Fatal(err)
	}
	check(s.CreateNIC(nic, link))
	return s
}

// serve answers one client until either side ends the connection.
func serve(endpoint tcpip.Endpoint, queue *waiter.Queue) {
	entry, arrived := waiter.NewChannelEntry(waiter.ReadableEvents)
	queue.EventRegister(&entry)
	defer queue.EventUnregister(&entry)
	for {
		var request bytes.Buffer
		_, failure := endpoint.Read(&request, tcpip.ReadOptions{})
		if _, ok := failure.(*tcpip.ErrWouldBlock); ok {
			<-arrived
			continue
		}
		if failure != nil {
			endpoint.Close()
			return
		}
		if bytes.HasPrefix(request.Bytes(), []byte("abort")) {
			endpoint.Abort()
			return
		}
		var reader bytes.Reader
		reader.Reset([]byte(response))
		_, failure = endpoint.Write(&reader, tcpip.WriteOptions{})
		check(failure)
	}
}

// parse reads an address in its shortest form.
func parse(text string) tcpip.Address {
	address := net.ParseIP(text)
	if address == nil {
		log.Fatalf("%q is no address", text)
	}
	if short := address.To4(); short != nil {
		address = short
	}
	return tcpip.Address(address)
}

// host is the network of one address.
func host(address tcpip.Address) tcpip.Subnet {
	return tcpip.AddressWithPrefix{Address: address, PrefixLen: len(address) * 8}.Subnet()
}

// everything is the network of all addresses of this length.
func everything(length int) tcpip.Subnet {
	none := tcpip.Address(make([]byte, length))
	return tcpip.AddressWithPrefix{Address: none, PrefixLen: 0}.Subnet()
}

// check ends the program at a failure of the stack.
func check(failure tcpip.Error) {
	if failure != nil {
		log.Fatal(failure)
	}
}
