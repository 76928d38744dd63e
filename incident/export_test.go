package incident

import "context"

// Pass is what Run does each second.
func (d *Desk) Pass(ctx context.Context) error {
	_, err := d.pass(ctx, false)
	return err
}

// Publish tells of n changes, one by one.
func (d *Desk) Publish(n int) {
	for range n {
		d.tell([]Change{{Kind: IncidentChanged}})
	}
}
