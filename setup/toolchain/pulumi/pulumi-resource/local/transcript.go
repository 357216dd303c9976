package local

import (
	"bytes"
	"sync"
)

// transcript keeps both streams of a command in the order in which they were written.
type transcript struct {
	mutex sync.Mutex
	text  bytes.Buffer
}

func (t *transcript) Write(p []byte) (int, error) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	return t.text.Write(p)
}
