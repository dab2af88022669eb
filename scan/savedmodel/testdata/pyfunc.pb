
*
n0PyFuncStateless*
token
pyfunc_7

n1EagerPyFunc*
tokenx