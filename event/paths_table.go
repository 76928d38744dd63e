package event

// Path names one column: a dotted path of the OCSF dictionary. The number of
// a path is written into stored frames, so numbers are only ever added.
type Path uint16

// Type is the type that the OCSF dictionary gives to a path.
type Type uint8

// The types of columns.
const (
	String Type = iota + 1 // any OCSF string type: ip_t, mac_t, hostname_t, url_t
	Int                    // integer_t, long_t, port_t
	Bool                   // boolean_t
	Time                   // timestamp_t: nanoseconds here, milliseconds in JSON
	JSON                   // an array or an object, held as its JSON text
)

// The columns, in OCSF's words (https://schema.ocsf.io). Class, time, id and
// what follows from them (category, type, names) are no columns: every event
// has them. Whether a path belongs to a class is for the schema to say.
const (
	ActivityID      Path = 1 // meaning depends on the class
	SeverityID      Path = 2
	StatusID        Path = 3 // 1 success, 2 failure
	StatusCode      Path = 4
	StatusDetail    Path = 5
	Message         Path = 6
	RawData         Path = 7 // the record as received
	StartTime       Path = 8
	EndTime         Path = 9
	Duration        Path = 10 // milliseconds
	Count           Path = 11
	TenantUID       Path = 12 // organisation
	LogName         Path = 13
	LogProvider     Path = 14
	ProductName     Path = 15 // absent: Bongsu itself saw it
	ProductVendor   Path = 16
	OriginalUID     Path = 17
	OriginalTime    Path = 18 // the time as written in the record
	DeviceHostname  Path = 19
	DeviceIP        Path = 20
	DeviceZone      Path = 21 // segment
	AppProtocol     Path = 22 // IANA service name in lower case: dns, http, ssh
	AppName         Path = 23
	SrcIP           Path = 24 // the client: who opened the connection
	SrcPort         Path = 25
	SrcMAC          Path = 26
	SrcHostname     Path = 27
	SrcZone         Path = 28 // segment
	SrcSvcName      Path = 29
	DstIP           Path = 30 // the server
	DstPort         Path = 31
	DstMAC          Path = 32
	DstHostname     Path = 33
	DstZone         Path = 34 // segment
	DstSvcName      Path = 35
	ConnUID         Path = 36
	CommunityUID    Path = 37
	ProtocolNum     Path = 38 // 6 TCP, 17 UDP, 1 ICMP, 58 ICMPv6
	ProtocolName    Path = 39 // tcp, udp, icmp, ipv6-icmp, arp
	ProtocolVerID   Path = 40 // 4 or 6
	FlagHistory     Path = 41 // with Zeek's letters
	Direction       Path = 42
	DirectionID     Path = 43
	Bytes           Path = 44
	BytesIn         Path = 45 // payload bytes from the server
	BytesOut        Path = 46 // payload bytes from the client
	BytesMissed     Path = 47
	Packets         Path = 48
	PacketsIn       Path = 49
	PacketsOut      Path = 50
	TLSVersion      Path = 51
	TLSCipher       Path = 52
	TLSSNI          Path = 53
	TLSJA3          Path = 54
	TLSJA3S         Path = 55
	TLSSubject      Path = 56
	TLSIssuer       Path = 57
	TLSSerial       Path = 58
	TLSNotBefore    Path = 59
	TLSNotAfter     Path = 60
	TLSCertPrints   Path = 61
	TLSCertSANs     Path = 62
	TLSSelfSigned   Path = 63
	TLSAlert        Path = 64
	JA4List         Path = 65
	TLSExtensions   Path = 66
	HTTPMethod      Path = 67
	HTTPURL         Path = 68
	HTTPHost        Path = 69
	HTTPPath        Path = 70
	HTTPQuery       Path = 71
	HTTPScheme      Path = 72
	HTTPURLPort     Path = 73
	HTTPUserAgent   Path = 74
	HTTPReferrer    Path = 75
	HTTPVersion     Path = 76
	HTTPXFF         Path = 77
	HTTPRequestLen  Path = 78
	HTTPStatus      Path = 79
	HTTPStatusText  Path = 80
	HTTPContentType Path = 81
	HTTPResponseLen Path = 82
	HTTPHeaders     Path = 83
	DNSQuery        Path = 84
	DNSType         Path = 85
	DNSClass        Path = 86
	DNSOpcodeID     Path = 87
	DNSAnswers      Path = 88
	DNSRcodeID      Path = 89
	DNSRcode        Path = 90
	DNSTransaction  Path = 91
	DNSQueryTime    Path = 92
	DNSResponseTime Path = 93
	UserName        Path = 94 // the account that is tried or used
	UserUID         Path = 95
	UserDomain      Path = 96
	ActorUser       Path = 97 // who acts
	AuthProtocol    Path = 98
	AuthProtocolID  Path = 99
	LogonType       Path = 100
	LogonTypeID     Path = 101
	IsCleartext     Path = 102
	IsRemote        Path = 103
	ServiceName     Path = 104
	SessionUID      Path = 105
	ProcessName     Path = 106
	ProcessPID      Path = 107
	ProcessCmdLine  Path = 108
	ProcessPath     Path = 109
	ParentName      Path = 110
	ParentCmdLine   Path = 111
	FileName        Path = 112
	FilePath        Path = 113
	FileSize        Path = 114
	FileHashes      Path = 115
	ProtocolVersion Path = 116
	FTPCommand      Path = 117
	FTPResponses    Path = 118
	FTPCodes        Path = 119
	EmailFrom       Path = 120
	EmailTo         Path = 121
	EmailSubject    Path = 122
	EmailUID        Path = 123
	ProxyIP         Path = 124
	ProxyPort       Path = 125
	ProxyHostname   Path = 126
	FindingTitle    Path = 127
	FindingUID      Path = 128
	FindingDesc     Path = 129
	AnalyticName    Path = 130
	AnalyticUID     Path = 131
	AnalyticType    Path = 132
	ActivityName    Path = 133 // only where activity_id is 99
	ClientHASSH     Path = 134
	ServerHASSH     Path = 135
	SrcDomain       Path = 136
	DstDomain       Path = 137
	SrcVLAN         Path = 138
	DstVLAN         Path = 139
	DirectionEmail  Path = 140
	SMTPHello       Path = 141
	ShareName       Path = 142
	IsMFA           Path = 143
	DeviceTypeID    Path = 144
	FileTypeID      Path = 145
	LeaseDuration   Path = 146
	Observables     Path = 147
	EmailSMTPFrom   Path = 148 // of the envelope
	EmailSMTPTo     Path = 149
	EmailSize       Path = 150
	Evidences       Path = 151 // what a finding of somebody else's rests on
	ProcessFileName Path = 152
	ProcessFileType Path = 153
)

