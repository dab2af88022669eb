

n0	RpcClient

n1DataServiceDatasetV4
;
n2DebugIdentityV2*$

debug_urlsgrpc://example.com:1