package incident

import "github.com/bongsu/bongsu/text"

// What is wrong with a request, and what to do.
var (
	sayTooLong       = text.Message{EN: "The text must be valid UTF-8 of at most {max} bytes.", KO: "최대 {max}바이트의 올바른 UTF-8 글이어야 합니다."}
	sayEmpty         = text.Message{EN: "The text is empty.", KO: "내용이 비어 있습니다."}
	sayState         = text.Message{EN: "A state is open, contained or closed.", KO: "상태는 open, contained, closed 가운데 하나입니다."}
	sayNoResolution  = text.Message{EN: "To close an incident, say what it was: true_positive, false_positive, benign or duplicate.", KO: "사고를 종결하려면 결과를 정하십시오: true_positive(실제 공격), false_positive(오탐), benign(정상), duplicate(중복)."}
	sayResolution    = text.Message{EN: "Only a closed incident has a resolution.", KO: "처리 결과는 종결한 사고에만 정할 수 있습니다."}
	sayNothing       = text.Message{EN: "Nothing is to be changed. Give a state, an owner or a note.", KO: "바꿀 내용이 없습니다. 상태, 담당자, 메모 가운데 하나를 정하십시오."}
	sayTooManyNotes  = text.Message{EN: "An incident has at most {max} notes.", KO: "사고 하나에는 메모를 최대 {max}개까지 남길 수 있습니다."}
	sayTooManyHushes = text.Message{EN: "{max} suppressions hold already. Remove some that are no longer needed.", KO: "이미 예외 {max}개가 적용 중입니다. 필요 없는 예외를 제거하십시오."}
	sayHasEnded      = text.Message{EN: "This suppression has ended. Make a new one.", KO: "이미 끝난 예외입니다. 새로 등록하십시오."}
)

// The errors of this package, as people read them.
var (
	sayConflict = text.Message{EN: "Somebody else changed this meanwhile. Look at it again, then decide.", KO: "그사이 다른 사람이 변경했습니다. 다시 확인한 뒤 결정하십시오."}
	sayMerged   = text.Message{EN: "This incident turned out to be part of another one. Go on there.", KO: "이 사고는 다른 사고와 같은 일로 밝혀져 합쳐졌습니다. 합쳐진 사고에서 계속하십시오."}
	sayNoUndo   = text.Message{EN: "There is no change of the state to undo.", KO: "되돌릴 상태 변경이 없습니다."}
	sayNotFound = text.Message{EN: "There is nothing with this id. It may have been removed with its recording.", KO: "이 식별자에 해당하는 것이 없습니다. 기록과 함께 삭제되었을 수 있습니다."}
	sayTooMany  = text.Message{EN: "There are too many of these already.", KO: "이미 너무 많습니다."}
)

var stateNames = map[State]text.Message{
	New:       {EN: "new", KO: "새 사고"},
	Open:      {EN: "open", KO: "조사 중"},
	Contained: {EN: "contained", KO: "확산 차단됨"},
	Closed:    {EN: "closed", KO: "종결"},
}

var resolutionNames = map[Resolution]text.Message{
	TruePositive:  {EN: "a real attack", KO: "실제 공격"},
	FalsePositive: {EN: "a false alarm", KO: "오탐"},
	Benign:        {EN: "allowed behaviour", KO: "허용된 정상 행위"},
	Duplicate:     {EN: "a duplicate", KO: "중복"},
	Hushed:        {EN: "suppressed", KO: "예외 처리됨"},
}

// The steps of an incident's history.
var (
	stepOpened   = text.Message{EN: "Bongsu first told of this incident.", KO: "봉수가 이 사고를 처음 알렸습니다."}
	stepState    = text.Message{EN: "The state changed from {from} to {to}.", KO: "상태가 '{from}'에서 '{to}' 상태로 바뀌었습니다."}
	stepClosed   = text.Message{EN: "The incident was closed as {resolution}.", KO: "사고가 '{resolution}' 결과로 종결되었습니다."}
	stepOwner    = text.Message{EN: "{owner} took over.", KO: "{owner|이가} 담당자가 되었습니다."}
	stepNoOwner  = text.Message{EN: "Nobody owns the incident any more.", KO: "담당자가 해제되었습니다."}
	stepUndone   = text.Message{EN: "The last change of the state was taken back: it is {to} again.", KO: "마지막 상태 변경을 되돌려 다시 '{to}' 상태입니다."}
	stepReopened = text.Message{EN: "{n} new {n|finding|findings} joined after the incident was closed as {resolution}, so it was reopened. To keep it closed, suppress such findings.", KO: "'{resolution}' 결과로 종결한 뒤 새 탐지 {n}건이 더해져 다시 열렸습니다. 계속 종결해 두려면 이런 탐지를 예외로 등록하십시오."}
	stepGraver   = text.Message{EN: "The incident became graver after it was closed as {resolution}, so it was reopened.", KO: "'{resolution}' 결과로 종결한 뒤 더 심각해져 다시 열렸습니다."}
	stepMerged   = text.Message{EN: "Incident {other} turned out to be the same matter and was merged into this one, with its notes.", KO: "사고 {other|이가} 같은 일로 밝혀져 메모와 함께 이 사고에 합쳐졌습니다."}
	stepInto     = text.Message{EN: "This turned out to be the same matter as incident {other}, and goes on there.", KO: "사고 {other|과와} 같은 일로 밝혀져 그 사고에 합쳐졌습니다."}
	stepSplit    = text.Message{EN: "It parted from incident {other}: what linked them turned out to be shared by many.", KO: "두 사고를 잇던 것이 여럿이 함께 쓰는 것으로 밝혀져 사고 {other}에서 나뉘었습니다."}
	stepHushed   = text.Message{EN: "Every finding of it is suppressed.", KO: "이 사고의 탐지가 모두 예외로 처리되었습니다."}
	stepReturned = text.Message{EN: "{n} {n|finding is|findings are} no longer suppressed.", KO: "탐지 {n}건의 예외가 끝났습니다."}
)
