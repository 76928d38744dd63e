package incident

import "github.com/bongsu/bongsu/text"

// What somebody did, in the past tense and without a full stop. {actors} and
// {targets} are named as this package's who does.
var (
	did = [conducts]text.Message{
		exposed: {EN: "{actors} sent passwords to {targets} without encryption", KO: "{actors|이가} 암호화하지 않은 비밀번호를 {targets|으로} 보냈습니다"},
		swept:   {EN: "{actors} searched the network for machines", KO: "{actors|이가} 네트워크에 어떤 장비가 있는지 찾았습니다"},
		scanned: {EN: "{actors} looked for open doors on {targets}", KO: "{actors|이가} {targets}에서 열려 있는 문을 찾았습니다"},
		guessed: {EN: "{actors} guessed passwords at {targets}", KO: "{actors|이가} {targets}의 비밀번호를 추측했습니다"},
		entered: {EN: "{actors} got into {targets}", KO: "{actors|이가} {targets}에 로그인하는 데 성공했습니다"},
		called:  {EN: "{actors} kept in touch with {targets}, as remotely controlled machines do", KO: "{actors|이가} 원격 조종을 받는 장비처럼 {targets|과와} 계속 연락했습니다"},
		spread:  {EN: "{actors} reached for further machines: {targets}", KO: "{actors|이가} 다른 장비({targets})로 손을 뻗었습니다"},
		leaked:  {EN: "{actors} carried data out to {targets}", KO: "{actors|이가} {targets|으로} 데이터를 내보냈습니다"},
		harmed:  {EN: "{actors} did damage to {targets}", KO: "{actors|이가} {targets}에 피해를 입혔습니다"},
	}
	// The same when no target is named.
	didAlone = [conducts]text.Message{
		exposed: {EN: "{actors} sent passwords without encryption", KO: "{actors|이가} 암호화하지 않은 비밀번호를 보냈습니다"},
		swept:   {EN: "{actors} searched the network for machines", KO: "{actors|이가} 네트워크에 어떤 장비가 있는지 찾았습니다"},
		scanned: {EN: "{actors} looked for open doors", KO: "{actors|이가} 열려 있는 문을 찾았습니다"},
		guessed: {EN: "{actors} guessed passwords", KO: "{actors|이가} 비밀번호를 추측했습니다"},
		entered: {EN: "{actors} got in", KO: "{actors|이가} 로그인하는 데 성공했습니다"},
		called:  {EN: "{actors} kept in touch with somebody, as remotely controlled machines do", KO: "{actors|이가} 원격 조종을 받는 장비처럼 외부와 계속 연락했습니다"},
		spread:  {EN: "{actors} reached for further machines", KO: "{actors|이가} 다른 장비로 손을 뻗었습니다"},
		leaked:  {EN: "{actors} carried data out", KO: "{actors|이가} 데이터를 내보냈습니다"},
		harmed:  {EN: "{actors} did damage", KO: "{actors|이가} 피해를 입혔습니다"},
	}
	// The same when only the target is known.
	suffered = [conducts]text.Message{
		exposed: {EN: "passwords for {targets} were sent without encryption", KO: "{targets}의 비밀번호가 암호화되지 않은 채 오갔습니다"},
		swept:   {EN: "somebody searched the network for machines", KO: "누군가 네트워크에 어떤 장비가 있는지 찾았습니다"},
		scanned: {EN: "somebody looked for open doors on {targets}", KO: "누군가 {targets}에서 열려 있는 문을 찾았습니다"},
		guessed: {EN: "somebody guessed passwords at {targets}", KO: "누군가 {targets}의 비밀번호를 추측했습니다"},
		entered: {EN: "somebody got into {targets}", KO: "누군가 {targets}에 로그인하는 데 성공했습니다"},
		called:  {EN: "a machine kept in touch with {targets}, as remotely controlled machines do", KO: "어떤 장비가 원격 조종을 받는 장비처럼 {targets|과와} 계속 연락했습니다"},
		spread:  {EN: "somebody reached for further machines: {targets}", KO: "누군가 다른 장비({targets})로 손을 뻗었습니다"},
		leaked:  {EN: "data was carried out to {targets}", KO: "데이터가 {targets|으로} 나갔습니다"},
		harmed:  {EN: "damage was done to {targets}", KO: "{targets}에 피해가 생겼습니다"},
	}
	// The same when accounts are all that is known of the target.
	didAccounts = [conducts]text.Message{
		exposed: {EN: "{actors} sent the passwords of {targets} without encryption", KO: "{actors|이가} {targets}의 비밀번호를 암호화하지 않고 보냈습니다"},
		guessed: {EN: "{actors} guessed the passwords of {targets}", KO: "{actors|이가} {targets}의 비밀번호를 추측했습니다"},
		entered: {EN: "{actors} got in as {targets}", KO: "{actors|이가} {targets|으로} 로그인하는 데 성공했습니다"},
	}
	didMore = text.Message{EN: "{what}, and {more} more like it", KO: "{what}. 비슷한 일이 {more}건 더 있습니다"}
)

