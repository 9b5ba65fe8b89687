package onelogin

// String keeps secrets out of logs.
func (c Config) String() string { return "OneLogin configuration" }

// GoString is String.
func (c Config) GoString() string { return c.String() }

// String keeps secrets out of logs.
func (d *Driver) String() string { return "OneLogin at " + d.base }

// GoString is String.
func (d *Driver) GoString() string { return d.String() }
