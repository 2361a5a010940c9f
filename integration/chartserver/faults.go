package chartserver

import (
	"net/http"
	"strconv"
)

// Status answers with a status and a text.
func Status(code int, text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { http.Error(w, text, code) }
}

// Text answers with a text of a type.
func Text(contentType, text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		_, _ = w.Write([]byte(text))
	}
}

// Half sends the first half of a body, then breaks off.
func Half(body []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		_, _ = w.Write(body[:len(body)/2])
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
}

// Redirect leads to another URL.
func Redirect(to string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, to, http.StatusFound) }
}

// Silence says nothing until the client has gone.
func Silence(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() }

// Times answers n times so, then as next does; nil is the file.
func (s *Server) Times(path string, n int, answer http.HandlerFunc) {
	left := n
	s.Fault(path, func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		left--
		if left == 0 {
			delete(s.faults, path)
		}
		s.mu.Unlock()
		answer(w, r)
	})
}
