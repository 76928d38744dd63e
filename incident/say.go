package incident

import (
	"errors"

	"github.com/bongsu/bongsu/text"
)

// What is wrong with a request, and what to do.
var (
	sayNoReason        = text.Message{EN: "A suppression needs a reason. Say why these findings need no action, so that the next person can judge it.", KO: "예외에는 사유가 필요합니다. 이 탐지에 대응하지 않아도 되는 이유를 다음 사람이 판단할 수 있게 적으십시오."}
	sayTooLong         = text.Message{EN: "The text must be valid UTF-8 of at most {max} bytes.", KO: "최대 {max}바이트의 올바른 UTF-8 글이어야 합니다."}
	sayEmpty           = text.Message{EN: "The text is empty.", KO: "내용이 비어 있습니다."}
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
	sayState           = text.Message{EN: "A state is open, contained or closed.", KO: "상태는 open, contained, closed 가운데 하나입니다."}
	sayNoResolution    = text.Message{EN: "To close an incident, say what it was: true_positive, false_positive, benign or duplicate.", KO: "사건을 종결하려면 결과를 정하십시오: true_positive(실제 공격), false_positive(오탐), benign(정상), duplicate(중복)."}
	sayResolution      = text.Message{EN: "Only a closed incident has a resolution.", KO: "처리 결과는 종결한 사건에만 정할 수 있습니다."}
	sayNothing         = text.Message{EN: "Nothing is to be changed. Give a state, an owner or a note.", KO: "바꿀 내용이 없습니다. 상태, 담당자, 메모 가운데 하나를 정하십시오."}
	sayTooManyNotes    = text.Message{EN: "An incident has at most {max} notes.", KO: "사건 하나에는 메모를 최대 {max}개까지 남길 수 있습니다."}
	sayTooManyHushes   = text.Message{EN: "{max} suppressions hold already. Remove some that are no longer needed.", KO: "이미 예외 {max}개가 적용 중입니다. 필요 없는 예외를 제거하십시오."}
	sayHasEnded        = text.Message{EN: "This suppression has ended. Make a new one.", KO: "이미 끝난 예외입니다. 새로 등록하십시오."}
)

// The errors of this package, as people read them.
var (
	sayConflict = text.Message{EN: "Somebody else changed this meanwhile. Look at it again, then decide.", KO: "그사이 다른 사람이 변경했습니다. 다시 확인한 뒤 결정하십시오."}
	sayMerged   = text.Message{EN: "This incident turned out to be part of another one. Go on there.", KO: "이 사건은 다른 사건과 같은 일로 밝혀져 합쳐졌습니다. 합쳐진 사건에서 계속하십시오."}
	sayNoUndo   = text.Message{EN: "There is no change of the state to undo.", KO: "되돌릴 상태 변경이 없습니다."}
	sayNotFound = text.Message{EN: "There is nothing with this id. It may have been removed with its recording.", KO: "이 식별자에 해당하는 것이 없습니다. 기록과 함께 삭제되었을 수 있습니다."}
	sayTooMany  = text.Message{EN: "There are too many of these already.", KO: "이미 너무 많습니다."}
)

// Words says an error of this package to people; false if it is none.
func Words(err error) (text.Said, bool) {
	var field *FieldError
	if errors.As(err, &field) {
		return field.Said, true
	}
	for _, k := range []struct {
		err error
		say text.Message
	}{
		{ErrConflict, sayConflict}, {ErrMerged, sayMerged}, {ErrNoUndo, sayNoUndo}, {ErrNotFound, sayNotFound}, {ErrTooMany, sayTooMany},
	} {
		if errors.Is(err, k.err) {
			return k.say.Say(nil), true
		}
	}
	return text.Said{}, false
}

var stateNames = map[State]text.Message{
	New:       {EN: "new", KO: "새 사건"},
	Open:      {EN: "open", KO: "조사 중"},
	Contained: {EN: "contained", KO: "확산 차단됨"},
	Closed:    {EN: "closed", KO: "종결"},
}

// Name returns the state's name for people.
func (s State) Name() text.Said {
	if s == "" {
		s = New
	}
	return stateNames[s].Say(nil)
}

var resolutionNames = map[Resolution]text.Message{
	TruePositive:  {EN: "a real attack", KO: "실제 공격"},
	FalsePositive: {EN: "a false alarm", KO: "오탐"},
	Benign:        {EN: "allowed behaviour", KO: "허용된 정상 행위"},
	Duplicate:     {EN: "a duplicate", KO: "중복"},
	Hushed:        {EN: "suppressed", KO: "예외 처리됨"},
}

// Name returns the resolution's name for people.
func (r Resolution) Name() text.Said { return resolutionNames[r].Say(nil) }

// The steps of an incident's history.
var (
	stepOpened   = text.Message{EN: "Bongsu first told of this incident.", KO: "Bongsu가 이 사건을 처음 알렸습니다."}
	stepState    = text.Message{EN: "The state changed from {from} to {to}.", KO: "상태가 '{from}'에서 '{to}' 상태로 바뀌었습니다."}
	stepClosed   = text.Message{EN: "The incident was closed as {resolution}.", KO: "사건이 '{resolution}' 결과로 종결되었습니다."}
	stepOwner    = text.Message{EN: "{owner} took over.", KO: "{owner|이가} 담당자가 되었습니다."}
	stepNoOwner  = text.Message{EN: "Nobody owns the incident any more.", KO: "담당자가 해제되었습니다."}
	stepUndone   = text.Message{EN: "The last change of the state was taken back: it is {to} again.", KO: "마지막 상태 변경을 되돌려 다시 '{to}' 상태입니다."}
	stepReopened = text.Message{EN: "{n} new {n|finding|findings} joined after the incident was closed as {resolution}, so it was reopened. To keep it closed, suppress such findings.", KO: "'{resolution}' 결과로 종결한 뒤 새 탐지 {n}건이 더해져 다시 열렸습니다. 계속 종결해 두려면 이런 탐지를 예외로 등록하십시오."}
	stepGraver   = text.Message{EN: "The incident became graver after it was closed as {resolution}, so it was reopened.", KO: "'{resolution}' 결과로 종결한 뒤 더 심각해져 다시 열렸습니다."}
	stepMerged   = text.Message{EN: "Incident {other} turned out to be the same matter and was merged into this one, with its notes.", KO: "사건 {other|이가} 같은 일로 밝혀져 메모와 함께 이 사건에 합쳐졌습니다."}
	stepInto     = text.Message{EN: "This turned out to be the same matter as incident {other}, and goes on there.", KO: "사건 {other|과와} 같은 일로 밝혀져 그 사건에 합쳐졌습니다."}
	stepSplit    = text.Message{EN: "It parted from incident {other}: what linked them turned out to be shared by many.", KO: "두 사건을 잇던 것이 여럿이 함께 쓰는 것으로 밝혀져 사건 {other}에서 나뉘었습니다."}
	stepHushed   = text.Message{EN: "Every finding of it is suppressed.", KO: "이 사건의 탐지가 모두 예외로 처리되었습니다."}
	stepReturned = text.Message{EN: "{n} {n|finding is|findings are} no longer suppressed.", KO: "탐지 {n}건의 예외가 끝났습니다."}
)
