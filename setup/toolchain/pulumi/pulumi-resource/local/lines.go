package local

import (
	"bytes"
	"sync"
)

// lines hands on what several writers write to it, line by line.
type lines struct {
	each  func(line string)
	rest  []byte
	mutex sync.Mutex
}

func (l *lines) Write(p []byte) (int, error) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.rest = append(l.rest, p...)
	for {
		line, rest, found := bytes.Cut(l.rest, []byte("\n"))
		if !found {
			return len(p), nil
		}
		l.each(string(line))
		l.rest = rest
	}
}

// close hands on a last line without a line end.
func (l *lines) close() {
	if len(l.rest) > 0 {
		l.each(string(l.rest))
	}
}
