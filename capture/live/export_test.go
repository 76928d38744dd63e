package live

// DefaultRoute4 lets the tests read tables of other machines.
func DefaultRoute4(table string) string { return defaultRoute4(table) }

// DefaultRoute6 does so for IPv6.
func DefaultRoute6(table string) string { return defaultRoute6(table) }
