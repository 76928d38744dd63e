package main

func common() []string {
	return []string{
		"time:t", "class_uid:i", "category_uid:i", "activity_id:i", "type_uid:i", "severity_id:i",
		"metadata.uid", "metadata.version", "metadata.product.name", "metadata.tenant_uid", "metadata.segment", "raw_data",
	}
}

func windowsClass(id int) int32 {
	switch id {
	case 1, 5, 8, 10, 4688, 4689, 4656, 4658, 4663, 4690, 4673, 4703:
		return 1007
	case 7:
		return 1005
	case 11, 15, 23:
		return 1001
	case 12, 13, 14, 4657:
		return 201001
	case 3, 5154, 5156, 5158:
		return 4001
	case 22:
		return 4003
	case 4624, 4625, 4634, 4648, 4768, 4769, 4771, 4776:
		return 3002
	case 800, 4103, 4104:
		return 1009
	default:
		return 0
	}
}

func zeekClass(name string) int32 {
	switch name {
	case "conn", "ssl", "x509":
		return 4001
	case "dns":
		return 4003
	case "http":
		return 4002
	case "files":
		return 4006
	case "smtp":
		return 4009
	case "ssh":
		return 4007
	default:
		return 0
	}
}

func eveClass(t string) int32 {
	switch t {
	case "alert":
		return 2004
	case "dns":
		return 4003
	case "http":
		return 4002
	case "fileinfo":
		return 4006
	default:
		return 4001
	}
}

