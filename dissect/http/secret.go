package http

import "bytes"

// maxKey is how much of a field's name is looked at.
const maxKey = 64

// mask stands for a password in what an event tells of a URL.
const mask = "***"

// cutPair takes one pair off a form.
func cutPair(b []byte) (pair, rest []byte) {
	if i := bytes.IndexByte(b, '&'); i >= 0 {
		return b[:i], b[i+1:]
	}
	return b, nil
}

// plainKey appends what a field's name says apart from case and punctuation:
// user[password], ctl00$txtPassword and USER_PW differ in nothing else. Of the
// paths that frameworks write only the last part counts.
func plainKey(dst, key []byte) []byte {
	start := len(dst)
	for i := 0; i < len(key) && len(dst)-start < maxKey; i++ {
		c := key[i]
		if c == '%' && i+2 < len(key) {
			if hi, lo := hexValue(key[i+1]), hexValue(key[i+2]); hi >= 0 && lo >= 0 {
				c = byte(hi<<4 | lo)
				i += 2
			}
		}
		switch c = lower(c); {
		case c >= 'a' && c <= 'z' || c >= '0' && c <= '9':
			dst = append(dst, c)
		case c == '$' || c == '.' || c == ':':
			dst = dst[:start]
		}
	}
	return dst
}

// prefixes are what sites put before the short words for a password or an id:
// the framework, the kind of member, the kind of field.
var prefixes = []string{
	"", "user", "usr", "u", "login", "log", "member", "mem", "mb", "m", "my", "admin", "adm", "account", "acct",
	"id", "j", "os", "txt", "input", "form", "web", "sso", "in", "p", "auth", "wp", "ftp", "mail", "email",
	"client", "customer", "cust", "staff", "emp", "employee", "student", "std", "stu", "login1", "inp", "tb", "edt", "f",
}

// shortWords for a password stand alone or after a prefix. Long ones stand
// anywhere.
var shortWords = []string{"pw", "pwd", "pass", "psw", "pswd", "psword", "pword", "passcode"}

func isPasswordKey(k []byte) bool {
	for _, w := range []string{"passw", "passphrase", "pwd"} {
		if bytes.Contains(k, []byte(w)) {
			return true
		}
	}
	return afterPrefix(k, shortWords)
}

func afterPrefix(k []byte, words []string) bool {
	for _, w := range words {
		if len(k) < len(w) || string(k[len(k)-len(w):]) != w {
			continue
		}
		front := k[:len(k)-len(w)]
		for _, p := range prefixes {
			if string(front) == p {
				return true
			}
		}
	}
	return false
}

// userRank says how likely a field names who logs on; 0 is not at all.
func userRank(k []byte) int {
	for _, w := range []string{"username", "userid", "userlogin", "usernm", "usrname", "usrid", "loginid", "loginname", "useremail", "memberid", "mbid", "accountname"} {
		if bytes.HasSuffix(k, []byte(w)) {
			return 4
		}
	}
	switch string(k) {
	case "user", "usr", "uid", "uname", "memid", "loginuser", "account", "mid", "userno", "empno", "userpid":
		return 3
	case "login", "id", "email", "log", "mail", "emailaddress":
		return 2
	case "name", "nick", "nickname", "phone", "mobile", "hp":
		return 1
	}
	if len(k) > 3 && afterPrefix(k, []string{"id", "email"}) {
		return 3
	}
	return 0
}

// maskQuery returns a query whose passwords are masked. What has none comes
// back as it is.
func maskQuery(q []byte) []byte {
	var out []byte
	from := 0 // what of q is in out
	for at := 0; at < len(q); {
		end := at + len(q[at:])
		if i := bytes.IndexByte(q[at:], '&'); i >= 0 {
			end = at + i
		}
		if i := bytes.IndexByte(q[at:end], '='); i > 0 && at+i+1 < end {
			var room [maxKey]byte
			if isPasswordKey(plainKey(room[:0], q[at:at+i])) {
				out = append(out, q[from:at+i+1]...)
				out = append(out, mask...)
				from = end
			}
		}
		at = end + 1
	}
	if from == 0 {
		return q
	}
	return append(out, q[from:]...)
}

// maskURL masks what a URL says of passwords: in its query, and before an "@".
func maskURL(u []byte) []byte {
	if i := bytes.Index(u, []byte("://")); i >= 0 {
		rest := u[i+3:]
		end := bytes.IndexAny(rest, "/?#")
		if end < 0 {
			end = len(rest)
		}
		if at := bytes.LastIndexByte(rest[:end], '@'); at >= 0 {
			if colon := bytes.IndexByte(rest[:at], ':'); colon >= 0 {
				masked := append(append([]byte(nil), u[:i+3+colon+1]...), mask...)
				u = append(masked, rest[at:]...)
			}
		}
	}
	i := bytes.IndexByte(u, '?')
	if i < 0 {
		return u
	}
	masked := maskQuery(u[i+1:])
	if len(masked) == len(u)-i-1 && bytes.Equal(masked, u[i+1:]) {
		return u
	}
	return append(append([]byte(nil), u[:i+1]...), masked...)
}

// unescape undoes the encoding of a form's value.
func unescape(b []byte) []byte {
	out := make([]byte, 0, len(b))
	for i := 0; i < len(b); i++ {
		c := b[i]
		switch {
		case c == '+':
			c = ' '
		case c == '%' && i+2 < len(b):
			if hi, lo := hexValue(b[i+1]), hexValue(b[i+2]); hi >= 0 && lo >= 0 {
				c = byte(hi<<4 | lo)
				i += 2
			}
		}
		out = append(out, c)
	}
	return out
}
