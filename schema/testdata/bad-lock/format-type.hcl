format = "1"
