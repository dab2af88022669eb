

n0AcmeRun

n1SimpleMLInferenceOp