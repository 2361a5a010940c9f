package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/weir-dev/weir/engine"
)

func (a *app) stateCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "state",
		Short: "Look at the history of the clusters' state repositories, and verify them",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return fmt.Errorf("weir state has no command %q: use log, show or verify", args[0])
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(a.mayFetch(a.stateLogCommand()), a.mayFetch(a.stateShowCommand()), a.mayFetch(a.stateVerifyCommand()))
	return cmd
}

// reading is what the commands below need to reach the states, and what they
// have to close.
func (a *app) reading() (reading engine.Reading, done func(), err error) {
	store, clones, err := a.openCache()
	if err != nil {
		return engine.Reading{}, nil, err
	}
	return engine.Reading{Access: a.access(), Clones: clones}, func() { store.Close() }, nil
}
