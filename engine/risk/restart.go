package risk

var restartRules = []Rule{}
