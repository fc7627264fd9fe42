"""The worst passwords of twelve characters and more: what lists of stolen ones have most often, worldwide and in China.

Shorter ones are refused for their length; the list is kept small, so that it can be read.
"""

WORDS = r"""
    !@#$%^&*()_+ !qaz2wsx3edc !qaz@wsx#edc 000000000000 012345678901 0123456789012 098765432109 111111222222
    112233445566 1122334455667788 123123123123 123321123321 123412341234 12341234123412341234 123454321abc
    1234554321123 123456123456 1234567890-= 123456789000 123456789012 1234567890123 12345678901234
    123456789012345 1234567890123456 1234567890abc 1234567890qwe 1234567890qwer 123456789101 1234567891011
    123456789101112 12345678987654321 123456789abc 123456789abcd 123456789asd 123456789qwe 123456789qwer
    123456789zxc 123456abcdef 123456qwerty 123456qwertyu 1234qwer!@#$ 123654789123 1314520131452 13145201314520
    147258369147 147258369258 159357159357 159753456852 1a2b3c4d5e6f 1q2w3e4r5t6y 1q2w3e4r5t6y7u
    1q2w3e4r5t6y7u8i 1qaz!qaz2wsx 1qaz2wsx3edc 1qaz2wsx3edc4rfv 1qaz@wsx3edc 1qazxsw23edc 201314201314
    258147369258 520131452013 5201314520131 52013145201314 520520520520 521521521521 5845201314520 666666888888
    741852963741 789456123000 789456123789 888888666666 963852741963 987654321000 987654321098 9876543210987
    @wsx1qaz2wsx a12345678901 a123456789012 a1b2c3d4e5f6 aa1234567890 aa123456789a abc123!@#456 abc123456789
    abc1234567890 abcabcabcabc abcd12345678 abcd1234567890 abcd1234abcd abcdef123456 abcdefg123456
    abcdefg1234567 abcdefghijkl abcdefghijklm abcdefghijklmnop admin1234567 admin12345678 admin123456789
    admin@123456 admin@12345678 adminadmin12 adminadminadmin administrator administrator1 administrator123
    adminpassword asdf12345678 asdfasdfasdf asdfghjkl123 asdfghjkl1234 asdfghjkl123456 asdfghjkl;'\
    asdfghjklqwertyuiop baidu12345678 beijing123456 changeme1234 changemeplease chelsea12345 china1234567
    china123456789 chinachina123 computer1234 correcthorsebatterystaple default12345 dragon123456 football1234
    guest1234567 hello1234567 huawei12#$%^ huawei123456 huawei@123456 ilovechina123 iloveyou1234 iloveyou1314
    iloveyou5201314 iloveyouforever iloveyouiloveyou jiangsu123456 killer123456 letmein12345 letmeinletmein
    liang1234567 liverpool123 login1234567 login123456789 master123456 michael12345 monkey123456 mypassword12
    mypassword123 nihao1234567 nihao123456789 nihaonihao123 p@$$w0rd1234 p@ssw0rd1234 p@ssw0rd12345
    p@ssw0rd123456 pa$$word1234 passw0rd1234 passw0rd12345 passw0rd123456 password0000 password1111 password123!
    password1234 password12345 password123456 password1234567 password12345678 password123456789 password2024
    password2025 password2026 password@123 password@1234 password@123456 passwordpassword princess1234
    q1w2e3r4t5y6 q1w2e3r4t5y6u7 qazwsx123456 qazwsxedc123 qazwsxedcrfv qazwsxedcrfvtgb qq1234567890 qq123456789a
    qqqqqq123456 qwe123456789 qweasdzxc123 qweasdzxc1234 qwer!@#$1234 qwer1234!@#$ qwer12345678 qwer1234qwer
    qwerasdfzxcv qwert1234567 qwerty123456 qwerty1234567 qwerty12345678 qwerty123456789 qwertyqwerty
    qwertyuiop12 qwertyuiop123 qwertyuiop1234 qwertyuiop123456 qwertyuiop[] qwertyuiop[]\ qwertyuiopasdfghjkl
    root12345678 rootrootroot secret123456 shanghai1234 starwars1234 summer123456 sunshine1234 superman1234
    system123456 taobao123456 temp12345678 tencent12345 test12345678 test1234test testtesttest unknown12345
    user12345678 wang12345678 wangge123456 wangge123456789 wangge@123456 wanggewangge welcome12345 welcome123456
    welcome@1234 whatever1234 winter123456 woaini123456 woaini1314520 woaini1314521 woaini520131 woaini5201314
    woaini52013145 woaiwojia123 woaizhongguo wodemima1234 wodemima123456 xiaoming1234 yuan12345678 zaq12wsxcde3
    zaq1xsw2cde3 zhang1234567 zhangwei1234 zhongguo1234 zhongguo123456 zhongguo2026 zxcvbnm,./12 zxcvbnm12345
    zxcvbnm123456 zxcvbnm123456789 zxcvbnmasdfghjkl
"""
WORST = frozenset(WORDS.split())
