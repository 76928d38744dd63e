package event

// activities are the captions of activity_id of each class, besides Unknown (0)
// and Other (99). Those of HTTP Activity are its methods.
var activities = map[Class][]string{
	Base:             {},
	FileActivity:     {1: "Create", "Read", "Update", "Delete", "Rename", "Set Attributes", "Set Security", "Get Attributes", "Get Security", "Encrypt", "Decrypt", "Mount", "Unmount", "Open"},
	ProcessActivity:  {1: "Launch", "Terminate", "Open", "Inject", "Set User ID"},
	DetectionFinding: {1: "Create", "Update", "Close"},
	AccountChange:    {1: "Create", "Enable", "Password Change", "Password Reset", "Disable", "Delete", "Attach Policy", "Detach Policy", "Lock", "MFA Factor Enable", "MFA Factor Disable", "Unlock"},
	Authentication:   {1: "Logon", "Logoff", "Authentication Ticket", "Service Ticket Request", "Service Ticket Renew", "Preauth", "Account Switch"},
	NetworkActivity:  {1: "Open", "Close", "Reset", "Fail", "Refuse", "Traffic", "Listen"},
	HTTPActivity:     methodCaptions(),
	DNSActivity:      {1: "Query", 2: "Response", 6: "Traffic"},
	DHCPActivity:     {1: "Discover", "Offer", "Request", "Decline", "Ack", "Nak", "Release", "Inform", "Expire"},
	RDPActivity:      {1: "Initial Request", "Initial Response", "Connect Request", "Connect Response", "TLS Handshake", "Traffic", "Disconnect", "Reconnect"},
	SMBActivity:      {1: "File Supersede", "File Open", "File Create", "File Open If", "File Overwrite", "File Overwrite If"},
	SSHActivity:      {1: "Open", "Close", "Reset", "Fail", "Refuse", "Traffic", "Listen"},
	FTPActivity:      {1: "Put", "Get", "Poll", "Delete", "Rename", "List"},
	EmailActivity:    {1: "Send", "Receive", "Scan", "Trace", "MTA Relay"},
	NTPActivity:      {1: "Symmetric Active Exchange", "Symmetric Passive Response", "Client Synchronization", "Server Response", "Broadcast", "Control", "Private Use Case"},
	TunnelActivity:   {1: "Open", "Close", "Renew"},
	WebResources:     {1: "Create", "Read", "Update", "Delete", "Search", "Import", "Export", "Share"},
	APIActivity:      {1: "Create", "Read", "Update", "Delete"},
}

// enums are the captions of the numbers that a column can hold besides Other
// (99). An empty caption is a number that is not given out.
var enums = [...]struct {
	id, text Path // text 0: there is no column for the caption
	captions []string
}{
	{StatusID, 0, []string{"Unknown", "Success", "Failure"}},
	{SeverityID, 0, severityNames[:]},
	{LogonTypeID, LogonType, []string{"Unknown", "System", "Interactive", "Network", "Batch", "OS Service", "", "Unlock", "Network Cleartext", "New Credentials", "Remote Interactive", "Cached Interactive", "Cached Remote Interactive", "Cached Unlock"}},
	{AuthProtocolID, AuthProtocol, []string{"Unknown", "NTLM", "Kerberos", "Digest", "OpenID", "SAML", "OAUTH 2.0", "PAP", "CHAP", "EAP", "RADIUS", "Basic Authentication", "LDAP"}},
	{DirectionID, Direction, []string{"Unknown", "Inbound", "Outbound", "Lateral", "Local"}},
	{DirectionEmail, 0, []string{"Unknown", "Inbound", "Outbound", "Internal", "Local"}},
	{ProtocolVerID, 0, []string{0: "Unknown", 4: "Internet Protocol version 4 (IPv4)", 6: "Internet Protocol version 6 (IPv6)"}},
	{DNSOpcodeID, 0, []string{"Query", "Inverse Query", "Status", "Reserved", "Notify", "Update", "DSO Message"}},
	{DNSRcodeID, DNSRcode, rcodes[:]},
	{DeviceTypeID, 0, []string{"Unknown", "Server", "Desktop", "Laptop", "Tablet", "Mobile", "Virtual", "IOT", "Browser", "Firewall", "Switch", "Hub", "Router", "IDS", "IPS", "Load Balancer"}},
	{FileTypeID, 0, fileTypes[:]},
	{ProcessFileType, 0, fileTypes[:]},
	{AnalyticType, 0, []string{"Unknown", "Rule", "Behavioral", "Statistical", "Learning (ML/DL)", "Fingerprinting", "Tagging", "Keyword Match", "Regular Expressions", "Exact Data Match", "Partial Data Match", "Indexed Data Match"}},
}

// findingStatuses are the captions of status_id of findings, where it tells of
// the work on them and not of success.
var findingStatuses = [...]string{"Unknown", "New", "In Progress", "Suppressed", "Resolved", "Archived", "Deleted"}

var fileTypes = [...]string{"Unknown", "Regular File", "Folder", "Character Device", "Block Device", "Local Socket", "Named Pipe", "Symbolic Link", "Executable File"}