// The conducts as nouns, to say how they followed each other.
var nouns = [conducts]text.Message{
	explored: {EN: "a look around", KO: "주변 탐색"},
	swept:    {EN: "a search for machines", KO: "장비 탐색"},
	scanned:  {EN: "scanning", KO: "스캔"},
	guessed:  {EN: "guessing of passwords", KO: "비밀번호 추측"},
	entered:  {EN: "a login", KO: "로그인 성공"},
	acted:    {EN: "actions on a machine", KO: "장비에서의 활동"},
	called:   {EN: "contact with a master outside", KO: "외부와의 연락"},
	spread:   {EN: "movement to further machines", KO: "다른 장비로의 이동"},
	leaked:   {EN: "removal of data", KO: "데이터 반출"},
	harmed:   {EN: "damage", KO: "피해"},
}

// How bad it is.
var bad = [conducts]text.Message{
	other:    {EN: "How bad it is depends on whether somebody can explain it.", KO: "누군가 이 일을 설명할 수 있는지에 따라 심각한 정도가 달라집니다."},
	exposed:  {EN: "Anybody who can listen on the way knows these passwords. That is a weakness, not yet an attack.", KO: "중간에서 엿볼 수 있는 사람은 누구나 이 비밀번호를 알 수 있습니다. 아직 공격은 아니지만 고쳐야 할 약점입니다."},
	explored: {EN: "By itself this does no damage. It is how a network is got to know, by those who run it and by those who should not.", KO: "이것만으로는 피해가 없습니다. 네트워크를 파악하는 행동으로, 관리자도 하고 침입자도 합니다."},
	swept:    {EN: "By itself this does no damage. It is how attacks are prepared.", KO: "이것만으로는 피해가 없지만, 공격을 준비하는 방법입니다."},
	scanned:  {EN: "By itself this does no damage. It is how attacks are prepared.", KO: "이것만으로는 피해가 없지만, 공격을 준비하는 방법입니다."},
	guessed:  {EN: "We saw no guess that worked. That holds only for what these records show.", KO: "성공한 추측은 보이지 않습니다. 다만 이 기록에 나타난 범위에서만 그렇습니다."},
	entered:  {EN: "This is serious: somebody else very likely holds a password of yours, and has used it.", KO: "심각한 일입니다. 다른 사람이 우리 비밀번호를 알아내 사용했을 가능성이 매우 높습니다."},
	acted:    {EN: "If nobody of yours did this on purpose, somebody else controls a machine.", KO: "우리 쪽에서 일부러 한 일이 아니라면, 다른 사람이 장비를 조종하고 있는 것입니다."},
	called:   {EN: "If nobody knows the program that does this, somebody outside can steer the machine.", KO: "이 일을 하는 프로그램을 아무도 모른다면, 외부의 누군가가 그 장비를 조종할 수 있습니다."},
	spread:   {EN: "This is serious: one machine is being used to reach others.", KO: "심각한 일입니다. 한 장비를 발판으로 다른 장비까지 노리고 있습니다."},
	leaked:   {EN: "This is serious: data may already be in other hands.", KO: "심각한 일입니다. 데이터가 이미 다른 사람 손에 있을 수 있습니다."},
	harmed:   {EN: "This is serious: work may already be interrupted or data lost.", KO: "심각한 일입니다. 업무가 중단되거나 데이터가 손실되었을 수 있습니다."},
}

