format = 2

chart "a/a" { new = true }