func mappings() map[string]map[string]string {
	return map[string]map[string]string{
		"windows": {
			"Hostname": "device.hostname", "@timestamp": "metadata.logged_time:t", "Channel": "metadata.log_name", "SourceName": "metadata.log_provider",
			"EventID": "metadata.event_code", "RecordNumber": "metadata.sequence:i", "Message": "message", "Severity": "severity",
			"ProcessId": "process.pid:i", "ProcessGuid": "process.uid", "Image": "process.file.path", "CommandLine": "process.cmd_line", "CurrentDirectory": "process.working_directory",
			"OriginalFileName": "process.file.name", "Company": "process.file.company_name", "Description": "process.file.desc", "FileVersion": "process.file.version",
			"Hashes": "process.file.hashes", "IntegrityLevel": "process.integrity", "NewProcessName": "process.file.path", "NewProcessId": "process.pid:i",
			"ParentImage": "process.parent_process.file.path", "ParentCommandLine": "process.parent_process.cmd_line", "ParentProcessId": "process.parent_process.pid:i",
			"ParentProcessGuid": "process.parent_process.uid", "ProcessName": "actor.process.file.path", "SourceImage": "actor.process.file.path",
			"SourceProcessId": "actor.process.pid:i", "SourceProcessGUID": "actor.process.uid", "SourceThreadId": "actor.process.tid:i", "TargetImage": "process.file.path",
			"TargetProcessId": "process.pid:i", "TargetProcessGUID": "process.uid", "GrantedAccess": "actual_permissions:i",
			"User": "actor.user.name", "SourceUser": "actor.user.name", "TargetUser": "user.name", "AccountName": "actor.user.account.name", "Domain": "actor.user.domain", "UserID": "actor.user.uid",
			"SubjectUserName": "actor.user.name", "SubjectDomainName": "actor.user.domain", "SubjectUserSid": "actor.user.uid", "SubjectLogonId": "actor.session.uid",
			"TargetUserName": "user.name", "TargetDomainName": "user.domain", "TargetUserSid": "user.uid", "TargetLogonId": "session.uid",
			"LogonType": "logon_type_id:i", "AuthenticationPackageName": "auth_protocol", "LogonProcessName": "logon_process.name", "Status": "status_code",
			"IpAddress": "src_endpoint.ip", "IpPort": "src_endpoint.port:i", "WorkstationName": "src_endpoint.hostname", "SourceIp": "src_endpoint.ip", "SourcePort": "src_endpoint.port:i",
			"SourceHostname": "src_endpoint.hostname", "DestinationIp": "dst_endpoint.ip", "DestinationPort": "dst_endpoint.port:i", "DestinationHostname": "dst_endpoint.hostname",
			"SourceAddress": "src_endpoint.ip", "DestAddress": "dst_endpoint.ip", "DestPort": "dst_endpoint.port:i", "Application": "actor.process.file.path",
			"Protocol": "connection_info.protocol_name", "TargetObject": "reg_key.path", "Details": "reg_value.data", "TargetFilename": "file.path", "ImageLoaded": "module.file.path",
			"Signature": "module.file.signature.certificate.subject", "Signed": "module.file.signature.state:b", "QueryName": "query.hostname", "QueryResults": "answers",
			"ObjectName": "resource.name", "ObjectType": "resource.type", "AccessMask": "access_mask:i", "PrivilegeList": "privileges", "ScriptBlockText": "script.script_content",
			"Payload": "script.script_content", "ServiceName": "service.name",
		},
		"zeek": {
			"uid": "connection_info.uid", "id.orig_h": "src_endpoint.ip", "id.orig_p": "src_endpoint.port:i", "id.resp_h": "dst_endpoint.ip", "id.resp_p": "dst_endpoint.port:i",
			"proto": "connection_info.protocol_name", "service": "app_name", "duration": "duration:f", "orig_bytes": "traffic.bytes_out:i", "resp_bytes": "traffic.bytes_in:i",
			"orig_pkts": "traffic.packets_out:i", "resp_pkts": "traffic.packets_in:i", "conn_state": "connection_info.state", "history": "connection_info.flag_history", "missed_bytes": "traffic.bytes_missed:i",
			"query": "query.hostname", "qtype_name": "query.type", "qclass_name": "query.class", "trans_id": "query.packet_uid:i", "rcode": "rcode_id:i", "rcode_name": "rcode",
			"method": "http_request.http_method", "host": "http_request.url.hostname", "uri": "http_request.url.path", "referrer": "http_request.referrer", "user_agent": "http_request.user_agent",
			"version": "http_request.version", "request_body_len": "http_request.body_length:i", "response_body_len": "http_response.body_length:i", "status_code": "http_response.code:i", "status_msg": "http_response.status",
			"server_name": "tls.sni", "cipher": "tls.cipher", "subject": "tls.certificate.subject", "issuer": "tls.certificate.issuer", "certificate.subject": "tls.certificate.subject",
			"certificate.issuer": "tls.certificate.issuer", "certificate.serial": "tls.certificate.serial_number", "mime_type": "file.mime_type", "filename": "file.name", "md5": "file.hashes.md5", "sha1": "file.hashes.sha1",
			"seen_bytes": "file.size:i", "client": "client_hassh.algorithm", "auth_success": "is_auth:b",
		},
		"eve": {
			"src_ip": "src_endpoint.ip", "src_port": "src_endpoint.port:i", "dest_ip": "dst_endpoint.ip", "dest_port": "dst_endpoint.port:i", "proto": "connection_info.protocol_name",
			"app_proto": "app_name", "flow_id": "connection_info.community_uid:i", "host": "device.hostname", "in_iface": "device.interface", "community_id": "connection_info.uid", "timestamp": "metadata.logged_time:t",
			"flow.pkts_toserver": "traffic.packets_out:i", "flow.pkts_toclient": "traffic.packets_in:i", "flow.bytes_toserver": "traffic.bytes_out:i", "flow.bytes_toclient": "traffic.bytes_in:i",
			"flow.start": "start_time:t", "flow.end": "end_time:t", "flow.age": "duration:f", "flow.state": "connection_info.state", "tcp.tcp_flags": "connection_info.tcp_flags",
			"alert.signature": "finding_info.title", "alert.signature_id": "finding_info.analytic.uid", "alert.category": "finding_info.types", "alert.action": "action", "alert.severity": "finding_info.severity:i", "alert.rev": "finding_info.analytic.version",
			"dns.type": "query.kind", "dns.id": "query.packet_uid:i", "dns.rrname": "query.hostname", "dns.rrtype": "query.type", "dns.rcode": "rcode",
			"http.hostname": "http_request.url.hostname", "http.url": "http_request.url.path", "http.http_user_agent": "http_request.user_agent", "http.http_method": "http_request.http_method", "http.protocol": "http_request.version",
			"http.status": "http_response.code:i", "http.length": "http_response.body_length:i", "http.http_content_type": "http_response.content_type", "http.http_refer": "http_request.referrer",
			"tls.subject": "tls.certificate.subject", "tls.issuerdn": "tls.certificate.issuer", "tls.sni": "tls.sni", "tls.version": "tls.version", "fileinfo.filename": "file.name", "fileinfo.size": "file.size:i",
		},
	}
}