var badCourse = text.Message{
	EN: "The steps build on each other as they do in a break-in, so this is graver than each of them alone.",
	KO: "단계가 실제 침입처럼 차례로 이어지므로 하나하나보다 더 심각합니다.",
}

// Headlines of an attack that went on.
var (
	titleBreakIn = text.Message{EN: "Likely break-in at {where}: {steps}", KO: "{where} 침입 의심: {steps}"}
	titleTaken   = text.Message{EN: "Somebody else probably controls {who}: {steps}", KO: "{who} 장악 의심: {steps}"}
)

// Sentences of the account. {when} is a span of time, {what} is a conduct.
var (
	tellFirst = text.Message{EN: "{when}, {what}.", KO: "{when} {what}."}
	tellNext  = text.Message{EN: "Then, {later}, {what}.", KO: "이어서 {later} {what}."}
	tellSoon  = text.Message{EN: "Moments later, {what}.", KO: "곧이어 {what}."}
	tellRest  = text.Message{EN: "{n} further {n|observation|observations} {n|is|are} listed below.", KO: "그 밖에 관찰된 것 {n}건은 아래 목록에 있습니다."}

	onDay      = text.Message{EN: "On {day} at {from} UTC", KO: "{day} {from}(UTC)에"}
	withinDay  = text.Message{EN: "On {day}, from {from} to {to} UTC", KO: "{day} {from}부터 {to}까지(UTC)"}
	acrossDays = text.Message{EN: "From {day} {from} to {lastday} {to} UTC", KO: "{day} {from}부터 {lastday} {to}까지(UTC)"}

	laterOn      = text.Message{EN: "at {from}", KO: "{from}에"}
	laterWithin  = text.Message{EN: "from {from}", KO: "{from}부터"}
	laterAnother = text.Message{EN: "on {day} at {from}", KO: "{day} {from}에"}
)

// Who it is. A name alone has no label where all who are named are ours or
// none is.
var (
	ourMachine  = text.Message{EN: "your machine {name}", KO: "내부 장비 {name}"}
	ourMachines = text.Message{EN: "{n} of your machines", KO: "내부 장비 {n}대"}
	outside     = text.Message{EN: "{name} on the Internet", KO: "인터넷 주소 {name}"}
	outsides    = text.Message{EN: "{n} addresses on the Internet", KO: "인터넷 주소 {n}개"}
	machines    = text.Message{EN: "{n} machines", KO: "장비 {n}대"}
	manyOf      = text.Message{EN: "at least {n} machines", KO: "장비 {n}대 이상"}
	accounts    = text.Message{EN: "{n} accounts", KO: "계정 {n}개"}
	account     = text.Message{EN: "the account {name}", KO: "계정 {name}"}
	sites       = text.Message{EN: "{n} sites", KO: "사이트 {n}곳"}
	things      = text.Message{EN: "{n} others", KO: "{n}개 대상"}
)

// Why.
var (
	whyTogether = text.Message{
		EN: "{n} findings belong together: they concern {what}, within {span}.",
		KO: "서로 연결된 탐지 {n}건입니다. {span} 안에 {what|과와} 관련되어 일어났습니다.",
	}
	whyCourse = text.Message{
		EN: "They follow each other as in a break-in: {steps}.",
		KO: "실제 침입과 같은 순서로 이어졌습니다: {steps}.",
	}
	nowOthers = text.Message{
		EN: "Do the same for {what}.",
		KO: "{what}에 대해서도 똑같이 하십시오.",
	}
	momentMore = text.Message{
		EN: "{what} (and {more} more like it)",
		KO: "{what} (비슷한 것 {more}건 더)",
	}
)
