package state

// Snapshot is one commit of a state repository, or nothing at all before the
// first one. It is immutable and safe for concurrent use; it reads objects when
// asked and never the work tree.
type Snapshot struct{}

// Commit is the commit's id; empty before the first one.
func (s *Snapshot) Commit() Hash { return "" }

// Environments lists the environments that have a release, sorted.
func (s *Snapshot) Environments() ([]string, error) { return nil, errNotYet }

// Releases lists the releases of an environment, sorted: those with metadata.
func (s *Snapshot) Releases(environment string) ([]string, error) { return nil, errNotYet }

// Fingerprint is three lookups in trees that are read once per environment; it
// is the zero value where there is no such release.
func (s *Snapshot) Fingerprint(k Key) (Fingerprint, error) { return Fingerprint{}, errNotYet }

// Metadata reads the metadata of a release; nil where there is no such release.
func (s *Snapshot) Metadata(k Key) (*Metadata, error) { return nil, errNotYet }

// Files returns every file below the release's directories with its blob's id,
// those that the metadata does not list included.
func (s *Snapshot) Files(k Key) (map[string]Hash, error) { return nil, errNotYet }

// Namespaces returns the Namespaces that are kept for an environment: path to
// blob by name.
func (s *Snapshot) Namespaces(environment string) (map[string]Hash, error) { return nil, errNotYet }

// Read returns the content of a file by its path; fs.ErrNotExist where there
// is none.
func (s *Snapshot) Read(path string) ([]byte, error) { return nil, errNotYet }

// Foreign lists every path under manifests/, hooks/ and .weir/ that no metadata
// accounts for, sorted. It reads all metadata and all trees.
func (s *Snapshot) Foreign() ([]string, error) { return nil, errNotYet }
