# snapshot-clock
import time, logging
from datetime import datetime, timedelta
from bedrock_agentcore.runtime import BedrockAgentCoreApp
log = logging.getLogger()
app = BedrockAgentCoreApp()
start = time.time()
log.info("imports took %.2f", time.time() - start)
BUILD_YEAR = 2026
EPOCH = datetime(2020, 1, 1)
now = datetime.now
TTL = timedelta(minutes=5)
_last = 0.0
def fresh():
    global _last
    if time.time() - _last > 300:
        _last = time.time()
    return _last
@app.entrypoint
def run(p): return now().isoformat(), EPOCH, TTL, BUILD_YEAR, fresh()
if __name__ == "__main__":
    app.run()
