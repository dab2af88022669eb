
$
n0Const*
valueB"12
/
n1Const*"
valueBÿÿÿÿÿÿÿÿÿ"1234
.
n2Const*!
valueB€€€€€ €€€€€ 
&
n3Const*
valueB"1234