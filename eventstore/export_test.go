package eventstore

// The file system as tests replace it.
type (
	Disk   = disk
	File   = file
	OSDisk = osDisk
)

// SetDisk makes a store use another file system.
func (c *Config) SetDisk(d Disk) { c.disk = d }

// Full marks errors that say that there is no room.
func Full(err error) error { return full(err) }
