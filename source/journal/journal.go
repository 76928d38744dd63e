// Package journal follows systemd's journal through journalctl, entry by entry
// in JSON, and goes on behind the entry that was last kept.
//
// It does not read journal files itself: their format may change, journalctl's
// output may not. What the entries say is for the decoders of syslog and of
// logins, which read them like the lines of a log file.
package journal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/bongsu/bongsu/source"
	"github.com/bongsu/bongsu/text"
)

// Bounds.
const (
	// MaxRecord is the length of the longest entry that is kept whole.
	MaxRecord = 1 << 20
	maxBatch  = 1000
	chunk     = 64 << 10
	// maxComplaint is how much of what journalctl complains of is kept.
	maxComplaint = 2 << 10
	// maxCursor is the longest cursor that is believed.
	maxCursor = 512
)

// fields are what is asked for: the message, and what tells who wrote it.
const fields = "MESSAGE,PRIORITY,SYSLOG_FACILITY,SYSLOG_IDENTIFIER,SYSLOG_PID,_SOURCE_REALTIME_TIMESTAMP,_HOSTNAME,_TRANSPORT," +
	"_PID,_UID,_GID,_COMM,_EXE,_CMDLINE,_SYSTEMD_UNIT,_AUDIT_SESSION,_AUDIT_LOGINUID,_BOOT_ID,_MACHINE_ID"

// Kind describes the source.
func Kind() source.Kind {
	return source.Kind{
		Name: "journal",
		Doc:  "systemd's journal, through journalctl",
		Keys: []source.Key{
			{Name: "match", Doc: "FIELD=value, a list: only entries with one of the values of each field. Without it all entries"},
			{Name: "from", Default: "end", Doc: "where to begin at the very first start: end or beginning. Later it goes on where it was"},
			{Name: "directory", Doc: "folder with journal files, where it is not this machine's"},
			{Name: "command", Default: "journalctl", Doc: "the program, where it is not on the path"},
		},
		New:   open,
		Local: local,
	}
}

// logins are the facilities auth and authpriv, which an auth log holds.
const logins = "SYSLOG_FACILITY=4\nSYSLOG_FACILITY=10"

// localTime bounds how long the question whether there is a journal may take.
const localTime = 5 * time.Second

// local reads the logins of this machine, if its journal may be read.
func local(ctx context.Context) (source.Settings, error) {
	const command = "journalctl"
	ctx, cancel := context.WithTimeout(ctx, localTime)
	defer cancel()
	var complaint tail
	cmd := exec.CommandContext(ctx, command, "--lines=1", "--output=json", "--no-pager")
	cmd.Stderr = &complaint
	out, err := cmd.Output()
	if hidden(complaint.String()) {
		return nil, &source.Refusal{Err: errors.New("read journal: the system's entries may not be read"), Do: join.Say(nil)}
	}
	if err != nil {
		return nil, failure(command, err, complaint.String())
	}
	if !bytes.HasPrefix(out, []byte("{")) {
		return nil, errors.New("read journal: there is none")
	}
	return source.Settings{"match": logins}, nil
}

var matchForm = regexp.MustCompile(`^[A-Z0-9_]+=[^\x00]*$`)

func open(s source.Settings, env source.Env) (source.Source, error) {
	r := s.Read()
	j := &journal{
		env:       env,
		matches:   r.List("match"),
		beginning: r.Choice("from", "end", "beginning") == "beginning",
		directory: r.Text("directory", ""),
		command:   r.Text("command", "journalctl"),
	}
	for _, m := range j.matches {
		if !matchForm.MatchString(m) {
			r.Fail("match %q is not FIELD=value, such as SYSLOG_FACILITY=10", m)
		}
	}
	if err := r.Err(); err != nil {
		return nil, err
	}
	return j, nil
}

// journal is the source.
type journal struct {
	env       source.Env
	matches   []string
	beginning bool
	directory string
	command   string

	cursor   string // of the entry that was last handed on
	position uint64 // of entries without a cursor
	cut      atomic.Uint64
	lost     atomic.Uint64
}

var cursorForm = regexp.MustCompile(`^[a-z]=[0-9a-f]+(;[a-z]=[0-9a-f]+)*$`)

// Resume goes on behind the entry with this cursor.
func (j *journal) Resume(mark string) error {
	if mark != "" && (len(mark) > maxCursor || !cursorForm.MatchString(mark)) {
		return fmt.Errorf("mark %.80q is no cursor of a journal", mark)
	}
	j.cursor = mark
	return nil
}

// Counts tells what happened beside the records.
func (j *journal) Counts() map[string]uint64 {
	return map[string]uint64{"cut": j.cut.Load(), "cursors_lost": j.lost.Load()}
}

// Run follows the journal until ctx ends. It is refused where there is no
// journalctl or the journal may not be read.
func (j *journal) Run(ctx context.Context, emit source.Emit) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	args := []string{"--follow", "--output=json", "--no-pager", "--all", "--output-fields=" + fields}
	if j.directory != "" {
		args = append(args, "--directory="+j.directory)
	}
	switch {
	case j.cursor != "":
		args = append(args, "--no-tail", "--after-cursor="+j.cursor)
	case j.beginning:
		args = append(args, "--no-tail")
	default:
		args = append(args, "--lines=0")
	}
	args = append(args, j.matches...)

	var complaint tail
	cmd := exec.CommandContext(ctx, j.command, args...)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = time.Second
	cmd.Stderr = &complaint
	out, err := cmd.StdoutPipe()
	if err != nil {
		return fmt.Errorf("read journal: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return failure(j.command, err, "")
	}
	failed := j.read(ctx, out, emit)
	ended := ctx.Err() != nil
	cancel()
	err = cmd.Wait()
	switch {
	case failed != nil:
		return failed
	case ended:
		return nil
	}
	said := complaint.String()
	if j.cursor != "" && strings.Contains(said, "cursor") {
		j.cursor = "" // it will not be better the next time
		j.lost.Add(1)
	}
	if err == nil || errors.Is(err, context.Canceled) { // only what had ended already was cancelled
		err = errors.New("it has ended by itself")
	}
	return failure(j.command, err, said)
}

