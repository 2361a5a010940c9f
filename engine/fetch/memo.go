package fetch

import "sync"

// memo finds each thing out once for everybody who wants it, in the context of
// whoever wants it first; a failure is everybody's, too. The zero value is empty.
type memo[T any] struct {
	mu   sync.Mutex
	held map[string]func() (T, error)
}

// get is what find finds, now or before.
func (m *memo[T]) get(key string, find func() (T, error)) (T, error) {
	m.mu.Lock()
	once := m.held[key]
	if once == nil {
		once = sync.OnceValues(find)
		if m.held == nil {
			m.held = map[string]func() (T, error){}
		}
		m.held[key] = once
	}
	m.mu.Unlock()
	return once()
}

// peek is what was found under a key without a failure; the zero value where
// nobody wanted it.
func (m *memo[T]) peek(key string) (found T) {
	m.mu.Lock()
	once := m.held[key]
	m.mu.Unlock()
	if once != nil {
		found, _ = once()
	}
	return found
}

// all is what was found without a failure, in no order. It is for afterwards:
// what is still being looked for is waited for.
func (m *memo[T]) all() map[string]T {
	m.mu.Lock()
	defer m.mu.Unlock()
	found := map[string]T{}
	for key, once := range m.held {
		if v, err := once(); err == nil {
			found[key] = v
		}
	}
	return found
}
