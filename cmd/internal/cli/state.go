package cli

import (
	"github.com/spf13/cobra"

	"github.com/weir-dev/weir/engine"
)

func (a *app) stateCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "state",
		Short: "Look at the history of the clusters' state repositories, and verify them",
		Args:  takes(),
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(a.stateLogCommand(), a.stateShowCommand(), a.stateVerifyCommand())
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
