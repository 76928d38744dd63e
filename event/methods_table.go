package event

// methods are the methods of HTTP that OCSF knows, in the order of the
// activities of HTTP Activity (4002) from 1, with their captions.
var methods = [...]struct{ name, caption string }{
	{"CONNECT", "Connect"},
	{"DELETE", "Delete"},
	{"GET", "Get"},
	{"HEAD", "Head"},
	{"OPTIONS", "Options"},
	{"POST", "Post"},
	{"PUT", "Put"},
	{"TRACE", "Trace"},
	{"PATCH", "Patch"},
	{"ACL", "ACL"},
	{"BASELINE-CONTROL", "Baseline Control"},
	{"BIND", "Bind"},
	{"CHECKIN", "Check In"},
	{"CHECKOUT", "Check Out"},
	{"COPY", "Copy"},
	{"LABEL", "Label"},
	{"LINK", "Link"},
	{"LOCK", "Lock"},
	{"MERGE", "Merge"},
	{"MKACTIVITY", "Make Activity"},
	{"MKCALENDAR", "Make Calendar"},
	{"MKCOL", "Make Collection"},
	{"MKREDIRECTREF", "Make Redirect Reference"},
	{"MKWORKSPACE", "Make Workspace"},
	{"MOVE", "Move"},
	{"ORDERPATCH", "Order Patch"},
	{"PRI", "PRI"},
	{"PROPFIND", "Property Find"},
	{"PROPPATCH", "Property Patch"},
	{"QUERY", "Query"},
	{"REBIND", "Rebind"},
	{"REPORT", "Report"},
	{"SEARCH", "Search"},
	{"UNBIND", "Unbind"},
	{"UNCHECKOUT", "Un-Check Out"},
	{"UNLINK", "Unlink"},
	{"UNLOCK", "Unlock"},
	{"UPDATE", "Update"},
	{"UPDATEREDIRECTREF", "Update Redirect Reference"},
	{"VERSION-CONTROL", "Version Control"},
}

// rcodes are the captions that OCSF gives to the response codes of DNS
// (RFC 6895 §2.3), by number.
var rcodes = [...]string{
	0: "NoError", 1: "FormError", 2: "ServError", 3: "NXDomain", 4: "NotImp", 5: "Refused", 6: "YXDomain", 7: "YXRRSet",
	8: "NXRRSet", 9: "NotAuth", 10: "NotZone", 11: "DSOTYPENI", 16: "BADVERS", 17: "BADKEY", 18: "BADTIME", 19: "BADMODE",
	20: "BADNAME", 21: "BADALG", 22: "BADTRUNC", 23: "BADCOOKIE",
}
