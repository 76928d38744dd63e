package eve

import (
	"strconv"
	"strings"

	"github.com/bongsu/bongsu/decode"
	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/wire/json"
)

func http(c *call) {
	v := c.root.Get("http")
	e := c.event(event.HTTPActivity)
	e.SetStr(event.AppProtocol, "http")
	method := v.Take("http_method").Str()
	e.SetMethod(method)
	host, _ := decode.SplitHost(v.Take("hostname").Str())
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	if p := v.Take("http_port").Text(); p != "" && p != "0" && p != "80" && host != "" {
		host += ":" + p
	}
	server := c.dst
	if ip, ok := decode.Address(server); ok {
		server = ip
	}
	decode.SetURL(e, decode.URL{Method: method, Host: host, Target: v.Take("url").Str(), Server: server, ServerPort: c.dport})
	e.SetText(event.HTTPUserAgent, v.Take("http_user_agent").Str())
	e.SetText(event.HTTPReferrer, v.Take("http_refer").Str())
	if version, ok := strings.CutPrefix(v.Get("protocol").Str(), "HTTP/"); ok {
		v.Get("protocol").Drop()
		e.SetText(event.HTTPVersion, version)
	}
	if !e.Has(event.HTTPURL) && !e.Has(event.HTTPPath) {
		e.SetStr(event.HTTPPath, "/") // OCSF wants a path or a whole address
	}
	status, answered := v.Take("status").Int()
	if answered {
		e.SetInt(event.HTTPStatus, status)
		e.SetText(event.HTTPContentType, v.Take("http_content_type").Str())
		if n, ok := v.Take("length").Int(); ok {
			e.SetInt(event.HTTPResponseLen, n)
		}
	}
	user := v.Take("http_user").Str()
	if user == "" {
		return
	}
	outcome := 0
	switch {
	case status == 401 || status == 403 || status == 407:
		outcome = event.Failure
	case status >= 200 && status < 400:
		outcome = event.Success
	}
	login := c.login("http", user, outcome)
	login.SetStr(event.AuthProtocol, "Basic Authentication")
	login.SetInt(event.AuthProtocolID, 11)
	login.SetBool(event.IsCleartext, true)
}

func ssh(c *call) {
	v := c.root.Get("ssh")
	e := c.event(event.SSHActivity)
	e.SetActivity(event.ConnOpen)
	e.SetStr(event.AppProtocol, "ssh")
	e.SetText(event.ProtocolVersion, v.Take("client", "proto_version").Str())
	for _, side := range [...]struct {
		path event.Path
		name string
	}{{event.ClientHASSH, "client"}, {event.ServerHASSH, "server"}} {
		if fingerprint := v.Take(side.name, "hassh", "hash").Str(); fingerprint != "" {
			e.SetStr(side.path, `{"fingerprint":`+md5Print(fingerprint)+`}`)
		}
	}
}

func smtp(c *call) {
	v, mail := c.root.Get("smtp"), c.root.Get("email")
	from, to := v.Take("mail_from"), v.Take("rcpt_to")
	if !from.Exists() && !to.Exists() && !mail.Get("from").Exists() && !mail.Get("to").Exists() {
		if !c.hasEndpoint() {
			other(c)
			return
		}
		c.named().SetStr(event.AppProtocol, "smtp")
		return
	}
	e := c.event(event.EmailActivity)
	e.SetActivity(1)
	e.SetInt(event.DirectionEmail, 0)
	e.SetText(event.SMTPHello, v.Take("helo").Str())
	decode.SetMail(e, decode.Mail{Sender: from.Str(), Recipients: texts(to), From: mail.Take("from").Str(), To: texts(mail.Take("to"))})
	e.SetText(event.EmailSubject, mail.Take("subject").Str())
	e.SetText(event.EmailUID, mail.Take("message_id").Str())
}

// texts returns the texts of an array.
func texts(v json.Value) []string {
	var out []string
	if v.Kind() == json.Array {
		for m := range v.Each {
			out = append(out, m.Str())
		}
	}
	return out
}

func ftp(c *call) {
	v := c.root.Get("ftp")
	e := c.event(event.FTPActivity)
	e.SetStr(event.AppProtocol, "ftp")
	command := strings.ToUpper(v.Take("command").Str())
	e.SetText(event.FTPCommand, command)
	if n, ok := map[string]int{"STOR": 1, "STOU": 1, "APPE": 1, "RETR": 2, "DELE": 4, "RNFR": 5, "RNTO": 5, "LIST": 6, "NLST": 6, "MLSD": 6}[command]; ok {
		e.SetActivity(n)
	} else if command != "" {
		e.SetActivity(99)
		e.SetStr(event.ActivityName, command)
	}
	codes, last := []byte{'['}, int64(0)
	for code := range v.Take("completion_code").Each {
		if n, ok := code.Int(); ok {
			if len(codes) > 1 {
				codes = append(codes, ',')
			}
			last = n
			codes = strconv.AppendInt(codes, n, 10)
		}
	}
	if len(codes) > 1 {
		e.SetStr(event.FTPCodes, string(append(codes, ']')))
	}
	reply := v.Take("reply")
	if reply.Kind() == json.Array {
		e.SetStr(event.FTPResponses, string(reply.AppendTo(nil)))
	}
	switch command {
	case "USER":
		c.d.users.Set(c.uid, v.Get("command_data").Str())
	case "PASS":
		v.Get("command_data").Drop()
		login := c.login("ftp", c.d.users.Get(c.uid), 0)
		login.SetBool(event.IsCleartext, true)
		switch {
		case last == 230 || last == 202:
			login.SetStatus(event.Success)
		case last >= 400:
			login.SetStatus(event.Failure)
			login.SetText(event.StatusDetail, lastText(reply))
		}
	}
}

