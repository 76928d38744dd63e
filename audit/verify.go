package audit

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/bongsu/bongsu/text"
)

// A Report is what Verify found.
type Report struct {
	Entries uint64    `json:"entries"`
	First   time.Time `json:"first,omitzero"`
	Last    time.Time `json:"last,omitzero"`
	Head    Head      `json:"head"` // worth noting where nobody with access to this machine can write
	// Broken is the first entry at which the chain breaks; nil if it is whole.
	Broken *Break `json:"broken,omitempty"`
	Anchor Anchor `json:"anchor"`
	// Strangers are the heads given to Verify that are not of this chain.
	Strangers []Head `json:"strangers,omitempty"`
}

// A Break is where the chain does not hold.
type Break struct {
	Sequence uint64    `json:"sequence"`
	What     text.Said `json:"what"`
}

// Whole says that nothing speaks against the log: the chain holds, ends where
// the anchor says or behind it, and passes through every head that was given.
func (r Report) Whole() bool {
	anchored := r.Anchor.State == AnchorHolds || r.Anchor.State == AnchorNone ||
		r.Anchor.State == AnchorMissing && r.Entries == 0
	return r.Broken == nil && anchored && len(r.Strangers) == 0
}

var (
	sayMissing = text.Message{
		EN: "Entry {want} is missing; entry {got} comes in its place.",
		KO: "{want}번 기록이 없고 그 자리에 {got}번 기록이 있습니다.",
	}
	sayChanged = text.Message{
		EN: "Entry {got} was changed after it was recorded: its hash does not go with what it says.",
		KO: "{got}번 기록이 남겨진 뒤에 바뀌었습니다. 해시가 내용과 맞지 않습니다.",
	}
	sayUnchained = text.Message{
		EN: "Entry {got} does not follow the one before it: one of the two was replaced.",
		KO: "{got}번 기록이 앞 기록과 이어지지 않습니다. 둘 가운데 하나가 바뀌치기되었습니다.",
	}
	sayWhole = text.Message{
		EN: "The chain of {n} {n|entry|entries} is whole.",
		KO: "기록 {n}건의 사슬에 끊긴 곳이 없습니다.",
	}
	sayBehind = text.Message{
		EN: "The last {n} {n|entry is|entries are} newer than the anchor, as after a crash. That they are the last cannot be shown.",
		KO: "마지막 {n}건은 기준 파일보다 나중에 남겨졌습니다. 갑자기 꺼졌을 때 생기는 일이며, 이것이 끝인지는 확인할 수 없습니다.",
	}
	sayAnchor = map[AnchorState]text.Message{
		AnchorMissing: {
			EN: "The anchor file is missing, so it cannot be shown that no entries were taken off the end.",
			KO: "기준 파일이 없어서, 끝부분의 기록이 지워지지 않았는지 확인할 수 없습니다.",
		},
		AnchorUnreadable: {
			EN: "The anchor file does not hold an entry's number and hash, so it cannot be shown that no entries were taken off the end.",
			KO: "기준 파일에 기록 번호와 해시가 들어 있지 않아서, 끝부분의 기록이 지워지지 않았는지 확인할 수 없습니다.",
		},
		AnchorAhead: {
			EN: "The anchor names entry {noted}, but the log ends at {last}: entries were taken off the end, or an older backup was put back.",
			KO: "기준 파일은 {noted}번 기록을 가리키지만 기록은 {last}번에서 끝납니다. 끝부분이 지워졌거나 예전 백업을 되돌린 것입니다.",
		},
		AnchorDiffers: {
			EN: "Entry {noted} is not the one that the anchor names: the log was written anew.",
			KO: "{noted}번 기록이 기준 파일이 가리키는 기록과 다릅니다. 기록이 새로 쓰였습니다.",
		},
	}
	sayStranger = text.Message{
		EN: "Entry {noted} with hash {hash} is not of this log: it was written anew, or entries were taken off the end.",
		KO: "해시가 {hash}인 {noted}번 기록은 이 기록에 없습니다. 기록이 새로 쓰였거나 끝부분이 지워졌습니다.",
	}
	sayLimit = text.Message{
		EN: "Somebody who can write both the database and the anchor can write a new log. Note number {last} and hash {hash} in a place that they cannot write.",
		KO: "데이터베이스와 기준 파일을 모두 쓸 수 있는 사람은 기록 전체를 새로 만들 수 있습니다. {last}번과 해시 {hash|을를} 그 사람이 쓸 수 없는 곳에 적어 두십시오.",
	}
)

