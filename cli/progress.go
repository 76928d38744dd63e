package cli

import (
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"

	"github.com/bongsu/bongsu/app"
	"github.com/bongsu/bongsu/text"
)

// progress draws a bar with rate and time left on a terminal, and nothing
// elsewhere. It is safe for concurrent use.
type progress struct {
	mu  sync.Mutex
	bar *progressbar.ProgressBar
	env Env
	on  bool
	// what is going on.
	what text.Message
}

func newProgress(env Env, quiet bool) *progress {
	return &progress{env: env, on: !quiet && terminal(env.Stderr) > 0, what: msgReading}
}

func (p *progress) set(now app.Progress) {
	if !p.on {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.bar == nil {
		p.bar = progressbar.NewOptions64(now.Total,
			progressbar.OptionSetWriter(p.env.Stderr),
			progressbar.OptionSetDescription(say(p.env.lang, p.what)),
			progressbar.OptionShowBytes(true),
			progressbar.OptionSetPredictTime(true),
			progressbar.OptionShowElapsedTimeOnFinish(),
			progressbar.OptionThrottle(100*time.Millisecond),
			progressbar.OptionClearOnFinish(),
			progressbar.OptionSetWidth(24),
		)
	}
	_ = p.bar.Set64(min(now.Bytes, now.Total)) // a bar that cannot be drawn is no reason to stop
}

func (p *progress) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.bar != nil {
		_ = p.bar.Finish()
	}
}
