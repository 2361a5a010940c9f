package gitserver

import (
	"io"
	"net"
	"sync"
	"testing"
)

// Line is the network between clients and a server. Without faults it carries
// everything.
type Line struct {
	Addr string // host:port, in the place of the server's

	target   string
	listener net.Listener
	serving  sync.WaitGroup

	mu     sync.Mutex
	faults Faults
	open   map[net.Conn]bool
	closed bool
	stop   chan struct{}
}

// Faults are what happens to each connection from now on. Bytes are counted from
// its beginning.
type Faults struct {
	CutDown   int64 // break it after so many bytes to the client; 0: never
	CutUp     int64 // break it after so many bytes to the server; 0: never
	StallDown int64 // be silent after so many bytes to the client, and stay connected; 0: never
	StallUp   int64
	Trickle   bool // carry single bytes
}

// NewLine connects to a server at host:port.
func NewLine(t testing.TB, target string) *Line {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := &Line{Addr: listener.Addr().String(), target: target, listener: listener, open: map[net.Conn]bool{}, stop: make(chan struct{})}
	l.serving.Go(l.serve)
	t.Cleanup(func() {
		l.Gone()
		l.serving.Wait()
	})
	return l
}

// Set changes what happens to connections that are made from now on.
func (l *Line) Set(f Faults) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.faults = f
}

// Gone ends the line: nobody answers there any more.
func (l *Line) Gone() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return
	}
	l.closed = true
	close(l.stop)
	l.listener.Close()
	for conn := range l.open {
		conn.Close()
	}
}

func (l *Line) serve() {
	for {
		client, err := l.listener.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("tcp", l.target)
		if err != nil {
			client.Close()
			continue
		}
		l.mu.Lock()
		if l.closed {
			client.Close()
			server.Close()
		}
		f := l.faults
		l.open[client], l.open[server] = true, true
		l.mu.Unlock()
		l.serving.Go(func() { l.carry(client, server, f.CutDown, f.StallDown, f.Trickle) })
		l.serving.Go(func() { l.carry(server, client, f.CutUp, f.StallUp, f.Trickle) })
	}
}

// carry copies until either side ends, or a fault does.
func (l *Line) carry(to, from net.Conn, cut, stall int64, trickle bool) {
	hangUp := func() {
		if tcp, ok := to.(*net.TCPConn); ok {
			tcp.SetLinger(0) // a reset, not an orderly end
		}
		to.Close()
		from.Close()
	}
	defer hangUp()
	var source io.Reader = from
	if limit := max(cut, stall); limit > 0 {
		source = io.LimitReader(from, limit)
	}
	if trickle {
		source = oneByte{source}
	}
	n, _ := io.Copy(to, onlyReader{source})
	if stall > 0 && n == stall {
		<-l.stop
	}
}

type onlyReader struct{ io.Reader }

// oneByte reads a byte at a time.
type oneByte struct{ io.Reader }

func (r oneByte) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	return r.Reader.Read(p[:1])
}
