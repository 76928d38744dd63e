package event

// everyClass are the attributes of all classes, among those that columns begin
// with.
const everyClass = "activity_id activity_name actor count device duration end_time message metadata observables raw_data severity_id start_time status_code status_detail status_id "

// networkClass are those of the classes of Network Activity besides.
const networkClass = everyClass + "app_name app_protocol_name connection_info dst_endpoint ja4_fingerprint_list proxy_endpoint src_endpoint tls traffic "

// classAttributes are the attributes of each class, with those of its
// profiles, among those that columns begin with. The schema decides; a test
// compares.
var classAttributes = map[Class]string{
	Base:             everyClass,
	FileActivity:     everyClass + "file",
	ProcessActivity:  everyClass + "process",
	DetectionFinding: everyClass + "evidences finding_info",
	AccountChange:    everyClass + "http_request http_response src_endpoint user",
	Authentication:   everyClass + "auth_protocol auth_protocol_id dst_endpoint http_request http_response is_cleartext is_mfa is_remote logon_type logon_type_id service session src_endpoint user",
	NetworkActivity:  networkClass,
	HTTPActivity:     networkClass + "file http_request http_response",
	DNSActivity:      networkClass + "answers query query_time rcode rcode_id response_time",
	DHCPActivity:     networkClass + "lease_dur",
	RDPActivity:      networkClass + "file protocol_ver user",
	SMBActivity:      networkClass + "command file share",
	SSHActivity:      networkClass + "client_hassh file protocol_ver server_hassh",
	FTPActivity:      networkClass + "codes command command_responses file",
	EmailActivity:    everyClass + "command direction_id dst_endpoint email smtp_hello src_endpoint",
	NTPActivity:      networkClass,
	TunnelActivity:   networkClass + "session user",
	WebResources:     everyClass + "dst_endpoint http_request http_response proxy_endpoint src_endpoint tls",
	APIActivity:      everyClass + "dst_endpoint http_request http_response src_endpoint",
}