func lastText(list json.Value) string {
	text := ""
	for v := range list.Each {
		text = v.Str()
	}
	return text
}

func pop3(c *call) {
	v := c.root.Get("pop3")
	e := c.named()
	e.SetStr(event.AppProtocol, "pop3")
	command := strings.ToUpper(v.Get("request", "command").Str())
	arguments := v.Get("request", "args")
	first := ""
	for a := range arguments.Each {
		first = a.Str()
		break
	}
	status := 0
	if success, ok := v.Get("response", "success").Bool(); ok {
		status = event.Failure
		if success {
			status = event.Success
		}
	}
	var user string
	switch command {
	case "USER":
		c.d.users.Set(c.uid, first)
		return
	case "PASS":
		user = c.d.users.Get(c.uid)
	case "APOP":
		user = first
	default:
		return
	}
	arguments.Drop()
	login := c.login("pop3", user, status)
	login.SetBool(event.IsCleartext, command == "PASS")
	if status == event.Failure {
		login.SetText(event.StatusDetail, v.Get("response", "status").Str())
	}
}

func mqtt(c *call) {
	v := c.root.Get("mqtt")
	e := c.named()
	e.SetStr(event.AppProtocol, "mqtt")
	user := v.Get("connect", "username").Text()
	if user == "" {
		return
	}
	status := 0
	code, ok := v.Get("connack", "return_code").Int()
	if !ok {
		code, ok = v.Get("connack", "reason_code").Int()
	}
	if ok {
		status = event.Success
		if code != 0 {
			status = event.Failure
		}
	}
	login := c.login("mqtt", user, status)
	login.SetBool(event.IsCleartext, true)
}

func krb5(c *call) {
	v := c.root.Get("krb5")
	c.turn(88)
	kind := v.Get("msg_type").Str()
	request := kind
	if kind == "KRB_ERROR" {
		request = v.Get("failed_request").Str()
	}
	e := c.login("kerberos", nameOf(v.Get("cname")), 0)
	e.SetText(event.UserDomain, nameOf(v.Get("realm")))
	e.SetStr(event.AuthProtocol, "Kerberos")
	e.SetInt(event.AuthProtocolID, 2)
	e.SetActivity(event.Ticket)
	if strings.Contains(request, "TGS") {
		e.SetActivity(4)
	}
	reason := v.Take("error_code").Text()
	switch {
	case kind == "KRB_ERROR":
		e.SetText(event.StatusDetail, reason)
		// The first request of an ordinary login is refused with a demand for
		// pre-authentication (RFC 4120 §5.2.7): that is no failure.
		if !strings.Contains(reason, "PREAUTH_REQUIRED") && reason != "25" {
			e.SetStatus(event.Failure)
		}
	case strings.HasSuffix(kind, "_REP"):
		e.SetStatus(event.Success)
	}
}

// nameOf takes what Suricata writes for a name that is not there as none.
func nameOf(v json.Value) string {
	v.Drop()
	if s := v.Str(); s != "<empty>" {
		return s
	}
	return ""
}

func smb(c *call) {
	v := c.root.Get("smb")
	e := c.event(event.SMBActivity)
	e.SetStr(event.AppProtocol, "smb")
	command := strings.TrimPrefix(strings.TrimPrefix(v.Take("command").Str(), "SMB2_COMMAND_"), "SMB1_COMMAND_")
	switch disposition := v.Get("disposition").Str(); {
	case command == "CREATE" && disposition == "FILE_OPEN":
		e.SetActivity(2)
	case command == "CREATE" && disposition == "FILE_CREATE":
		e.SetActivity(3)
	case command == "CREATE" && disposition == "FILE_OPEN_IF":
		e.SetActivity(4)
	default:
		e.SetActivity(99)
		e.SetStr(event.ActivityName, command)
	}
	e.SetText(event.ShareName, v.Take("share").Str())
	if name := v.Take("filename").Str(); name != "" {
		e.SetStr(event.FilePath, name)
		e.SetStr(event.FileName, name[strings.LastIndexByte(name, '\\')+1:])
		e.SetInt(event.FileTypeID, 0)
		if n, ok := v.Take("size").Int(); ok && n >= 0 {
			e.SetInt(event.FileSize, n)
		}
	}
	status := v.Get("status").Str()
	user := v.Get("ntlmssp", "user")
	if !strings.HasPrefix(command, "SESSION_SETUP") || !user.Exists() || status == "STATUS_MORE_PROCESSING_REQUIRED" {
		return
	}
	outcome := 0
	switch status {
	case "":
	case "STATUS_SUCCESS":
		outcome = event.Success
	default:
		outcome = event.Failure
	}
	login := c.login("smb", user.Str(), outcome)
	login.SetText(event.UserDomain, v.Get("ntlmssp", "domain").Str())
	login.SetText(event.SrcHostname, v.Get("ntlmssp", "host").Str())
	login.SetStr(event.AuthProtocol, "NTLM")
	login.SetInt(event.AuthProtocolID, 1)
	if outcome == event.Failure {
		login.SetStr(event.StatusDetail, status)
	}
}

func rdp(c *call) {
	e := c.event(event.RDPActivity)
	e.SetStr(event.AppProtocol, "rdp")
	v := c.root.Get("rdp")
	switch v.Get("event_type").Str() {
	case "initial_request":
		e.SetActivity(1)
	case "initial_response":
		e.SetActivity(2)
	case "connect_request":
		e.SetActivity(3)
	case "connect_response":
		e.SetActivity(4)
	case "tls_handshake":
		e.SetActivity(5)
	default:
		e.SetActivity(6)
	}
	e.SetText(event.UserName, v.Take("cookie").Str())
	e.SetText(event.SrcHostname, v.Take("client", "client_name").Str())
}
