package nats

func (b *Bus) checkBlocks() error { return nil }
