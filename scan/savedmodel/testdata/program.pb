

n0XlaCallModule

n1WorkerHeartbeat