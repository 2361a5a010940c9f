# What a developer runs. `make` builds bin/weir.

LINT   := go tool -modfile=.ci/lint/go.mod
# The packages whose tests rewrite their expected files when given -update.
GOLDEN  = $(shell grep -rl --include='*_test.go' 'Bool."update"' . | xargs -n1 dirname | sort -u)
SOAK   ?= 2m

.PHONY: build test integration controlplane lint fmt golden bench demo verify soak

build:
	go build -o bin/weir ./cmd/weir

test:
	go test ./...

integration:
	go test ./integration/...

controlplane: # etcd and kube-apiserver, which some tests ask; kept in the user's cache
	go run ./integration/apiserver/build

lint:
	@test -z "$$(gofmt -l .)" || { echo "not formatted, run make fmt:"; gofmt -l .; exit 1; }
	go vet ./...
	$(LINT) staticcheck ./...
	$(LINT) go-errorlint ./...
	$(LINT) unparam ./...
	git ls-files -z ':!*.sum' ':!LICENSE' | xargs -0 $(LINT) misspell -error

fmt: build
	gofmt -w .
	bin/weir -C examples/shop fmt
	bin/weir -C examples/platform fmt
	bin/weir -C examples/real-world fmt

golden: # expected/ trees of the examples, golden files, scripts
	go test $(GOLDEN) -update

bench: # ratios, all measured in one run; about a quarter of an hour
	go run ./integration/bench/run

demo: build # hydrates a copy of examples/shop and shows what is in its state repositories
	@rm -rf bin/demo && cp -R examples/shop bin/demo && rm -rf bin/demo/state
	bin/weir -C bin/demo hydrate
	@for state in bin/demo/state/*; do \
	  printf '\n--- %s: git log, and the files of its tree\n' "$$state"; \
	  git -C "$$state" --no-pager log --format='%h %s%n%n%b' && git -C "$$state" ls-tree -r --name-only HEAD || exit 1; \
	done

verify: build # what weir renders against what Helm itself renders
	@for example in examples/shop examples/platform; do bin/weir -C $$example hydrate --verify --out "$$(mktemp -d)" || exit 1; done

soak: # every fuzz target for $(SOAK), weir killed before each of its writes, and the tests under the race detector
	@grep -roE --include='*_test.go' '^func Fuzz[A-Za-z0-9_]*' . | while IFS=: read -r file target; do \
	  go test "$$(dirname "$$file")" -run '^$$' -fuzz "^$${target#func }\$$" -fuzztime $(SOAK) </dev/null || exit 1; \
	done
	WEIR_SOAK=1 go test -timeout 2h -run '^TestKilled$$' ./integration
	go test -race ./...
