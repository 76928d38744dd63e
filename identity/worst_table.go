package identity

import "strings"

// worst are the words that passwords are made of first, in the form that kernel
// gives: lower case, without digits and signs around them. Those with digits
// inside are keyboard walks.
var worst = strings.Fields(`
	abc abcd abcdef abcdefg admin administrator adminadmin alohomora anonymous apple asdf asdfgh asdfghjkl asdfjkl
	august azerty baseball basketball batman bongsu bongsuadmin butterfly changeit changeme changemenow changethis
	charlie chocolate company computer cookie correcthorsebatterystaple default defaultpassword december demo donald
	dragon enter february flower football freedom friday guest hello helloworld hockey hunter iloveyou incorrect
	internet january jordan july june killer letmein letmeinnow login london love lovely master maybe michael
	minecraft monday monkey mustang mypassword newpassword ninja november october office opensesame operator
	oracle pass passpass passphrase passw passwd password passwordadmin passwort pokemon princess private public
	qazwsx qazwsxedc qazwsxedcrfv qwer qwert qwerty qwertyui qwertyuiop qwertyuiopasdf qwertyuiopasdfghjkl qwertz
	raspberry root rootroot saturday seattle secret secretpassword security september server service shadow sniper
	soccer spring starwars summer sunday sunshine superman superuser support supervisor sysadmin system temp temporary
	test tester testing testpassword testtest thisisapassword thisismypassword thursday toor trustno trustnoi
	tuesday ubuntu unknown user username vagrant wednesday welcome welcomehome whatever windows winter xxx yankees
	zaqwsx zxcv zxcvb zxcvbn zxcvbnm
	1q2w3e4r5t6y 1q2w3e4r5t6y7u 1q2w3e4r5t6y7u8i q1w2e3r4t5y6 1qaz2wsx3edc 1qaz2wsx3edc4rfv 123qweasdzxc qweasdzxc123
	1qazxsw23edc zaq12wsxcde3 zaq1xsw2cde3 147258369 147258369147 123456789qwe 123456789abc 1234qwerasdf abcd1234abcd
	qwerasdfzxcv qazwsxedc123 asdfqwerzxcv a1b2c3d4e5f6 a1s2d3f4g5h6 1234567890qwertyuiop
	비밀번호 관리자 안녕하세요 사랑해 대한민국 봉수 암호 패스워드
	sarang saranghae daehanminguk annyeong qlalfqjsgh rhksflwk dkssudgktpdy tkfkdgo eogksalsrnr
`)
