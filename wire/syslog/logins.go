package syslog

import "strings"

// LoginProgram returns the plain name of a program whose lines speak of logins
// and accounts, "" for any other: "/usr/sbin/CRON" is cron, "sshd-session" and
// "sshd(pam_unix)" are sshd.
func LoginProgram(tag string) string {
	if i := strings.LastIndexByte(tag, '/'); i >= 0 && !strings.HasPrefix(tag, "postfix") {
		tag = tag[i+1:]
	}
	if i := strings.IndexByte(tag, '('); i > 0 {
		tag = tag[:i]
	}
	switch tag {
	case "sshd", "sshd-session", "sshd-auth", "ssh":
		return "sshd"
	case "sudo", "su", "doas", "login", "dropbear", "passwd", "useradd", "userdel", "usermod", "chage", "chpasswd",
		"gpasswd", "groupadd", "groupdel", "groupmod", "chsh", "chfn", "newusers", "systemd-logind", "polkitd",
		"pkexec", "vsftpd", "proftpd", "pure-ftpd", "gdm", "lightdm", "sddm", "xrdp-sesman", "runuser", "unix_chkpwd",
		"rlogind", "rshd", "telnetd", "remote", "saslauthd", "xscreensaver", "kscreenlocker_greet", "cockpit-session":
		return tag
	case "CRON", "crond", "cron", "crontab", "atd", "anacron":
		return "cron"
	case "in.telnetd":
		return "telnetd"
	case "gdm-password", "gdm-launch-environment", "gdm-session-worker", "gdm-autologin":
		return "gdm"
	}
	return ""
}

// AboutLogin reports whether a message speaks of a login or an account: by its
// program, or because a PAM module or a mail server's authentication wrote it.
func AboutLogin(m *Message) bool {
	if LoginProgram(m.Program) != "" {
		return true
	}
	t := m.Text
	switch {
	case strings.HasPrefix(m.Program, "%SEC_LOGIN-"), strings.HasPrefix(m.Program, "%ASA-") && strings.HasPrefix(t, "Login "):
		return true
	case strings.HasSuffix(m.Program, "(pam_unix)"):
		return true
	case strings.HasPrefix(t, "pam_"):
		i := strings.IndexByte(t, '(')
		return i > 0 && i < 32
	case strings.HasPrefix(m.Program, "postfix/"):
		return strings.Contains(t, "SASL ") && strings.Contains(t, "authentication failed")
	case strings.HasPrefix(m.Program, "dovecot"):
		return strings.Contains(t, "-login: ") || strings.HasPrefix(t, "auth")
	case m.Program == "php-fpm", m.Program == "openvpn", m.Program == "":
		// pfSense and RouterOS write logins to their own interface.
		for _, words := range [...]string{"login failure for user ", " authentication error for ", "Successful login for user '", " logged in from ", " logged out from "} {
			if strings.Contains(t, words) {
				return true
			}
		}
	}
	return false
}