type column struct {
	name string
	typ  Type
}

var columns = [...]column{
	ActivityID:      {"activity_id", Int},
	SeverityID:      {"severity_id", Int},
	StatusID:        {"status_id", Int},
	StatusCode:      {"status_code", String},
	StatusDetail:    {"status_detail", String},
	Message:         {"message", String},
	RawData:         {"raw_data", String},
	StartTime:       {"start_time", Time},
	EndTime:         {"end_time", Time},
	Duration:        {"duration", Int},
	Count:           {"count", Int},
	TenantUID:       {"metadata.tenant_uid", String},
	LogName:         {"metadata.log_name", String},
	LogProvider:     {"metadata.log_provider", String},
	ProductName:     {"metadata.product.name", String},
	ProductVendor:   {"metadata.product.vendor_name", String},
	OriginalUID:     {"metadata.original_event_uid", String},
	OriginalTime:    {"metadata.original_time", String},
	DeviceHostname:  {"device.hostname", String},
	DeviceIP:        {"device.ip", String},
	DeviceZone:      {"device.zone", String},
	AppProtocol:     {"app_protocol_name", String},
	AppName:         {"app_name", String},
	SrcIP:           {"src_endpoint.ip", String},
	SrcPort:         {"src_endpoint.port", Int},
	SrcMAC:          {"src_endpoint.mac", String},
	SrcHostname:     {"src_endpoint.hostname", String},
	SrcZone:         {"src_endpoint.zone", String},
	SrcSvcName:      {"src_endpoint.svc_name", String},
	DstIP:           {"dst_endpoint.ip", String},
	DstPort:         {"dst_endpoint.port", Int},
	DstMAC:          {"dst_endpoint.mac", String},
	DstHostname:     {"dst_endpoint.hostname", String},
	DstZone:         {"dst_endpoint.zone", String},
	DstSvcName:      {"dst_endpoint.svc_name", String},
	ConnUID:         {"connection_info.uid", String},
	CommunityUID:    {"connection_info.community_uid", String},
	ProtocolNum:     {"connection_info.protocol_num", Int},
	ProtocolName:    {"connection_info.protocol_name", String},
	ProtocolVerID:   {"connection_info.protocol_ver_id", Int},
	FlagHistory:     {"connection_info.flag_history", String},
	Direction:       {"connection_info.direction", String},
	DirectionID:     {"connection_info.direction_id", Int},
	Bytes:           {"traffic.bytes", Int},
	BytesIn:         {"traffic.bytes_in", Int},
	BytesOut:        {"traffic.bytes_out", Int},
	BytesMissed:     {"traffic.bytes_missed", Int},
	Packets:         {"traffic.packets", Int},
	PacketsIn:       {"traffic.packets_in", Int},
	PacketsOut:      {"traffic.packets_out", Int},
	TLSVersion:      {"tls.version", String},
	TLSCipher:       {"tls.cipher", String},
	TLSSNI:          {"tls.sni", String},
	TLSJA3:          {"tls.ja3_hash", JSON},
	TLSJA3S:         {"tls.ja3s_hash", JSON},
	TLSSubject:      {"tls.certificate.subject", String},
	TLSIssuer:       {"tls.certificate.issuer", String},
	TLSSerial:       {"tls.certificate.serial_number", String},
	TLSNotBefore:    {"tls.certificate.created_time", Time},
	TLSNotAfter:     {"tls.certificate.expiration_time", Time},
	TLSCertPrints:   {"tls.certificate.fingerprints", JSON},
	TLSCertSANs:     {"tls.certificate.sans", JSON},
	TLSSelfSigned:   {"tls.certificate.is_self_signed", Bool},
	TLSAlert:        {"tls.alert", Int},
	JA4List:         {"ja4_fingerprint_list", JSON},
	TLSExtensions:   {"tls.tls_extension_list", JSON},
	HTTPMethod:      {"http_request.http_method", String},
	HTTPURL:         {"http_request.url.url_string", String},
	HTTPHost:        {"http_request.url.hostname", String},
	HTTPPath:        {"http_request.url.path", String},
	HTTPQuery:       {"http_request.url.query_string", String},
	HTTPScheme:      {"http_request.url.scheme", String},
	HTTPURLPort:     {"http_request.url.port", Int},
	HTTPUserAgent:   {"http_request.user_agent", String},
	HTTPReferrer:    {"http_request.referrer", String},
	HTTPVersion:     {"http_request.version", String},
	HTTPXFF:         {"http_request.x_forwarded_for", JSON},
	HTTPRequestLen:  {"http_request.body_length", Int},
	HTTPStatus:      {"http_response.code", Int},
	HTTPStatusText:  {"http_response.status", String},
	HTTPContentType: {"http_response.content_type", String},
	HTTPResponseLen: {"http_response.body_length", Int},
	HTTPHeaders:     {"http_request.http_headers", JSON},
	DNSQuery:        {"query.hostname", String},
	DNSType:         {"query.type", String},
	DNSClass:        {"query.class", String},
	DNSOpcodeID:     {"query.opcode_id", Int},
	DNSAnswers:      {"answers", JSON},
	DNSRcodeID:      {"rcode_id", Int},
	DNSRcode:        {"rcode", String},
	DNSTransaction:  {"query.packet_uid", Int},
	DNSQueryTime:    {"query_time", Time},
	DNSResponseTime: {"response_time", Time},
	UserName:        {"user.name", String},
	UserUID:         {"user.uid", String},
	UserDomain:      {"user.domain", String},
	ActorUser:       {"actor.user.name", String},
	AuthProtocol:    {"auth_protocol", String},
	AuthProtocolID:  {"auth_protocol_id", Int},
	LogonType:       {"logon_type", String},
	LogonTypeID:     {"logon_type_id", Int},
	IsCleartext:     {"is_cleartext", Bool},
	IsRemote:        {"is_remote", Bool},
	ServiceName:     {"service.name", String},
	SessionUID:      {"session.uid", String},
	ProcessName:     {"process.name", String},
	ProcessPID:      {"process.pid", Int},
	ProcessCmdLine:  {"process.cmd_line", String},
	ProcessPath:     {"process.file.path", String},
	ParentName:      {"process.parent_process.name", String},
	ParentCmdLine:   {"process.parent_process.cmd_line", String},
	FileName:        {"file.name", String},
	FilePath:        {"file.path", String},
	FileSize:        {"file.size", Int},
	FileHashes:      {"file.hashes", JSON},
	ProtocolVersion: {"protocol_ver", String},
	FTPCommand:      {"command", String},
	FTPResponses:    {"command_responses", JSON},
	FTPCodes:        {"codes", JSON},
	EmailFrom:       {"email.from", String},
	EmailTo:         {"email.to", JSON},
	EmailSubject:    {"email.subject", String},
	EmailUID:        {"email.message_uid", String},
	ProxyIP:         {"proxy_endpoint.ip", String},
	ProxyPort:       {"proxy_endpoint.port", Int},
	ProxyHostname:   {"proxy_endpoint.hostname", String},
	FindingTitle:    {"finding_info.title", String},
	FindingUID:      {"finding_info.uid", String},
	FindingDesc:     {"finding_info.desc", String},
	AnalyticName:    {"finding_info.analytic.name", String},
	AnalyticUID:     {"finding_info.analytic.uid", String},
	AnalyticType:    {"finding_info.analytic.type_id", Int},
	ActivityName:    {"activity_name", String},
	ClientHASSH:     {"client_hassh", JSON},
	ServerHASSH:     {"server_hassh", JSON},
	SrcDomain:       {"src_endpoint.domain", String},
	DstDomain:       {"dst_endpoint.domain", String},
	SrcVLAN:         {"src_endpoint.vlan_uid", String},
	DstVLAN:         {"dst_endpoint.vlan_uid", String},
	DirectionEmail:  {"direction_id", Int},
	SMTPHello:       {"smtp_hello", String},
	ShareName:       {"share", String},
	IsMFA:           {"is_mfa", Bool},
	DeviceTypeID:    {"device.type_id", Int},
	FileTypeID:      {"file.type_id", Int},
	LeaseDuration:   {"lease_dur", Int},
	Observables:     {"observables", JSON},
	EmailSMTPFrom:   {"email.smtp_from", String},
	EmailSMTPTo:     {"email.smtp_to", JSON},
	EmailSize:       {"email.size", Int},
	Evidences:       {"evidences", JSON},
	ProcessFileName: {"process.file.name", String},
	ProcessFileType: {"process.file.type_id", Int},
}