// read hands on entries until there are no more.
func (j *journal) read(ctx context.Context, out io.Reader, emit source.Emit) error {
	var (
		buf     = make([]byte, 0, chunk)
		skip    bool
		records []source.Record
	)
	for {
		if len(buf) == cap(buf) {
			buf = append(make([]byte, 0, 2*cap(buf)), buf...)
		}
		n, err := out.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		now := j.env.Clock()
		used := 0
		for more := true; more; {
			records = records[:0]
			for len(records) < maxBatch {
				rest := buf[used:]
				i := bytes.IndexByte(rest, '\n')
				if i < 0 {
					more = false
					if len(rest) > MaxRecord {
						if !skip {
							j.cut.Add(1)
							records = append(records, j.record(rest[:MaxRecord], true, now))
						}
						skip, used = true, len(buf)
					}
					break
				}
				line := rest[:i]
				used += i + 1
				switch {
				case skip:
					skip = false
				case len(line) > 0 && line[0] == '{':
					cut := len(line) > MaxRecord
					if cut {
						j.cut.Add(1)
					}
					records = append(records, j.record(line[:min(len(line), MaxRecord)], cut, now))
				}
			}
			if len(records) == 0 {
				break
			}
			if err := emit(ctx, records); err != nil {
				return fmt.Errorf("hand on journal entries behind %s: %w", j.cursor, err)
			}
			for i := len(records) - 1; i >= 0; i-- {
				if records[i].Mark != "" {
					j.cursor = records[i].Mark
					break
				}
			}
		}
		rest := buf[used:]
		if cap(buf) > chunk && len(rest) < chunk {
			buf = make([]byte, 0, chunk)
		}
		buf = append(buf[:0], rest...)
		if err != nil {
			return nil //nolint:nilerr // whatever it is, journalctl's end tells more
		}
	}
}

// record makes a record of an entry. A cursor names it for good: s= is the
// journal, i= the entry's number in it.
func (j *journal) record(line []byte, cut bool, now time.Time) source.Record {
	r := source.Record{Body: line, Cut: cut, Origin: source.Origin{Source: j.env.ID, Received: now}}
	if cursor := cursorOf(line); cursor != "" {
		r.Mark = cursor
		for part := range strings.SplitSeq(cursor, ";") {
			switch name, value, _ := strings.Cut(part, "="); name {
			case "s":
				r.Source = value
			case "i":
				r.Position, _ = strconv.ParseUint(value, 16, 63)
			}
		}
		return r
	}
	j.position++
	r.Position = j.position
	return r
}

// cursorOf returns the cursor of an entry, "" where it has none that can be
// used. Looking for it costs a tenth of reading the JSON.
func cursorOf(line []byte) string {
	const key = `"__CURSOR":"`
	_, rest, ok := bytes.Cut(line, []byte(key))
	if !ok {
		_, rest, ok = bytes.Cut(line, []byte(`"__CURSOR" : "`)) // systemd before 236
	}
	end := bytes.IndexByte(rest, '"')
	if !ok || end < 0 || end > maxCursor || !cursorForm.Match(rest[:end]) {
		return ""
	}
	return string(rest[:end])
}

// hidden recognises that journalctl shows the caller's own entries only.
func hidden(complaint string) bool {
	return strings.Contains(complaint, "not seeing messages from other users") || strings.Contains(complaint, "insufficient permissions")
}

// failure makes an error of how journalctl has ended.
func failure(command string, err error, complaint string) error {
	said, _, _ := strings.Cut(strings.TrimSpace(complaint), "\n")
	switch {
	case errors.Is(err, exec.ErrNotFound), errors.Is(err, syscall.ENOENT):
		return &source.Refusal{Err: fmt.Errorf("run %s: %w", command, err), Do: install.Say(text.Args{"command": command})}
	case hidden(complaint):
		return &source.Refusal{Err: fmt.Errorf("run %s: %s", command, said), Do: join.Say(nil)}
	case said != "":
		return fmt.Errorf("run %s: %w: %s", command, err, said)
	}
	return fmt.Errorf("run %s: %w", command, err)
}

var (
	install = text.Message{
		EN: "There is no {command} here. Name the log file of logins in sources.tail instead, or set command to where journalctl is.",
		KO: "{command|이가} 없습니다. 대신 sources.tail에 로그인 기록 파일을 지정하거나, command에 journalctl의 위치를 적어 주세요.",
	}
	join = text.Message{
		EN: "Let the account that Bongsu runs as read the journal, then start Bongsu again: `usermod -aG systemd-journal ACCOUNT`, or SupplementaryGroups=systemd-journal in the systemd unit.",
		KO: "봉수를 실행하는 계정이 저널을 읽을 수 있게 하고 봉수를 다시 시작해 주세요: `usermod -aG systemd-journal 계정`, 또는 systemd 유닛의 SupplementaryGroups=systemd-journal.",
	}
)

// tail keeps the last of what is written to it.
type tail struct {
	mu   sync.Mutex
	last []byte
}

func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.last = append(t.last, b...)
	if n := len(t.last) - maxComplaint; n > 0 {
		t.last = append(t.last[:0], t.last[n:]...)
	}
	return len(b), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.last)
}
