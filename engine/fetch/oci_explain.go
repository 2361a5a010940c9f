package fetch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"oras.land/oras-go/v2/content"
	"oras.land/oras-go/v2/errdef"
	"oras.land/oras-go/v2/registry/remote/auth"
	"oras.land/oras-go/v2/registry/remote/errcode"

	"github.com/weir-dev/weir/engine/wire"
	"github.com/weir-dev/weir/schema/diag"
)

// explain says what a person can do about a failure; reference is the tag or
// digest that was asked for, empty for the list of tags. Nil stays nil, and what
// is not there stays errdef.ErrNotFound besides.
func (r *repository) explain(ctx context.Context, reference string, err error) error {
	var answer *errcode.ErrorResponse
	var cut *cutError
	host := r.asker.base.Host
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	}
	if told := told(err); told != nil {
		return told
	}
	switch {
	case errors.Is(err, errdef.ErrNotFound):
		return r.missing(reference, err)
	case errors.Is(err, auth.ErrBasicCredentialNotFound):
		return r.asker.nobody(http.StatusUnauthorized, r.asker.base, "")
	case errors.As(err, &answer):
		if answer.StatusCode == http.StatusNotFound && wire.SameOrigin(answer.URL, r.asker.base) {
			return r.missing(reference, err)
		}
		return r.asker.refused(answer)
	case errors.Is(err, content.ErrMismatchedDigest), errors.Is(err, content.ErrTrailingData), reference != "" && errors.Is(err, io.ErrUnexpectedEOF) && !errors.As(err, &cut):
		return refuse(host+" sends something else than it names", fmt.Sprintf("What it gave for %s has another digest or size.", r.asked(reference)), "Tell who runs the registry: something on the way changes content, or its storage is damaged.")
	case errors.Is(err, errdef.ErrTooManyPages):
		return refuse(fmt.Sprintf("%s has too many tags", r.at.chart()), fmt.Sprintf("They do not fit into %d pages, or %d bytes.", maxPages, maxTags), "Name an exact version.")
	case errors.As(err, &cut):
		return temporary(diag.RefuseFor(err, diag.Diagnostic{
			Summary: host + " broke off", Detail: fmt.Sprintf("What it sent of %s was not whole: %s.", r.asked(reference), plainly(err)), Remedy: "Try again; if it stays so, ask who runs the registry.",
		}), 0)
	case isJSON(err):
		return refuse(host+" does not answer as a registry does", fmt.Sprintf("What it gave for %s is not the JSON that registries give.", r.asked(reference)), "Check the address; if it is right, ask who runs the registry.")
	}
	return refuse(host+" does not answer as a registry does", diag.Sentence(innermost(err)), "Check the address; if it is right, ask who runs the registry.")
}

// told is what was explained where it happened, without what libraries put
// around it: their texts repeat URLs.
func told(err error) error {
	var again *temporaryError
	if errors.As(err, &again) {
		return again
	}
	if list, ok := diag.Refused(err); ok {
		return diag.Refuse(list...)
	}
	return nil
}

// isJSON tells whether a text was no JSON, too long for it, or not of the right
// kind.
func isJSON(err error) bool {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	return errors.As(err, &syntax) || errors.As(err, &kind) || errors.Is(err, io.ErrUnexpectedEOF)
}

var queries = regexp.MustCompile(`\?[^"\s]*`)

// innermost is the text of the error that began it, without queries: they may
// be signatures.
func innermost(err error) string {
	for next := errors.Unwrap(err); next != nil; next = errors.Unwrap(err) {
		err = next
	}
	return strings.Join(wire.Said(queries.ReplaceAllString(err.Error(), "")), " ")
}

func (r *repository) asked(reference string) string {
	switch {
	case reference == "":
		return "the list of tags"
	case strings.Contains(reference, ":"):
		return r.at.origin(reference)
	}
	return r.at.chart() + ":" + reference
}

