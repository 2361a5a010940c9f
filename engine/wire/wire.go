// Package wire is what every conversation with a server has in common, whether it
// is about Git or about charts: netrc, connections that are silent for too long,
// where a redirect may lead, pauses between tries, and what a server says made
// fit to be shown.
//
// It asks no server for anything. Go on with engine/remote and engine/fetch,
// which do.
package wire
