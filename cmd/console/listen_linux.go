package main

import "golang.org/x/sys/unix"

// ignoreNewcomers makes a listening socket deaf to SYN packets that begin a
// connection, and to nothing else: a classic BPF filter over the TCP header.
func ignoreNewcomers(fd int) error {
	const flags, syn, ack, whole = 13, 0x02, 0x10, 0x40000
	program := []unix.SockFilter{
		{Code: unix.BPF_LD | unix.BPF_B | unix.BPF_ABS, K: flags},
		{Code: unix.BPF_ALU | unix.BPF_AND | unix.BPF_K, K: syn | ack},
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, Jf: 1, K: syn},
		{Code: unix.BPF_RET | unix.BPF_K, K: 0},
		{Code: unix.BPF_RET | unix.BPF_K, K: whole},
	}
	return unix.SetsockoptSockFprog(fd, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, &unix.SockFprog{Len: uint16(len(program)), Filter: &program[0]})
}