// hidden is what else may be behind an answer that there is nothing.
func (r *repository) hidden() string {
	if r.asker.known.Load() == nil {
		return fmt.Sprintf(" Some registries answer so, too, when one has to log in first: `weir login %s`.", r.at.Registry)
	}
	return " Some registries answer so, too, when an account may not see it."
}

// missing says what is not there.
func (r *repository) missing(reference string, err error) error {
	hidden := r.hidden()
	var d diag.Diagnostic
	switch {
	case reference == "":
		d = diag.Diagnostic{Summary: "there is no chart " + r.at.chart(), Remedy: "Correct the address: host, path and name of the chart." + hidden}
	case strings.Contains(reference, ":"):
		d = diag.Diagnostic{Summary: fmt.Sprintf("%s does not have the chart any more", r.asker.base.Host),
			Detail: fmt.Sprintf("It has no %s.", r.asked(reference)), Remedy: "If the version was withdrawn, take another one with `weir update`." + hidden}
	default:
		d = diag.Diagnostic{Summary: "there is no " + r.asked(reference), Remedy: "Correct the tag, or the address." + hidden}
	}
	return diag.RefuseFor(fmt.Errorf("%w: %w", errdef.ErrNotFound, err), d)
}

// nobody says that somebody has to be known.
func (a *asker) nobody(code int, at *url.URL, text string) error {
	user, password := variables(a.base.Hostname())
	return refuse(a.at.Registry+" wants to know who asks", fmt.Sprintf("It answered %d to a request without credentials for %s. None for %s were found: %s.%s", code, shownURL(at), a.at.Registry, a.client.access.places(), text),
		fmt.Sprintf("Run `weir login %s`, or set %s and %s.", a.at.Registry, user, password))
}

// refused explains an answer that is no success.
func (a *asker) refused(answer *errcode.ErrorResponse) error {
	login, code, host := a.known.Load(), answer.StatusCode, answer.URL.Host
	denied := code == http.StatusUnauthorized || code == http.StatusForbidden
	text := a.said(answer.Errors)
	switch {
	case denied && !a.asked.Load():
		return refuse(host+" forbids it", fmt.Sprintf("It answered %d for %s, and did not ask for credentials.%s", code, shownURL(answer.URL), text), "Check the address; if it is right, ask who runs the registry.")
	case denied && login == nil && wire.SameOrigin(answer.URL, a.base):
		return a.nobody(code, answer.URL, text)
	case denied && login == nil:
		return refuse(host+" wants to know who asks", fmt.Sprintf("It is where %s sends those who ask, and answered %d to a request without credentials.%s", a.at.Registry, code, text), fmt.Sprintf("Run `weir login %s`.", a.at.Registry))
	case code == http.StatusUnauthorized:
		return refuse(a.at.Registry+" does not take the credentials", fmt.Sprintf("%s answered %d to the credentials from %s. They have expired, are mistyped, or are for another registry.%s", host, code, login.source, text), login.again)
	case code == http.StatusForbidden:
		return refuse(a.at.Registry+" forbids it", fmt.Sprintf("%s answered %d to the credentials from %s for %s.%s", host, code, login.source, shownURL(answer.URL), text), "Let this account read the chart, or log in with another one.")
	}
	return refuse(host+" refuses the request", fmt.Sprintf("It answered %d for %s.%s", code, shownURL(answer.URL), text), "Check the address; if it is right, ask who runs the registry.")
}

// said is what a registry says in its answer; it says no secret back.
func (a *asker) said(all errcode.Errors) string {
	var lines []string
	for _, e := range all {
		text := e.Message
		if text == "" {
			text = e.Code
		}
		if login := a.known.Load(); login != nil {
			for _, secret := range []string{login.Password, login.RefreshToken, login.AccessToken} {
				if secret != "" {
					text = strings.ReplaceAll(text, secret, "…")
				}
			}
		}
		lines = append(lines, wire.Said(text)...)
	}
	if len(lines) == 0 {
		return ""
	}
	return " It says:\n  " + strings.Join(lines[:min(len(lines), 5)], "\n  ")
}
