

n0__inference_f}
\

__inference_f.
cConst*"
valueBBhttps://example.com/x
iReadFile
c:output:0



MatMul


__inference_f