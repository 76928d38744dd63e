package zeek

import (
	"strconv"
	"strings"

	"github.com/bongsu/bongsu/decode"
	"github.com/bongsu/bongsu/event"
)

func http(c *call) {
	r := &c.row
	e := c.event(event.HTTPActivity, c.at)
	transport(e, "tcp")
	e.SetStr(event.AppProtocol, "http")
	method := r.take("method")
	e.SetMethod(method)
	host, uri := r.take("host"), r.take("uri")
	decode.SetURL(e, decode.URL{Method: method, Host: host, Target: uri, Server: e.Str(event.DstIP), ServerPort: e.Int(event.DstPort)})
	e.SetText(event.HTTPUserAgent, r.take("user_agent"))
	e.SetText(event.HTTPReferrer, r.take("referrer"))
	e.SetText(event.HTTPVersion, r.take("version"))
	if !e.Has(event.HTTPURL) && !e.Has(event.HTTPPath) && (method != "" || host != "") {
		e.SetStr(event.HTTPPath, "/") // OCSF wants a path or a whole address
	}
	if n := r.number("request_body_len"); n >= 0 && e.Has(event.HTTPMethod) {
		e.SetInt(event.HTTPRequestLen, n)
	}
	status := r.number("status_code")
	if status >= 0 {
		e.SetInt(event.HTTPStatus, status)
		e.SetText(event.HTTPStatusText, r.take("status_msg"))
		if n := r.number("response_body_len"); n >= 0 {
			e.SetInt(event.HTTPResponseLen, n)
		}
		if types := r.list("resp_mime_types"); len(types) > 0 {
			e.SetText(event.HTTPContentType, types[0])
		}
	}
	if !e.Has(event.HTTPMethod) && !e.Has(event.HTTPStatus) && !e.Has(event.HTTPPath) && !e.Has(event.HTTPURL) && !e.Has(event.HTTPUserAgent) {
		e.SetStr(event.HTTPPath, "/")
	}
	user := r.take("username")
	if user == "" {
		return
	}
	login := c.login("http", user)
	login.SetInt(event.AuthProtocolID, 11)
	login.SetStr(event.AuthProtocol, "Basic Authentication")
	login.SetBool(event.IsCleartext, true)
	switch {
	case status == 401 || status == 403 || status == 407:
		login.SetStatus(event.Failure)
		login.SetText(event.StatusDetail, e.Str(event.HTTPStatusText))
	case status >= 200 && status < 400:
		login.SetStatus(event.Success)
	}
}

func ssh(c *call) {
	r := &c.row
	e := c.event(event.SSHActivity, c.at)
	e.SetActivity(event.ConnOpen)
	e.SetStr(event.AppProtocol, "ssh")
	transport(e, "tcp")
	if version := r.take("version"); version != "" {
		e.SetStr(event.ProtocolVersion, version)
	}
	for p, name := range map[event.Path]string{event.ClientHASSH: "hassh", event.ServerHASSH: "hasshServer"} {
		if fingerprint := r.take(name); fingerprint != "" {
			e.SetStr(p, `{"fingerprint":`+md5Print(fingerprint)+`}`)
		}
	}
	attempts := r.text("auth_attempts")
	success, told := r.truth("auth_success")
	if !told {
		return
	}
	login := c.login("ssh", "")
	login.SetStatus(outcome(success))
	if n, ok := decode.Number(attempts); ok && n > 0 {
		login.SetInt(event.Count, n)
	}
}

func outcome(success bool) int {
	if success {
		return event.Success
	}
	return event.Failure
}

// ftp tells a login once a connection: at PASS, or, where Zeek leaves that out
// as it does by default, at the first command of a user who is in.
func ftp(c *call) {
	r := &c.row
	uid := r.text("uid")
	e := c.event(event.FTPActivity, c.at)
	e.SetStr(event.AppProtocol, "ftp")
	transport(e, "tcp")
	command := strings.ToUpper(r.take("command"))
	e.SetText(event.FTPCommand, command)
	if command == "PASS" {
		r.drop("arg")
	}
	activity, ok := map[string]int{"STOR": 1, "STOU": 1, "APPE": 1, "RETR": 2, "DELE": 4, "RNFR": 5, "RNTO": 5, "LIST": 6, "NLST": 6, "MLSD": 6}[command]
	switch {
	case ok:
		e.SetActivity(activity)
	case command != "":
		named(e, command)
	}
	code, reply := r.number("reply_code"), r.take("reply_msg")
	if code >= 0 {
		e.SetStr(event.FTPCodes, "["+strconv.FormatInt(code, 10)+"]")
	}
	if reply != "" {
		e.SetStr(event.FTPResponses, "["+string(event.AppendQuoted(nil, reply))+"]")
	}
	user := r.take("user")
	if user == "" || user == "<unknown>" || command == "USER" || command == "AUTH" {
		return
	}
	var status int
	switch {
	case code == 230 || code == 202:
		status = event.Success
	case code == 530 || command == "PASS" && code >= 400:
		status = event.Failure
	case command != "PASS":
		status = event.Success
	}
	if status != event.Failure {
		if c.d.seen.Get(uid) {
			return
		}
		c.d.seen.Set(uid, true)
	}
	login := c.login("ftp", user)
	login.SetBool(event.IsCleartext, true)
	if status != 0 {
		login.SetStatus(status)
	}
	if status == event.Failure {
		login.SetText(event.StatusDetail, reply)
	}
}

