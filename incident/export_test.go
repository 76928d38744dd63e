package incident

import "context"

// Pass is what Run does each second.
func (d *Desk) Pass(ctx context.Context) error {
	_, err := d.pass(ctx, false)
	return err
}