// Say tells the report to people, the worst first.
func (r Report) Say() []text.Said {
	args := func(h Head) text.Args {
		return text.Args{
			"noted": fmt.Sprint(h.Sequence), "hash": h.Hash, "last": fmt.Sprint(r.Head.Sequence),
			"n": int64(r.Entries), //nolint:gosec // a count
		}
	}
	var out []text.Said
	if r.Broken != nil {
		out = append(out, r.Broken.What)
	}
	for _, h := range r.Strangers {
		out = append(out, sayStranger.Say(args(h)))
	}
	if m, ok := sayAnchor[r.Anchor.State]; ok && (r.Entries > 0 || r.Anchor.State != AnchorMissing) {
		out = append(out, m.Say(args(r.Anchor.Found)))
	}
	if r.Broken != nil {
		return out
	}
	out = append(out, sayWhole.Say(args(r.Head)))
	if n := r.Anchor.Head.Sequence - r.Anchor.Found.Sequence; r.Anchor.State == AnchorHolds && n > 0 {
		out = append(out, sayBehind.Say(text.Args{"n": int64(n)})) //nolint:gosec // a count
	}
	if r.Entries > 0 {
		out = append(out, sayLimit.Say(args(r.Head)))
	}
	return out
}

// Verify walks the whole chain. known are heads that were noted elsewhere,
// which the chain must pass through. An error says that it could not be read,
// not that it is broken.
func (l *Log) Verify(ctx context.Context, known ...Head) (Report, error) {
	return Verify(ctx, l.store, l.anchor, known...)
}

var errStop = errors.New("chain is broken")

// Verify verifies a log that nobody has open, as Log.Verify does; anchor is the
// path of its anchor.
func Verify(ctx context.Context, store Store, anchor string, known ...Head) (Report, error) {
	var r Report
	var err error
	if r.Anchor, err = compare(ctx, store, anchor); err != nil {
		return r, fmt.Errorf("verify audit log: %w", err)
	}
	err = store.Walk(ctx, Filter{}, func(e Entry) error {
		args := text.Args{"want": fmt.Sprint(r.Head.Sequence + 1), "got": fmt.Sprint(e.Sequence)}
		breaks := func(m text.Message) error {
			r.Broken = &Break{Sequence: e.Sequence, What: m.Say(args)}
			return errStop
		}
		switch {
		case e.Sequence != r.Head.Sequence+1:
			err := breaks(sayMissing)
			r.Broken.Sequence = r.Head.Sequence + 1
			return err
		case e.Hash != Sum(e):
			return breaks(sayChanged)
		case e.Previous != r.Head.Hash:
			return breaks(sayUnchained)
		}
		if r.Entries == 0 {
			r.First = e.Time
		}
		r.Entries++
		r.Last = e.Time
		r.Head = Head{Sequence: e.Sequence, Hash: e.Hash}
		return nil
	})
	if err != nil && !errors.Is(err, errStop) {
		return r, fmt.Errorf("verify audit log: %w", err)
	}
	for _, head := range known {
		state, err := holds(ctx, store, head)
		if err != nil {
			return r, fmt.Errorf("verify audit log: %w", err)
		}
		if state != AnchorHolds {
			r.Strangers = append(r.Strangers, head)
		}
	}
	return r, nil
}
