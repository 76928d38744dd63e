package suppress

import "github.com/bongsu/bongsu/text"

// What is wrong with a suppression, and what to do.
var (
	sayNoReason        = text.Message{EN: "A suppression needs a reason. Say why these findings need no action, so that the next person can judge it.", KO: "예외에는 사유가 필요합니다. 이 탐지에 대응하지 않아도 되는 이유를 다음 사람이 판단할 수 있게 적으십시오."}
	sayTooLong         = text.Message{EN: "The text must be valid UTF-8 of at most {max} bytes.", KO: "최대 {max}바이트의 올바른 UTF-8 글이어야 합니다."}
	sayBothEnds        = text.Message{EN: "Give either an end or \"until removed\", not both.", KO: "종료일과 '제거할 때까지' 가운데 하나만 정하십시오."}
	sayNoReview        = text.Message{EN: "A suppression that holds until it is removed needs a review date: the day on which somebody looks whether it is still needed.", KO: "제거할 때까지 유지되는 예외에는 재검토일이 필요합니다. 아직 필요한지 확인할 날짜를 정하십시오."}
	sayNoEnd           = text.Message{EN: "A suppression needs an end. Give a day, at most a year ahead, or \"until removed\" with a review date.", KO: "예외에는 종료일이 필요합니다. 1년 안의 날짜를 정하거나, 재검토일과 함께 '제거할 때까지'로 정하십시오."}
	sayEndPast         = text.Message{EN: "This day has passed. Give one that is still to come.", KO: "이미 지난 날짜입니다. 앞으로 올 날짜를 정하십시오."}
	sayEndFar          = text.Message{EN: "This is more than a year ahead. Give a nearer day, or \"until removed\" with a review date.", KO: "1년보다 먼 날짜입니다. 더 가까운 날짜를 정하거나, 재검토일과 함께 '제거할 때까지'로 정하십시오."}
	sayNoScope         = text.Message{EN: "This would silence everything. Give at least one of detector, rule, entity, port, segment or pattern.", KO: "모든 탐지가 예외가 됩니다. 탐지기, 규칙, 대상, 포트, 구간, 패턴 가운데 하나 이상을 정하십시오."}
	sayRuleForm        = text.Message{EN: "A rule is named by its detector, a slash and its name, as in scan/vertical.", KO: "규칙은 scan/vertical처럼 탐지기 이름, 빗금, 규칙 이름 순으로 적습니다."}
	sayTooManyEntities = text.Message{EN: "A suppression names at most {max} entities.", KO: "예외 하나에는 대상을 최대 {max}개까지 적을 수 있습니다."}
	sayKind            = text.Message{EN: "This kind is not known. Known are {known}.", KO: "알 수 없는 종류입니다. 쓸 수 있는 종류: {known}."}
	sayRole            = text.Message{EN: "A role is actor, target or related.", KO: "역할은 actor, target, related 가운데 하나입니다."}
	sayValue           = text.Message{EN: "A value has 1 to {max} bytes.", KO: "값은 1바이트에서 {max}바이트까지입니다."}
	sayAddress         = text.Message{EN: "This is neither an address nor a prefix such as 10.0.0.0/24.", KO: "주소도 아니고 10.0.0.0/24 같은 대역도 아닙니다."}
	sayWord            = text.Message{EN: "This is neither an address, nor a prefix such as 10.0.0.0/24, nor a kind and a value such as user:jiwoo.", KO: "주소도, 10.0.0.0/24 같은 대역도, user:jiwoo처럼 종류와 값을 적은 것도 아닙니다."}
	sayPattern         = text.Message{EN: "This is not a regular expression: {why}.", KO: "정규 표현식이 아닙니다: {why}."}
)