func smtp(c *call) {
	r := &c.row
	from, to := r.take("mailfrom"), r.list("rcptto")
	if from == "" && len(to) == 0 && !r.has("from") && !r.has("to") {
		e := c.event(event.NetworkActivity, c.at)
		if !e.Has(event.SrcIP) && !e.Has(event.DstIP) {
			c.out = c.out[:c.before]
			base(c)
			return
		}
		named(e, c.log)
		e.SetStr(event.AppProtocol, "smtp")
		return
	}
	e := c.event(event.EmailActivity, c.at)
	e.SetActivity(1)
	e.SetInt(event.DirectionEmail, 0)
	e.SetText(event.SMTPHello, r.take("helo"))
	decode.SetMail(e, decode.Mail{Sender: from, Recipients: to, From: r.take("from"), To: r.list("to")})
	e.SetText(event.EmailSubject, r.take("subject"))
	e.SetText(event.EmailUID, r.take("msg_id"))
}

func kerberos(c *call) {
	r := &c.row
	e := c.event(event.Authentication, c.at)
	principal := r.take("client")
	user, realm := principal, ""
	if i := strings.LastIndexByte(principal, '/'); i > 0 {
		user, realm = principal[:i], principal[i+1:]
	}
	c.describeLogin(e, "kerberos", user)
	e.SetText(event.UserDomain, realm)
	e.SetStr(event.AuthProtocol, "Kerberos")
	e.SetInt(event.AuthProtocolID, 2)
	e.SetActivity(event.Ticket)
	if r.take("request_type") == "TGS" {
		e.SetActivity(4)
	}
	reason := r.take("error_msg")
	e.SetText(event.StatusDetail, reason)
	// The first request of an ordinary login is refused with a demand for
	// pre-authentication (RFC 4120 §5.2.7): that is no failure.
	if success, told := r.truth("success"); told && !strings.Contains(reason, "PREAUTH_REQUIRED") {
		e.SetStatus(outcome(success))
	}
}

func ntlm(c *call) {
	r := &c.row
	e := c.event(event.Authentication, c.at)
	service := "ntlm"
	if port := e.Int(event.DstPort); port == 445 || port == 139 {
		service = "smb"
	}
	c.describeLogin(e, service, r.take("username"))
	e.SetText(event.UserDomain, r.take("domainname"))
	e.SetText(event.SrcHostname, r.take("hostname"))
	e.SetText(event.DstHostname, r.take("server_dns_computer_name"))
	e.SetStr(event.AuthProtocol, "NTLM")
	e.SetInt(event.AuthProtocolID, 1)
	if success, told := r.truth("success"); told {
		e.SetStatus(outcome(success))
	}
}

func rdp(c *call) {
	r := &c.row
	e := c.event(event.RDPActivity, c.at)
	e.SetActivity(6)
	e.SetStr(event.AppProtocol, "rdp")
	transport(e, "tcp")
	e.SetText(event.UserName, r.text("cookie"))
	e.SetText(event.SrcHostname, r.take("client_name"))
}

func share(c *call) {
	r := &c.row
	e := c.event(event.SMBActivity, c.at)
	named(e, "Tree Connect")
	e.SetStr(event.AppProtocol, "smb")
	transport(e, "tcp")
	e.SetText(event.ShareName, r.take("path"))
}

func sharedFile(c *call) {
	r := &c.row
	e := c.event(event.SMBActivity, c.at)
	e.SetStr(event.AppProtocol, "smb")
	transport(e, "tcp")
	if action := strings.TrimPrefix(r.take("action"), "SMB::FILE_"); action == "OPEN" {
		e.SetActivity(2)
	} else {
		named(e, action)
	}
	folder, name := r.take("path"), r.take("name")
	e.SetText(event.ShareName, folder)
	if name != "" {
		e.SetStr(event.FilePath, name)
		e.SetStr(event.FileName, name[strings.LastIndexByte(name, '\\')+1:])
		e.SetInt(event.FileTypeID, 0)
		if n := r.number("size"); n >= 0 {
			e.SetInt(event.FileSize, n)
		}
	}
}
