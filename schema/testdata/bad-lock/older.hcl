format = 0
