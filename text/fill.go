package text

func fill(template string, _ Args, _ Lang) string { return template }
