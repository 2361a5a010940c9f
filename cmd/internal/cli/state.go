package cli

import (
	"context"
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

// beginReading is begin for the commands below, with what they need to reach the
// states and what they have to close.
func (a *app) beginReading(ctx context.Context) (run engine.Run, reading engine.Reading, done func(), err error) {
	if run, err = a.begin(ctx); err != nil {
		return engine.Run{}, engine.Reading{}, nil, err
	}
	store, clones, err := a.openCache()
	if err != nil {
		return engine.Run{}, engine.Reading{}, nil, err
	}
	return run, engine.Reading{Access: a.access(), Clones: clones}, func() { store.Close() }, nil
}
