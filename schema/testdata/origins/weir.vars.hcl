given = "in a file"
