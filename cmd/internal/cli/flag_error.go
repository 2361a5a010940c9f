package cli

import (
	"encoding/csv"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
)

// flagError says in words what the flag library passes on from the parsers that
// it uses.
func flagError(_ *cobra.Command, err error) error {
	number, list := (*strconv.NumError)(nil), (*csv.ParseError)(nil)
	reword := func(cause error, hint string) error {
		return fmt.Errorf("%s: %s", strings.TrimSuffix(err.Error(), ": "+cause.Error()), hint)
	}
	switch {
	case errors.As(err, &list):
		return reword(list, "write names, with commas between them and without quotes")
	case !errors.As(err, &number):
		return err
	case number.Func == "ParseBool":
		return reword(number, "write true or false, or the flag alone")
	case errors.Is(err, strconv.ErrRange):
		return reword(number, "the number is too large")
	}
	return reword(number, "write a whole number")
}
