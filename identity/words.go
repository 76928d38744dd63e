package identity

import (
	"errors"
	"fmt"

	"github.com/bongsu/bongsu/text"
)

type message = text.Message

// A FieldError says what is wrong with one value of a request.
type FieldError struct {
	Field string // "password", "name", "expires", "scopes"
	Said  text.Said
}

func (e *FieldError) Error() string { return fmt.Sprintf("%s: %s", e.Field, e.Said.EN) }

var passwordArgs = text.Args{"min": minPassword, "max": maxPassword}

var (
	sayPasswordShort   = message{EN: "A password has at least {min} characters. Several words that do not belong together are easy to remember.", KO: "비밀번호는 {min}자 이상이어야 합니다. 서로 관계없는 낱말을 여럿 이으면 기억하기 쉽습니다."}
	sayPasswordLong    = message{EN: "A password is valid text of at most {max} bytes.", KO: "비밀번호는 최대 {max}바이트의 올바른 글이어야 합니다."}
	sayPasswordPattern = message{EN: "This password follows a pattern that is tried early. Choose another one.", KO: "금방 추측할 수 있는 규칙적인 비밀번호입니다. 다른 비밀번호를 정하십시오."}
	sayPasswordCommon  = message{EN: "This password is one of those that are tried first, or is made of the account's name. Choose another one.", KO: "가장 먼저 시도되는 비밀번호이거나 계정 이름으로 만든 비밀번호입니다. 다른 비밀번호를 정하십시오."}
	sayPasswordSame    = message{EN: "The new password is the old one.", KO: "새 비밀번호가 예전 비밀번호와 같습니다."}
	sayPasswordWrong   = message{EN: "The present password is not right.", KO: "현재 비밀번호가 맞지 않습니다."}
	sayName            = message{EN: "An account's name has 1 to {max} letters, digits, dots, hyphens or underscores.", KO: "계정 이름은 글자, 숫자, 점, 붙임표, 밑줄로 {max}자까지 쓸 수 있습니다."}
	sayTokenName       = message{EN: "Say what the token is for, in 1 to {max} characters.", KO: "토큰의 용도를 {max}자 안에서 적으십시오."}
	sayTokenExpires    = message{EN: "This time has passed. Give one that is still to come.", KO: "이미 지난 때입니다. 앞으로 올 때를 정하십시오."}
	sayTokenScope      = message{EN: "A token cannot be narrowed to {scope}. Known are {known}.", KO: "토큰 범위로 쓸 수 없는 동작입니다: {scope}. 쓸 수 있는 동작: {known}."}
	sayTooManyTokens   = message{EN: "This account has {max} tokens already. Revoke some that are no longer used.", KO: "이 계정에는 이미 토큰이 {max}개 있습니다. 쓰지 않는 토큰을 폐기하십시오."}
	sayTooManyAccounts = message{EN: "There are {max} accounts already.", KO: "이미 계정이 {max}개 있습니다."}

	sayCredentials = message{EN: "This sign-in is not recognised. Check the name and the password; a setup link works once and for a day.", KO: "로그인 정보를 확인할 수 없습니다. 이름과 비밀번호를 확인하십시오. 설정 링크는 하루 동안 한 번만 쓸 수 있습니다."}
	sayNotAllowed  = message{EN: "This account or token may not do that.", KO: "이 계정이나 토큰에는 권한이 없습니다."}
	sayNotFound    = message{EN: "There is no such account, session or token. It may have been removed meanwhile.", KO: "그런 계정이나 세션, 토큰이 없습니다. 그사이 제거되었을 수 있습니다."}
	sayNameTaken   = message{EN: "Another account has this name.", KO: "다른 계정이 쓰고 있는 이름입니다."}
	sayBusy        = message{EN: "Too many passwords are being checked. Try again in a few seconds.", KO: "확인 중인 비밀번호가 너무 많습니다. 몇 초 뒤에 다시 시도하십시오."}
	sayLast        = message{EN: "This is the last administrator. Add another one first.", KO: "마지막 관리자입니다. 먼저 다른 관리자를 추가하십시오."}
	sayLimited     = message{EN: "Too many tries went wrong. Try again after {again}.", KO: "실패가 너무 많았습니다. {again} 이후에 다시 시도하십시오."}
)

// Words says an error of this package to people; false if it is none.
func Words(err error) (text.Said, bool) {
	var field *FieldError
	if errors.As(err, &field) {
		return field.Said, true
	}
	var limited *LimitedError
	if errors.As(err, &limited) {
		return sayLimited.Say(text.Args{"again": limited.Again}), true
	}
	for _, known := range []struct {
		err error
		say message
	}{
		{ErrCredentials, sayCredentials},
		{ErrNotAllowed, sayNotAllowed},
		{ErrNotFound, sayNotFound},
		{ErrNameTaken, sayNameTaken},
		{ErrBusy, sayBusy},
		{ErrLast, sayLast},
	} {
		if errors.Is(err, known.err) {
			return known.say.Say(nil), true
		}
	}
	return text.Said{}, false
}
